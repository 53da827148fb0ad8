/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MaxPool, AveragePool, LpPool over windows, and their Global… forms. Binary32 in one and two
 * dimensions is the kernels' where they have it; the loops here are for every other rank and type,
 * in the same order: taps row-major, sums sequential from +0, padding left out.
 */
#include <string.h>

#include "op/math/math.h"
#include "op/math/reduce.h"
#include "op/nn/nn.h"
#include "op/nn/window.h"

struct pool {
    struct bt_window_attrs attrs;
    bool count_include_pad;
    bool column_major; /* of indices */
    int64_t p;
};

static baton_status pool_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct pool *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    state->count_include_pad = bt_op_attr_int(ctx, "count_include_pad", 0) != 0;
    state->column_major = bt_op_attr_int(ctx, "storage_order", 0) != 0;
    state->p = bt_op_attr_int(ctx, "p", 2);
    ctx->state = state;
    return bt_window_attrs_read(ctx, &state->attrs, err);
}

struct job {
    const struct pool *state;
    const struct bt_kernels *kernels;
    struct bt_window window;
    size_t in_plane;
    size_t out_plane;
    size_t planes;
    enum bt_lane lane;
    const void *x;
    void *y;
    int64_t *indices; /* MaxPool only, or NULL */
};

/* ---- the taps of one window ---- */

struct taps {
    size_t count;   /* inside the input */
    size_t divisor; /* also inside the padding, when that counts */
    size_t *offsets;
};

/* Which of a window's taps lie in the input, in row-major order. */
static void find_taps(const struct job *job, size_t out, struct taps *taps)
{
    const struct bt_window *w = &job->window;
    size_t all = bt_dims_product(w->kernel, 0, w->rank);
    taps->count = 0;
    taps->divisor = 0;
    for (size_t tap = 0; tap < all; tap++) {
        size_t rest = tap;
        size_t position = out;
        size_t offset = 0;
        size_t stride = 1;
        bool inside = true;
        bool padded = true;
        for (unsigned d = w->rank; d-- > 0;) {
            int64_t at = bt_window_tap(w, d, (int64_t)(position % (size_t)w->out[d]),
                                       (int64_t)(rest % (size_t)w->kernel[d]));
            inside = inside && at >= 0 && at < w->in[d];
            padded = padded && at < w->in[d] + w->pad_end[d];
            offset += inside ? (size_t)at * stride : 0;
            stride *= (size_t)w->in[d];
            position /= (size_t)w->out[d];
            rest /= (size_t)w->kernel[d];
        }
        if (inside)
            taps->offsets[taps->count++] = offset;
        taps->divisor += inside || (padded && job->state->count_include_pad);
    }
}

typedef void window_fn(const struct job *job, const struct taps *taps, size_t plane, size_t out);

struct parts {
    const struct job *job;
    window_fn *fn;
    size_t *offsets; /* per part */
    size_t taps_max;
};

static void some_positions(void *user, unsigned part, unsigned count)
{
    const struct parts *parts = user;
    const struct job *job = parts->job;
    struct bt_range share = bt_pool_share(job->out_plane, 1, part, count);
    struct taps taps = {.offsets = parts->offsets + part * parts->taps_max};
    for (size_t out = share.from; out < share.to; out++) {
        find_taps(job, out, &taps);
        for (size_t plane = 0; plane < job->planes; plane++)
            parts->fn(job, &taps, plane, out);
    }
}

static baton_status each_window(struct bt_op_ctx *ctx, const struct job *job, window_fn *fn,
                                struct baton_error *err)
{
    struct parts parts = {.job = job, .fn = fn};
    parts.taps_max = bt_dims_product(job->window.kernel, 0, job->window.rank);
    struct bt_pool *pool = job->out_plane * job->planes < 8192 ? NULL : ctx->pool;
    parts.offsets =
        bt_op_scratch(ctx, parts.taps_max * bt_pool_threads(pool), sizeof *parts.offsets);
    if (!parts.offsets)
        return bt_fail_no_memory(err, "the windows");
    bt_pool_run(pool, some_positions, &parts);
    return BATON_OK;
}

