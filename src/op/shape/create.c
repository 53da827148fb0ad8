/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that make elements of their own: Constant, ConstantOfShape, EyeLike, Range. */
#include <inttypes.h>
#include <string.h>

#include "op/shape/shape_int.h"
#include "tensor/half.h"

/* ---- Constant ---- */

static baton_status constant_bytes(struct bt_op_ctx *ctx, enum bt_dtype dtype, bool is_list,
                                   const void *values, size_t count, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    int64_t dim = (int64_t)count;
    BT_TRY(bt_op_output(ctx, 0, dtype, is_list, &dim, &y, err));
    if (count)
        memcpy(y->data, values, count * bt_dtype_size(dtype));
    return bt_own_strings(y, err);
}

static baton_status constant_attr(struct bt_op_ctx *ctx, const struct bt_attr *a,
                                  struct baton_error *err)
{
    switch (a->kind) {
    case BT_ATTR_TENSOR:
        return bt_op_forward(ctx, 0, a->tensors, a->tensors->rank, a->tensors->dims, err);
    case BT_ATTR_FLOAT:
        return constant_bytes(ctx, BT_F32, false, &a->f, 1, err);
    case BT_ATTR_FLOATS:
        return constant_bytes(ctx, BT_F32, true, a->floats, a->count, err);
    case BT_ATTR_INT:
        return constant_bytes(ctx, BT_I64, false, &a->i, 1, err);
    case BT_ATTR_INTS:
        return constant_bytes(ctx, BT_I64, true, a->ints, a->count, err);
    case BT_ATTR_STRING:
        return constant_bytes(ctx, BT_STRING, false, &a->s, 1, err);
    case BT_ATTR_STRINGS:
        return constant_bytes(ctx, BT_STRING, true, a->strings, a->count, err);
    default:
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "attribute \"%s\" is no constant we can hold",
                       a->name);
    }
}

static baton_status constant_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    /* One attribute, whose name only repeats its kind. */
    if (ctx->node->attr_count != 1)
        return bt_fail(err, BATON_ERR_INVALID, "%u attributes, expected one value",
                       ctx->node->attr_count);
    return constant_attr(ctx, &ctx->node->attrs[0], err);
}

/* ---- ConstantOfShape ---- */

static baton_status constant_of_shape_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_attr *value = bt_op_attr(ctx, "value", BT_ATTR_TENSOR);
    static const float zero = 0;
    enum bt_dtype dtype = value ? value->tensors->dtype : BT_F32;
    const struct bt_tensor *shape = NULL;
    struct bt_tensor *y = NULL;
    int64_t dims[BT_RANK_MAX];
    size_t rank = 0;
    BT_TRY(bt_op_need(ctx, 0, &shape, err));
    BT_TRY(bt_op_ints(ctx, 0, dims, BT_RANK_MAX, &rank, err));
    if (value && bt_tensor_count(value->tensors) != 1)
        return bt_fail(err, BATON_ERR_INVALID, "the value has %zu elements, expected one",
                       bt_tensor_count(value->tensors));
    BT_TRY(bt_op_output(ctx, 0, dtype, (unsigned)rank, dims, &y, err));
    bt_move_fill(y->data, bt_dtype_size(dtype), bt_tensor_count(y),
                 value ? value->tensors->data : &zero);
    return bt_own_strings(y, err);
}

/* ---- EyeLike ---- */

static void put_one(enum bt_dtype dtype, void *at)
{
    static const float single = 1;
    static const double wide = 1;
    if (dtype == BT_F32)
        memcpy(at, &single, sizeof single);
    else if (dtype == BT_F64)
        memcpy(at, &wide, sizeof wide);
    else
        bt_store_int(dtype, at,
                     dtype == BT_F16    ? bt_f16_narrow(1.0F)
                     : dtype == BT_BF16 ? bt_bf16_narrow(1.0F)
                                        : 1);
}

static baton_status eye_like_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    int64_t asked = bt_op_attr_int(ctx, "dtype", (int64_t)x->dtype);
    int64_t k = bt_op_attr_int(ctx, "k", 0);
    enum bt_dtype dtype =
        asked > 0 && asked < BT_DTYPE_COUNT ? (enum bt_dtype)asked : BT_DTYPE_NONE;
    if (!bt_is_number(dtype) && dtype != BT_BOOL)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "element type %" PRId64 " is not supported here",
                       asked);
    if (x->rank != 2)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, expected 2", x->rank);
    BT_TRY(bt_op_output(ctx, 0, dtype, 2, x->dims, &y, err));
    int64_t columns = y->dims[1];
    if (bt_tensor_bytes(y))
        memset(y->data, 0, bt_tensor_bytes(y));
    for (int64_t i = 0; i < y->dims[0]; i++) {
        int64_t j = 0;
        if (!__builtin_add_overflow(i, k, &j) && j >= 0 && j < columns)
            put_one(dtype, bt_element_mut(y, (size_t)(i * columns + j)));
    }
    return BATON_OK;
}

/* ---- Range ---- */

static baton_status range_output(struct bt_op_ctx *ctx, enum bt_dtype dtype, uint64_t count,
                                 struct bt_tensor **ret, struct baton_error *err)
{
    int64_t dim = count > INT64_MAX ? INT64_MAX : (int64_t)count;
    return bt_op_output(ctx, 0, dtype, 1, &dim, ret, err);
}

