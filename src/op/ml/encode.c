/* SPDX-License-Identifier: Apache-2.0 */
/* OneHotEncoder, LabelEncoder, CategoryMapper: from a category to something else. */
#include <inttypes.h>
#include <string.h>

#include "op/ml/index.h"
#include "op/ml/ml.h"

/* ---- OneHotEncoder ---- */

struct one_hot {
    struct bt_ml_index index; /* strings or int64 */
    bool zeros;               /* an unknown category is a row of zeros, not an error */
};

static baton_status one_hot_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_ml_list categories = {BT_DTYPE_NONE, NULL, 0};
    struct one_hot *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "categories");
    ctx->state = state;
    state->zeros = bt_op_attr_int(ctx, "zeros", 1) != 0;
    BT_TRY(bt_ml_list_of(ctx, "cats_", &categories, err));
    if (categories.dtype != BT_STRING && categories.dtype != BT_I64)
        return bt_fail(err, BATON_ERR_INVALID,
                       "expected one of the attributes cats_strings and cats_int64s");
    return bt_ml_index_build(&categories, ctx->arena, &state->index, err);
}

/* A float becomes the integer towards zero; out of range saturates, NaN is 0. */
static int64_t as_integer(const struct bt_tensor *x, size_t i)
{
    double v = 0;
    if (x->dtype == BT_I64)
        return bt_i64(x)[i];
    bt_ml_read_f64(x, i, 1, &v);
    if (v != v)
        return 0;
    if (v >= 0x1p63)
        return INT64_MAX;
    return v <= -0x1p63 ? INT64_MIN : (int64_t)v;
}

static baton_status one_hot_row(const struct one_hot *state, const struct bt_tensor *x, size_t i,
                                float *row, struct baton_error *err)
{
    size_t position = 0;
    bool known = x->dtype == BT_STRING
                     ? bt_ml_index_find(&state->index, x->data, i, &position)
                     : bt_ml_index_find_int(&state->index, as_integer(x, i), &position);
    if (!known && !state->zeros)
        return bt_fail(err, BATON_ERR_INVALID,
                       "element %zu is not one of the %zu categories, and attribute zeros is 0", i,
                       state->index.count);
    memset(row, 0, state->index.count * sizeof *row);
    if (known)
        row[position] = 1;
    return BATON_OK;
}

static baton_status one_hot_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct one_hot *state = ctx->state;
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    int64_t dims[BT_RANK_MAX + 1];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (x->dtype != BT_STRING && !bt_ml_is_number(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    if ((x->dtype == BT_STRING) != (state->index.dtype == BT_STRING))
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is %s, but the categories are %s",
                       bt_dtype_name(x->dtype), bt_dtype_name(state->index.dtype));
    memcpy(dims, x->dims, x->rank * sizeof *dims);
    dims[x->rank] = (int64_t)state->index.count;
    BT_TRY(bt_op_output(ctx, 0, BT_F32, x->rank + 1, dims, &y, err));
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++)
        BT_TRY(one_hot_row(state, x, i, bt_f32_mut(y) + i * state->index.count, err));
    return BATON_OK;
}

/* ---- LabelEncoder, CategoryMapper ---- */

struct mapping {
    struct bt_ml_index keys;
    struct bt_ml_list values;
    struct bt_ml_list fallback;        /* one element of the values' type */
    struct bt_ml_list backward_values; /* CategoryMapper and LabelEncoder 1 go both ways: */
    struct bt_ml_index backward_keys;  /* which way, the input's type says */
    struct bt_ml_list backward_fallback;
};

static baton_status put(struct bt_tensor *y, size_t i, const struct bt_ml_list *from, size_t at,
                        struct baton_error *err)
{
    size_t size = bt_dtype_size(y->dtype);
    if (y->dtype == BT_STRING) {
        const struct bt_bytes *text = (const struct bt_bytes *)from->data + at;
        return bt_tensor_set_string(y, i, text->ptr, text->len, err);
    }
    memcpy((char *)y->data + i * size, (const char *)from->data + at * size, size);
    return BATON_OK;
}

static baton_status map_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct mapping *m = ctx->state;
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    bool back = m->backward_values.dtype && x->dtype == m->backward_keys.dtype;
    const struct bt_ml_index *keys = back ? &m->backward_keys : &m->keys;
    const struct bt_ml_list *values = back ? &m->backward_values : &m->values;
    const struct bt_ml_list *fallback = back ? &m->backward_fallback : &m->fallback;
    if (x->dtype != keys->dtype)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is %s, but the keys are %s",
                       bt_dtype_name(x->dtype), bt_dtype_name(keys->dtype));
    BT_TRY(bt_op_output(ctx, 0, values->dtype, x->rank, x->dims, &y, err));
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        bool known = bt_ml_index_find(keys, x->data, i, &at);
        BT_TRY(put(y, i, known ? values : fallback, at, err));
        /* `at` is still 0 for an unknown key, which is where the fallback is. */
    }
    return BATON_OK;
}

static baton_status keep(struct bt_arena *arena, enum bt_dtype dtype, const void *value,
                         struct bt_ml_list *ret, struct baton_error *err)
{
    size_t size = bt_dtype_size(dtype);
    void *copy = bt_arena_calloc(arena, 1, size);
    if (!copy)
        return bt_fail_no_memory(err, "a default value");
    memcpy(copy, value, size);
    *ret = (struct bt_ml_list){dtype, copy, 1};
    return BATON_OK;
}

