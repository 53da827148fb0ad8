/* SPDX-License-Identifier: Apache-2.0 */
/* MaxRoiPool: a region in whole elements, cut into bins, of each the maximum. */
#include "op/math/math.h"
#include "tensor/compare.h"

#define FAR_AWAY 0x1p30
#define EXTENT_MAX ((int64_t)1 << 16)

struct job {
    const struct bt_tensor *x;    /* [N, C, H, W] */
    const struct bt_tensor *rois; /* [regions, 5] */
    struct bt_tensor *y;          /* [regions, C, height, width] */
    double scale;
};

/* To nearest, halves away from zero; what is far outside, or NaN, far outside. */
static int64_t rounded(double x)
{
    if (!(x > -FAR_AWAY))
        return -(int64_t)FAR_AWAY;
    if (x > FAR_AWAY)
        return (int64_t)FAR_AWAY;
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}

/* Number `i` of the regions as an element; scaled in the lane, for halves must be halves. */
static int64_t edge(const struct job *job, size_t i)
{
    enum bt_dtype lane = job->rois->dtype;
    return rounded(bt_lane_step(lane, bt_element_f64(job->rois, i) * job->scale));
}

/* Elements [from, to) of bin `i` of `bins` in one direction. */
static void bin_range(const struct job *job, size_t roi, bool vertical, size_t i, int64_t *range)
{
    size_t first = roi * 5 + (vertical ? 2 : 1);
    int64_t start = edge(job, first);
    int64_t end = edge(job, first + 2);
    int64_t size = end - start + 1 > 1 ? end - start + 1 : 1;
    int64_t bins = job->y->dims[vertical ? 2 : 3];
    int64_t extent = job->x->dims[vertical ? 2 : 3];
    /* floor(i size / bins) and ceil((i + 1) size / bins) */
    range[0] = start + (int64_t)i * size / bins;
    range[1] = start + (((int64_t)i + 1) * size + bins - 1) / bins;
    for (unsigned k = 0; k < 2; k++)
        range[k] = range[k] < 0 ? 0 : range[k] > extent ? extent : range[k];
}

static double bin_max(const struct job *job, size_t plane, const int64_t *rows,
                      const int64_t *columns)
{
    double most = -__builtin_inf();
    if (rows[0] >= rows[1] || columns[0] >= columns[1])
        return 0.0;
    for (int64_t row = rows[0]; row < rows[1]; row++)
        for (int64_t column = columns[0]; column < columns[1]; column++) {
            size_t at = plane + (size_t)(row * job->x->dims[3] + column);
            most = bt_max_f64(most, bt_element_f64(job->x, at));
        }
    return most;
}

static baton_status one_roi(const struct job *job, size_t roi, struct baton_error *err)
{
    size_t channels = (size_t)job->x->dims[1];
    size_t width = (size_t)job->y->dims[3];
    size_t bins = (size_t)job->y->dims[2] * width;
    double image = bt_element_f64(job->rois, roi * 5);
    if (!(image >= 0 && image < (double)job->x->dims[0]))
        return bt_fail(err, BATON_ERR_INVALID, "region %zu is of image %g of %lld", roi, image,
                       (long long)job->x->dims[0]);
    for (size_t c = 0; c < channels; c++) {
        size_t plane = ((size_t)image * channels + c) * bt_dims_product(job->x->dims, 2, 4);
        for (size_t i = 0; i < bins; i++) {
            int64_t rows[2];
            int64_t columns[2];
            bin_range(job, roi, true, i / width, rows);
            bin_range(job, roi, false, i % width, columns);
            bt_lane_put_f64(job->y->dtype, bin_max(job, plane, rows, columns), job->y->data,
                            (roi * channels + c) * bins + i);
        }
    }
    return BATON_OK;
}

static baton_status check_inputs(const struct bt_op_ctx *ctx, struct job *job,
                                 struct baton_error *err)
{
    BT_TRY(bt_op_need(ctx, 0, &job->x, err));
    BT_TRY(bt_op_need(ctx, 1, &job->rois, err));
    if (!bt_dtype_is_float(job->x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    if (job->rois->dtype != job->x->dtype)
        return bt_op_bad_type(ctx, 1, err);
    if (job->x->rank != 4 || job->rois->rank != 2 || job->rois->dims[1] != 5)
        return bt_fail(err, BATON_ERR_INVALID, "expected [N, C, H, W] and [regions, 5]");
    return BATON_OK;
}

static baton_status roi_pool_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.scale = (double)bt_op_attr_float(ctx, "spatial_scale", 1.0F)};
    const struct bt_attr *shape = bt_op_attr(ctx, "pooled_shape", BT_ATTR_INTS);
    BT_TRY(check_inputs(ctx, &job, err));
    if (!shape || shape->count != 2 || shape->ints[0] < 1 || shape->ints[0] > EXTENT_MAX ||
        shape->ints[1] < 1 || shape->ints[1] > EXTENT_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "pooled_shape is not two numbers in [1, 65536]");
    const int64_t dims[] = {job.rois->dims[0], job.x->dims[1], shape->ints[0], shape->ints[1]};
    BT_TRY(bt_op_output(ctx, 0, job.x->dtype, 4, dims, &job.y, err));
    for (size_t roi = 0; roi < (size_t)dims[0]; roi++)
        BT_TRY(one_roi(&job, roi, err));
    return BATON_OK;
}

const struct bt_op bt_ops_roi_pool[] = {
    BT_OP_SINCE("MaxRoiPool", 1, roi_pool_run),
    BT_OP_END,
};
