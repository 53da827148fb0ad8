/* SPDX-License-Identifier: Apache-2.0 */
/* Along one axis: ArgMax, ArgMin and CumSum. */
#include "op/math/math.h"

#include <string.h>

#define COMPARE(x, best) (((x) > (best)) - ((x) < (best)))

/* `order` is the sign of x - best. */
static bool wins(int order, bool least, bool later)
{
    return (least ? order < 0 : order > 0) || (later && order == 0);
}

/* A value of any lane, by pointer. `later` prefers the later of equals. NaN beats everything, and
 * the first NaN stays (numerics.md, "Order"). */
static bool beats(enum bt_lane lane, const void *px, const void *pbest, bool least, bool later)
{
    if (lane == BT_LANE_F32 || lane == BT_LANE_F64) {
        double x = lane == BT_LANE_F32 ? (double)*(const float *)px : *(const double *)px;
        double best = lane == BT_LANE_F32 ? (double)*(const float *)pbest : *(const double *)pbest;
        if (best != best || x != x)
            return best == best;
        return wins(COMPARE(x, best), least, later);
    }
    if (lane == BT_LANE_I64)
        return wins(COMPARE(*(const int64_t *)px, *(const int64_t *)pbest), least, later);
    return wins(COMPARE(*(const uint64_t *)px, *(const uint64_t *)pbest), least, later);
}

struct arg_job {
    const struct bt_tensor *x;
    int64_t *y;
    size_t count;
    size_t stride;
    size_t rows;
    bool least;
    bool later;
};

static int64_t arg_of_row(const struct arg_job *job, size_t base)
{
    union bt_lane_block blocks[2];
    enum bt_dtype dtype = job->x->dtype;
    enum bt_lane lane = bt_lane_of(dtype);
    const void *best = bt_lane_load(dtype, job->x->data, base, 1, 1, &blocks[0]);
    unsigned spare = 1;
    size_t index = 0;
    for (size_t i = 1; i < job->count; i++) {
        const void *x =
            bt_lane_load(dtype, job->x->data, base + i * job->stride, 1, 1, &blocks[spare]);
        if (!beats(lane, x, best, job->least, job->later))
            continue;
        best = x;
        spare = 1 - spare;
        index = i;
    }
    return (int64_t)index;
}

static void arg_part(void *user, unsigned part, unsigned parts)
{
    const struct arg_job *job = user;
    struct bt_range share = bt_pool_share(job->rows, 1, part, parts);
    for (size_t row = share.from; row < share.to; row++)
        job->y[row] =
            arg_of_row(job, row / job->stride * job->count * job->stride + row % job->stride);
}

static baton_status arg_run(struct bt_op_ctx *ctx, bool least, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    unsigned axis = 0;
    int64_t dims[BT_RANK_MAX];
    unsigned rank = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (bt_lane_of(x->dtype) == BT_LANE_NONE)
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_op_axis(bt_op_attr_int(ctx, "axis", 0), x->rank, false, &axis, err));
    bool keep = bt_op_attr_int(ctx, "keepdims", 1) != 0;
    for (unsigned d = 0; d < x->rank; d++)
        if (d != axis || keep)
            dims[rank++] = d == axis ? 1 : x->dims[d];
    if (x->dims[axis] == 0)
        return bt_fail(err, BATON_ERR_INVALID, "axis %u has no elements to choose from", axis);
    BT_TRY(bt_op_output(ctx, 0, BT_I64, rank, dims, &y, err));
    struct arg_job job = {.x = x,
                          .y = y->data,
                          .count = (size_t)x->dims[axis],
                          .stride = bt_dims_product(x->dims, axis + 1, x->rank),
                          .rows = bt_tensor_count(y),
                          .least = least,
                          .later = bt_op_attr_int(ctx, "select_last_index", 0) != 0};
    bt_pool_run(bt_tensor_count(x) < 32768 ? NULL : ctx->pool, arg_part, &job);
    return BATON_OK;
}

static baton_status arg_max_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return arg_run(ctx, false, err);
}

static baton_status arg_min_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return arg_run(ctx, true, err);
}

/* ---- CumSum ---- */

