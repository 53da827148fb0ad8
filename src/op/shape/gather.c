/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that choose elements by index. Every index is checked before anything is read. */
#include <inttypes.h>
#include <string.h>

#include "op/shape/shape_int.h"

/* ---- Gather ---- */

static baton_status gather_dims(const struct bt_tensor *x, const struct bt_tensor *indices,
                                unsigned axis, unsigned *ret_rank, int64_t *dims,
                                struct baton_error *err)
{
    unsigned rank = x->rank - 1 + indices->rank;
    if (rank > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "rank %u: the limit is %d", rank, BT_RANK_MAX);
    memcpy(dims, x->dims, axis * sizeof dims[0]);
    memcpy(dims + axis, indices->dims, indices->rank * sizeof dims[0]);
    memcpy(dims + axis + indices->rank, x->dims + axis + 1, (x->rank - axis - 1) * sizeof dims[0]);
    *ret_rank = rank;
    return BATON_OK;
}

static baton_status gather_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *indices = NULL;
    struct bt_tensor *y = NULL;
    unsigned axis = 0;
    unsigned rank = 0;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_need_indices(ctx, 1, &indices, err));
    BT_TRY(bt_axis_attr(ctx, "axis", 0, x->rank, &axis, err));
    BT_TRY(gather_dims(x, indices, axis, &rank, dims, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, rank, dims, &y, err));
    size_t count = bt_tensor_count(indices);
    size_t outer = bt_dims_product(x->dims, 0, axis);
    size_t bytes = bt_dims_product(x->dims, axis + 1, x->rank) * bt_dtype_size(x->dtype);
    size_t pitch = (size_t)x->dims[axis] * bytes;
    for (size_t k = 0; k < count; k++) {
        size_t index = 0;
        BT_TRY(bt_index_at(indices, k, x->dims[axis], &index, err));
        for (size_t i = 0; i < outer && bytes; i++)
            memcpy((char *)y->data + (i * count + k) * bytes,
                   (const char *)x->data + i * pitch + index * bytes, bytes);
    }
    return bt_own_strings(y, err);
}

/* ---- GatherElements ---- */

static baton_status gather_elements_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *indices = NULL;
    struct bt_tensor *y = NULL;
    unsigned axis = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_need_indices(ctx, 1, &indices, err));
    BT_TRY(bt_axis_attr(ctx, "axis", 0, x->rank, &axis, err));
    BT_TRY(bt_check_elements(x, indices, axis, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, indices->rank, indices->dims, &y, err));
    size_t size = bt_dtype_size(x->dtype);
    size_t count = bt_tensor_count(indices);
    struct bt_walk walk;
    bt_walk_start(&walk, x, axis, indices);
    for (size_t k = 0; k < count; k++, bt_walk_next(&walk)) {
        size_t index = 0;
        BT_TRY(bt_index_at(indices, k, x->dims[axis], &index, err));
        memcpy(bt_element_mut(y, k), bt_element(x, walk.offset + index * walk.axis_step), size);
    }
    return bt_own_strings(y, err);
}

/* ---- GatherND ---- */

static baton_status gather_nd_dims(const struct bt_tensor *x, const struct bt_nd *nd,
                                   const struct bt_tensor *indices, unsigned *ret_rank,
                                   int64_t *dims, struct baton_error *err)
{
    unsigned kept = x->rank - nd->batch - nd->depth;
    unsigned rank = indices->rank - 1 + kept;
    if (rank > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "rank %u: the limit is %d", rank, BT_RANK_MAX);
    memcpy(dims, indices->dims, (indices->rank - 1) * sizeof dims[0]);
    memcpy(dims + indices->rank - 1, x->dims + nd->batch + nd->depth, kept * sizeof dims[0]);
    *ret_rank = rank;
    return BATON_OK;
}

static baton_status gather_nd_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *indices = NULL;
    struct bt_tensor *y = NULL;
    struct bt_nd nd;
    unsigned rank = 0;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_need_indices(ctx, 1, &indices, err));
    BT_TRY(bt_nd_init(&nd, x, indices, bt_op_attr_int(ctx, "batch_dims", 0), err));
    BT_TRY(gather_nd_dims(x, &nd, indices, &rank, dims, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, rank, dims, &y, err));
    size_t bytes = nd.slice * bt_dtype_size(x->dtype);
    for (size_t k = 0; k < nd.count && bytes; k++) {
        size_t offset = 0;
        BT_TRY(bt_nd_offset(&nd, indices, k, &offset, err));
        memcpy(bt_element_mut(y, k * nd.slice), bt_element(x, offset), bytes);
    }
    return bt_own_strings(y, err);
}

/* ---- Compress ---- */

static baton_status compress(struct bt_op_ctx *ctx, const struct bt_tensor *x, unsigned axis,
                             const struct bt_tensor *condition, struct baton_error *err)
{
    const uint8_t *keep = condition->data;
    size_t looked_at = bt_tensor_count(condition);
    struct bt_tensor *y = NULL;
    int64_t dims[BT_RANK_MAX];
    memcpy(dims, x->dims, sizeof x->dims);
    if (looked_at > (size_t)x->dims[axis])
        return bt_fail(err, BATON_ERR_INVALID, "%zu conditions for %" PRId64 " entries", looked_at,
                       x->dims[axis]);
    dims[axis] = 0;
    for (size_t i = 0; i < looked_at; i++)
        dims[axis] += keep[i] != 0;
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, dims, &y, err));
    size_t outer = bt_dims_product(x->dims, 0, axis);
    size_t bytes = bt_dims_product(x->dims, axis + 1, x->rank) * bt_dtype_size(x->dtype);
    char *to = y->data;
    for (size_t i = 0; i < outer && bytes; i++)
        for (size_t k = 0; k < looked_at; k++) {
            if (!keep[k])
                continue;
            memcpy(to, (const char *)x->data + (i * (size_t)x->dims[axis] + k) * bytes, bytes);
            to += bytes;
        }
    return bt_own_strings(y, err);
}

static baton_status compress_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *condition = NULL;
    unsigned axis = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_need_type(ctx, 1, BT_BOOL, &condition, err));
    if (bt_op_attr(ctx, "axis", BT_ATTR_INT)) {
        BT_TRY(bt_axis_attr(ctx, "axis", 0, x->rank, &axis, err));
        return compress(ctx, x, axis, condition, err);
    }
    struct bt_tensor flat = *x;
    flat.rank = 1;
    flat.dims[0] = (int64_t)bt_tensor_count(x);
    return compress(ctx, &flat, 0, condition, err);
}

const struct bt_op bt_ops_gather[] = {
    BT_OP_SINCE("Gather", 1, gather_run),
    BT_OP_SINCE("GatherElements", 11, gather_elements_run),
    BT_OP_SINCE("GatherND", 11, gather_nd_run),
    BT_OP_SINCE("Compress", 9, compress_run),
    BT_OP_END,
};
