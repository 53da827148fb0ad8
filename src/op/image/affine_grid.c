/* SPDX-License-Identifier: Apache-2.0 */
/* AffineGrid: the places that an affine map of the image asks GridSample for. */
#include "op/lane.h"
#include "op/op.h"
#include "tensor/compare.h"

#define SPATIAL_MAX 3u

struct job {
    const struct bt_tensor *theta; /* [N, rank, rank + 1] */
    struct bt_tensor *y;           /* [N, D1, ..., rank] */
    unsigned rank;
    bool corners;
};

/* The centre of element i of `extent` that fill [-1, 1], or whose centres fill it (corners). */
static double centre(size_t i, int64_t extent, bool corners)
{
    double room = (double)(corners ? extent - 1 : extent);
    double at = 2.0 * (double)i + (corners ? 0.0 : 1.0);
    return room > 0 ? (at - room) / room : 0.0;
}

static void one_position(const struct job *job, size_t image, size_t position)
{
    double place[SPATIAL_MAX]; /* the last dimension first */
    size_t plane = bt_dims_product(job->y->dims, 1, job->rank + 1);
    size_t rest = position;
    for (unsigned i = 0; i < job->rank; i++) {
        int64_t extent = job->y->dims[job->rank - i];
        place[i] = centre(rest % (size_t)extent, extent, job->corners);
        rest /= (size_t)extent;
    }
    for (unsigned row = 0; row < job->rank; row++) {
        size_t first = (image * job->rank + row) * (job->rank + 1);
        double sum = 0;
        for (unsigned i = 0; i < job->rank; i++)
            sum += bt_element_f64(job->theta, first + i) * place[i];
        sum += bt_element_f64(job->theta, first + job->rank);
        bt_lane_put_f64(job->y->dtype, sum, job->y->data,
                        (image * plane + position) * job->rank + row);
    }
}

static baton_status read_size(struct bt_op_ctx *ctx, struct job *job, int64_t *dims,
                              struct baton_error *err)
{
    int64_t size[SPATIAL_MAX + 2];
    size_t count = 0;
    BT_TRY(bt_op_ints(ctx, 1, size, SPATIAL_MAX + 2, &count, err));
    if (count < 4)
        return bt_fail(err, BATON_ERR_INVALID, "a size of %zu numbers, expected 4 or 5", count);
    job->rank = (unsigned)count - 2;
    dims[0] = size[0];
    for (unsigned d = 0; d < job->rank; d++)
        dims[d + 1] = size[d + 2];
    dims[job->rank + 1] = job->rank;
    return BATON_OK;
}

static baton_status affine_grid_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.corners = bt_op_attr_int(ctx, "align_corners", 0) != 0};
    int64_t dims[SPATIAL_MAX + 2];
    BT_TRY(bt_op_need(ctx, 0, &job.theta, err));
    if (!bt_dtype_is_float(job.theta->dtype))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(read_size(ctx, &job, dims, err));
    if (job.theta->rank != 3 || job.theta->dims[0] != dims[0] ||
        job.theta->dims[1] != (int64_t)job.rank || job.theta->dims[2] != (int64_t)job.rank + 1)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is not [%lld, %u, %u]", (long long)dims[0],
                       job.rank, job.rank + 1);
    BT_TRY(bt_op_output(ctx, 0, job.theta->dtype, job.rank + 2, dims, &job.y, err));
    size_t plane = bt_dims_product(dims, 1, job.rank + 1);
    for (size_t image = 0; image < (size_t)dims[0]; image++)
        for (size_t position = 0; position < plane; position++)
            one_position(&job, image, position);
    return BATON_OK;
}

const struct bt_op bt_ops_affine_grid[] = {
    BT_OP_SINCE("AffineGrid", 20, affine_grid_run),
    BT_OP_END,
};
