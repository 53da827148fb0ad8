/* SPDX-License-Identifier: Apache-2.0 */
/* Conv and ConvTranspose (numerics.md, "Convolution"). */
#include <string.h>

#include "op/nn/columns.h"
#include "op/nn/nn.h"
#include "op/nn/window.h"

struct conv {
    struct bt_window_attrs attrs;
    size_t groups;
    bool weights_known; /* constant float32, looked at in prepare */
    bool weights_finite;
    void *packed;
};

static baton_status read_attributes(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct conv *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    int64_t groups = bt_op_attr_int(ctx, "group", 1);
    if (groups < 1 || groups > INT32_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "attribute group is %lld", (long long)groups);
    state->groups = (size_t)groups;
    BT_TRY(bt_window_attrs_read(ctx, &state->attrs, err));
    ctx->state = state;
    return BATON_OK;
}

/* ---- Conv ---- */

static baton_status check_channels(const struct conv *state, const struct bt_tensor *x,
                                   const struct bt_tensor *w, const struct bt_tensor *bias,
                                   struct baton_error *err)
{
    if (w->rank != x->rank)
        return bt_fail(err, BATON_ERR_INVALID, "weights of rank %u for an input of rank %u",
                       w->rank, x->rank);
    if ((size_t)w->dims[1] * state->groups != (size_t)x->dims[1])
        return bt_fail(err, BATON_ERR_INVALID,
                       "the input has %lld channels, the weights want %zu groups of %lld",
                       (long long)x->dims[1], state->groups, (long long)w->dims[1]);
    if (w->dims[0] < 1 || w->dims[1] < 1 || (size_t)w->dims[0] % state->groups != 0)
        return bt_fail(err, BATON_ERR_INVALID, "%lld output channels in %zu groups",
                       (long long)w->dims[0], state->groups);
    if (bias && (bias->rank != 1 || bias->dims[0] != w->dims[0]))
        return bt_fail(err, BATON_ERR_INVALID, "the bias does not have one number per channel");
    return BATON_OK;
}

/* The kernel's description, but for the data; one spatial dimension is a plane of height 1. */
static struct bt_conv describe(const struct conv *state, const struct bt_window *w,
                               const struct bt_tensor *weights)
{
    unsigned last = w->rank - 1;
    struct bt_conv c = {.groups = state->groups, .in_h = 1, .out_h = 1, .kernel_h = 1};
    c.stride_h = 1;
    c.dilation_h = 1;
    c.in_channels = (size_t)weights->dims[1] * state->groups;
    c.out_channels = (size_t)weights->dims[0];
    c.in_w = (size_t)w->in[last];
    c.out_w = (size_t)w->out[last];
    c.kernel_w = (size_t)w->kernel[last];
    c.stride_w = (size_t)w->stride[last];
    c.dilation_w = (size_t)w->dilation[last];
    c.pad_left = w->pad_begin[last];
    if (w->rank == 2) {
        c.in_h = (size_t)w->in[0];
        c.out_h = (size_t)w->out[0];
        c.kernel_h = (size_t)w->kernel[0];
        c.stride_h = (size_t)w->stride[0];
        c.dilation_h = (size_t)w->dilation[0];
        c.pad_top = w->pad_begin[0];
    }
    c.w = weights->data;
    c.epilogue = (struct bt_epilogue)BT_EPILOGUE_INIT;
    return c;
}

/* Packing looks at the weights, groups, channels, strides and dilations only, so a window over an
 * input of any size will do. */
static baton_status pack(struct bt_op_ctx *ctx, struct conv *state, const struct bt_tensor *w,
                         struct baton_error *err)
{
    struct bt_tensor x = {.dtype = BT_F32, .rank = w->rank};
    struct bt_window window;
    for (unsigned d = 2; d < w->rank; d++)
        x.dims[d] = 1;
    BT_TRY(bt_window_init(&window, &state->attrs, &x, w->dims + 2, err));
    struct bt_conv c = describe(state, &window, w);
    size_t bytes = ctx->kernels->conv_packed_bytes(&c);
    if (bytes == 0)
        return BATON_OK;
    state->packed = bt_nn_keep(ctx, bytes);
    if (!state->packed)
        return bt_fail_no_memory(err, "packed weights");
    ctx->kernels->conv_pack(&c, state->packed);
    return BATON_OK;
}

static baton_status conv_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    BT_TRY(read_attributes(ctx, err));
    struct conv *state = ctx->state;
    const struct bt_tensor *w = bt_nn_constant_f32(ctx, 1);
    if (!w || (w->rank != 3 && w->rank != 4) || bt_tensor_count(w) == 0 ||
        (size_t)w->dims[0] % state->groups != 0)
        return BATON_OK;
    state->weights_known = true;
    state->weights_finite = bt_nn_all_finite(w->data, bt_tensor_count(w));
    return pack(ctx, state, w, err);
}

