/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that give the same elements another shape, or tell the shape. No byte is moved. */
#include <inttypes.h>
#include <string.h>

#include "op/shape/shape_int.h"

static baton_status identity_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    if (ctx->input_count != 1 || !ctx->inputs[0])
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is missing");
    return bt_value_ref(ctx->inputs[0], &ctx->outputs[0], err);
}

/* ---- Reshape ---- */

static baton_status infer_dim(const struct bt_tensor *x, size_t count, int64_t *dims, size_t at,
                              struct baton_error *err)
{
    size_t total = bt_tensor_count(x);
    size_t others = 1;
    for (size_t i = 0; i < count; i++)
        if (i != at && __builtin_mul_overflow(others, (size_t)dims[i], &others))
            return bt_fail(err, BATON_ERR_LIMIT, "the new shape is too large");
    if (others == 0 || total % others != 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "%zu elements cannot fill rows of %zu: the -1 has no answer", total, others);
    dims[at] = (int64_t)(total / others);
    return BATON_OK;
}

/* 0 stands for the input's dimension, unless zeros are allowed. */
static baton_status settle_zeros(const struct bt_tensor *x, size_t count, int64_t *dims,
                                 struct baton_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (dims[i] != 0)
            continue;
        if (i >= x->rank)
            return bt_fail(err, BATON_ERR_INVALID, "dimension %zu is 0, but the input has rank %u",
                           i, x->rank);
        dims[i] = x->dims[i];
    }
    return BATON_OK;
}

static baton_status settle_inferred(const struct bt_tensor *x, bool allow_zero, size_t count,
                                    int64_t *dims, struct baton_error *err)
{
    size_t inferred = count;
    bool zero = false;
    for (size_t i = 0; i < count; i++) {
        zero = zero || dims[i] == 0;
        if (dims[i] < -1 || (dims[i] == -1 && inferred != count))
            return bt_fail(err, BATON_ERR_INVALID, "dimension %zu is %" PRId64, i, dims[i]);
        if (dims[i] == -1)
            inferred = i;
    }
    if (inferred == count)
        return BATON_OK;
    if (zero && allow_zero)
        return bt_fail(err, BATON_ERR_INVALID, "a shape with 0 and -1 has no meaning here");
    return infer_dim(x, count, dims, inferred, err);
}

static baton_status reshape_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    int64_t dims[BT_RANK_MAX] = {0};
    struct bt_int_list shape = {.values = dims, .max = BT_RANK_MAX};
    bool allow_zero = bt_op_attr_int(ctx, "allowzero", 0) != 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_ints_given(ctx, "shape", 1, &shape, err));
    if (!shape.given)
        return bt_fail(err, BATON_ERR_INVALID, "there is no shape");
    if (!allow_zero)
        BT_TRY(settle_zeros(x, shape.count, dims, err));
    BT_TRY(settle_inferred(x, allow_zero, shape.count, dims, err));
    return bt_op_forward(ctx, 0, x, (unsigned)shape.count, dims, err);
}

/* ---- Flatten, Squeeze, Unsqueeze ---- */

static baton_status flatten_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    /* The axis may be the rank itself, and negative ones still count from the rank. */
    int64_t axis = bt_op_attr_int(ctx, "axis", 1);
    int64_t wrapped = axis < 0 ? axis + x->rank : axis;
    if (wrapped < 0 || wrapped > x->rank)
        return bt_fail(err, BATON_ERR_INVALID, "axis %" PRId64 " is outside rank %u", axis,
                       x->rank);
    int64_t dims[2] = {(int64_t)bt_dims_product(x->dims, 0, (unsigned)wrapped),
                       (int64_t)bt_dims_product(x->dims, (unsigned)wrapped, x->rank)};
    return bt_op_forward(ctx, 0, x, 2, dims, err);
}

