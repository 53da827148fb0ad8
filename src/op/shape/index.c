/* SPDX-License-Identifier: Apache-2.0 */
#include "op/shape/shape_int.h"

#include <inttypes.h>
#include <string.h>

/* Axis `i` counted from the last one; shapes go on with ones to the left. */
static int64_t dim_from_end(unsigned rank, const int64_t *dims, unsigned i)
{
    return i < rank ? dims[rank - 1 - i] : 1;
}

baton_status bt_broadcast_add(unsigned rank, const int64_t *dims, unsigned *rank_io,
                              int64_t *dims_io, struct baton_error *err)
{
    int64_t joined[BT_RANK_MAX];
    unsigned wider = rank > *rank_io ? rank : *rank_io;
    for (unsigned i = 0; i < wider; i++) {
        int64_t have = dim_from_end(*rank_io, dims_io, i);
        int64_t more = dim_from_end(rank, dims, i);
        if (have != more && have != 1 && more != 1)
            return bt_fail(err, BATON_ERR_INVALID,
                           "%" PRId64 " and %" PRId64 " on axis -%u do not broadcast", have, more,
                           i + 1);
        joined[wider - 1 - i] = have == 1 ? more : have;
    }
    if (wider)
        memcpy(dims_io, joined, wider * sizeof joined[0]);
    *rank_io = wider;
    return BATON_OK;
}

void bt_broadcast_steps(const struct bt_tensor *tensor, unsigned rank, const int64_t *dims,
                        int64_t *ret_steps)
{
    int64_t dense[BT_RANK_MAX];
    unsigned added = rank - tensor->rank;
    bt_dense_steps(tensor->rank, tensor->dims, dense);
    for (unsigned i = 0; i < rank; i++) {
        bool repeats = i < added || tensor->dims[i - added] != dims[i];
        ret_steps[i] = repeats ? 0 : dense[i - added];
    }
}

baton_status bt_axis_attr(const struct bt_op_ctx *ctx, const char *name, int64_t fallback,
                          unsigned rank, unsigned *ret, struct baton_error *err)
{
    return bt_op_axis(bt_op_attr_int(ctx, name, fallback), rank, false, ret, err);
}

baton_status bt_ints_given(const struct bt_op_ctx *ctx, const char *attr_name, uint32_t input,
                           struct bt_int_list *list, struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, attr_name, BT_ATTR_INTS);
    list->given = attr || (input != BT_ABSENT && bt_op_input(ctx, input));
    list->count = 0;
    if (!list->given)
        return BATON_OK;
    if (!attr)
        return bt_op_ints(ctx, input, list->values, list->max, &list->count, err);
    if (attr->count > list->max)
        return bt_fail(err, BATON_ERR_INVALID, "%s has %zu elements, at most %zu make sense",
                       attr_name, attr->count, list->max);
    if (attr->count)
        memcpy(list->values, attr->ints, attr->count * sizeof *attr->ints);
    list->count = attr->count;
    return BATON_OK;
}

baton_status bt_int_input(const struct bt_op_ctx *ctx, uint32_t i, int64_t *ret,
                          struct baton_error *err)
{
    const struct bt_tensor *tensor = NULL;
    size_t count = 0;
    BT_TRY(bt_op_need(ctx, i, &tensor, err));
    BT_TRY(bt_op_ints(ctx, i, ret, 1, &count, err));
    if (count != 1)
        return bt_fail(err, BATON_ERR_INVALID, "input %u has %zu elements, expected one", i, count);
    return BATON_OK;
}

baton_status bt_need_indices(const struct bt_op_ctx *ctx, uint32_t i, const struct bt_tensor **ret,
                             struct baton_error *err)
{
    const struct bt_tensor *tensor = NULL;
    BT_TRY(bt_op_need(ctx, i, &tensor, err));
    if (tensor->dtype != BT_I64 && tensor->dtype != BT_I32)
        return bt_fail(err, BATON_ERR_INVALID, "input %u is %s, expected int64 or int32", i,
                       bt_dtype_name(tensor->dtype));
    *ret = tensor;
    return BATON_OK;
}

baton_status bt_index_at(const struct bt_tensor *indices, size_t i, int64_t dim, size_t *ret,
                         struct baton_error *err)
{
    int64_t index =
        indices->dtype == BT_I64 ? bt_i64(indices)[i] : ((const int32_t *)indices->data)[i];
    int64_t wrapped = index < 0 ? index + dim : index;
    if (wrapped < 0 || wrapped >= dim)
        return bt_fail(err, BATON_ERR_INVALID,
                       "index %" PRId64 " (element %zu) is outside an axis of %" PRId64, index, i,
                       dim);
    *ret = (size_t)wrapped;
    return BATON_OK;
}

