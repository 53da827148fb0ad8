/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Normalisation of rows of n elements (numerics-ops.md): mean = RSUM(x) / n, d = x - mean,
 * var = RSUM(d * d) / n, r = 1 / sqrt(var + eps), y = (d * r) * scale + bias. RMS leaves the mean
 * out and has d = x. Rows lie together; float16 and bfloat16 go through binary32.
 */
#include <string.h>

#include "op/math/reduce.h"
#include "op/nn/nn.h"

struct norm {
    const struct bt_kernels *kernels;
    bool centred;
    float epsilon;
    size_t n;
    size_t rows;
    const float *x;
    float *y;
    /* Element i of row r has scale number (r * row_step + i / run) % count. */
    const float *scale;
    const float *bias;
    size_t run;
    size_t row_step;
    size_t count;
    float *mean; /* by row, or NULL */
    float *inverse;
};

static float mean_of(const struct bt_kernels *k, const float *x, size_t n)
{
    return k->rsum_f32(x, n) / (float)n;
}

/* d * r into y. */
static void standardise(const struct norm *norm, size_t row)
{
    const float *x = norm->x + row * norm->n;
    float *y = norm->y + row * norm->n;
    float mean = norm->centred ? mean_of(norm->kernels, x, norm->n) : 0.0F;
    for (size_t i = 0; i < norm->n; i++)
        y[i] = norm->centred ? x[i] - mean : x[i];
    float variance = norm->kernels->rsum_squares_f32(y, norm->n) / (float)norm->n;
    float root = __builtin_sqrtf(variance + norm->epsilon);
    float inverse = 1.0F / root;
    for (size_t i = 0; i < norm->n; i++)
        y[i] *= inverse;
    if (norm->mean)
        norm->mean[row] = mean;
    if (norm->inverse)
        norm->inverse[row] = inverse;
}

static void apply(const struct norm *norm, size_t row)
{
    float *y = norm->y + row * norm->n;
    size_t number = row * norm->row_step % norm->count;
    for (size_t i = 0; i < norm->n; i += norm->run) {
        for (size_t j = i; j < i + norm->run; j++) {
            y[j] *= norm->scale[number];
            y[j] = norm->bias ? y[j] + norm->bias[number] : y[j];
        }
        number = number + 1 == norm->count ? 0 : number + 1;
    }
}

static void some_rows(void *user, unsigned part, unsigned parts)
{
    const struct norm *norm = user;
    struct bt_range share = bt_pool_share(norm->rows, 1, part, parts);
    for (size_t row = share.from; row < share.to; row++) {
        standardise(norm, row);
        if (norm->scale)
            apply(norm, row);
    }
}

/* ---- operands ---- */

static baton_status read_x(struct bt_op_ctx *ctx, struct norm *norm, const struct bt_tensor **ret_x,
                           struct bt_tensor **ret_y, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const void *wide = NULL;
    void *target = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (bt_lane_of(x->dtype) != BT_LANE_F32)
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_nn_widen(ctx, x, &wide, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, x->dims, ret_y, err));
    BT_TRY(bt_nn_target(ctx, *ret_y, &target, err));
    norm->kernels = ctx->kernels;
    norm->epsilon = bt_op_attr_float(ctx, "epsilon", 1e-5F);
    norm->x = wide;
    norm->y = target;
    *ret_x = x;
    return BATON_OK;
}

static baton_status read_parameter(struct bt_op_ctx *ctx, uint32_t i, size_t count,
                                   const float **ret, struct baton_error *err)
{
    const struct bt_tensor *parameter = bt_op_input(ctx, i);
    const void *wide = NULL;
    if (!parameter)
        return BATON_OK;
    if (bt_lane_of(parameter->dtype) != BT_LANE_F32)
        return bt_op_bad_type(ctx, i, err);
    if (bt_tensor_count(parameter) != count)
        return bt_fail(err, BATON_ERR_INVALID, "input %u has %zu elements, expected %zu", i,
                       bt_tensor_count(parameter), count);
    BT_TRY(bt_nn_widen(ctx, parameter, &wide, err));
    *ret = wide;
    return BATON_OK;
}

static void run_norm(const struct bt_op_ctx *ctx, struct norm *norm, struct bt_tensor *y)
{
    bool small = norm->rows * norm->n < 16384;
    if (norm->n > 0)
        bt_pool_run(small ? NULL : ctx->pool, some_rows, norm);
    bt_nn_narrow(norm->y, y);
}

/* ---- over the last axes ---- */