/* default_string, default_int64, default_float or default_tensor, by the type of the values. */
static baton_status read_fallback(struct bt_op_ctx *ctx, enum bt_dtype dtype,
                                  struct bt_ml_list *ret, struct baton_error *err)
{
    const struct bt_attr *text = bt_op_attr(ctx, "default_string", BT_ATTR_STRING);
    const struct bt_attr *tensor = bt_op_attr(ctx, "default_tensor", BT_ATTR_TENSOR);
    const struct bt_bytes string = text ? text->s : bt_bytes_of("_Unused");
    int64_t integer = bt_op_attr_int(ctx, "default_int64", -1);
    float number = bt_op_attr_float(ctx, "default_float", -0.0F);
    if (tensor) {
        if (tensor->tensors->dtype != dtype || bt_tensor_count(tensor->tensors) != 1)
            return bt_fail(err, BATON_ERR_INVALID, "attribute default_tensor is not one %s",
                           bt_dtype_name(dtype));
        return keep(ctx->arena, dtype, tensor->tensors->data, ret, err);
    }
    switch (dtype) {
    case BT_STRING:
        return keep(ctx->arena, dtype, &string, ret, err);
    case BT_F32:
        return keep(ctx->arena, dtype, &number, ret, err);
    case BT_F64:
        return keep(ctx->arena, dtype, &(double){(double)number}, ret, err);
    case BT_I64:
        return keep(ctx->arena, dtype, &integer, ret, err);
    case BT_I32:
        return keep(ctx->arena, dtype, &(int32_t){(int32_t)integer}, ret, err);
    case BT_I16:
        return keep(ctx->arena, dtype, &(int16_t){(int16_t)integer}, ret, err);
    default:
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "values of type %s are not supported",
                       bt_dtype_name(dtype));
    }
}

static struct mapping *new_mapping(struct bt_op_ctx *ctx)
{
    ctx->state = bt_arena_calloc(ctx->arena, 1, sizeof(struct mapping));
    return ctx->state;
}

static baton_status label_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_ml_list keys = {BT_DTYPE_NONE, NULL, 0};
    struct mapping *m = new_mapping(ctx);
    if (!m)
        return bt_fail_no_memory(err, "labels");
    BT_TRY(bt_ml_list_of(ctx, "keys_", &keys, err));
    BT_TRY(bt_ml_list_of(ctx, "values_", &m->values, err));
    if (!keys.dtype || !m->values.dtype)
        return bt_fail(err, BATON_ERR_INVALID, "none of the attributes %s*",
                       keys.dtype ? "values_" : "keys_");
    if (keys.count != m->values.count)
        return bt_fail(err, BATON_ERR_INVALID, "%zu keys, but %zu values", keys.count,
                       m->values.count);
    BT_TRY(read_fallback(ctx, m->values.dtype, &m->fallback, err));
    return bt_ml_index_build(&keys, ctx->arena, &m->keys, err);
}

/* Strings to integers, and integers to strings. */
static baton_status both_ways(struct bt_op_ctx *ctx, const struct bt_ml_list *strings,
                              const struct bt_ml_list *integers, struct baton_error *err)
{
    struct mapping *m = new_mapping(ctx);
    if (!m)
        return bt_fail_no_memory(err, "categories");
    if (strings->count != integers->count)
        return bt_fail(err, BATON_ERR_INVALID, "%zu strings, but %zu integers", strings->count,
                       integers->count);
    m->values = *integers;
    m->backward_values = *strings;
    BT_TRY(read_fallback(ctx, BT_I64, &m->fallback, err));
    BT_TRY(read_fallback(ctx, BT_STRING, &m->backward_fallback, err));
    BT_TRY(bt_ml_index_build(strings, ctx->arena, &m->keys, err));
    return bt_ml_index_build(integers, ctx->arena, &m->backward_keys, err);
}

/* Opset 1: a string and its place in classes_strings. */
static baton_status label1_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_attr *classes = bt_op_attr(ctx, "classes_strings", BT_ATTR_STRINGS);
    if (!classes || classes->count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "attribute classes_strings is missing or empty");
    int64_t *places = bt_arena_calloc(ctx->arena, classes->count, sizeof *places);
    if (!places)
        return bt_fail_no_memory(err, "labels");
    for (size_t i = 0; i < classes->count; i++)
        places[i] = (int64_t)i;
    const struct bt_ml_list strings = {BT_STRING, classes->strings, classes->count};
    const struct bt_ml_list integers = {BT_I64, places, classes->count};
    return both_ways(ctx, &strings, &integers, err);
}

static baton_status category_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_attr *texts = bt_op_attr(ctx, "cats_strings", BT_ATTR_STRINGS);
    const struct bt_attr *numbers = bt_op_attr(ctx, "cats_int64s", BT_ATTR_INTS);
    if (!texts || !numbers)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s is missing",
                       texts ? "cats_int64s" : "cats_strings");
    const struct bt_ml_list strings = {BT_STRING, texts->strings, texts->count};
    const struct bt_ml_list integers = {BT_I64, numbers->ints, numbers->count};
    return both_ways(ctx, &strings, &integers, err);
}

const struct bt_op bt_ops_encode[] = {
    {.name = "OneHotEncoder",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = one_hot_prepare,
     .run = one_hot_run},
    {.name = "LabelEncoder",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .until = 1,
     .prepare = label1_prepare,
     .run = map_run},
    {.name = "LabelEncoder",
     .domain = BT_ML_DOMAIN,
     .since = 2,
     .prepare = label_prepare,
     .run = map_run},
    {.name = "CategoryMapper",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = category_prepare,
     .run = map_run},
    {.name = NULL},
};