static bool conv_head(const struct bt_op_ctx *ctx, struct bt_op_tail *tail)
{
    const struct conv *state = ctx->state;
    const struct bt_tensor *w = bt_nn_constant_f32(ctx, 1);
    if (!w || !state->weights_known)
        return false;
    tail->rows = (size_t)w->dims[0];
    return true;
}

static baton_status conv_planes(struct bt_op_ctx *ctx, const struct bt_conv *one, size_t images,
                                struct baton_error *err)
{
    struct bt_conv c = *one;
    size_t in_image = c.in_channels * c.in_h * c.in_w;
    size_t out_image = c.out_channels * c.out_h * c.out_w;
    void *scratch =
        bt_op_scratch(ctx, ctx->kernels->conv_scratch_bytes(&c, bt_pool_threads(ctx->pool)), 1);
    if (!scratch)
        return bt_fail_no_memory(err, "a convolution");
    for (size_t i = 0; i < images; i++) {
        ctx->kernels->conv_f32(&c, ctx->pool, scratch);
        c.x += in_image;
        c.y += out_image;
    }
    return BATON_OK;
}

struct operands {
    const struct bt_tensor *x;
    const struct bt_tensor *w;
    const struct bt_tensor *bias;
    const void *x_wide;
    const void *w_wide;
    const void *bias_wide;
    struct bt_tensor *y;
    void *y_wide;
};

static baton_status read_operands(struct bt_op_ctx *ctx, struct operands *o,
                                  struct baton_error *err)
{
    BT_TRY(bt_op_need(ctx, 0, &o->x, err));
    BT_TRY(bt_op_need(ctx, 1, &o->w, err));
    o->bias = bt_op_input(ctx, 2);
    const struct bt_tensor *all[] = {o->x, o->w, o->bias};
    BT_TRY(bt_nn_same_type(all, 3, err));
    if (!bt_dtype_is_float(o->x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_nn_widen(ctx, o->x, &o->x_wide, err));
    BT_TRY(bt_nn_widen(ctx, o->w, &o->w_wide, err));
    return o->bias ? bt_nn_widen(ctx, o->bias, &o->bias_wide, err) : BATON_OK;
}

static baton_status make_output(struct bt_op_ctx *ctx, struct operands *o,
                                const struct bt_window *w, int64_t channels,
                                struct baton_error *err)
{
    int64_t dims[BT_RANK_MAX] = {o->x->dims[0], channels};
    memcpy(dims + 2, w->out, w->rank * sizeof *dims);
    BT_TRY(bt_op_output(ctx, 0, o->x->dtype, w->rank + 2, dims, &o->y, err));
    return bt_nn_target(ctx, o->y, &o->y_wide, err);
}

static baton_status conv_columns(struct bt_op_ctx *ctx, const struct operands *o,
                                 const struct bt_window *w, bool transposed, const void *weights,
                                 struct baton_error *err)
{
    const struct conv *state = ctx->state;
    struct bt_columns c = {.window = w,
                           .transposed = transposed,
                           .groups = state->groups,
                           .in_channels = (size_t)o->x->dims[1],
                           .out_channels = (size_t)o->y->dims[1],
                           .lane = bt_lane_of(o->x->dtype),
                           .x = o->x_wide,
                           .images = (size_t)o->x->dims[0],
                           .w = weights,
                           .bias = o->bias_wide,
                           .y = o->y_wide};
    return bt_columns_run(ctx, &c, err);
}

static baton_status conv_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct conv *state = ctx->state;
    struct operands o = {.x = NULL};
    struct bt_window window;
    BT_TRY(read_operands(ctx, &o, err));
    BT_TRY(bt_window_init(&window, &state->attrs, o.x,
                          o.w->rank == o.x->rank ? o.w->dims + 2 : NULL, err));
    BT_TRY(check_channels(state, o.x, o.w, o.bias, err));
    BT_TRY(bt_window_slide(&window, &state->attrs, err));
    BT_TRY(make_output(ctx, &o, &window, o.w->dims[0], err));
    if (bt_lane_of(o.x->dtype) == BT_LANE_F32 && window.rank <= 2) {
        struct bt_conv c = describe(state, &window, o.w);
        c.x = o.x_wide;
        c.w = o.w_wide;
        c.packed_w = state->packed;
        c.weights_finite = state->weights_known ? state->weights_finite
                                                : bt_nn_all_finite(c.w, bt_tensor_count(o.w));
        c.y = o.y_wide;
        c.epilogue.row_add = o.bias_wide;
        bt_nn_tail(ctx, &c.epilogue);
        BT_TRY(conv_planes(ctx, &c, (size_t)o.x->dims[0], err));
    } else {
        BT_TRY(conv_columns(ctx, &o, &window, false, o.w_wide, err));
    }
    bt_nn_narrow(o.y_wide, o.y);
    return BATON_OK;
}

/* ---- ConvTranspose ---- */