/* ---- reading and making ---- */

static baton_status init_job(struct bt_op_ctx *ctx, struct job *job, bool any_type,
                             struct bt_tensor **ret_y, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    job->state = ctx->state;
    job->kernels = ctx->kernels;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (bt_lane_of(x->dtype) == BT_LANE_NONE || !(any_type || bt_dtype_is_float(x->dtype)))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_window_init(&job->window, &job->state->attrs, x, NULL, err));
    /* Pads larger than the window would make windows without a single element. */
    for (unsigned d = 0; d < job->window.rank; d++) {
        int64_t reach = (job->window.kernel[d] - 1) * job->window.dilation[d] + 1;
        if (job->window.pad_begin[d] >= reach || job->window.pad_end[d] >= reach)
            return bt_fail(err, BATON_ERR_INVALID, "dimension %u is padded by a whole window",
                           d + 2);
    }
    BT_TRY(bt_window_slide(&job->window, &job->state->attrs, err));
    int64_t dims[BT_RANK_MAX] = {x->dims[0], x->dims[1]};
    memcpy(dims + 2, job->window.out, job->window.rank * sizeof *dims);
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, dims, ret_y, err));
    job->lane = bt_lane_of(x->dtype);
    job->in_plane = bt_dims_product(x->dims, 2, x->rank);
    job->out_plane = bt_dims_product(dims, 2, x->rank);
    job->planes = bt_dims_product(dims, 0, 2);
    BT_TRY(bt_nn_widen(ctx, x, &job->x, err));
    return bt_nn_target(ctx, *ret_y, &job->y, err);
}

static struct bt_pool2d describe(const struct job *job)
{
    const struct bt_window *w = &job->window;
    unsigned last = w->rank - 1;
    bool flat = w->rank == 1;
    return (struct bt_pool2d){.channels = job->planes,
                              .in_h = flat ? 1 : (size_t)w->in[0],
                              .in_w = (size_t)w->in[last],
                              .out_h = flat ? 1 : (size_t)w->out[0],
                              .out_w = (size_t)w->out[last],
                              .kernel_h = flat ? 1 : (size_t)w->kernel[0],
                              .kernel_w = (size_t)w->kernel[last],
                              .stride_h = flat ? 1 : (size_t)w->stride[0],
                              .stride_w = (size_t)w->stride[last],
                              .dilation_h = flat ? 1 : (size_t)w->dilation[0],
                              .dilation_w = (size_t)w->dilation[last],
                              .pad_top = flat ? 0 : w->pad_begin[0],
                              .pad_left = w->pad_begin[last],
                              .pad_bottom = flat ? 0 : w->pad_end[0],
                              .pad_right = w->pad_end[last],
                              .count_include_pad = job->state->count_include_pad,
                              .x = job->x,
                              .y = job->y};
}

static bool kernels_take(const struct job *job)
{
    return job->lane == BT_LANE_F32 && job->window.rank <= 2;
}

/* ---- MaxPool ---- */

/* NaN beats everything; -0 is below +0 (numerics.md, "Order"). Ties keep the first. */
static bool above(enum bt_lane lane, const void *x, size_t a, size_t best)
{
    if (lane == BT_LANE_I64)
        return ((const int64_t *)x)[a] > ((const int64_t *)x)[best];
    if (lane == BT_LANE_U64)
        return ((const uint64_t *)x)[a] > ((const uint64_t *)x)[best];
    double va = lane == BT_LANE_F32 ? (double)((const float *)x)[a] : ((const double *)x)[a];
    double vb = lane == BT_LANE_F32 ? (double)((const float *)x)[best] : ((const double *)x)[best];
    if (va != va || vb != vb)
        return vb == vb;
    return va > vb || (va == vb && __builtin_signbit(vb) && !__builtin_signbit(va));
}