static baton_status statistic(struct bt_op_ctx *ctx, uint32_t i, const struct bt_tensor *x,
                              unsigned axis, float **ret, struct baton_error *err)
{
    struct bt_tensor *output = NULL;
    int64_t dims[BT_RANK_MAX];
    if (!bt_op_wants(ctx, i))
        return BATON_OK;
    for (unsigned d = 0; d < x->rank; d++)
        dims[d] = d < axis ? x->dims[d] : 1;
    BT_TRY(bt_op_output(ctx, i, BT_F32, x->rank, dims, &output, err));
    *ret = output->data;
    return BATON_OK;
}

static baton_status rows_norm(struct bt_op_ctx *ctx, bool centred, struct baton_error *err)
{
    struct norm norm = {.centred = centred, .run = 1};
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    unsigned axis = 0;
    BT_TRY(read_x(ctx, &norm, &x, &y, err));
    BT_TRY(bt_op_axis(bt_op_attr_int(ctx, "axis", -1), x->rank, false, &axis, err));
    norm.n = bt_dims_product(x->dims, axis, x->rank);
    norm.rows = bt_dims_product(x->dims, 0, axis);
    const struct bt_tensor *scale = bt_op_input(ctx, 1);
    /* A scale of the last axes alone repeats within the row. */
    norm.count = scale ? bt_tensor_count(scale) : norm.n;
    if (norm.count == 0 || norm.n % norm.count != 0)
        return bt_fail(err, BATON_ERR_INVALID, "a scale of %zu elements for rows of %zu",
                       norm.count, norm.n);
    BT_TRY(read_parameter(ctx, 1, norm.count, &norm.scale, err));
    BT_TRY(read_parameter(ctx, 2, norm.count, &norm.bias, err));
    if (centred) {
        BT_TRY(statistic(ctx, 1, x, axis, &norm.mean, err));
        BT_TRY(statistic(ctx, 2, x, axis, &norm.inverse, err));
    }
    run_norm(ctx, &norm, y);
    return BATON_OK;
}

static baton_status layer_norm_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return rows_norm(ctx, true, err);
}

static baton_status rms_norm_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return rows_norm(ctx, false, err);
}

/* ---- over planes ---- */

/* `groups` rows per image; scale and bias by channel, or (GroupNormalization-18) by group. */
static baton_status planes_norm(struct bt_op_ctx *ctx, size_t groups, bool by_group,
                                struct baton_error *err)
{
    struct norm norm = {.centred = true};
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(read_x(ctx, &norm, &x, &y, err));
    if (x->rank < 3 || x->dims[1] < 1)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, expected [N, C, D1, ...]",
                       x->rank);
    size_t channels = (size_t)x->dims[1];
    size_t plane = bt_dims_product(x->dims, 2, x->rank);
    groups = groups ? groups : channels;
    if (channels % groups != 0)
        return bt_fail(err, BATON_ERR_INVALID, "%zu channels in %zu groups", channels, groups);
    norm.n = channels / groups * plane;
    norm.rows = (size_t)x->dims[0] * groups;
    norm.run = by_group ? norm.n : plane;
    norm.row_step = by_group ? 1 : channels / groups;
    norm.count = by_group ? groups : channels;
    BT_TRY(read_parameter(ctx, 1, norm.count, &norm.scale, err));
    BT_TRY(read_parameter(ctx, 2, norm.count, &norm.bias, err));
    run_norm(ctx, &norm, y);
    return BATON_OK;
}

static baton_status instance_norm_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return planes_norm(ctx, 0, false, err);
}

static baton_status group_norm_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int64_t groups = bt_op_attr_int(ctx, "num_groups", 0);
    if (groups < 1)
        return bt_fail(err, BATON_ERR_INVALID, "num_groups is %lld", (long long)groups);
    return planes_norm(ctx, (size_t)groups, ctx->node->opset < 21, err);
}

/* ---- any axes ---- */

struct gathered {
    struct bt_reduction reduction;
    const float *x;
    float *y;
    float *row;
};

static baton_status gather_init(struct bt_op_ctx *ctx, struct gathered *g, const bool *reduced,
                                struct bt_tensor **ret_y, struct baton_error *err)
{
    struct norm norm = {.centred = true};
    const struct bt_tensor *x = NULL;
    BT_TRY(read_x(ctx, &norm, &x, ret_y, err));
    bt_reduction_init(&g->reduction, x, reduced, false);
    g->x = norm.x;
    g->y = norm.y;
    g->row = bt_op_scratch(ctx, g->reduction.count, sizeof *g->row);
    return g->row ? BATON_OK : bt_fail_no_memory(err, "a row");
}