/* The output extent is given, so the padding of both sides follows from it. */
static void settle_padding(struct bt_window *w, unsigned d, int64_t full, bool upper)
{
    int64_t total = full - w->out[d];
    total = total > 0 ? total : 0;
    w->pad_begin[d] = upper ? total / 2 : total - total / 2;
    w->pad_end[d] = total - w->pad_begin[d];
}

static bool has_other_count(const struct bt_attr *attr, unsigned rank)
{
    return attr && attr->count != rank;
}

/* Output extents and padding by the attributes output_shape, output_padding, auto_pad and pads. */
static baton_status slide_back(const struct bt_op_ctx *ctx, struct bt_window *w,
                               struct baton_error *err)
{
    const struct conv *state = ctx->state;
    const struct bt_attr *shape = bt_op_attr(ctx, "output_shape", BT_ATTR_INTS);
    const struct bt_attr *extra = bt_op_attr(ctx, "output_padding", BT_ATTR_INTS);
    if (has_other_count(shape, w->rank) || has_other_count(extra, w->rank))
        return bt_fail(err, BATON_ERR_INVALID,
                       "output_shape or output_padding does not have %u numbers", w->rank);
    for (unsigned d = 0; d < w->rank; d++) {
        int64_t more = extra ? extra->ints[d] : 0;
        if (more < 0 || more > INT32_MAX)
            return bt_fail(err, BATON_ERR_INVALID, "output_padding[%u] is %lld", d,
                           (long long)more);
        bool same = state->attrs.auto_pad >= BT_PAD_SAME_UPPER;
        int64_t full =
            (w->in[d] - 1) * w->stride[d] + more + (w->kernel[d] - 1) * w->dilation[d] + 1;
        if (!shape && !same) {
            w->out[d] = full - w->pad_begin[d] - w->pad_end[d];
        } else {
            w->out[d] = shape ? shape->ints[d] : w->in[d] * w->stride[d];
            settle_padding(w, d, full, state->attrs.auto_pad == BT_PAD_SAME_UPPER);
        }
        if (w->out[d] <= 0)
            return bt_fail(err, BATON_ERR_INVALID, "dimension %u of the output would be %lld",
                           d + 2, (long long)w->out[d]);
    }
    return BATON_OK;
}

/* [in, out / groups, taps] to rows of k = (channel in group, taps), one per output channel. */
static baton_status turn_weights(struct bt_op_ctx *ctx, const struct operands *o, void **ret,
                                 struct baton_error *err)
{
    const struct conv *state = ctx->state;
    size_t element = bt_lane_of(o->w->dtype) == BT_LANE_F32 ? sizeof(float) : sizeof(double);
    size_t taps = bt_dims_product(o->w->dims, 2, o->w->rank);
    size_t in_group = (size_t)o->w->dims[0] / state->groups;
    size_t out_group = (size_t)o->w->dims[1];
    uint8_t *to = bt_op_scratch(ctx, bt_tensor_count(o->w), element);
    if (!to)
        return bt_fail_no_memory(err, "turned weights");
    const uint8_t *from = o->w_wide;
    for (size_t in = 0; in < (size_t)o->w->dims[0]; in++)
        for (size_t out = 0; out < out_group; out++) {
            size_t row = in / in_group * out_group + out;
            memcpy(to + (row * in_group + in % in_group) * taps * element,
                   from + (in * out_group + out) * taps * element, taps * element);
        }
    *ret = to;
    return BATON_OK;
}

static baton_status conv_transpose_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct conv *state = ctx->state;
    struct operands o = {.x = NULL};
    struct bt_window window;
    void *weights = NULL;
    BT_TRY(read_operands(ctx, &o, err));
    if (o.w->rank != o.x->rank || o.w->dims[0] != o.x->dims[1] || o.w->dims[0] < 1 ||
        o.w->dims[1] < 1 || (size_t)o.w->dims[0] % state->groups != 0)
        return bt_fail(err, BATON_ERR_INVALID, "the weights do not fit the input's channels");
    int64_t channels = o.w->dims[1] * (int64_t)state->groups;
    if (o.bias && (o.bias->rank != 1 || o.bias->dims[0] != channels))
        return bt_fail(err, BATON_ERR_INVALID, "the bias does not have one number per channel");
    BT_TRY(bt_window_init(&window, &state->attrs, o.x, o.w->dims + 2, err));
    BT_TRY(slide_back(ctx, &window, err));
    BT_TRY(make_output(ctx, &o, &window, channels, err));
    BT_TRY(turn_weights(ctx, &o, &weights, err));
    BT_TRY(conv_columns(ctx, &o, &window, true, weights, err));
    bt_nn_narrow(o.y_wide, o.y);
    return BATON_OK;
}

const struct bt_op bt_ops_conv[] = {
    {.name = "Conv",
     .domain = "",
     .since = 1,
     .prepare = conv_prepare,
     .run = conv_run,
     .head = conv_head},
    {.name = "ConvTranspose",
     .domain = "",
     .since = 1,
     .prepare = read_attributes,
     .run = conv_transpose_run},
    {.name = NULL},
};
