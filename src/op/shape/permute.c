/* SPDX-License-Identifier: Apache-2.0 */
/* Operators whose every output element is one input element at a place that steps can tell. */
#include <inttypes.h>
#include <string.h>

#include "op/shape/shape_int.h"

/* Output 0 with the move's dims, dense, from `x`. */
static baton_status move_to_output(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                                   struct bt_move *move, unsigned rank, const int64_t *dims,
                                   struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_output(ctx, 0, x->dtype, rank, dims, &y, err));
    move->element = bt_dtype_size(x->dtype);
    bt_dense_steps(move->rank, move->dims, move->to_step);
    bt_move_run(move, x->data, y->data);
    return bt_own_strings(y, err);
}

/* ---- Transpose ---- */

static baton_status read_perm(const struct bt_op_ctx *ctx, unsigned rank, unsigned *perm,
                              struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, "perm", BT_ATTR_INTS);
    bool used[BT_RANK_MAX] = {false};
    if (attr && attr->count != rank)
        return bt_fail(err, BATON_ERR_INVALID, "perm has %zu elements, the input has rank %u",
                       attr->count, rank);
    for (unsigned i = 0; i < rank; i++) {
        int64_t axis = attr ? attr->ints[i] : (int64_t)(rank - 1 - i);
        if (axis < 0 || axis >= rank || used[axis])
            return bt_fail(err, BATON_ERR_INVALID, "perm is no permutation: it has %" PRId64, axis);
        used[axis] = true;
        perm[i] = (unsigned)axis;
    }
    return BATON_OK;
}

/* Only axes of one element change places: then the bytes stay. */
static bool is_reshape(const struct bt_tensor *x, const unsigned *perm)
{
    unsigned last = 0;
    for (unsigned i = 0; i < x->rank; i++) {
        if (x->dims[perm[i]] == 1)
            continue;
        if (perm[i] < last)
            return false;
        last = perm[i];
    }
    return true;
}

static baton_status transpose_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    unsigned perm[BT_RANK_MAX] = {0};
    int64_t steps[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(read_perm(ctx, x->rank, perm, err));
    struct bt_move move = {.rank = x->rank};
    bt_dense_steps(x->rank, x->dims, steps);
    for (unsigned i = 0; i < x->rank; i++) {
        move.dims[i] = x->dims[perm[i]];
        move.from_step[i] = steps[perm[i]];
    }
    if (is_reshape(x, perm))
        return bt_op_forward(ctx, 0, x, x->rank, move.dims, err);
    return move_to_output(ctx, x, &move, x->rank, move.dims, err);
}

/* ---- DepthToSpace, SpaceToDepth ---- */

/* Keeps channels * blocksize^2 in 64 bits also for an empty image, which bounds nothing itself. */
#define BLOCK_MAX 1024

static baton_status need_blocks(const struct bt_op_ctx *ctx, const struct bt_tensor **ret,
                                int64_t *ret_block, struct baton_error *err)
{
    BT_TRY(bt_op_need(ctx, 0, ret, err));
    int64_t block = bt_op_attr_int(ctx, "blocksize", 0);
    if ((*ret)->rank != 4)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, expected 4", (*ret)->rank);
    if (block < 1 || block > BLOCK_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "blocksize is %" PRId64 ", expected 1 to %d", block,
                       BLOCK_MAX);
    *ret_block = block;
    return BATON_OK;
}

/* A move over six axes, given in output order with the input step of each. */
static void set_axes(struct bt_move *move, const int64_t dims[6], const int64_t steps[6])
{
    move->rank = 6;
    memcpy(move->dims, dims, 6 * sizeof dims[0]);
    memcpy(move->from_step, steps, 6 * sizeof steps[0]);
}

static baton_status depth_to_space_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_move move = {.rank = 0};
    int64_t b = 0;
    BT_TRY(need_blocks(ctx, &x, &b, err));
    const int64_t *d = x->dims;
    if (d[1] % (b * b) != 0)
        return bt_fail(err, BATON_ERR_INVALID, "%" PRId64 " channels do not divide by %" PRId64,
                       d[1], b * b);
    int64_t depth = d[1] / (b * b);
    int64_t plane = d[2] * d[3];
    /* Channel = (row in block, column in block, depth) in DCR, (depth, row, column) in CRD. */
    bool crd = bt_op_attr_is(ctx, "mode", "CRD", false);
    int64_t row_step = (crd ? b : b * depth) * plane;
    int64_t column_step = (crd ? 1 : depth) * plane;
    int64_t depth_step = (crd ? b * b : 1) * plane;
    const int64_t dims[6] = {d[0], depth, d[2], b, d[3], b};
    const int64_t steps[6] = {d[1] * plane, depth_step, d[3], row_step, 1, column_step};
    set_axes(&move, dims, steps);
    const int64_t out[4] = {d[0], depth, d[2] * b, d[3] * b};
    return move_to_output(ctx, x, &move, 4, out, err);
}

