/* SPDX-License-Identifier: Apache-2.0 */
/* MaxUnpool puts elements back where MaxPool found them; Col2Im adds columns up to the image that
 * windows cut them from. */
#include <inttypes.h>
#include <string.h>

#include "op/nn/nn.h"
#include "op/nn/window.h"

/* ---- MaxUnpool ---- */

static baton_status unpool_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_window_attrs *attrs = bt_arena_calloc(ctx->arena, 1, sizeof *attrs);
    if (!attrs)
        return bt_fail_no_memory(err, "the operator");
    ctx->state = attrs;
    return bt_window_attrs_read(ctx, attrs, err);
}

/* The shape that the indices count in: what a pool with these windows had as input. */
static baton_status pooled_shape(const struct bt_op_ctx *ctx, const struct bt_tensor *x,
                                 int64_t *dims, struct baton_error *err)
{
    struct bt_window w;
    size_t bytes = 0;
    BT_TRY(bt_window_init(&w, ctx->state, x, NULL, err));
    memcpy(dims, x->dims, sizeof x->dims);
    for (unsigned d = 0; d < w.rank; d++) {
        dims[d + 2] = (w.in[d] - 1) * w.stride[d] - w.pad_begin[d] - w.pad_end[d] + w.kernel[d];
        if (dims[d + 2] < 0)
            return bt_fail(err, BATON_ERR_INVALID, "dimension %u would be %" PRId64, d + 2,
                           dims[d + 2]);
    }
    return bt_dims_bytes(x->dtype, x->rank, dims, ctx->bytes_max, &bytes, err);
}

/* The shape asked for, which may be larger. */
static baton_status output_shape(const struct bt_op_ctx *ctx, const struct bt_tensor *x,
                                 const int64_t *pooled, int64_t *dims, struct baton_error *err)
{
    size_t count = 0;
    memcpy(dims, pooled, BT_RANK_MAX * sizeof *dims);
    BT_TRY(bt_op_ints(ctx, 2, dims, x->rank, &count, err));
    if (count != 0 && count != x->rank)
        return bt_fail(err, BATON_ERR_INVALID, "output_shape has %zu numbers, expected %u", count,
                       x->rank);
    for (unsigned d = 0; d < x->rank; d++)
        if (dims[d] < pooled[d])
            return bt_fail(err, BATON_ERR_INVALID,
                           "output_shape[%u] is %" PRId64 ", the windows cover %" PRId64, d,
                           dims[d], pooled[d]);
    return BATON_OK;
}

/* Element `index` of an array of shape `from`, seen in one of shape `to`. */
static size_t placed(size_t index, unsigned rank, const int64_t *from, const int64_t *to)
{
    size_t offset = 0;
    size_t stride = 1;
    for (unsigned d = rank; d-- > 0;) {
        offset += index % (size_t)from[d] * stride;
        index /= (size_t)from[d];
        stride *= (size_t)to[d];
    }
    return offset;
}

static baton_status unpool_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *indices = NULL;
    struct bt_tensor *y = NULL;
    int64_t pooled[BT_RANK_MAX];
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_need_type(ctx, 1, BT_I64, &indices, err));
    if (x->dtype == BT_STRING)
        return bt_op_bad_type(ctx, 0, err);
    if (!bt_tensor_same_shape(x, indices))
        return bt_fail(err, BATON_ERR_INVALID, "the inputs have different shapes");
    BT_TRY(pooled_shape(ctx, x, pooled, err));
    BT_TRY(output_shape(ctx, x, pooled, dims, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, dims, &y, err));
    memset(y->data, 0, bt_tensor_bytes(y));
    size_t size = bt_dtype_size(x->dtype);
    size_t room = bt_dims_product(pooled, 0, x->rank);
    for (size_t i = 0; i < bt_tensor_count(x); i++) {
        int64_t index = bt_i64(indices)[i];
        if (index < 0 || (uint64_t)index >= room)
            return bt_fail(err, BATON_ERR_INVALID, "index %" PRId64 " is not in [0, %zu)", index,
                           room);
        memcpy((uint8_t *)y->data + placed((size_t)index, x->rank, pooled, dims) * size,
               (const uint8_t *)x->data + i * size, size);
    }
    return BATON_OK;
}

/* ---- Col2Im ---- */

static baton_status list_attr(const struct bt_op_ctx *ctx, const char *name, size_t count,
                              int64_t least, int64_t *values, struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_INTS);
    for (size_t i = 0; i < count; i++)
        values[i] = attr && attr->count == count ? attr->ints[i] : least;
    if (attr && attr->count != count)
        return bt_fail(err, BATON_ERR_INVALID, "%s has %zu numbers, expected %zu", name,
                       attr->count, count);
    for (size_t i = 0; i < count; i++)
        if (values[i] < least || values[i] > INT32_MAX)
            return bt_fail(err, BATON_ERR_INVALID, "%s has %" PRId64, name, values[i]);
    return BATON_OK;
}

