/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scatter, ScatterElements, ScatterND: a copy of the data into which updates are written or
 * combined. When an index occurs more than once the updates are applied in row-major order of the
 * index tensor, one rounding each, so the result is defined and the work is sequential.
 */
#include <string.h>

#include "op/shape/shape_int.h"
#include "tensor/half.h"

enum reduction { REPLACE, SUM, PRODUCT, MINIMUM, MAXIMUM };

static baton_status read_reduction(const struct bt_op_ctx *ctx, enum bt_dtype dtype,
                                   enum reduction *ret, struct baton_error *err)
{
    static const char *const names[] = {"none", "add", "mul", "min", "max"};
    const struct bt_attr *attr = bt_op_attr(ctx, "reduction", BT_ATTR_STRING);
    unsigned found = REPLACE;
    while (attr && found <= MAXIMUM && !bt_bytes_equal(attr->s, bt_bytes_of(names[found])))
        found++;
    if (found > MAXIMUM)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "reduction \"%.*s\" is not known",
                       (int)(attr->s.len < 40 ? attr->s.len : 40), (const char *)attr->s.ptr);
    if (found != REPLACE && !bt_is_number(dtype))
        return bt_op_bad_type(ctx, 0, err);
    *ret = (enum reduction)found;
    return BATON_OK;
}

/* Order -0 < +0, a NaN wins (numerics.md, "NaN and zero"). */
static bool below(double a, double b)
{
    return a < b || (a == b && __builtin_signbit(a) && !__builtin_signbit(b));
}

static bool takes_second(enum reduction r, double a, double b)
{
    if (a != a || b != b)
        return a == a;
    return r == MINIMUM ? below(b, a) : below(a, b);
}

static float combine_f32(enum reduction r, float a, float b)
{
    if (r == SUM)
        return a + b;
    if (r == PRODUCT)
        return a * b;
    return takes_second(r, (double)a, (double)b) ? b : a;
}

static double combine_f64(enum reduction r, double a, double b)
{
    if (r == SUM)
        return a + b;
    if (r == PRODUCT)
        return a * b;
    return takes_second(r, a, b) ? b : a;
}

/* Sums and products of integers wrap. */
static int64_t combine_int(enum reduction r, enum bt_dtype dtype, int64_t a, int64_t b)
{
    if (r == SUM)
        return (int64_t)((uint64_t)a + (uint64_t)b);
    if (r == PRODUCT)
        return (int64_t)((uint64_t)a * (uint64_t)b);
    bool second_is_less = dtype == BT_U64 ? (uint64_t)b < (uint64_t)a : b < a;
    return second_is_less == (r == MINIMUM) ? b : a;
}

static uint16_t combine_half(enum reduction r, enum bt_dtype dtype, uint16_t a, uint16_t b)
{
    if (dtype == BT_F16)
        return bt_f16_narrow(combine_f32(r, bt_f16_widen(a), bt_f16_widen(b)));
    return bt_bf16_narrow(combine_f32(r, bt_bf16_widen(a), bt_bf16_widen(b)));
}

static void combine(enum reduction r, enum bt_dtype dtype, void *at, const void *update)
{
    if (dtype == BT_F32) {
        *(float *)at = combine_f32(r, *(float *)at, *(const float *)update);
    } else if (dtype == BT_F64) {
        *(double *)at = combine_f64(r, *(double *)at, *(const double *)update);
    } else if (dtype == BT_F16 || dtype == BT_BF16) {
        *(uint16_t *)at = combine_half(r, dtype, *(uint16_t *)at, *(const uint16_t *)update);
    } else {
        int64_t value = combine_int(r, dtype, bt_load_int(dtype, at), bt_load_int(dtype, update));
        bt_store_int(dtype, at, value);
    }
}

static void apply(enum reduction r, struct bt_tensor *y, size_t at, const struct bt_tensor *updates,
                  size_t from, size_t count)
{
    if (r == REPLACE) {
        memcpy(bt_element_mut(y, at), bt_element(updates, from), count * bt_dtype_size(y->dtype));
        return;
    }
    for (size_t i = 0; i < count; i++)
        combine(r, y->dtype, bt_element_mut(y, at + i), bt_element(updates, from + i));
}