/* The axes of the attribute or of input 1, each once, as marks on `rank` axes. */
static baton_status mark_axes(unsigned rank, const struct bt_int_list *axes, bool *marks,
                              struct baton_error *err)
{
    for (size_t i = 0; i < axes->count; i++) {
        unsigned axis = 0;
        BT_TRY(bt_op_axis(axes->values[i], rank, false, &axis, err));
        if (marks[axis])
            return bt_fail(err, BATON_ERR_INVALID, "axis %u is named twice", axis);
        marks[axis] = true;
    }
    return BATON_OK;
}

static baton_status squeeze_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    int64_t values[BT_RANK_MAX];
    struct bt_int_list axes = {.values = values, .max = BT_RANK_MAX};
    int64_t dims[BT_RANK_MAX];
    bool marks[BT_RANK_MAX] = {false};
    unsigned rank = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_ints_given(ctx, "axes", 1, &axes, err));
    BT_TRY(mark_axes(x->rank, &axes, marks, err));
    for (unsigned i = 0; i < x->rank; i++) {
        if (marks[i] && x->dims[i] != 1)
            return bt_fail(err, BATON_ERR_INVALID, "axis %u has %" PRId64 " elements, expected 1",
                           i, x->dims[i]);
        if (!marks[i] && (axes.given || x->dims[i] != 1))
            dims[rank++] = x->dims[i];
    }
    return bt_op_forward(ctx, 0, x, rank, dims, err);
}

static baton_status unsqueeze_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    int64_t values[BT_RANK_MAX];
    struct bt_int_list axes = {.values = values, .max = BT_RANK_MAX};
    int64_t dims[BT_RANK_MAX];
    bool marks[BT_RANK_MAX] = {false};
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_ints_given(ctx, "axes", 1, &axes, err));
    if (!axes.given)
        return bt_fail(err, BATON_ERR_INVALID, "there are no axes");
    unsigned rank = x->rank + (unsigned)axes.count;
    if (rank > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "rank %u: the limit is %d", rank, BT_RANK_MAX);
    BT_TRY(mark_axes(rank, &axes, marks, err));
    unsigned from = 0;
    for (unsigned i = 0; i < rank; i++)
        dims[i] = marks[i] ? 1 : x->dims[from++];
    return bt_op_forward(ctx, 0, x, rank, dims, err);
}

/* ---- Shape, Size ---- */

/* A bound of Shape: from the end when negative, then clamped. */
static unsigned clamp_bound(int64_t bound, unsigned rank)
{
    int64_t wrapped = bound < 0 ? bound + rank : bound;
    return wrapped < 0 ? 0 : wrapped > rank ? rank : (unsigned)wrapped;
}

static baton_status shape_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    unsigned start = clamp_bound(bt_op_attr_int(ctx, "start", 0), x->rank);
    unsigned end = clamp_bound(bt_op_attr_int(ctx, "end", x->rank), x->rank);
    int64_t count = end > start ? end - start : 0;
    BT_TRY(bt_op_output(ctx, 0, BT_I64, 1, &count, &y, err));
    if (count)
        memcpy(y->data, &x->dims[start], (size_t)count * sizeof x->dims[0]);
    return BATON_OK;
}

static baton_status size_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_output(ctx, 0, BT_I64, 0, NULL, &y, err));
    *(int64_t *)y->data = (int64_t)bt_tensor_count(x);
    return BATON_OK;
}

const struct bt_op bt_ops_reshape[] = {
    BT_OP_SINCE("Identity", 1, identity_run),   BT_OP_SINCE("Reshape", 1, reshape_run),
    BT_OP_SINCE("Flatten", 1, flatten_run),     BT_OP_SINCE("Squeeze", 1, squeeze_run),
    BT_OP_SINCE("Unsqueeze", 1, unsqueeze_run), BT_OP_SINCE("Shape", 1, shape_run),
    BT_OP_SINCE("Size", 1, size_run),           BT_OP_END,
};
