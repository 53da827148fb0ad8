/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pad, CenterCropPad. Along each axis an output position either comes from an input position or is
 * filled. Negative padding crops. A table per axis says which, so that the modes differ only in how
 * a table is made.
 */
#include <inttypes.h>
#include <string.h>

#include "op/shape/shape_int.h"
#include "tensor/half.h"

enum mode { CONSTANT, REFLECT, EDGE, WRAP };

struct padding {
    enum mode mode;
    int64_t before[BT_RANK_MAX];
    int64_t after[BT_RANK_MAX];
    const void *fill;
};

static const uint8_t zero_element[sizeof(struct bt_bytes)];

/* The input position for output position `at` - before, which may lie outside [0, dim). */
static int64_t source_of(enum mode mode, int64_t at, int64_t dim)
{
    if (at >= 0 && at < dim)
        return at;
    if (mode == CONSTANT)
        return -1;
    if (mode == EDGE)
        return at < 0 ? 0 : dim - 1;
    /* Reflection repeats with period 2 (dim - 1), a wrap with period dim. */
    int64_t period = mode == WRAP ? dim : dim > 1 ? 2 * (dim - 1) : 1;
    int64_t folded = at % period;
    folded = folded < 0 ? folded + period : folded;
    return folded < dim ? folded : period - folded;
}

/* Far above any axis that fits, and far below where sums of two overflow. */
#define PAD_MAX (INT64_C(1) << 48)

static baton_status padded_dims(const struct bt_tensor *x, const struct padding *p, int64_t *dims,
                                struct baton_error *err)
{
    for (unsigned i = 0; i < x->rank; i++) {
        bool absurd = p->before[i] < -PAD_MAX || p->before[i] > PAD_MAX || p->after[i] < -PAD_MAX ||
                      p->after[i] > PAD_MAX;
        int64_t dim = absurd ? -1 : x->dims[i] + p->before[i] + p->after[i];
        if (dim < 0)
            return bt_fail(err, BATON_ERR_INVALID,
                           "axis %u of %" PRId64 " cannot be padded by %" PRId64 " and %" PRId64, i,
                           x->dims[i], p->before[i], p->after[i]);
        if (p->mode != CONSTANT && x->dims[i] == 0 && dim > 0)
            return bt_fail(err, BATON_ERR_INVALID, "axis %u is empty: there is nothing to repeat",
                           i);
        dims[i] = dim;
    }
    return BATON_OK;
}

/* Constant: everything filled, then the part that stays in one move. */
static void pad_constant(const struct bt_tensor *x, const struct padding *p, struct bt_tensor *y)
{
    struct bt_move move = {.element = bt_dtype_size(x->dtype), .rank = x->rank};
    int64_t from = 0;
    int64_t to = 0;
    bt_move_fill(y->data, move.element, bt_tensor_count(y), p->fill);
    bt_dense_steps(x->rank, x->dims, move.from_step);
    bt_dense_steps(y->rank, y->dims, move.to_step);
    for (unsigned i = 0; i < x->rank; i++) {
        /* [first, last) of the input axis stays. */
        int64_t first = p->before[i] < 0 ? -p->before[i] : 0;
        int64_t last = p->after[i] < 0 ? x->dims[i] + p->after[i] : x->dims[i];
        if (last <= first)
            return;
        move.dims[i] = last - first;
        from += first * move.from_step[i];
        to += (first + p->before[i]) * move.to_step[i];
    }
    bt_move_run(&move, bt_element(x, (size_t)from), bt_element_mut(y, (size_t)to));
}

/* The other modes: axis by axis, `tables` holds input offsets for every output position. */
static baton_status pad_repeat(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                               const struct padding *p, struct bt_tensor *y,
                               struct baton_error *err)
{
    int64_t steps[BT_RANK_MAX];
    int64_t *tables[BT_RANK_MAX];
    int64_t position[BT_RANK_MAX] = {0};
    size_t size = bt_dtype_size(x->dtype);
    size_t count = bt_tensor_count(y);
    bt_dense_steps(x->rank, x->dims, steps);
    for (unsigned i = 0; i < x->rank; i++) {
        tables[i] = bt_op_scratch(ctx, (size_t)y->dims[i], sizeof(int64_t));
        if (!tables[i])
            return bt_fail_no_memory(err, "the padding");
        for (int64_t k = 0; k < y->dims[i]; k++)
            tables[i][k] = source_of(p->mode, k - p->before[i], x->dims[i]) * steps[i];
    }
    for (size_t k = 0; k < count; k++) {
        int64_t from = 0;
        for (unsigned i = 0; i < x->rank; i++)
            from += tables[i][position[i]];
        memcpy(bt_element_mut(y, k), bt_element(x, (size_t)from), size);
        for (unsigned i = x->rank; i-- > 0;) {
            position[i]++;
            if (position[i] < y->dims[i])
                break;
            position[i] = 0;
        }
    }
    return BATON_OK;
}

static baton_status pad(struct bt_op_ctx *ctx, const struct bt_tensor *x, const struct padding *p,
                        struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(padded_dims(x, p, dims, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, dims, &y, err));
    if (p->mode == CONSTANT)
        pad_constant(x, p, y);
    else
        BT_TRY(pad_repeat(ctx, x, p, y, err));
    return bt_own_strings(y, err);
}

/* ---- Pad ---- */