static void gather_row(const struct gathered *g, size_t output)
{
    size_t base = bt_reduction_base(&g->reduction, output);
    for (size_t i = 0; i < g->reduction.count; i++)
        g->row[i] = g->x[base + bt_reduction_offset(&g->reduction, i)];
}

static void scatter_row(const struct gathered *g, size_t output)
{
    size_t base = bt_reduction_base(&g->reduction, output);
    for (size_t i = 0; i < g->reduction.count; i++)
        g->y[base + bt_reduction_offset(&g->reduction, i)] = g->row[i];
}

/* y = d / (sqrt(RSUM(d * d) / n) + 1e-9). */
static void mean_variance_row(const struct bt_kernels *k, float *x, size_t n)
{
    float mean = mean_of(k, x, n);
    for (size_t i = 0; i < n; i++)
        x[i] -= mean;
    float deviation = __builtin_sqrtf(k->rsum_squares_f32(x, n) / (float)n) + 1e-9F;
    for (size_t i = 0; i < n; i++)
        x[i] /= deviation;
}

static baton_status mean_variance_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const int64_t usual[] = {0, 2, 3};
    const struct bt_attr *attr = bt_op_attr(ctx, "axes", BT_ATTR_INTS);
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    struct gathered g;
    bool reduced[BT_RANK_MAX] = {false};
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    for (size_t i = 0; i < (attr ? attr->count : 3); i++) {
        unsigned axis = 0;
        BT_TRY(bt_op_axis(attr ? attr->ints[i] : usual[i], x->rank, false, &axis, err));
        reduced[axis] = true;
    }
    BT_TRY(gather_init(ctx, &g, reduced, &y, err));
    for (size_t output = 0; output < g.reduction.outputs; output++) {
        gather_row(&g, output);
        mean_variance_row(ctx->kernels, g.row, g.reduction.count);
        scatter_row(&g, output);
    }
    bt_nn_narrow(g.y, y);
    return BATON_OK;
}

/* y = x / norm, and 0 where the norm is 0. */
static void lp_row(const struct bt_kernels *k, bool squares, const float *x, float *row, size_t n)
{
    float norm = 0;
    if (squares)
        norm = __builtin_sqrtf(k->rsum_squares_f32(x, n));
    for (size_t i = 0; i < n && !squares; i++)
        row[i] = __builtin_fabsf(x[i]);
    if (!squares)
        norm = k->rsum_f32(row, n);
    for (size_t i = 0; i < n; i++)
        row[i] = norm == 0.0F ? 0.0F : x[i] / norm;
}

static baton_status lp_norm_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    struct gathered g;
    bool reduced[BT_RANK_MAX] = {false};
    unsigned axis = 0;
    int64_t p = bt_op_attr_int(ctx, "p", 2);
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (p != 1 && p != 2)
        return bt_fail(err, BATON_ERR_INVALID, "attribute p is %lld, not 1 or 2", (long long)p);
    BT_TRY(bt_op_axis(bt_op_attr_int(ctx, "axis", -1), x->rank, false, &axis, err));
    reduced[axis] = true;
    BT_TRY(gather_init(ctx, &g, reduced, &y, err));
    float *copy = bt_op_scratch(ctx, g.reduction.count, sizeof *copy);
    if (!copy)
        return bt_fail_no_memory(err, "a row");
    for (size_t output = 0; output < g.reduction.outputs; output++) {
        gather_row(&g, output);
        memcpy(copy, g.row, g.reduction.count * sizeof *copy);
        lp_row(ctx->kernels, p == 2, copy, g.row, g.reduction.count);
        scatter_row(&g, output);
    }
    bt_nn_narrow(g.y, y);
    return BATON_OK;
}

const struct bt_op bt_ops_norm[] = {
    {.name = "LayerNormalization", .domain = "", .since = 17, .run = layer_norm_run},
    {.name = "RMSNormalization", .domain = "", .since = 23, .run = rms_norm_run},
    {.name = "InstanceNormalization", .domain = "", .since = 6, .run = instance_norm_run},
    {.name = "GroupNormalization", .domain = "", .since = 18, .run = group_norm_run},
    {.name = "MeanVarianceNormalization", .domain = "", .since = 9, .run = mean_variance_run},
    {.name = "LpNormalization", .domain = "", .since = 1, .run = lp_norm_run},
    {.name = NULL},
};
