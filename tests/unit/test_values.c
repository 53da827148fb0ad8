/* SPDX-License-Identifier: Apache-2.0 */
/* Values for a signature: nothing is guessed, nothing changes that is not said to. */
#include "unit/unit.h"

#include <math.h>

#include "data/values.h"

#define SHAPED(text, type_, ...)                                                                   \
    {                                                                                              \
        .name = text, .type = {.is_tensor = true, .has_shape = true, .dtype = type_, __VA_ARGS__}, \
    }

static const struct bt_port two[] = {
    SHAPED("a", BT_F32, .rank = 2, .dims = {BT_DIM_UNKNOWN, 1}),
    SHAPED("b", BT_I64, .rank = 1, .dims = {BT_DIM_UNKNOWN}),
};
static const struct bt_ports ports = {two, 2};
static const struct bt_ports lone = {two, 1};

static void add(struct bt_values *values, const char *name, struct bt_tensor tensor)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUE value = {.kind = BT_VALUE_TENSOR, .tensor = tensor};
    assert_ok(bt_values_add(values, name, &value, &err), err);
}

static struct bt_tensor floats(float *data, unsigned rank, int64_t rows, int64_t columns)
{
    return (struct bt_tensor){.dtype = BT_F32, .rank = rank, .dims = {rows, columns}, .data = data};
}

static struct bt_tensor integers(int64_t *data, int64_t rows)
{
    return (struct bt_tensor){.dtype = BT_I64, .rank = 1, .dims = {rows}, .data = data};
}

static float f[6] = {1, 2, 3, 4, 5, 6};
static int64_t n[6] = {10, 20, 30, 40, 50, 60};

/* ---- binding ---- */

static void bound_values_are_in_the_order_of_the_ports(void **state)
{
    (void)state;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    add(&values, "b", integers(n, 3));
    add(&values, "a", floats(f, 2, 3, 1));
    assert_ok(bt_values_bind(&values, ports, BT_BIND_STORED, "v", &err), err);
    assert_string_equal(values.items[0].name, "a");
    assert_ptr_equal(values.items[1].value.tensor.data, n);
}

static void a_column_takes_the_shape_of_its_port(void **state)
{
    (void)state;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_tensor wide = integers(n, 3);
    wide.rank = 2;
    wide.dims[1] = 1;
    add(&values, "a", floats(f, 1, 3, 0));
    add(&values, "b", wide);
    assert_ok(bt_values_bind(&values, ports, BT_BIND_EXACT, "v", &err), err);
    assert_int_equal(values.items[0].value.tensor.rank, 2);
    assert_int_equal(values.items[0].value.tensor.dims[1], 1);
    assert_int_equal(values.items[1].value.tensor.rank, 1);
}

static void a_lone_value_takes_the_name_of_the_only_port(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    add(&values, "arr_0", floats(f, 2, 3, 1));
    assert_int_equal(bt_values_bind(&values, lone, BT_BIND_STORED, "v", &err), BATON_ERR_INVALID);
    assert_string_equal(err.text,
                        "v: \"arr_0\" is not a name of the model's signature (first of 1: \"a\")");
    assert_ok(bt_values_bind(&values, lone, BT_BIND_EXACT, "v", &err), err);
    assert_string_equal(values.items[0].name, "a");
}

static void only_outputs_to_compare_with_may_be_missing(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    add(&values, "b", integers(n, 3));
    assert_ok(bt_values_bind(&values, ports, BT_BIND_ROUNDED, "v", &err), err);
    assert_int_equal(values.items[0].value.kind, BT_VALUE_NONE);
    BT_AUTO_VALUES exact = BT_VALUES_INIT;
    add(&exact, "b", integers(n, 3));
    assert_int_equal(bt_values_bind(&exact, ports, BT_BIND_EXACT, "v", &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "v: there is no value for \"a\"");
}

static void assert_not_bound(struct bt_tensor a, enum bt_bind_mode mode, const char *text)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    add(&values, "a", a);
    assert_int_equal(bt_values_bind(&values, lone, mode, "v", &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, text);
}

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    double wide[] = {1, 0.1, 2};
    struct bt_tensor doubles = {.dtype = BT_F64, .rank = 2, .dims = {3, 1}, .data = wide};
    assert_not_bound(floats(f, 2, 3, 2), BT_BIND_EXACT,
                     "v: \"a\" has shape [3,2], the model says [-1,1] (-1: any length)");
    assert_not_bound(floats(f, 1, 3, 0), BT_BIND_STORED,
                     "v: \"a\" has shape [3], the model says [-1,1] (-1: any length)");
    assert_not_bound(doubles, BT_BIND_STORED, "v: \"a\" is float64, the model says float32");
    assert_not_bound(doubles, BT_BIND_EXACT,
                     "v: \"a\": element [1,0] is 0.1 as float64, which float32 "
                     "cannot hold exactly: "
                     "convert the data first");
}

