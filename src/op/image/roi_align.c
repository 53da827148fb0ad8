/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RoiAlign: each bin of a region takes `rows * columns` samples, interpolated between the four
 * elements around, and keeps their mean or their largest part. Binary64, one rounding at the end
 * (numerics-ops.md, "Sampling").
 */
#include "op/lane.h"
#include "op/op.h"
#include "tensor/compare.h"

/* Samples of one bin in one direction; a region gives this many only when it is absurd. */
#define SAMPLES_MAX 4096.0
#define EXTENT_MAX ((int64_t)1 << 16)

struct roi_align {
    bool max;
    double offset; /* of coordinates */
    bool at_least_one;
    double scale;
    int64_t height;
    int64_t width;
    int64_t sampling;
};

static const struct bt_op_word modes[] = {{"avg", 0}, {"max", 1}, {NULL, 0}};
static const struct bt_op_word transformations[] = {
    {"output_half_pixel", 0}, {"half_pixel", 1}, {NULL, 0}};

static baton_status roi_align_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int max = 0;
    int half_pixel = 0;
    struct roi_align *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    BT_TRY(bt_op_attr_word(ctx, "mode", modes, 0, &max, err));
    BT_TRY(bt_op_attr_word(ctx, "coordinate_transformation_mode", transformations,
                           ctx->node->opset >= 16, &half_pixel, err));
    state->max = max;
    state->offset = half_pixel ? 0.5 : 0.0;
    state->at_least_one = !half_pixel;
    state->scale = (double)bt_op_attr_float(ctx, "spatial_scale", 1.0F);
    state->height = bt_op_attr_int(ctx, "output_height", 1);
    state->width = bt_op_attr_int(ctx, "output_width", 1);
    state->sampling = bt_op_attr_int(ctx, "sampling_ratio", 0);
    if (state->height < 1 || state->height > EXTENT_MAX || state->width < 1 ||
        state->width > EXTENT_MAX || (double)state->sampling > SAMPLES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "an output of %lld x %lld, sampling ratio %lld",
                       (long long)state->height, (long long)state->width,
                       (long long)state->sampling);
    ctx->state = state;
    return BATON_OK;
}

/* One direction of a region: its bins and the samples in each. */
struct span {
    double start;
    double bin;
    size_t samples;
    int64_t extent; /* of the image */
};

/* The two elements around a sample and how far it is from the lower one. */
struct between {
    bool outside;
    size_t low;
    size_t high;
    double above;
};

static struct between locate(const struct span *span, size_t bin, size_t sample)
{
    double last = (double)(span->extent - 1);
    double x = span->start + (double)bin * span->bin +
               ((double)sample + 0.5) * span->bin / (double)span->samples;
    struct between at = {.outside = !(x >= -1.0 && x <= (double)span->extent)};
    if (at.outside)
        return at;
    x = x < 0.0 ? 0.0 : x > last ? last : x;
    at.low = (size_t)x;
    at.high = at.low + (x < last);
    at.above = x - (double)at.low;
    return at;
}

struct job {
    const struct roi_align *state;
    const struct bt_tensor *x;
    const struct bt_tensor *rois;
    const struct bt_tensor *batch;
    struct bt_tensor *y;
};

/* What a sample adds: w[0] x[0], ..., w[3] x[3], from left to right and top to bottom. */
static void weigh(const struct job *job, size_t plane, struct between y, struct between x,
                  double *parts)
{
    double below[2] = {1.0 - y.above, y.above};
    double beside[2] = {1.0 - x.above, x.above};
    size_t rows[2] = {y.low, y.high};
    size_t columns[2] = {x.low, x.high};
    for (unsigned i = 0; i < 4; i++) {
        size_t at = plane + rows[i / 2] * (size_t)job->x->dims[3] + columns[i % 2];
        double weight = y.outside || x.outside ? 0.0 : below[i / 2] * beside[i % 2];
        parts[i] = weight * bt_element_f64(job->x, at);
    }
}

static double bin_value(const struct job *job, size_t plane, const struct span *spans, size_t row,
                        size_t column)
{
    size_t count = spans[0].samples * spans[1].samples;
    double sum = 0;
    double most = count ? -__builtin_inf() : 0.0;
    for (size_t i = 0; i < count; i++) {
        double parts[4];
        weigh(job, plane, locate(&spans[0], row, i / spans[1].samples),
              locate(&spans[1], column, i % spans[1].samples), parts);
        sum += ((parts[0] + parts[1]) + parts[2]) + parts[3];
        for (unsigned k = 0; k < 4; k++)
            most = most > parts[k] || most != most ? most : parts[k];
    }
    if (job->state->max)
        return most;
    return count ? sum / (double)count : 0.0;
}