struct scan {
    const struct bt_tensor *x;
    struct bt_tensor *y;
    size_t count;
    size_t stride;
    bool product;
    bool exclusive;
    bool reverse;
};

union scalar {
    float f32;
    double f64;
    uint64_t u64;
};

static void combine(enum bt_lane lane, bool product, const union scalar *x, union scalar *total)
{
    if (lane == BT_LANE_F32)
        total->f32 = product ? total->f32 * x->f32 : total->f32 + x->f32;
    else if (lane == BT_LANE_F64)
        total->f64 = product ? total->f64 * x->f64 : total->f64 + x->f64;
    else
        total->u64 = product ? total->u64 * x->u64 : total->u64 + x->u64;
}

static union scalar neutral(enum bt_lane lane, bool product)
{
    union scalar one = {.u64 = 0};
    if (!product)
        return one;
    if (lane == BT_LANE_F32)
        one.f32 = 1.0F;
    else if (lane == BT_LANE_F64)
        one.f64 = 1.0;
    else
        one.u64 = 1;
    return one;
}

static void put(const struct scan *scan, size_t at, const union scalar *value)
{
    size_t size = bt_dtype_size(scan->y->dtype);
    if (bt_lane_native(scan->y->dtype))
        memcpy((uint8_t *)scan->y->data + at * size, value, size);
    else
        bt_lane_store(scan->y->dtype, value, 1, scan->y->data, at);
}

static void scan_row(const struct scan *scan, size_t base)
{
    enum bt_lane lane = bt_lane_of(scan->x->dtype);
    union scalar total = neutral(lane, scan->product);
    for (size_t k = 0; k < scan->count; k++) {
        union bt_lane_block block;
        size_t i = scan->reverse ? scan->count - 1 - k : k;
        size_t at = base + i * scan->stride;
        union scalar x = {.u64 = 0};
        memcpy(&x, bt_lane_load(scan->x->dtype, scan->x->data, at, 1, 1, &block),
               lane == BT_LANE_F32 ? sizeof(float) : sizeof(uint64_t));
        if (scan->exclusive)
            put(scan, at, &total);
        combine(lane, scan->product, &x, &total);
        if (!scan->exclusive)
            put(scan, at, &total);
    }
}

static baton_status scan_run(struct bt_op_ctx *ctx, bool product, struct baton_error *err)
{
    struct scan scan = {.product = product};
    int64_t axis_value = 0;
    size_t axis_count = 0;
    unsigned axis = 0;
    BT_TRY(bt_op_need(ctx, 0, &scan.x, err));
    if (bt_lane_of(scan.x->dtype) == BT_LANE_NONE)
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_op_ints(ctx, 1, &axis_value, 1, &axis_count, err));
    BT_TRY(bt_op_axis(axis_value, scan.x->rank, false, &axis, err));
    BT_TRY(bt_op_output(ctx, 0, scan.x->dtype, scan.x->rank, scan.x->dims, &scan.y, err));
    scan.count = (size_t)scan.x->dims[axis];
    scan.stride = bt_dims_product(scan.x->dims, axis + 1, scan.x->rank);
    scan.exclusive = bt_op_attr_int(ctx, "exclusive", 0) != 0;
    scan.reverse = bt_op_attr_int(ctx, "reverse", 0) != 0;
    size_t rows = scan.count ? bt_tensor_count(scan.x) / scan.count : 0;
    for (size_t row = 0; row < rows; row++)
        scan_row(&scan, row / scan.stride * scan.count * scan.stride + row % scan.stride);
    return BATON_OK;
}

static baton_status cum_sum_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return scan_run(ctx, false, err);
}

static baton_status cum_prod_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return scan_run(ctx, true, err);
}

const struct bt_op bt_ops_arg[] = {
    {.name = "ArgMax", .domain = "", .since = 1, .run = arg_max_run},
    {.name = "ArgMin", .domain = "", .since = 1, .run = arg_min_run},
    {.name = "CumSum", .domain = "", .since = 11, .run = cum_sum_run},
    {.name = "CumProd", .domain = "", .since = 26, .run = cum_prod_run},
    {.name = NULL},
};
