/* SPDX-License-Identifier: Apache-2.0 */
/* The operators that take maps apart: no model of one node has a map as input, so they are called
 * as the engine does. */
#include "unit/unit.h"

#include "op/op.h"

#define ROWS 2
#define KEYS 3

struct fixture {
    struct bt_arena arena;
    struct bt_value maps;
    struct bt_value y;
    struct bt_node node;
    struct baton_error err;
};

static struct bt_storage *storage(struct bt_session *session, size_t bytes)
{
    const int64_t dims[] = {(int64_t)bytes};
    struct bt_tensor block;
    (void)session;
    return bt_tensor_new(BT_U8, 1, dims, 0, &block, NULL) == BATON_OK ? block.storage : NULL;
}

static void *scratch(struct bt_op_ctx *ctx, size_t bytes)
{
    return bt_arena_calloc(ctx->arena, bytes, 1);
}

/* Two maps with the keys 5, 0, 2. */
static void make_maps(struct fixture *f, enum bt_dtype dtype)
{
    static const int64_t keys[KEYS] = {5, 0, 2};
    static const float numbers[ROWS * KEYS] = {1.5F, -2, 3, 4, 5, -0.25F};
    static const char *const texts[ROWS * KEYS] = {"1.5", "-2", "3", "4", "5", "-0.25"};
    const int64_t dims[] = {ROWS, KEYS};
    const int64_t key_dims[] = {KEYS};
    *f = (struct fixture){.maps.kind = BT_VALUE_MAPS};
    assert_ok(bt_tensor_new(BT_I64, 1, key_dims, 0, &f->maps.keys, &f->err), f->err);
    memcpy(f->maps.keys.data, keys, sizeof keys);
    assert_ok(bt_tensor_new(dtype, 2, dims, 0, &f->maps.tensor, &f->err), f->err);
    for (size_t i = 0; i < ROWS * KEYS; i++) {
        if (dtype == BT_F32)
            bt_f32_mut(&f->maps.tensor)[i] = numbers[i];
        else
            assert_ok(bt_tensor_set_string(&f->maps.tensor, i, texts[i], strlen(texts[i]), &f->err),
                      f->err);
    }
}

static baton_status call(struct fixture *f, const char *op, const struct bt_attr *attrs,
                         uint32_t attr_count)
{
    static const struct bt_op_host host = {.storage = storage, .scratch = scratch};
    const struct bt_value *inputs[] = {&f->maps};
    f->node = (struct bt_node){
        .op = op, .domain = "ai.onnx.ml", .attrs = attrs, .attr_count = attr_count, .opset = 1};
    struct bt_op_ctx ctx = {.node = &f->node,
                            .op = bt_op_find("ai.onnx.ml", op, 1),
                            .host = &host,
                            .inputs = inputs,
                            .input_count = 1,
                            .outputs = &f->y,
                            .output_count = 1,
                            .arena = &f->arena,
                            .bytes_max = 1 << 20};
    BT_TRY(ctx.op->prepare(&ctx, &f->err));
    return ctx.op->run(&ctx, &f->err);
}

static void release(struct fixture *f)
{
    bt_value_release(&f->maps);
    bt_value_release(&f->y);
    bt_arena_release(&f->arena);
}

#define WORD(key, word)                                                                            \
    {                                                                                              \
        .name = (key), .kind = BT_ATTR_STRING, .s = {(const uint8_t *)(word), sizeof(word) - 1 }   \
    }
#define NUMBER(key, number)                                                                        \
    {                                                                                              \
        .name = (key), .kind = BT_ATTR_INT, .i = (number)                                          \
    }

static void expect_texts(const struct bt_tensor *y, const char *const *texts, size_t count)
{
    assert_int_equal(y->dtype, BT_STRING);
    assert_int_equal(bt_tensor_count(y), count);
    for (size_t i = 0; i < count; i++) {
        const struct bt_bytes text = ((const struct bt_bytes *)y->data)[i];
        assert_int_equal(text.len, strlen(texts[i]));
        assert_memory_equal(text.ptr, texts[i], text.len);
    }
}