/* The index ONNX reports counts over the whole tensor; column-major swaps the last two. */
static int64_t reported_index(const struct job *job, size_t plane, size_t offset)
{
    const struct bt_window *w = &job->window;
    if (job->state->column_major && w->rank == 2) {
        size_t width = (size_t)w->in[1];
        offset = offset % width * (size_t)w->in[0] + offset / width;
    }
    return (int64_t)(plane * job->in_plane + offset);
}

static void max_window(const struct job *job, const struct taps *taps, size_t plane, size_t out)
{
    size_t to = plane * job->out_plane + out;
    size_t base = plane * job->in_plane;
    size_t best = taps->count ? taps->offsets[0] : 0;
    for (size_t t = 1; t < taps->count; t++)
        if (above(job->lane, job->x, base + taps->offsets[t], base + best))
            best = taps->offsets[t];
    size_t size = job->lane == BT_LANE_F32 ? sizeof(float) : sizeof(double);
    memcpy((uint8_t *)job->y + to * size, (const uint8_t *)job->x + (base + best) * size, size);
    if (job->indices)
        job->indices[to] = reported_index(job, plane, best);
}

static baton_status max_pool_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.indices = NULL};
    struct bt_tensor *y = NULL;
    struct bt_tensor *indices = NULL;
    BT_TRY(init_job(ctx, &job, true, &y, err));
    if (bt_op_wants(ctx, 1)) {
        BT_TRY(bt_op_output(ctx, 1, BT_I64, y->rank, y->dims, &indices, err));
        job.indices = indices->data;
    }
    if (kernels_take(&job) && !indices) {
        struct bt_pool2d p = describe(&job);
        ctx->kernels->max_pool_f32(&p, ctx->pool);
    } else {
        BT_TRY(each_window(ctx, &job, max_window, err));
    }
    bt_nn_narrow(job.y, y);
    return BATON_OK;
}

/* ---- AveragePool ---- */

static void average_window(const struct job *job, const struct taps *taps, size_t plane, size_t out)
{
    size_t base = plane * job->in_plane;
    size_t to = plane * job->out_plane + out;
    float sum_f32 = 0;
    double sum_f64 = 0;
    for (size_t t = 0; t < taps->count; t++) {
        if (job->lane == BT_LANE_F32)
            sum_f32 += ((const float *)job->x)[base + taps->offsets[t]];
        else
            sum_f64 += ((const double *)job->x)[base + taps->offsets[t]];
    }
    if (job->lane == BT_LANE_F32)
        ((float *)job->y)[to] = sum_f32 / (float)taps->divisor;
    else
        ((double *)job->y)[to] = sum_f64 / (double)taps->divisor;
}

static baton_status average_pool_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.indices = NULL};
    struct bt_tensor *y = NULL;
    BT_TRY(init_job(ctx, &job, false, &y, err));
    if (kernels_take(&job)) {
        struct bt_pool2d p = describe(&job);
        ctx->kernels->average_pool_f32(&p, ctx->pool);
    } else {
        BT_TRY(each_window(ctx, &job, average_window, err));
    }
    bt_nn_narrow(job.y, y);
    return BATON_OK;
}

/* ---- LpPool ---- */

/* |x| + ..., or the root of x * x + ...: sequential like an average. */
static float lp_finish(const struct job *job, float sum)
{
    if (job->state->p == 2)
        job->kernels->map_f32[BT_SQRT](&sum, &sum, 1);
    return sum;
}

static void lp_window(const struct job *job, const struct taps *taps, size_t plane, size_t out)
{
    const float *x = (const float *)job->x + plane * job->in_plane;
    float sum = 0;
    for (size_t t = 0; t < taps->count; t++) {
        float value = x[taps->offsets[t]];
        float term = job->state->p == 2 ? value * value : __builtin_fabsf(value);
        sum += term;
    }
    ((float *)job->y)[plane * job->out_plane + out] = lp_finish(job, sum);
}

static baton_status check_p(int64_t p, struct baton_error *err)
{
    if (p == 1 || p == 2)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_UNSUPPORTED, "attribute p is %lld, supported are 1 and 2",
                   (long long)p);
}

