/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, LogSoftmax and Hardmax over one axis, or, before opset 13, over all axes from it on. */
#include "op/math/math.h"

#include <string.h>

#include "base/checked.h"
#include "kernel/scalar.h"
#include "op/math/reduce.h"

/* Rows of `count` elements `stride` apart; a row starts at outer * count * stride + inner. */
struct rows {
    size_t count;
    size_t stride;
    size_t rows;
};

typedef void row_f32_fn(const struct bt_kernels *k, float *x, size_t n);
typedef void row_f64_fn(double *x, size_t n);

struct job {
    const struct bt_kernels *kernels;
    const struct bt_tensor *x;
    struct bt_tensor *y;
    struct rows rows;
    row_f32_fn *f32;
    row_f64_fn *f64;
    uint8_t *scratch;
};

static baton_status find_rows(const struct bt_op_ctx *ctx, const struct bt_tensor *x,
                              struct rows *rows, struct baton_error *err)
{
    unsigned axis = 0;
    bool flat = ctx->node->opset < 13;
    BT_TRY(bt_op_axis(bt_op_attr_int(ctx, "axis", flat ? 1 : -1), x->rank, flat, &axis, err));
    rows->count = bt_dims_product(x->dims, axis, flat ? x->rank : axis + 1);
    rows->stride = flat ? 1 : bt_dims_product(x->dims, axis + 1, x->rank);
    rows->rows = rows->count ? bt_tensor_count(x) / rows->count : 0;
    return BATON_OK;
}

/* ---- one row ---- */

static void softmax_f32(const struct bt_kernels *k, float *x, size_t n)
{
    k->softmax_f32(x, x, n);
}

/* The row's scratch has room for twice its elements: RSUM wants the exponentials in one piece. */
static void log_softmax_f32(const struct bt_kernels *k, float *x, size_t n)
{
    float *e = x + n;
    float most = k->max_f32(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] -= most;
    k->map_f32[BT_EXP](x, e, n);
    float sum = k->rsum_f32(e, n);
    k->map_f32[BT_LOG](&sum, &sum, 1);
    for (size_t i = 0; i < n; i++)
        x[i] -= sum;
}

static void shift_f64(double *x, size_t n)
{
    double most = x[0];
    for (size_t i = 0; i < n; i++)
        most = bt_max_f64(most, x[i]);
    for (size_t i = 0; i < n; i++)
        x[i] -= most;
}

static void softmax_f64(double *x, size_t n)
{
    shift_f64(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] = bt_exp_f64(x[i]);
    double sum = bt_rsum_f64(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] /= sum;
}

static void log_softmax_f64(double *x, size_t n)
{
    double *e = x + n;
    shift_f64(x, n);
    for (size_t i = 0; i < n; i++)
        e[i] = bt_exp_f64(x[i]);
    double sum = bt_log_f64(bt_rsum_f64(e, n));
    for (size_t i = 0; i < n; i++)
        x[i] -= sum;
}

/* The first maximum; a NaN counts as one. */
static void hardmax_f32(const struct bt_kernels *k, float *x, size_t n)
{
    size_t best = 0;
    (void)k;
    for (size_t i = 1; i < n && x[best] == x[best]; i++)
        if (x[i] > x[best] || x[i] != x[i])
            best = i;
    memset(x, 0, n * sizeof *x);
    x[best] = 1.0F;
}

static void hardmax_f64(double *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n && x[best] == x[best]; i++)
        if (x[i] > x[best] || x[i] != x[i])
            best = i;
    memset(x, 0, n * sizeof *x);
    x[best] = 1.0;
}

/* ---- all rows ---- */

static size_t row_base(const struct rows *rows, size_t row)
{
    return row / rows->stride * rows->count * rows->stride + row % rows->stride;
}

static void load_row(const struct job *job, size_t base, uint8_t *to, size_t size)
{
    for (size_t i = 0; i < job->rows.count; i++) {
        union bt_lane_block block;
        memcpy(to + i * size,
               bt_lane_load(job->x->dtype, job->x->data, base + i * job->rows.stride, 1, 1, &block),
               size);
    }
}