static void dense_maps_are_columns_by_ascending_key(void **state)
{
    static const float expected[] = {-2, 3, 1.5F, 5, -0.25F, 4};
    struct fixture f;
    (void)state;
    make_maps(&f, BT_F32);
    assert_ok(call(&f, "CastMap", NULL, 0), f.err);
    assert_int_equal(f.y.tensor.dtype, BT_F32);
    assert_memory_equal(f.y.tensor.data, expected, sizeof expected);
    release(&f);
}

static void sparse_maps_are_padded_and_cast_to_whole_numbers(void **state)
{
    static const struct bt_attr attrs[] = {WORD("cast_to", "TO_INT64"), WORD("map_form", "SPARSE"),
                                           NUMBER("max_map", 7)};
    static const int64_t expected[] = {-2, 0, 3, 0, 0, 1, 0, 5, 0, 0, 0, 0, 4, 0};
    struct fixture f;
    (void)state;
    make_maps(&f, BT_F32);
    assert_ok(call(&f, "CastMap", attrs, 3), f.err);
    assert_int_equal(f.y.tensor.dtype, BT_I64);
    assert_memory_equal(f.y.tensor.data, expected, sizeof expected);
    release(&f);
}

static void numbers_become_text_and_what_is_missing_becomes_zero(void **state)
{
    static const struct bt_attr attrs[] = {WORD("cast_to", "TO_STRING"), WORD("map_form", "SPARSE"),
                                           NUMBER("max_map", 6)};
    static const char *const expected[] = {"-2", "0", "3",     "0", "0", "1.5",
                                           "5",  "0", "-0.25", "0", "0", "4"};
    struct fixture f;
    (void)state;
    for (unsigned from_text = 0; from_text < 2; from_text++) {
        make_maps(&f, from_text ? BT_STRING : BT_F32);
        assert_ok(call(&f, "CastMap", attrs, 3), f.err);
        expect_texts(&f.y.tensor, expected, 12);
        release(&f);
    }
}

static void text_becomes_numbers(void **state)
{
    static const float expected[] = {-2, 3, 1.5F, 5, -0.25F, 4};
    struct fixture f;
    (void)state;
    make_maps(&f, BT_STRING);
    assert_ok(call(&f, "CastMap", NULL, 0), f.err);
    assert_memory_equal(f.y.tensor.data, expected, sizeof expected);
    release(&f);
}

static void a_key_beyond_max_map_is_refused(void **state)
{
    static const struct bt_attr attrs[] = {WORD("map_form", "SPARSE"), NUMBER("max_map", 5)};
    struct fixture f;
    (void)state;
    make_maps(&f, BT_F32);
    assert_int_equal(call(&f, "CastMap", attrs, 2), BATON_ERR_INVALID);
    assert_string_equal(f.err.text, "key 5 does not fit max_map 5");
    release(&f);
}

static void a_vocabulary_gives_each_key_its_column(void **state)
{
    static const int64_t words[] = {0, 1, 2, 5};
    static const struct bt_attr attrs[] = {
        {.name = "int64_vocabulary", .kind = BT_ATTR_INTS, .ints = words, .count = 4}};
    static const char *const expected[] = {"-2", "", "3", "1.5", "5", "", "-0.25", "4"};
    struct fixture f;
    (void)state;
    make_maps(&f, BT_STRING);
    assert_ok(call(&f, "DictVectorizer", attrs, 1), f.err);
    expect_texts(&f.y.tensor, expected, 8);
    release(&f);
}

UNIT_MAIN(cmocka_unit_test(dense_maps_are_columns_by_ascending_key),
          cmocka_unit_test(sparse_maps_are_padded_and_cast_to_whole_numbers),
          cmocka_unit_test(numbers_become_text_and_what_is_missing_becomes_zero),
          cmocka_unit_test(text_becomes_numbers), cmocka_unit_test(a_key_beyond_max_map_is_refused),
          cmocka_unit_test(a_vocabulary_gives_each_key_its_column))