/* Output 0, holding what input 0 holds. */
static baton_status copy_data(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                              struct bt_tensor **ret, struct baton_error *err)
{
    BT_TRY(bt_op_output_like(ctx, 0, 0, ret, err));
    if ((*ret)->data != x->data && bt_tensor_bytes(x))
        memcpy((*ret)->data, x->data, bt_tensor_bytes(x));
    return BATON_OK;
}

static baton_status need_updates(const struct bt_op_ctx *ctx, const struct bt_tensor **ret_x,
                                 const struct bt_tensor **ret_indices,
                                 const struct bt_tensor **ret_updates, struct baton_error *err)
{
    BT_TRY(bt_op_need(ctx, 0, ret_x, err));
    BT_TRY(bt_need_indices(ctx, 1, ret_indices, err));
    return bt_op_need_type(ctx, 2, (*ret_x)->dtype, ret_updates, err);
}

/* ---- one index per element ---- */

static baton_status scatter_elements_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *indices = NULL;
    const struct bt_tensor *updates = NULL;
    struct bt_tensor *y = NULL;
    enum reduction r = REPLACE;
    unsigned axis = 0;
    BT_TRY(need_updates(ctx, &x, &indices, &updates, err));
    BT_TRY(bt_axis_attr(ctx, "axis", 0, x->rank, &axis, err));
    BT_TRY(bt_check_elements(x, indices, axis, err));
    if (!bt_tensor_same_shape(indices, updates))
        return bt_fail(err, BATON_ERR_INVALID, "indices and updates have different shapes");
    BT_TRY(read_reduction(ctx, x->dtype, &r, err));
    BT_TRY(copy_data(ctx, x, &y, err));
    size_t count = bt_tensor_count(indices);
    struct bt_walk walk;
    bt_walk_start(&walk, y, axis, indices);
    for (size_t k = 0; k < count; k++, bt_walk_next(&walk)) {
        size_t index = 0;
        BT_TRY(bt_index_at(indices, k, y->dims[axis], &index, err));
        apply(r, y, walk.offset + index * walk.axis_step, updates, k, 1);
    }
    return bt_own_strings(y, err);
}

/* ---- one index per slice ---- */

static baton_status check_nd_updates(const struct bt_tensor *x, const struct bt_tensor *indices,
                                     const struct bt_tensor *updates, unsigned depth,
                                     struct baton_error *err)
{
    unsigned lead = indices->rank - 1;
    bool good = updates->rank == lead + x->rank - depth;
    for (unsigned i = 0; good && i < updates->rank; i++)
        good = updates->dims[i] == (i < lead ? indices->dims[i] : x->dims[i - lead + depth]);
    if (!good)
        return bt_fail(err, BATON_ERR_INVALID,
                       "updates do not have the shape of the chosen slices");
    return BATON_OK;
}

static baton_status scatter_nd_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *indices = NULL;
    const struct bt_tensor *updates = NULL;
    struct bt_tensor *y = NULL;
    enum reduction r = REPLACE;
    struct bt_nd nd;
    BT_TRY(need_updates(ctx, &x, &indices, &updates, err));
    BT_TRY(bt_nd_init(&nd, x, indices, 0, err));
    BT_TRY(check_nd_updates(x, indices, updates, nd.depth, err));
    BT_TRY(read_reduction(ctx, x->dtype, &r, err));
    BT_TRY(copy_data(ctx, x, &y, err));
    for (size_t k = 0; k < nd.count && nd.slice; k++) {
        size_t offset = 0;
        BT_TRY(bt_nd_offset(&nd, indices, k, &offset, err));
        apply(r, y, offset, updates, k * nd.slice, nd.slice);
    }
    return bt_own_strings(y, err);
}

const struct bt_op bt_ops_scatter[] = {
    BT_OP_UNTIL("Scatter", 9, 10, scatter_elements_run),
    BT_OP_SINCE("ScatterElements", 11, scatter_elements_run),
    BT_OP_SINCE("ScatterND", 11, scatter_nd_run),
    BT_OP_END,
};
