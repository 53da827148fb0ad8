/* SPDX-License-Identifier: Apache-2.0 */
/* docs/formats/random-inputs.md as numbers, computed outside baton: whoever has the model makes the
 * same inputs, in every version. */
#include "unit/unit.h"

#include "data/values.h"

#define PORT(text, type_, ...)                                                                     \
    {                                                                                              \
        .name = text, .type = {.is_tensor = true, .has_shape = true, .dtype = type_, __VA_ARGS__}, \
    }

static const struct bt_port ports[] = {
    PORT("float", BT_F32, .rank = 2, .dims = {BT_DIM_UNKNOWN, 3}),
    PORT("integer", BT_I64, .rank = 1, .dims = {3}),
    PORT("text", BT_STRING, .rank = 1, .dims = {3}),
    PORT("brain", BT_BF16, .rank = 1, .dims = {3}),
    PORT("half", BT_F16, .rank = 1, .dims = {3}),
    PORT("bool", BT_BOOL, .rank = 1, .dims = {6}),
};

static const struct bt_tensor *tensor_of(const struct bt_values *values, const char *name)
{
    const struct bt_value *value = bt_values_find(values, name);
    assert_non_null(value);
    assert_int_equal(value->kind, BT_VALUE_TENSOR);
    return &value->tensor;
}

static void elements_are_those_of_the_document(void **state)
{
    (void)state;
    static const float floats[] = {0x1.d181e8p-1F, -0x1.7d172p-3F, -0x1.f9c774p-1F};
    static const int64_t integers[] = {8, 9, 2};
    static const char *const texts[] = {"s5", "s1", "s3"};
    static const uint16_t brains[] = {0x3E3E, 0x3E33, 0xBE82};
    static const uint16_t halves[] = {0x3663, 0xB620, 0xB90A};
    static const uint8_t bools[] = {1, 0, 0, 0, 1, 1};
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_values_random((struct bt_ports){ports, 6}, 7, 1, &values, &err), err);
    assert_int_equal(values.count, 6);
    assert_memory_equal(tensor_of(&values, "float")->data, floats, sizeof floats);
    assert_memory_equal(tensor_of(&values, "integer")->data, integers, sizeof integers);
    assert_memory_equal(tensor_of(&values, "brain")->data, brains, sizeof brains);
    assert_memory_equal(tensor_of(&values, "half")->data, halves, sizeof halves);
    assert_memory_equal(tensor_of(&values, "bool")->data, bools, sizeof bools);
    const struct bt_bytes *text = tensor_of(&values, "text")->data;
    for (size_t i = 0; i < 3; i++)
        assert_true(bt_bytes_equal(text[i], bt_bytes_of(texts[i])));
}

static void a_batch_goes_on_where_one_row_ends(void **state)
{
    (void)state;
    static const float next[] = {-0x1.c1beap-3F, -0x1.ae39e8p-2F, -0x1.4a855p-2F};
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_values_random((struct bt_ports){ports, 1}, 7, 2, &values, &err), err);
    const struct bt_tensor *t = tensor_of(&values, "float");
    assert_int_equal(t->dims[0], 2);
    assert_memory_equal((const float *)t->data + 3, next, sizeof next);
}

static void a_seed_has_64_bits(void **state)
{
    (void)state;
    static const int64_t integers[] = {4, 2, 8};
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_values_random((struct bt_ports){ports + 1, 1}, (UINT64_C(1) << 40) | 5, 1, &values,
                               &err),
              err);
    assert_memory_equal(tensor_of(&values, "integer")->data, integers, sizeof integers);
}

static void a_shape_must_be_declared(void **state)
{
    (void)state;
    static const struct bt_port open = {.name = "x", .type = {.is_tensor = true, .dtype = BT_F32}};
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    assert_int_equal(bt_values_random((struct bt_ports){&open, 1}, 0, 1, &values, &err),
                     BATON_ERR_UNSUPPORTED);
    assert_string_equal(err.text,
                        "input \"x\" does not state a tensor shape: random inputs need one");
}

UNIT_MAIN(cmocka_unit_test(elements_are_those_of_the_document),
          cmocka_unit_test(a_batch_goes_on_where_one_row_ends),
          cmocka_unit_test(a_seed_has_64_bits), cmocka_unit_test(a_shape_must_be_declared))