static baton_status range_ints(struct bt_op_ctx *ctx, const struct bt_tensor *const in[3],
                               struct baton_error *err)
{
    enum bt_dtype dtype = in[0]->dtype;
    int64_t start = bt_load_int(dtype, in[0]->data);
    int64_t limit = bt_load_int(dtype, in[1]->data);
    int64_t delta = bt_load_int(dtype, in[2]->data);
    struct bt_tensor *y = NULL;
    uint64_t width =
        delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    uint64_t stride = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta;
    bool empty = delta > 0 ? limit <= start : limit >= start;
    if (delta == 0)
        return bt_fail(err, BATON_ERR_INVALID, "delta is 0");
    BT_TRY(range_output(ctx, dtype, empty ? 0 : (width - 1) / stride + 1, &y, err));
    for (uint64_t i = 0; i < (uint64_t)y->dims[0]; i++)
        bt_store_int(dtype, bt_element_mut(y, i), (int64_t)((uint64_t)start + i * (uint64_t)delta));
    return BATON_OK;
}

/* ceil((limit - start) / delta): the difference in the type itself, the quotient in binary64. */
static baton_status float_count(double difference, double delta, uint64_t *ret,
                                struct baton_error *err)
{
    double quotient = difference / delta;
    if (!(quotient < 0x1p53))
        return bt_fail(err, BATON_ERR_INVALID, "start, limit and delta do not make a finite range");
    uint64_t whole = quotient > 0 ? (uint64_t)quotient : 0;
    *ret = whole + ((double)whole < quotient);
    return BATON_OK;
}

static baton_status range_f32(struct bt_op_ctx *ctx, const struct bt_tensor *const in[3],
                              struct baton_error *err)
{
    float start = *bt_f32(in[0]);
    float delta = *bt_f32(in[2]);
    float difference = *bt_f32(in[1]) - start;
    struct bt_tensor *y = NULL;
    uint64_t count = 0;
    BT_TRY(float_count((double)difference, (double)delta, &count, err));
    BT_TRY(range_output(ctx, BT_F32, count, &y, err));
    for (uint64_t i = 0; i < count; i++) {
        float product = (float)i * delta;
        bt_f32_mut(y)[i] = start + product;
    }
    return BATON_OK;
}

static baton_status range_f64(struct bt_op_ctx *ctx, const struct bt_tensor *const in[3],
                              struct baton_error *err)
{
    double start = *(const double *)in[0]->data;
    double delta = *(const double *)in[2]->data;
    struct bt_tensor *y = NULL;
    uint64_t count = 0;
    BT_TRY(float_count(*(const double *)in[1]->data - start, delta, &count, err));
    BT_TRY(range_output(ctx, BT_F64, count, &y, err));
    for (uint64_t i = 0; i < count; i++) {
        double product = (double)i * delta;
        ((double *)y->data)[i] = start + product;
    }
    return BATON_OK;
}

/* Each step is done in binary32 and rounded to the type (numerics.md, "Low precision"). */
static baton_status range_half(struct bt_op_ctx *ctx, const struct bt_tensor *const in[3],
                               struct baton_error *err)
{
    enum bt_dtype dtype = in[0]->dtype;
    float (*widen)(uint16_t) = dtype == BT_F16 ? bt_f16_widen : bt_bf16_widen;
    uint16_t (*narrow)(float) = dtype == BT_F16 ? bt_f16_narrow : bt_bf16_narrow;
    float start = widen(*(const uint16_t *)in[0]->data);
    float limit = widen(*(const uint16_t *)in[1]->data);
    float delta = widen(*(const uint16_t *)in[2]->data);
    float difference = widen(narrow(limit - start));
    struct bt_tensor *y = NULL;
    uint64_t count = 0;
    BT_TRY(float_count((double)difference, (double)delta, &count, err));
    BT_TRY(range_output(ctx, dtype, count, &y, err));
    for (uint64_t i = 0; i < count; i++) {
        float product = widen(narrow(widen(narrow((float)i)) * delta));
        ((uint16_t *)y->data)[i] = narrow(start + product);
    }
    return BATON_OK;
}

static baton_status range_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *in[3] = {NULL, NULL, NULL};
    BT_TRY(bt_op_need(ctx, 0, &in[0], err));
    for (uint32_t i = 0; i < 3; i++) {
        BT_TRY(bt_op_need_type(ctx, i, in[0]->dtype, &in[i], err));
        if (bt_tensor_count(in[i]) != 1)
            return bt_fail(err, BATON_ERR_INVALID, "input %u has %zu elements, expected one", i,
                           bt_tensor_count(in[i]));
    }
    switch (in[0]->dtype) {
    case BT_F32:
        return range_f32(ctx, in, err);
    case BT_F64:
        return range_f64(ctx, in, err);
    case BT_F16:
    case BT_BF16:
        return range_half(ctx, in, err);
    case BT_I16:
    case BT_I32:
    case BT_I64:
        return range_ints(ctx, in, err);
    default:
        return bt_op_bad_type(ctx, 0, err);
    }
}

const struct bt_op bt_ops_create[] = {
    BT_OP_SINCE("Constant", 1, constant_run),
    BT_OP_SINCE("ConstantOfShape", 9, constant_of_shape_run),
    BT_OP_SINCE("EyeLike", 9, eye_like_run),
    BT_OP_SINCE("Range", 11, range_run),
    BT_OP_END,
};