static baton_status lp_pool_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.indices = NULL};
    struct bt_tensor *y = NULL;
    BT_TRY(init_job(ctx, &job, false, &y, err));
    BT_TRY(check_p(job.state->p, err));
    if (job.lane != BT_LANE_F32)
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(each_window(ctx, &job, lp_window, err));
    bt_nn_narrow(job.y, y);
    return BATON_OK;
}

/* ---- Global… ---- */

enum global { GLOBAL_AVERAGE, GLOBAL_MAX, GLOBAL_LP };

static float global_f32(const struct bt_kernels *k, enum global what, int64_t p, const float *x,
                        size_t n)
{
    float sum = 0;
    if (what == GLOBAL_AVERAGE)
        return k->rsum_f32(x, n) / (float)n;
    if (what == GLOBAL_MAX)
        return k->max_f32(x, n);
    if (p == 2) {
        sum = k->rsum_squares_f32(x, n);
        k->map_f32[BT_SQRT](&sum, &sum, 1);
        return sum;
    }
    for (size_t i = 0; i < n; i++)
        sum += __builtin_fabsf(x[i]);
    return sum;
}

static double global_f64(enum global what, const double *x, size_t n)
{
    double most = x[0];
    if (what == GLOBAL_AVERAGE)
        return bt_rsum_f64(x, n) / (double)n;
    for (size_t i = 0; i < n; i++)
        most = bt_max_f64(most, x[i]);
    return most;
}

static baton_status global_run(struct bt_op_ctx *ctx, enum global what, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    const void *x_wide = NULL;
    void *y_wide = NULL;
    int64_t p = bt_op_attr_int(ctx, "p", 2);
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(check_p(p, err));
    enum bt_lane lane = bt_lane_of(x->dtype);
    if (!bt_dtype_is_float(x->dtype) || (what == GLOBAL_LP && lane != BT_LANE_F32))
        return bt_op_bad_type(ctx, 0, err);
    if (x->rank < 3 || bt_dims_product(x->dims, 2, x->rank) == 0)
        return bt_fail(err, BATON_ERR_INVALID, "expected [N, C, D1, ...] with elements");
    int64_t dims[BT_RANK_MAX] = {x->dims[0], x->dims[1], 1, 1, 1, 1, 1, 1};
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, dims, &y, err));
    BT_TRY(bt_nn_widen(ctx, x, &x_wide, err));
    BT_TRY(bt_nn_target(ctx, y, &y_wide, err));
    size_t plane = bt_dims_product(x->dims, 2, x->rank);
    size_t planes = bt_tensor_count(y);
    for (size_t i = 0; i < planes; i++) {
        if (lane == BT_LANE_F32)
            ((float *)y_wide)[i] =
                global_f32(ctx->kernels, what, p, (const float *)x_wide + i * plane, plane);
        else
            ((double *)y_wide)[i] = global_f64(what, (const double *)x_wide + i * plane, plane);
    }
    bt_nn_narrow(y_wide, y);
    return BATON_OK;
}

static baton_status global_average_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return global_run(ctx, GLOBAL_AVERAGE, err);
}

static baton_status global_max_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return global_run(ctx, GLOBAL_MAX, err);
}

static baton_status global_lp_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return global_run(ctx, GLOBAL_LP, err);
}

const struct bt_op bt_ops_pool[] = {
    {.name = "MaxPool", .domain = "", .since = 1, .prepare = pool_prepare, .run = max_pool_run},
    {.name = "AveragePool",
     .domain = "",
     .since = 1,
     .prepare = pool_prepare,
     .run = average_pool_run},
    {.name = "LpPool", .domain = "", .since = 2, .prepare = pool_prepare, .run = lp_pool_run},
    {.name = "GlobalAveragePool", .domain = "", .since = 1, .run = global_average_run},
    {.name = "GlobalMaxPool", .domain = "", .since = 1, .run = global_max_run},
    {.name = "GlobalLpPool", .domain = "", .since = 2, .run = global_lp_run},
    {.name = NULL},
};
