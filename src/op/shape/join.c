/* SPDX-License-Identifier: Apache-2.0 */
/* Concat, Split. Both see a tensor as `outer` rows of `axis` times `inner` elements. */
#include "op/shape/join.h"

#include <inttypes.h>
#include <string.h>

/* Copy, for each of `outer` rows, `bytes` bytes between rows of the two pitches. */
static void copy_rows(const char *from, size_t from_pitch, char *to, size_t to_pitch, size_t bytes,
                      size_t outer)
{
    struct bt_move m = {.element = 1, .rank = 2, .dims = {(int64_t)outer, (int64_t)bytes}};
    m.from_step[0] = (int64_t)from_pitch;
    m.from_step[1] = 1;
    m.to_step[0] = (int64_t)to_pitch;
    m.to_step[1] = 1;
    bt_move_run(&m, from, to);
}

/* Bytes of the part of a row that `dim` entries of `axis` make. */
static size_t row_bytes(const struct bt_tensor *t, unsigned axis, int64_t dim)
{
    return (size_t)dim * bt_dims_product(t->dims, axis + 1, t->rank) * bt_dtype_size(t->dtype);
}

/* ---- Concat ---- */

static baton_status check_same(const struct bt_tensor *first, const struct bt_tensor *t, size_t i,
                               unsigned axis, struct baton_error *err)
{
    if (t->dtype != first->dtype || t->rank != first->rank)
        return bt_fail(err, BATON_ERR_INVALID, "part %zu is %s of rank %u, part 0 is %s of rank %u",
                       i, bt_dtype_name(t->dtype), t->rank, bt_dtype_name(first->dtype),
                       first->rank);
    for (unsigned k = 0; k < t->rank; k++)
        if (k != axis && t->dims[k] != first->dims[k])
            return bt_fail(err, BATON_ERR_INVALID,
                           "part %zu has %" PRId64 " on axis %u, part 0 has %" PRId64, i,
                           t->dims[k], k, first->dims[k]);
    return BATON_OK;
}

baton_status bt_join(struct bt_op_ctx *ctx, const struct bt_tensor *parts, size_t count,
                     unsigned axis, struct baton_error *err)
{
    const struct bt_tensor *first = &parts[0];
    struct bt_tensor *y = NULL;
    int64_t dims[BT_RANK_MAX];
    memcpy(dims, first->dims, sizeof first->dims);
    for (size_t i = 1; i < count; i++) {
        BT_TRY(check_same(first, &parts[i], i, axis, err));
        if (__builtin_add_overflow(dims[axis], parts[i].dims[axis], &dims[axis]))
            return bt_fail(err, BATON_ERR_LIMIT, "the joined axis is too long");
    }
    if (count == 1)
        return bt_op_forward(ctx, 0, first, first->rank, dims, err);
    BT_TRY(bt_op_output(ctx, 0, first->dtype, first->rank, dims, &y, err));
    size_t outer = bt_dims_product(dims, 0, axis);
    size_t pitch = row_bytes(y, axis, dims[axis]);
    char *to = y->data;
    for (size_t i = 0; i < count; i++) {
        size_t bytes = row_bytes(y, axis, parts[i].dims[axis]);
        copy_rows(parts[i].data, bytes, to, pitch, bytes, outer);
        to += bytes;
    }
    return bt_own_strings(y, err);
}

static baton_status concat_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    unsigned axis = 0;
    struct bt_tensor *parts = bt_op_scratch(ctx, ctx->input_count, sizeof *parts);
    if (!parts)
        return bt_fail_no_memory(err, "the parts");
    if (ctx->input_count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "there are no inputs");
    for (uint32_t i = 0; i < ctx->input_count; i++) {
        const struct bt_tensor *t = NULL;
        BT_TRY(bt_op_need(ctx, i, &t, err));
        parts[i] = *t;
    }
    BT_TRY(bt_axis_attr(ctx, "axis", 1, parts[0].rank, &axis, err));
    return bt_join(ctx, parts, ctx->input_count, axis, err);
}

/* ---- Split ---- */

void bt_copy_entries(const struct bt_tensor *x, unsigned axis, int64_t first, int64_t count,
                     struct bt_tensor *y)
{
    size_t bytes = row_bytes(x, axis, count);
    const char *from = (const char *)x->data + row_bytes(x, axis, first);
    copy_rows(from, row_bytes(x, axis, x->dims[axis]), y->data, bytes, bytes,
              bt_dims_product(x->dims, 0, axis));
}

/* Without sizes: equal parts, which until opset 17 must come out even. */
static baton_status equal_parts(const struct bt_op_ctx *ctx, int64_t dim, int64_t *parts,
                                struct baton_error *err)
{
    int64_t count = ctx->output_count;
    int64_t asked = bt_op_attr_int(ctx, "num_outputs", count);
    if (asked != count)
        return bt_fail(err, BATON_ERR_INVALID, "num_outputs is %" PRId64 ", the node has %" PRId64,
                       asked, count);
    if (ctx->node->opset < 18 && dim % count != 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "%" PRId64 " elements do not divide into %" PRId64 " parts", dim, count);
    int64_t part = dim / count + (dim % count != 0);
    for (int64_t i = 0; i < count; i++) {
        int64_t left = dim - i * part;
        parts[i] = left < 0 ? 0 : left < part ? left : part;
    }
    return BATON_OK;
}

static baton_status split_sizes(struct bt_op_ctx *ctx, int64_t dim, int64_t *parts,
                                struct baton_error *err)
{
    struct bt_int_list split = {.values = parts, .max = ctx->output_count};
    BT_TRY(bt_ints_given(ctx, "split", 1, &split, err));
    if (!split.given)
        return equal_parts(ctx, dim, parts, err);
    int64_t sum = 0;
    if (split.count != ctx->output_count)
        return bt_fail(err, BATON_ERR_INVALID, "split has %zu parts, the node has %u outputs",
                       split.count, ctx->output_count);
    for (size_t i = 0; i < split.count; i++)
        if (parts[i] < 0 || __builtin_add_overflow(sum, parts[i], &sum))
            return bt_fail(err, BATON_ERR_INVALID, "part %zu has %" PRId64 " elements", i,
                           parts[i]);
    if (sum != dim)
        return bt_fail(err, BATON_ERR_INVALID,
                       "the parts have %" PRId64 " elements together, the axis has %" PRId64, sum,
                       dim);
    return BATON_OK;
}

static baton_status split_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    unsigned axis = 0;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_axis_attr(ctx, "axis", 0, x->rank, &axis, err));
    int64_t *parts = bt_op_scratch(ctx, ctx->output_count, sizeof *parts);
    if (!parts)
        return bt_fail_no_memory(err, "the parts");
    BT_TRY(split_sizes(ctx, x->dims[axis], parts, err));
    memcpy(dims, x->dims, sizeof x->dims);
    int64_t first = 0;
    for (uint32_t i = 0; i < ctx->output_count; i++) {
        struct bt_tensor *y = NULL;
        dims[axis] = parts[i];
        if (bt_op_wants(ctx, i)) {
            BT_TRY(bt_op_output(ctx, i, x->dtype, x->rank, dims, &y, err));
            bt_copy_entries(x, axis, first, parts[i], y);
            BT_TRY(bt_own_strings(y, err));
        }
        first += parts[i];
    }
    return BATON_OK;
}

const struct bt_op bt_ops_join[] = {
    BT_OP_SINCE("Concat", 1, concat_run),
    BT_OP_SINCE("Split", 1, split_run),
    BT_OP_END,
};