static baton_status space_to_depth_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_move move = {.rank = 0};
    int64_t b = 0;
    BT_TRY(need_blocks(ctx, &x, &b, err));
    const int64_t *d = x->dims;
    if (d[2] % b != 0 || d[3] % b != 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "%" PRId64 " x %" PRId64 " does not divide by %" PRId64, d[2], d[3], b);
    int64_t plane = d[2] * d[3];
    const int64_t dims[6] = {d[0], b, b, d[1], d[2] / b, d[3] / b};
    const int64_t steps[6] = {d[1] * plane, d[3], 1, plane, d[3] * b, b};
    set_axes(&move, dims, steps);
    const int64_t out[4] = {d[0], d[1] * b * b, d[2] / b, d[3] / b};
    return move_to_output(ctx, x, &move, 4, out, err);
}

/* ---- Expand, Tile ---- */

static baton_status expand_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *shape = NULL;
    int64_t dims[BT_RANK_MAX];
    size_t count = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_need(ctx, 1, &shape, err));
    BT_TRY(bt_op_ints(ctx, 1, dims, BT_RANK_MAX, &count, err));
    for (size_t i = 0; i < count; i++)
        if (dims[i] < 0)
            return bt_fail(err, BATON_ERR_INVALID, "dimension %zu is %" PRId64, i, dims[i]);
    struct bt_move move = {.rank = (unsigned)count};
    BT_TRY(bt_broadcast_add(x->rank, x->dims, &move.rank, dims, err));
    memcpy(move.dims, dims, move.rank * sizeof dims[0]);
    if (move.rank == x->rank && memcmp(dims, x->dims, move.rank * sizeof dims[0]) == 0)
        return bt_op_forward(ctx, 0, x, x->rank, x->dims, err);
    bt_broadcast_steps(x, move.rank, dims, move.from_step);
    return move_to_output(ctx, x, &move, move.rank, dims, err);
}

/* Axis i of the output is two axes of the move: the repetition, and the input's own. */
static baton_status tile(struct bt_op_ctx *ctx, const struct bt_tensor *x, const int64_t *repeats,
                         struct baton_error *err)
{
    struct bt_move move = {.rank = 2 * x->rank};
    int64_t steps[BT_RANK_MAX];
    int64_t dims[BT_RANK_MAX];
    bt_dense_steps(x->rank, x->dims, steps);
    for (unsigned i = 0; i < x->rank; i++) {
        if (repeats[i] < 0)
            return bt_fail(err, BATON_ERR_INVALID, "axis %u is repeated %" PRId64 " times", i,
                           repeats[i]);
        if (__builtin_mul_overflow(x->dims[i], repeats[i], &dims[i]))
            return bt_fail(err, BATON_ERR_LIMIT, "axis %u repeated %" PRId64 " times is too large",
                           i, repeats[i]);
        size_t pair = 2 * (size_t)i;
        move.dims[pair] = repeats[i];
        move.dims[pair + 1] = x->dims[i];
        move.from_step[pair + 1] = steps[i];
    }
    return move_to_output(ctx, x, &move, x->rank, dims, err);
}

static baton_status tile_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    int64_t repeats[BT_RANK_MAX];
    size_t count = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_ints(ctx, 1, repeats, BT_RANK_MAX, &count, err));
    if (count != x->rank)
        return bt_fail(err, BATON_ERR_INVALID, "%zu repeats, the input has rank %u", count,
                       x->rank);
    return tile(ctx, x, repeats, err);
}

/* Until opset 5 one axis at a time. */
static baton_status tile_1_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    int64_t repeats[BT_RANK_MAX];
    int64_t tiles = 0;
    int64_t axis = 0;
    unsigned at = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_int_input(ctx, 1, &tiles, err));
    BT_TRY(bt_int_input(ctx, 2, &axis, err));
    BT_TRY(bt_op_axis(axis, x->rank, false, &at, err));
    for (unsigned i = 0; i < BT_RANK_MAX; i++)
        repeats[i] = i == at ? tiles : 1;
    return tile(ctx, x, repeats, err);
}

/* ---- Slice ---- */

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* A bound counted from the end when negative, then clamped to where the cut can begin or stop. */
static int64_t settle_bound(int64_t bound, int64_t dim, bool forward)
{
    int64_t wrapped = bound < 0 ? bound + dim : bound;
    return forward ? clamp(wrapped, 0, dim) : clamp(wrapped, -1, dim - 1);
}