static baton_status read_extents(const struct bt_op_ctx *ctx, struct bt_window *w,
                                 struct baton_error *err)
{
    size_t images = 0;
    size_t blocks = 0;
    int64_t pads[2 * BT_SPATIAL_MAX];
    BT_TRY(bt_op_ints(ctx, 1, w->in, BT_SPATIAL_MAX, &images, err));
    BT_TRY(bt_op_ints(ctx, 2, w->kernel, BT_SPATIAL_MAX, &blocks, err));
    if (images == 0 || images != blocks)
        return bt_fail(err, BATON_ERR_INVALID, "an image of rank %zu, blocks of rank %zu", images,
                       blocks);
    w->rank = (unsigned)images;
    for (unsigned d = 0; d < w->rank; d++)
        if (w->in[d] < 1 || w->in[d] > INT32_MAX || w->kernel[d] < 1 || w->kernel[d] > INT32_MAX)
            return bt_fail(err, BATON_ERR_INVALID, "a block of %" PRId64 " in %" PRId64,
                           w->kernel[d], w->in[d]);
    BT_TRY(list_attr(ctx, "strides", w->rank, 1, w->stride, err));
    BT_TRY(list_attr(ctx, "dilations", w->rank, 1, w->dilation, err));
    BT_TRY(list_attr(ctx, "pads", 2 * (size_t)w->rank, 0, pads, err));
    memcpy(w->pad_begin, pads, w->rank * sizeof *pads);
    memcpy(w->pad_end, pads + w->rank, w->rank * sizeof *pads);
    return BATON_OK;
}

/* Input [N, C * taps, positions] fits the windows. */
static baton_status check_columns(const struct bt_tensor *x, struct bt_window *w,
                                  struct baton_error *err)
{
    static const struct bt_window_attrs given = {.auto_pad = BT_PAD_GIVEN};
    size_t bytes = 0;
    BT_TRY(bt_window_slide(w, &given, err));
    BT_TRY(bt_dims_bytes(BT_U8, w->rank, w->kernel, 0, &bytes, err));
    size_t taps = bytes;
    BT_TRY(bt_dims_bytes(BT_U8, w->rank, w->out, 0, &bytes, err));
    if (x->rank != 3 || (uint64_t)x->dims[1] % taps != 0 || (uint64_t)x->dims[2] != bytes)
        return bt_fail(err, BATON_ERR_INVALID,
                       "columns of rank %u, expected [N, C * %zu, %zu] for this image", x->rank,
                       taps, bytes);
    return BATON_OK;
}

/* Where tap `tap` of window `out` lies in the image; false: in the padding. */
static bool image_offset(const struct bt_window *w, size_t out, size_t tap, size_t *ret)
{
    size_t offset = 0;
    size_t stride = 1;
    for (unsigned d = w->rank; d-- > 0;) {
        int64_t at = bt_window_tap(w, d, (int64_t)(out % (size_t)w->out[d]),
                                   (int64_t)(tap % (size_t)w->kernel[d]));
        if (at < 0 || at >= w->in[d])
            return false;
        offset += (size_t)at * stride;
        stride *= (size_t)w->in[d];
        out /= (size_t)w->out[d];
        tap /= (size_t)w->kernel[d];
    }
    *ret = offset;
    return true;
}

static void add_one(enum bt_lane lane, void *y, size_t to, const void *x, size_t from)
{
    if (lane == BT_LANE_F32)
        ((float *)y)[to] += ((const float *)x)[from];
    else if (lane == BT_LANE_F64)
        ((double *)y)[to] += ((const double *)x)[from];
    else
        ((uint64_t *)y)[to] += ((const uint64_t *)x)[from];
}

static void add_columns(const struct bt_window *w, const struct bt_tensor *x, const void *wide,
                        void *y)
{
    enum bt_lane lane = bt_lane_of(x->dtype);
    size_t taps = bt_dims_product(w->kernel, 0, w->rank);
    size_t positions = (size_t)x->dims[2];
    size_t image = bt_dims_product(w->in, 0, w->rank);
    size_t columns = (size_t)x->dims[0] * (size_t)x->dims[1];
    for (size_t column = 0; column < columns; column++)
        for (size_t out = 0; out < positions; out++) {
            size_t offset = 0;
            if (image_offset(w, out, column % taps, &offset))
                add_one(lane, y, column / taps * image + offset, wide, column * positions + out);
        }
}

static baton_status col2im_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    const void *wide = NULL;
    void *target = NULL;
    struct bt_window w = {.rank = 0};
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (bt_lane_of(x->dtype) == BT_LANE_NONE || x->dtype == BT_BOOL)
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(read_extents(ctx, &w, err));
    BT_TRY(check_columns(x, &w, err));
    int64_t dims[BT_RANK_MAX] = {x->dims[0],
                                 x->dims[1] / (int64_t)bt_dims_product(w.kernel, 0, w.rank)};
    memcpy(dims + 2, w.in, w.rank * sizeof *dims);
    BT_TRY(bt_op_output(ctx, 0, x->dtype, w.rank + 2, dims, &y, err));
    BT_TRY(bt_nn_widen(ctx, x, &wide, err));
    BT_TRY(bt_nn_target(ctx, y, &target, err));
    memset(target, 0, bt_tensor_count(y) * (bt_lane_of(x->dtype) == BT_LANE_F32 ? 4 : 8));
    add_columns(&w, x, wide, target);
    bt_nn_narrow(target, y);
    return BATON_OK;
}

const struct bt_op bt_ops_unpool[] = {
    {.name = "MaxUnpool", .domain = "", .since = 9, .prepare = unpool_prepare, .run = unpool_run},
    BT_OP_SINCE("Col2Im", 18, col2im_run),
    BT_OP_END,
};
