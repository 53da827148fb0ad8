/* SPDX-License-Identifier: Apache-2.0 */
/* BatchNormalization and Dropout as they are at inference. */
#include <string.h>

#include "op/nn/nn.h"

/*
 * numerics-ops.md: s = scale / sqrt(var + eps), y = ((x - mean) * s) + bias, each step one rounding
 * in the type of x's lane. The kernels' epilogue does the same, so a convolution before it can.
 */
struct affine {
    size_t channels;
    const void *mean;
    void *scale; /* s */
    const void *bias;
};

static void slopes(struct bt_op_ctx *ctx, enum bt_lane lane, const void *scale, const void *var,
                   const struct affine *a)
{
    float epsilon = bt_op_attr_float(ctx, "epsilon", 1e-5F);
    for (size_t c = 0; c < a->channels; c++) {
        if (lane == BT_LANE_F32) {
            float root = ((const float *)var)[c] + epsilon;
            root = __builtin_sqrtf(root);
            ((float *)a->scale)[c] = ((const float *)scale)[c] / root;
        } else {
            double root = __builtin_sqrt(((const double *)var)[c] + (double)epsilon);
            ((double *)a->scale)[c] = ((const double *)scale)[c] / root;
        }
    }
}

struct job {
    enum bt_lane lane;
    const struct affine *affine;
    size_t plane;
    size_t planes;
    const void *x;
    void *y;
};

static void plane_f32(const struct job *job, size_t number)
{
    const float *x = (const float *)job->x + number * job->plane;
    float *y = (float *)job->y + number * job->plane;
    size_t c = number % job->affine->channels;
    float mean = ((const float *)job->affine->mean)[c];
    float scale = ((const float *)job->affine->scale)[c];
    float bias = ((const float *)job->affine->bias)[c];
    for (size_t i = 0; i < job->plane; i++)
        y[i] = (x[i] - mean) * scale + bias;
}

static void plane_f64(const struct job *job, size_t number)
{
    const double *x = (const double *)job->x + number * job->plane;
    double *y = (double *)job->y + number * job->plane;
    size_t c = number % job->affine->channels;
    double mean = ((const double *)job->affine->mean)[c];
    double scale = ((const double *)job->affine->scale)[c];
    double bias = ((const double *)job->affine->bias)[c];
    for (size_t i = 0; i < job->plane; i++)
        y[i] = (x[i] - mean) * scale + bias;
}

static void some_planes(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    struct bt_range share = bt_pool_share(job->planes, 1, part, parts);
    for (size_t number = share.from; number < share.to; number++) {
        if (job->lane == BT_LANE_F32)
            plane_f32(job, number);
        else
            plane_f64(job, number);
    }
}

static baton_status read_parameters(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                                    struct affine *a, struct baton_error *err)
{
    const void *wide[5];
    a->channels = x->rank > 1 ? (size_t)x->dims[1] : 1;
    enum bt_lane lane = bt_lane_of(x->dtype);
    for (uint32_t i = 1; i < 5; i++) {
        const struct bt_tensor *in = NULL;
        BT_TRY(bt_op_need(ctx, i, &in, err));
        if (in->rank != 1 || (size_t)in->dims[0] != a->channels || bt_lane_of(in->dtype) != lane)
            return bt_fail(err, BATON_ERR_INVALID, "input %u does not have one %s per channel", i,
                           bt_dtype_name(x->dtype));
        BT_TRY(bt_nn_widen(ctx, in, &wide[i], err));
    }
    a->bias = wide[2];
    a->mean = wide[3];
    a->scale = bt_op_scratch(ctx, a->channels, sizeof(double));
    if (!a->scale)
        return bt_fail_no_memory(err, "the slopes");
    slopes(ctx, lane, wide[1], wide[4], a);
    return BATON_OK;
}

static baton_status batch_norm_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    struct affine affine;
    struct job job = {.affine = &affine};
    if (bt_op_attr_int(ctx, "training_mode", 0) != 0)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "training_mode is not supported");
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (!bt_dtype_is_float(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(read_parameters(ctx, x, &affine, err));
    job.lane = bt_lane_of(x->dtype);
    job.plane = x->rank > 2 ? bt_dims_product(x->dims, 2, x->rank) : 1;
    job.planes = job.plane ? bt_tensor_count(x) / job.plane : 0;
    BT_TRY(bt_nn_widen(ctx, x, &job.x, err));
    BT_TRY(bt_op_output_like(ctx, 0, 0, &y, err));
    BT_TRY(bt_nn_target(ctx, y, &job.y, err));
    bt_pool_run(job.planes * job.plane < 32768 ? NULL : ctx->pool, some_planes, &job);
    bt_nn_narrow(job.y, y);
    return BATON_OK;
}

/* ---- after a convolution ---- */

static float *constant_slopes(struct bt_op_ctx *ctx, const struct bt_tensor *scale,
                              const struct bt_tensor *var)
{
    struct affine a = {.channels = (size_t)scale->dims[0]};
    a.scale = bt_arena_calloc(ctx->arena, a.channels, sizeof(float));
    if (a.scale)
        slopes(ctx, BT_LANE_F32, scale->data, var->data, &a);
    return a.scale;
}

/* With constant parameters the slopes are made at load, and kept for fusion. */
static baton_status batch_norm_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *scale = bt_nn_constant_f32(ctx, 1);
    for (uint32_t i = 1; i < 5; i++) {
        const struct bt_tensor *in = bt_nn_constant_f32(ctx, i);
        if (!in || in->rank != 1 || in->dims[0] != scale->dims[0])
            return BATON_OK;
    }
    ctx->state = constant_slopes(ctx, scale, bt_nn_constant_f32(ctx, 4));
    return ctx->state ? BATON_OK : bt_fail_no_memory(err, "the slopes");
}

static bool batch_norm_tail(const struct bt_op_ctx *ctx, struct bt_op_tail *tail)
{
    if (!ctx->state || tail->row_mean || tail->add || tail->activation != BT_ACT_NONE ||
        tail->rows == 0 || tail->rows != (size_t)bt_op_input(ctx, 1)->dims[0])
        return false;
    tail->row_mean = bt_op_input(ctx, 3)->data;
    tail->row_scale = ctx->state;
    tail->row_shift = bt_op_input(ctx, 2)->data;
    return true;
}

/* ---- Dropout ---- */

static baton_status dropout_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *training = bt_op_input(ctx, 2);
    struct bt_tensor *mask = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (training && bt_tensor_count(training) == 1 && *(const uint8_t *)training->data)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "training_mode is not supported");
    BT_TRY(bt_op_forward(ctx, 0, x, x->rank, x->dims, err));
    if (!bt_op_wants(ctx, 1))
        return BATON_OK;
    BT_TRY(bt_op_output(ctx, 1, ctx->node->opset < 10 ? x->dtype : BT_BOOL, x->rank, x->dims, &mask,
                        err));
    if (mask->dtype != BT_BOOL)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "the mask of opset %d", ctx->node->opset);
    memset(mask->data, 1, bt_tensor_bytes(mask));
    return BATON_OK;
}

const struct bt_op bt_ops_batch_norm[] = {
    {.name = "BatchNormalization",
     .domain = "",
     .since = 7,
     .prepare = batch_norm_prepare,
     .run = batch_norm_run,
     .tail = batch_norm_tail},
    {.name = "Dropout", .domain = "", .since = 7, .run = dropout_run},
    {.name = NULL},
};