/* ---- one index per element ---- */

baton_status bt_check_elements(const struct bt_tensor *x, const struct bt_tensor *indices,
                               unsigned axis, struct baton_error *err)
{
    if (indices->rank != x->rank)
        return bt_fail(err, BATON_ERR_INVALID, "indices have rank %u, the data %u", indices->rank,
                       x->rank);
    for (unsigned i = 0; i < x->rank; i++)
        if (i != axis && indices->dims[i] > x->dims[i])
            return bt_fail(err, BATON_ERR_INVALID,
                           "indices have %" PRId64 " on axis %u, the data %" PRId64,
                           indices->dims[i], i, x->dims[i]);
    return BATON_OK;
}

void bt_walk_start(struct bt_walk *walk, const struct bt_tensor *data, unsigned axis,
                   const struct bt_tensor *box)
{
    *walk = (struct bt_walk){.rank = box->rank};
    memcpy(walk->dims, box->dims, sizeof box->dims);
    bt_dense_steps(data->rank, data->dims, walk->steps);
    walk->axis_step = data->rank ? (size_t)walk->steps[axis] : 0;
    walk->steps[axis] = 0;
}

void bt_walk_next(struct bt_walk *walk)
{
    for (unsigned i = walk->rank; i-- > 0;) {
        walk->offset += (size_t)walk->steps[i];
        if (++walk->position[i] < walk->dims[i])
            return;
        walk->offset -= (size_t)(walk->dims[i] * walk->steps[i]);
        walk->position[i] = 0;
    }
}

/* ---- one index per slice ---- */

static baton_status check_nd(const struct bt_tensor *data, const struct bt_tensor *indices,
                             int64_t batch_dims, struct baton_error *err)
{
    if (indices->rank == 0 || data->rank == 0)
        return bt_fail(err, BATON_ERR_INVALID, "data of rank %u and indices of rank %u", data->rank,
                       indices->rank);
    if (batch_dims < 0 || batch_dims >= indices->rank || batch_dims >= data->rank)
        return bt_fail(err, BATON_ERR_INVALID, "batch_dims is %" PRId64, batch_dims);
    for (unsigned i = 0; i < batch_dims; i++)
        if (data->dims[i] != indices->dims[i])
            return bt_fail(err, BATON_ERR_INVALID,
                           "batch axis %u has %" PRId64 " in the data, %" PRId64 " in the indices",
                           i, data->dims[i], indices->dims[i]);
    int64_t depth = indices->dims[indices->rank - 1];
    if (depth > data->rank - batch_dims)
        return bt_fail(err, BATON_ERR_INVALID,
                       "an index of %" PRId64 " numbers into data of rank %u", depth, data->rank);
    return BATON_OK;
}

baton_status bt_nd_init(struct bt_nd *nd, const struct bt_tensor *data,
                        const struct bt_tensor *indices, int64_t batch_dims,
                        struct baton_error *err)
{
    BT_TRY(check_nd(data, indices, batch_dims, err));
    unsigned batch = (unsigned)batch_dims;
    *nd = (struct bt_nd){.batch = batch,
                         .depth = (unsigned)indices->dims[indices->rank - 1],
                         .count = bt_dims_product(indices->dims, 0, indices->rank - 1),
                         .per_batch = bt_dims_product(indices->dims, batch, indices->rank - 1),
                         .batch_step = bt_dims_product(data->dims, batch, data->rank)};
    nd->slice = bt_dims_product(data->dims, batch + nd->depth, data->rank);
    for (unsigned i = 0; i < nd->depth; i++) {
        nd->dims[i] = data->dims[batch + i];
        nd->steps[i] = bt_dims_product(data->dims, batch + i + 1, data->rank);
    }
    return BATON_OK;
}

baton_status bt_nd_offset(const struct bt_nd *nd, const struct bt_tensor *indices, size_t k,
                          size_t *ret, struct baton_error *err)
{
    size_t offset = k / nd->per_batch * nd->batch_step;
    for (unsigned i = 0; i < nd->depth; i++) {
        size_t index = 0;
        BT_TRY(bt_index_at(indices, k * nd->depth + i, nd->dims[i], &index, err));
        offset += index * nd->steps[i];
    }
    *ret = offset;
    return BATON_OK;
}
