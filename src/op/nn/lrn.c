/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LRN: sum = x[c]^2 over the channels of the window, ascending from +0; y = x / p with
 * p = (bias + (alpha / size) * sum)^beta, every step one rounding.
 */
#include "kernel/scalar.h"
#include "op/nn/nn.h"

struct lrn {
    float slope; /* alpha / size */
    float beta;
    float bias;
    int64_t before;
    int64_t after;
};

struct job {
    struct lrn lrn;
    int64_t channels;
    size_t plane;
    size_t images;
    const float *x;
    float *y;
};

static float sum_of(const struct job *job, const float *image, int64_t channel, size_t at)
{
    int64_t from = channel - job->lrn.before;
    int64_t to = channel + job->lrn.after;
    float sum = 0;
    for (int64_t c = from < 0 ? 0 : from; c <= to && c < job->channels; c++) {
        float value = image[(size_t)c * job->plane + at];
        float square = value * value;
        sum += square;
    }
    return sum;
}

static void some_planes(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    struct bt_range share = bt_pool_share(job->images * (size_t)job->channels, 1, part, parts);
    for (size_t number = share.from; number < share.to; number++) {
        int64_t channel = (int64_t)(number % (size_t)job->channels);
        size_t image = (number - (size_t)channel) * job->plane;
        const float *x = job->x + number * job->plane;
        float *y = job->y + number * job->plane;
        for (size_t at = 0; at < job->plane; at++) {
            float scaled = job->lrn.slope * sum_of(job, job->x + image, channel, at);
            y[at] = x[at] / bt_pow_f32(job->lrn.bias + scaled, job->lrn.beta);
        }
    }
}

static baton_status lrn_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    const void *wide = NULL;
    void *target = NULL;
    struct job job;
    int64_t size = bt_op_attr_int(ctx, "size", 0);
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (bt_lane_of(x->dtype) != BT_LANE_F32)
        return bt_op_bad_type(ctx, 0, err);
    if (size < 1 || size > INT32_MAX || x->rank < 3)
        return bt_fail(err, BATON_ERR_INVALID, "size is %lld and the rank %u", (long long)size,
                       x->rank);
    BT_TRY(bt_nn_widen(ctx, x, &wide, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, x->dims, &y, err));
    BT_TRY(bt_nn_target(ctx, y, &target, err));
    job.lrn = (struct lrn){.slope = bt_op_attr_float(ctx, "alpha", 1e-4F) / (float)size,
                           .beta = bt_op_attr_float(ctx, "beta", 0.75F),
                           .bias = bt_op_attr_float(ctx, "bias", 1.0F),
                           .before = (size - 1) / 2,
                           .after = size / 2};
    job.channels = x->dims[1];
    job.plane = bt_dims_product(x->dims, 2, x->rank);
    job.images = (size_t)x->dims[0];
    job.x = wide;
    job.y = target;
    bt_pool_run(ctx->pool, some_planes, &job);
    bt_nn_narrow(target, y);
    return BATON_OK;
}

const struct bt_op bt_ops_lrn[] = {
    {.name = "LRN", .domain = "", .since = 1, .run = lrn_run},
    {.name = NULL},
};