static void store_row(const struct job *job, size_t base, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < job->rows.count; i++) {
        size_t at = base + i * job->rows.stride;
        if (bt_lane_native(job->y->dtype))
            memcpy((uint8_t *)job->y->data + at * size, from + i * size, size);
        else
            bt_lane_store(job->y->dtype, from + i * size, 1, job->y->data, at);
    }
}

static void rows_part(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    bool wide = bt_lane_of(job->x->dtype) == BT_LANE_F64;
    size_t size = wide ? sizeof(double) : sizeof(float);
    uint8_t *row = job->scratch + (size_t)part * 2 * job->rows.count * sizeof(double);
    struct bt_range share = bt_pool_share(job->rows.rows, 1, part, parts);
    for (size_t r = share.from; r < share.to; r++) {
        size_t base = row_base(&job->rows, r);
        load_row(job, base, row, size);
        if (wide)
            job->f64((double *)(void *)row, job->rows.count);
        else
            job->f32(job->kernels, (float *)(void *)row, job->rows.count);
        store_row(job, base, row, size);
    }
}

/* ---- short rows that lie together ---- */

#define SHORT_ROW 128u
#define TOGETHER 2048u

/* Softmax of `rows` rows of n: one call of exp for all, for a call per row costs more than a short
 * row does. The roundings are those of softmax_f32. */
static void softmax_together(const struct bt_kernels *k, const float *x, float *y, size_t rows,
                             size_t n)
{
    for (size_t r = 0; r < rows; r++) {
        float most = k->max_f32(x + r * n, n);
        for (size_t i = r * n; i < (r + 1) * n; i++)
            y[i] = x[i] - most;
    }
    k->map_f32[BT_EXP](y, y, rows * n);
    for (size_t r = 0; r < rows; r++) {
        float sum = k->rsum_f32(y + r * n, n);
        for (size_t i = r * n; i < (r + 1) * n; i++)
            y[i] /= sum;
    }
}

static void short_rows_part(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    size_t n = job->rows.count;
    size_t step = TOGETHER / n;
    struct bt_range share = bt_pool_share(job->rows.rows, step, part, parts);
    for (size_t row = share.from; row < share.to; row += step) {
        size_t rows = bt_min(step, share.to - row);
        softmax_together(job->kernels, bt_f32(job->x) + row * n, bt_f32_mut(job->y) + row * n, rows,
                         n);
    }
}

static baton_status run_rows(struct bt_op_ctx *ctx, row_f32_fn *f32, row_f64_fn *f64,
                             struct baton_error *err)
{
    struct job job = {.kernels = ctx->kernels, .f32 = f32, .f64 = f64};
    BT_TRY(bt_op_need(ctx, 0, &job.x, err));
    enum bt_lane lane = bt_lane_of(job.x->dtype);
    if (!(lane == BT_LANE_F32 && f32) && !(lane == BT_LANE_F64 && f64))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(find_rows(ctx, job.x, &job.rows, err));
    BT_TRY(bt_op_output_like(ctx, 0, 0, &job.y, err));
    struct bt_pool *pool = bt_tensor_count(job.x) < 8192 ? NULL : ctx->pool;
    if (f32 == softmax_f32 && job.x->dtype == BT_F32 && job.rows.stride == 1 &&
        job.rows.count > 0 && job.rows.count <= SHORT_ROW) {
        bt_pool_run(pool, short_rows_part, &job);
        return BATON_OK;
    }
    job.scratch =
        bt_op_scratch(ctx, bt_pool_threads(pool), (2 * job.rows.count + 8) * sizeof(double));
    if (!job.scratch)
        return bt_fail_no_memory(err, "the rows");
    bt_pool_run(pool, rows_part, &job);
    return BATON_OK;
}

static baton_status softmax_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return run_rows(ctx, softmax_f32, softmax_f64, err);
}

static baton_status log_softmax_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return run_rows(ctx, log_softmax_f32, log_softmax_f64, err);
}

static baton_status hardmax_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return run_rows(ctx, hardmax_f32, hardmax_f64, err);
}

const struct bt_op bt_ops_softmax[] = {
    {.name = "Softmax", .domain = "", .since = 1, .run = softmax_run},
    {.name = "LogSoftmax", .domain = "", .since = 1, .run = log_softmax_run},
    {.name = "Hardmax", .domain = "", .since = 1, .run = hardmax_run},
    {.name = NULL},
};