static void maps_are_no_tensor(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_AUTO_VALUE maps = {
        .kind = BT_VALUE_MAPS, .tensor = floats(f, 2, 3, 1), .keys = integers(n, 1)};
    assert_ok(bt_values_add(&values, "a", &maps, &err), err);
    assert_int_equal(bt_values_bind(&values, lone, BT_BIND_EXACT, "v", &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "v: \"a\" has keys beside it, the model says it is a tensor");
}

static void names_are_unique(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_AUTO_VALUE again = {.kind = BT_VALUE_TENSOR, .tensor = integers(n, 1)};
    add(&values, "a", integers(n, 1));
    assert_int_equal(bt_values_add(&values, "a", &again, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "two values are named \"a\"");
}

/* ---- conversion ---- */

static bool converts(enum bt_dtype from, const void *element, enum bt_dtype to, bool exact,
                     const void *wanted)
{
    uint64_t copy = 0;
    memcpy(&copy, element, bt_dtype_size(from));
    struct bt_tensor source = {.dtype = from, .rank = 1, .dims = {1}, .data = &copy};
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    if (bt_tensor_convert(&source, to, exact, &made, NULL) != BATON_OK)
        return false;
    assert_int_equal(made.dtype, to);
    if (wanted)
        assert_memory_equal(made.data, wanted, bt_dtype_size(to));
    return true;
}

static void doubles_become_floats_when_nothing_is_lost(void **state)
{
    (void)state;
    assert_true(converts(BT_F64, &(double){1.5}, BT_F32, true, &(float){1.5F}));
    assert_true(converts(BT_F64, &(double){0x1p-149}, BT_F32, true, &(float){0x1p-149F}));
    assert_true(converts(BT_F64, &(double){-0.0}, BT_F32, true, &(float){-0.0F}));
    assert_true(converts(BT_F64, &(double){(double)INFINITY}, BT_F32, true, &(float){INFINITY}));
    assert_true(converts(BT_F64, &(double){(double)NAN}, BT_F32, true, NULL));
    assert_false(converts(BT_F64, &(double){0.1}, BT_F32, true, NULL));
    assert_false(converts(BT_F64, &(double){0x1p-150}, BT_F32, true, NULL));
    assert_false(converts(BT_F64, &(double){1e39}, BT_F32, true, NULL));
    assert_true(converts(BT_F64, &(double){0.1}, BT_F32, false, &(float){0.1F}));
    assert_true(converts(BT_F32, &(float){0.1F}, BT_F64, true, &(double){(double)0.1F}));
}

static void sixteen_bits_are_rounded_once(void **state)
{
    (void)state;
    /* In binary32 this would be the midpoint, and then even. */
    assert_true(
        converts(BT_F64, &(double){1.00390625 + 0x1p-40}, BT_BF16, false, &(uint16_t){0x3F81}));
    assert_true(
        converts(BT_F64, &(double){1.00048828125 + 0x1p-40}, BT_F16, false, &(uint16_t){0x3C01}));
    assert_true(converts(BT_F32, &(float){65504}, BT_F16, true, &(uint16_t){0x7BFF}));
    assert_false(converts(BT_F32, &(float){65536}, BT_F16, true, NULL));
    assert_false(converts(BT_F32, &(float){1.00390625F}, BT_BF16, true, NULL));
    assert_true(converts(BT_BF16, &(uint16_t){0x3F81}, BT_F32, true, &(float){1.0078125F}));
}

static void integers_and_floats_meet_where_both_are_exact(void **state)
{
    (void)state;
    int64_t big = INT64_C(1) << 60;
    assert_true(converts(BT_I64, &big, BT_F64, true, &(double){0x1p60}));
    assert_true(converts(BT_F64, &(double){0x1p60}, BT_I64, true, &big));
    assert_true(converts(BT_I64, &(int64_t){INT64_MIN}, BT_F32, true, &(float){-0x1p63F}));
    assert_true(converts(BT_F64, &(double){-0x1p63}, BT_I64, true, &(int64_t){INT64_MIN}));
    assert_false(converts(BT_I64, &(int64_t){INT64_MAX}, BT_F64, true, NULL));
    assert_false(converts(BT_I64, &(int64_t){big + 1}, BT_F64, true, NULL));
    assert_false(converts(BT_I64, &(int64_t){(1 << 24) + 1}, BT_F32, true, NULL));
    assert_false(converts(BT_F64, &(double){0x1p63}, BT_I64, true, NULL));
    assert_false(converts(BT_F64, &(double){1.5}, BT_I64, true, NULL));
    assert_false(converts(BT_F64, &(double){1.5}, BT_I64, false, NULL));
    assert_false(converts(BT_F32, &(float){NAN}, BT_I32, false, NULL));
}

static void integers_stay_in_their_range(void **state)
{
    (void)state;
    static const struct {
        enum bt_dtype dtype;
        int64_t low;
        int64_t high;
    } cases[] = {{BT_BOOL, 0, 1},
                 {BT_U8, 0, UINT8_MAX},
                 {BT_I8, INT8_MIN, INT8_MAX},
                 {BT_U16, 0, UINT16_MAX},
                 {BT_I16, INT16_MIN, INT16_MAX},
                 {BT_U32, 0, UINT32_MAX},
                 {BT_I32, INT32_MIN, INT32_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(converts(BT_I64, &cases[i].low, cases[i].dtype, true, NULL));
        assert_true(converts(BT_I64, &cases[i].high, cases[i].dtype, true, NULL));
        assert_false(converts(BT_I64, &(int64_t){cases[i].low - 1}, cases[i].dtype, true, NULL));
        assert_false(converts(BT_I64, &(int64_t){cases[i].high + 1}, cases[i].dtype, true, NULL));
    }
    assert_false(converts(BT_I64, &(int64_t){-1}, BT_U64, true, NULL));
    assert_true(converts(BT_I8, &(int8_t){-7}, BT_I64, true, &(int64_t){-7}));
}

static void text_is_no_number(void **state)
{
    (void)state;
    int64_t dims[] = {1};
    BT_AUTO_TENSOR text = BT_TENSOR_INIT;
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_tensor_new(BT_STRING, 1, dims, 0, &text, &err), err);
    assert_int_equal(bt_tensor_convert(&text, BT_F32, false, &made, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "the data is string, the model wants float32");
}

/* ---- rows ---- */

static void rows_share_the_bytes(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_AUTO_VALUES cut = BT_VALUES_INIT;
    BT_AUTO_VALUE maps = {
        .kind = BT_VALUE_MAPS, .tensor = floats(f, 2, 3, 2), .keys = integers(n, 2)};
    add(&values, "n", integers(n, 3));
    assert_ok(bt_values_add(&values, "m", &maps, &err), err);
    assert_int_equal(bt_values_row_count(&values), 3);
    assert_ok(bt_values_rows(&values, 1, 2, &cut, &err), err);
    assert_int_equal(bt_values_row_count(&cut), 2);
    assert_ptr_equal(cut.items[0].value.tensor.data, n + 1);
    assert_ptr_equal(cut.items[1].value.tensor.data, f + 2);
    assert_int_equal(cut.items[1].value.keys.dims[0], 2);
    assert_int_equal(bt_values_rows(&values, 2, 2, &cut, &err), BATON_ERR_USAGE);
    assert_int_equal(bt_values_rows(&values, SIZE_MAX, 2, &cut, &err), BATON_ERR_USAGE);
}

static void other_lengths_are_no_batch(void **state)
{
    (void)state;
    BT_AUTO_VALUES lengths = BT_VALUES_INIT;
    BT_AUTO_VALUES scalar = BT_VALUES_INIT;
    BT_AUTO_VALUES empty = BT_VALUES_INIT;
    add(&lengths, "a", integers(n, 3));
    add(&lengths, "b", integers(n, 2));
    add(&scalar, "s", floats(f, 0, 0, 0));
    add(&empty, "e", integers(n, 0));
    assert_int_equal(bt_values_row_count(&lengths), 0);
    assert_int_equal(bt_values_row_count(&scalar), 0);
    assert_int_equal(bt_values_row_count(&empty), 0);
}

UNIT_MAIN(cmocka_unit_test(bound_values_are_in_the_order_of_the_ports),
          cmocka_unit_test(a_column_takes_the_shape_of_its_port),
          cmocka_unit_test(a_lone_value_takes_the_name_of_the_only_port),
          cmocka_unit_test(only_outputs_to_compare_with_may_be_missing),
          cmocka_unit_test(what_does_not_fit_is_named), cmocka_unit_test(maps_are_no_tensor),
          cmocka_unit_test(names_are_unique),
          cmocka_unit_test(doubles_become_floats_when_nothing_is_lost),
          cmocka_unit_test(sixteen_bits_are_rounded_once),
          cmocka_unit_test(integers_and_floats_meet_where_both_are_exact),
          cmocka_unit_test(integers_stay_in_their_range), cmocka_unit_test(text_is_no_number),
          cmocka_unit_test(rows_share_the_bytes), cmocka_unit_test(other_lengths_are_no_batch))