/* Number `i` of a region as a coordinate of the image, in the lane: how many samples a bin has
 * depends on it by steps. */
static double edge(const struct job *job, size_t i)
{
    enum bt_dtype lane = job->rois->dtype;
    double scaled = bt_element_f64(job->rois, i) * job->state->scale;
    return bt_lane_step(lane, bt_lane_step(lane, scaled) - job->state->offset);
}

static baton_status read_span(const struct job *job, size_t roi, bool vertical, struct span *span,
                              struct baton_error *err)
{
    const struct roi_align *state = job->state;
    size_t first = roi * 4 + (vertical ? 1 : 0);
    double bins = (double)(vertical ? state->height : state->width);
    span->start = edge(job, first);
    double size = bt_lane_step(job->rois->dtype, edge(job, first + 2) - span->start);
    if (state->at_least_one && size < 1.0)
        size = 1.0;
    span->extent = job->x->dims[vertical ? 2 : 3];
    span->bin = bt_lane_step(job->rois->dtype, size / bins);
    if (state->sampling <= 0 && !(span->bin <= SAMPLES_MAX))
        return bt_fail(err, BATON_ERR_LIMIT, "region %zu has bins of %g elements", roi, span->bin);
    double whole = span->bin > 0 ? (double)(int64_t)span->bin : 0.0;
    if (state->sampling > 0)
        span->samples = (size_t)state->sampling;
    else
        span->samples = (size_t)whole + (span->bin > whole);
    return BATON_OK;
}

static baton_status one_roi(const struct job *job, size_t roi, struct baton_error *err)
{
    struct span spans[2];
    int64_t image = bt_i64(job->batch)[roi];
    size_t channels = (size_t)job->x->dims[1];
    size_t height = (size_t)job->state->height;
    size_t width = (size_t)job->state->width;
    if (image < 0 || image >= job->x->dims[0])
        return bt_fail(err, BATON_ERR_INVALID, "region %zu is of image %lld of %lld", roi,
                       (long long)image, (long long)job->x->dims[0]);
    BT_TRY(read_span(job, roi, true, &spans[0], err));
    BT_TRY(read_span(job, roi, false, &spans[1], err));
    for (size_t c = 0; c < channels; c++) {
        size_t plane = ((size_t)image * channels + c) * bt_dims_product(job->x->dims, 2, 4);
        size_t to = (roi * channels + c) * height * width;
        for (size_t i = 0; i < height * width; i++) {
            double value = bin_value(job, plane, spans, i / width, i % width);
            bt_lane_put_f64(job->y->dtype, value, job->y->data, to + i);
        }
    }
    return BATON_OK;
}

static baton_status check_inputs(const struct bt_op_ctx *ctx, struct job *job,
                                 struct baton_error *err)
{
    BT_TRY(bt_op_need(ctx, 0, &job->x, err));
    BT_TRY(bt_op_need(ctx, 1, &job->rois, err));
    BT_TRY(bt_op_need_type(ctx, 2, BT_I64, &job->batch, err));
    if (!bt_dtype_is_float(job->x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    if (job->rois->dtype != job->x->dtype)
        return bt_op_bad_type(ctx, 1, err);
    if (job->x->rank != 4 || job->rois->rank != 2 || job->rois->dims[1] != 4)
        return bt_fail(err, BATON_ERR_INVALID, "expected [N, C, H, W] and [regions, 4]");
    if (bt_dims_product(job->x->dims, 2, 4) == 0)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has no elements to sample");
    if (job->batch->rank != 1 || job->batch->dims[0] != job->rois->dims[0])
        return bt_fail(err, BATON_ERR_INVALID, "%zu image numbers for %lld regions",
                       bt_tensor_count(job->batch), (long long)job->rois->dims[0]);
    return BATON_OK;
}

static baton_status roi_align_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.state = ctx->state};
    BT_TRY(check_inputs(ctx, &job, err));
    const int64_t dims[] = {job.rois->dims[0], job.x->dims[1], job.state->height, job.state->width};
    BT_TRY(bt_op_output(ctx, 0, job.x->dtype, 4, dims, &job.y, err));
    for (size_t roi = 0; roi < (size_t)dims[0]; roi++)
        BT_TRY(one_roi(&job, roi, err));
    return BATON_OK;
}

const struct bt_op bt_ops_roi_align[] = {
    {.name = "RoiAlign",
     .domain = "",
     .since = 10,
     .prepare = roi_align_prepare,
     .run = roi_align_run},
    BT_OP_END,
};