static baton_status read_mode(const struct bt_op_ctx *ctx, enum mode *ret, struct baton_error *err)
{
    static const char *const names[] = {"constant", "reflect", "edge", "wrap"};
    unsigned found = CONSTANT;
    while (found <= WRAP && !bt_op_attr_is(ctx, "mode", names[found], found == CONSTANT))
        found++;
    if (found > WRAP)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "the mode is not known");
    *ret = (enum mode)found;
    return BATON_OK;
}

/* Those that `axes` names, or all of `rank`. */
static baton_status read_axes(const struct bt_op_ctx *ctx, uint32_t input, unsigned rank,
                              struct bt_int_list *axes, struct baton_error *err)
{
    axes->max = rank;
    BT_TRY(bt_ints_given(ctx, "axes", input, axes, err));
    for (unsigned i = 0; !axes->given && i < rank; i++)
        axes->values[axes->count++] = i;
    return BATON_OK;
}

static baton_status read_pads(const struct bt_op_ctx *ctx, unsigned rank, struct padding *p,
                              struct baton_error *err)
{
    int64_t pad_values[2 * BT_RANK_MAX];
    int64_t axis_values[BT_RANK_MAX];
    struct bt_int_list pads = {.values = pad_values, .max = 2 * (size_t)rank};
    struct bt_int_list axes = {.values = axis_values};
    BT_TRY(bt_ints_given(ctx, ctx->node->opset == 1 ? "paddings" : "pads", 1, &pads, err));
    BT_TRY(read_axes(ctx, 3, rank, &axes, err));
    if (pads.count != 2 * axes.count)
        return bt_fail(err, BATON_ERR_INVALID, "%zu pads for %zu axes", pads.count, axes.count);
    for (size_t i = 0; i < axes.count; i++) {
        unsigned axis = 0;
        BT_TRY(bt_op_axis(axis_values[i], rank, false, &axis, err));
        p->before[axis] = pad_values[i];
        p->after[axis] = pad_values[axes.count + i];
    }
    return BATON_OK;
}

/* The attribute `value` of opsets 1 and 2 is a float; those opsets pad floats only. */
static baton_status fill_of_attr(const struct bt_op_ctx *ctx, enum bt_dtype dtype, float value,
                                 const void **ret, struct baton_error *err)
{
    uint8_t *fill = bt_arena_calloc(ctx->arena, 1, sizeof(struct bt_bytes));
    double wide = (double)value;
    uint16_t half = bt_f16_narrow(value);
    if (!fill)
        return bt_fail_no_memory(err, "the padding");
    if (dtype == BT_F32)
        memcpy(fill, &value, sizeof value);
    else if (dtype == BT_F64)
        memcpy(fill, &wide, sizeof wide);
    else if (dtype == BT_F16)
        memcpy(fill, &half, sizeof half);
    else
        return bt_op_bad_type(ctx, 0, err);
    *ret = fill;
    return BATON_OK;
}

static baton_status read_fill(const struct bt_op_ctx *ctx, const struct bt_tensor *x,
                              struct padding *p, struct baton_error *err)
{
    const struct bt_tensor *value = NULL;
    p->fill = zero_element;
    if (ctx->node->opset < 11)
        return fill_of_attr(ctx, x->dtype, bt_op_attr_float(ctx, "value", 0), &p->fill, err);
    if (!bt_op_input(ctx, 2))
        return BATON_OK;
    BT_TRY(bt_op_need_type(ctx, 2, x->dtype, &value, err));
    if (bt_tensor_count(value) != 1)
        return bt_fail(err, BATON_ERR_INVALID, "the padding value has %zu elements, expected one",
                       bt_tensor_count(value));
    p->fill = value->data;
    return BATON_OK;
}

static baton_status pad_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct padding p = {.mode = CONSTANT};
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(read_mode(ctx, &p.mode, err));
    BT_TRY(read_pads(ctx, x->rank, &p, err));
    BT_TRY(read_fill(ctx, x, &p, err));
    return pad(ctx, x, &p, err);
}

/* ---- CenterCropPad ---- */

static void center(int64_t dim, int64_t wanted, int64_t *ret_before, int64_t *ret_after)
{
    /* An odd difference puts the smaller half in front, for cropping as for padding. */
    int64_t added = wanted - dim; /* both are >= 0 */
    *ret_before = added / 2;
    *ret_after = added - *ret_before;
}

static baton_status center_crop_pad_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct padding p = {.mode = CONSTANT, .fill = zero_element};
    int64_t shape[BT_RANK_MAX];
    int64_t axis_values[BT_RANK_MAX];
    struct bt_int_list axes = {.values = axis_values};
    size_t count = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_ints(ctx, 1, shape, x->rank, &count, err));
    BT_TRY(read_axes(ctx, BT_ABSENT, x->rank, &axes, err));
    if (count != axes.count)
        return bt_fail(err, BATON_ERR_INVALID, "a shape of %zu for %zu axes", count, axes.count);
    for (size_t i = 0; i < count; i++) {
        unsigned axis = 0;
        BT_TRY(bt_op_axis(axis_values[i], x->rank, false, &axis, err));
        if (shape[i] < 0)
            return bt_fail(err, BATON_ERR_INVALID, "dimension %zu is %" PRId64, i, shape[i]);
        center(x->dims[axis], shape[i], &p.before[axis], &p.after[axis]);
    }
    return pad(ctx, x, &p, err);
}

const struct bt_op bt_ops_pad[] = {
    BT_OP_SINCE("Pad", 1, pad_run),
    BT_OP_SINCE("CenterCropPad", 18, center_crop_pad_run),
    BT_OP_END,
};