/* Start and count along one axis, as NumPy cuts. */
static void cut_axis(int64_t dim, int64_t start, int64_t end, int64_t step, int64_t *ret_start,
                     int64_t *ret_count)
{
    bool forward = step > 0;
    uint64_t stride = forward ? (uint64_t)step : 0 - (uint64_t)step;
    int64_t first = settle_bound(start, dim, forward);
    int64_t last = settle_bound(end, dim, forward);
    int64_t width = forward ? last - first : first - last;
    *ret_start = first;
    *ret_count = width <= 0 ? 0 : (int64_t)(((uint64_t)width - 1) / stride + 1);
}

struct slice {
    int64_t starts[BT_RANK_MAX];
    int64_t ends[BT_RANK_MAX];
    int64_t axes[BT_RANK_MAX];
    int64_t steps[BT_RANK_MAX];
    size_t count;
};

/* Another list: as long as the starts, or left out when that is allowed: then axes in order, and
 * steps of one. */
static baton_status read_slice_list(const struct bt_op_ctx *ctx, const struct slice *s,
                                    uint32_t input, int64_t *values, struct baton_error *err)
{
    static const char *const names[] = {"", "starts", "ends", "axes", "steps"};
    struct bt_int_list list = {.values = values, .max = BT_RANK_MAX};
    BT_TRY(bt_ints_given(ctx, names[input], input, &list, err));
    bool optional = input >= 3;
    if (list.count != s->count && (list.given || !optional))
        return bt_fail(err, BATON_ERR_INVALID, "%zu starts and %zu %s", s->count, list.count,
                       names[input]);
    for (size_t i = 0; !list.given && i < s->count; i++)
        values[i] = input == 3 ? (int64_t)i : 1;
    return BATON_OK;
}

static baton_status read_slice(const struct bt_op_ctx *ctx, struct slice *s,
                               struct baton_error *err)
{
    struct bt_int_list starts = {.values = s->starts, .max = BT_RANK_MAX};
    BT_TRY(bt_ints_given(ctx, "starts", 1, &starts, err));
    s->count = starts.count;
    BT_TRY(read_slice_list(ctx, s, 2, s->ends, err));
    BT_TRY(read_slice_list(ctx, s, 3, s->axes, err));
    return read_slice_list(ctx, s, 4, s->steps, err);
}

static baton_status slice_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct slice s = {.count = 0};
    int64_t offset = 0;
    bool cut[BT_RANK_MAX] = {false};
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(read_slice(ctx, &s, err));
    struct bt_move move = {.rank = x->rank};
    memcpy(move.dims, x->dims, sizeof x->dims);
    bt_dense_steps(x->rank, x->dims, move.from_step);
    for (size_t i = 0; i < s.count; i++) {
        unsigned axis = 0;
        int64_t start = 0;
        BT_TRY(bt_op_axis(s.axes[i], x->rank, false, &axis, err));
        if (s.steps[i] == 0 || cut[axis])
            return bt_fail(err, BATON_ERR_INVALID, "axis %u: %s", axis,
                           cut[axis] ? "cut twice" : "a step of 0");
        cut[axis] = true;
        cut_axis(x->dims[axis], s.starts[i], s.ends[i], s.steps[i], &start, &move.dims[axis]);
        offset += move.dims[axis] ? start * move.from_step[axis] : 0;
        /* A step longer than the axis is never taken. */
        move.from_step[axis] *= move.dims[axis] > 1 ? s.steps[i] : 0;
    }
    if (memcmp(move.dims, x->dims, x->rank * sizeof x->dims[0]) == 0 && offset == 0)
        return bt_op_forward(ctx, 0, x, x->rank, x->dims, err);
    struct bt_tensor from = *x;
    from.data = bt_tensor_bytes(x) ? bt_element_mut(&from, (size_t)offset) : x->data;
    return move_to_output(ctx, &from, &move, x->rank, move.dims, err);
}

const struct bt_op bt_ops_permute[] = {
    BT_OP_SINCE("Transpose", 1, transpose_run),
    BT_OP_SINCE("DepthToSpace", 1, depth_to_space_run),
    BT_OP_SINCE("SpaceToDepth", 1, space_to_depth_run),
    BT_OP_SINCE("Expand", 8, expand_run),
    BT_OP_UNTIL("Tile", 1, 5, tile_1_run),
    BT_OP_SINCE("Tile", 6, tile_run),
    BT_OP_SINCE("Slice", 1, slice_run),
    BT_OP_END,
};
