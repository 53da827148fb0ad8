/* SPDX-License-Identifier: Apache-2.0 */
/* Resize and Upsample: axis by axis from the last one, by the tables of resize_axis.c. */
#include <string.h>

#include "op/nn/nn.h"
#include "op/nn/resize_axis.h"

#define EXTENT_MAX ((double)((int64_t)1 << 31))

enum fit { FIT_STRETCH = 0, FIT_NOT_LARGER, FIT_NOT_SMALLER };

struct resize {
    struct bt_resize_rule rule;
    enum fit fit;
    float extrapolation;
    uint32_t scales_input;
    bool old; /* Upsample and Resize-10: asymmetric, rounding down */
};

/* ---- attributes ---- */

static const struct bt_op_word modes[] = {{"nearest", BT_RESIZE_NEAREST},
                                          {"linear", BT_RESIZE_LINEAR},
                                          {"bilinear", BT_RESIZE_LINEAR},
                                          {"cubic", BT_RESIZE_CUBIC},
                                          {NULL, 0}};
static const struct bt_op_word nearest_modes[] = {{"round_prefer_floor", BT_ROUND_PREFER_FLOOR},
                                                  {"round_prefer_ceil", BT_ROUND_PREFER_CEIL},
                                                  {"floor", BT_FLOOR},
                                                  {"ceil", BT_CEIL},
                                                  {NULL, 0}};
static const struct bt_op_word coordinate_modes[] = {
    {"half_pixel", BT_HALF_PIXEL},
    {"half_pixel_symmetric", BT_HALF_PIXEL_SYMMETRIC},
    {"pytorch_half_pixel", BT_PYTORCH_HALF_PIXEL},
    {"align_corners", BT_ALIGN_CORNERS},
    {"asymmetric", BT_ASYMMETRIC},
    {"tf_crop_and_resize", BT_CROP_AND_RESIZE},
    {NULL, 0}};
static const struct bt_op_word fits[] = {{"stretch", FIT_STRETCH},
                                         {"not_larger", FIT_NOT_LARGER},
                                         {"not_smaller", FIT_NOT_SMALLER},
                                         {NULL, 0}};

static baton_status resize_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int mode = 0;
    int nearest = 0;
    int coordinates = 0;
    int fit = 0;
    struct resize *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    state->old = ctx->node->opset < 11;
    BT_TRY(bt_op_attr_word(ctx, "mode", modes, BT_RESIZE_NEAREST, &mode, err));
    BT_TRY(bt_op_attr_word(ctx, "nearest_mode", nearest_modes,
                           state->old ? BT_FLOOR : BT_ROUND_PREFER_FLOOR, &nearest, err));
    BT_TRY(bt_op_attr_word(ctx, "coordinate_transformation_mode", coordinate_modes,
                           state->old ? BT_ASYMMETRIC : BT_HALF_PIXEL, &coordinates, err));
    BT_TRY(bt_op_attr_word(ctx, "keep_aspect_ratio_policy", fits, FIT_STRETCH, &fit, err));
    state->rule.mode = (enum bt_resize_mode)mode;
    state->rule.nearest = (enum bt_resize_nearest)nearest;
    state->rule.coordinates = (enum bt_resize_coordinates)coordinates;
    state->rule.cubic_a = (double)bt_op_attr_float(ctx, "cubic_coeff_a", -0.75F);
    state->rule.exclude_outside = bt_op_attr_int(ctx, "exclude_outside", 0) != 0;
    state->rule.antialias = bt_op_attr_int(ctx, "antialias", 0) != 0;
    state->fit = (enum fit)fit;
    state->extrapolation = bt_op_attr_float(ctx, "extrapolation_value", 0.0F);
    state->scales_input = state->old ? 1 : 2;
    ctx->state = state;
    return BATON_OK;
}

/* ---- how large ---- */

struct plan {
    unsigned count; /* of listed axes */
    unsigned axes[BT_RANK_MAX];
    struct bt_resize_axis axis[BT_RANK_MAX]; /* by dimension */
};

static baton_status read_axes(const struct bt_op_ctx *ctx, const struct bt_tensor *x,
                              struct plan *plan, struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, "axes", BT_ATTR_INTS);
    plan->count = attr ? (unsigned)attr->count : x->rank;
    if (plan->count > x->rank)
        return bt_fail(err, BATON_ERR_INVALID, "%u axes for rank %u", plan->count, x->rank);
    for (unsigned i = 0; i < plan->count; i++)
        BT_TRY(bt_op_axis(attr ? attr->ints[i] : (int64_t)i, x->rank, false, &plan->axes[i], err));
    for (unsigned d = 0; d < x->rank; d++)
        plan->axis[d] = (struct bt_resize_axis){.in = x->dims[d],
                                                .out = x->dims[d],
                                                .scale = 1.0,
                                                .length = (double)x->dims[d],
                                                .roi_end = 1.0};
    return BATON_OK;
}

static baton_status scale_axis(struct bt_resize_axis *axis, float scale, struct baton_error *err)
{
    float length = scale * (float)axis->in;
    if (!(scale > 0.0F) || !((double)length < EXTENT_MAX))
        return bt_fail(err, BATON_ERR_INVALID, "a scale of %g on %lld elements", (double)scale,
                       (long long)axis->in);
    axis->scale = (double)scale;
    axis->length = axis->scale * (double)axis->in;
    axis->out = (int64_t)length;
    return BATON_OK;
}

static baton_status apply_scales(const struct bt_op_ctx *ctx, struct plan *plan,
                                 struct baton_error *err)
{
    const struct resize *state = ctx->state;
    const struct bt_attr *attr = bt_op_attr(ctx, "scales", BT_ATTR_FLOATS);
    const struct bt_tensor *scales = bt_op_input(ctx, state->scales_input);
    if (scales && scales->dtype != BT_F32)
        return bt_op_bad_type(ctx, state->scales_input, err);
    size_t count = attr ? attr->count : scales ? bt_tensor_count(scales) : 0;
    if (count != plan->count)
        return bt_fail(err, BATON_ERR_INVALID, "%zu scales for %u axes", count, plan->count);
    for (unsigned i = 0; i < plan->count; i++)
        BT_TRY(scale_axis(&plan->axis[plan->axes[i]], attr ? attr->floats[i] : bt_f32(scales)[i],
                          err));
    return BATON_OK;
}

static double shared_scale(enum fit fit, const struct plan *plan, const int64_t *sizes)
{
    double chosen = 0;
    for (unsigned i = 0; i < plan->count; i++) {
        double scale = (double)sizes[i] / (double)plan->axis[plan->axes[i]].in;
        bool better = fit == FIT_NOT_LARGER ? scale < chosen : scale > chosen;
        chosen = i == 0 || better ? scale : chosen;
    }
    return chosen;
}

static baton_status apply_sizes(const struct bt_op_ctx *ctx, struct plan *plan,
                                struct baton_error *err)
{
    const struct resize *state = ctx->state;
    int64_t sizes[BT_RANK_MAX];
    size_t count = 0;
    BT_TRY(bt_op_ints(ctx, 3, sizes, BT_RANK_MAX, &count, err));
    if (count != plan->count)
        return bt_fail(err, BATON_ERR_INVALID, "%zu sizes for %u axes", count, plan->count);
    double shared = shared_scale(state->fit, plan, sizes);
    for (unsigned i = 0; i < plan->count; i++) {
        struct bt_resize_axis *axis = &plan->axis[plan->axes[i]];
        if (sizes[i] < 1 || (double)sizes[i] > EXTENT_MAX || axis->in < 1)
            return bt_fail(err, BATON_ERR_INVALID, "from %lld elements to %lld",
                           (long long)axis->in, (long long)sizes[i]);
        axis->scale = (double)sizes[i] / (double)axis->in;
        axis->out = sizes[i];
        if (state->fit != FIT_STRETCH) {
            axis->scale = shared;
            axis->out = (int64_t)(shared * (double)axis->in + 0.5);
        }
        axis->length = (double)axis->out;
    }
    return BATON_OK;
}

static baton_status apply_roi(const struct bt_op_ctx *ctx, struct plan *plan,
                              struct baton_error *err)
{
    const struct resize *state = ctx->state;
    const struct bt_tensor *roi = bt_op_input(ctx, 1);
    if (state->rule.coordinates != BT_CROP_AND_RESIZE)
        return BATON_OK;
    if (!roi || bt_tensor_count(roi) != 2 * (size_t)plan->count ||
        (roi->dtype != BT_F32 && roi->dtype != BT_F64))
        return bt_fail(err, BATON_ERR_INVALID, "tf_crop_and_resize needs a roi of %u numbers",
                       2 * plan->count);
    for (unsigned i = 0; i < 2 * plan->count; i++) {
        struct bt_resize_axis *axis = &plan->axis[plan->axes[i % plan->count]];
        double value = roi->dtype == BT_F32 ? (double)bt_f32(roi)[i] : ((double *)roi->data)[i];
        if (!(value > -1e6 && value < 1e6))
            return bt_fail(err, BATON_ERR_INVALID, "roi[%u] is %g", i, value);
        *(i < plan->count ? &axis->roi_start : &axis->roi_end) = value;
    }
    return BATON_OK;
}

/* ---- one axis ---- */

struct pass {
    const struct bt_resize_axis *axis;
    size_t outer;
    size_t inner;
    size_t element;
    bool nearest;
    const uint8_t *from;
    uint8_t *to;
};

/* Taps ascending: the first product, then one product and one addition each. */
static void blend(const struct pass *p, size_t o, const float *from, float *to)
{
    const struct bt_resize_axis *a = p->axis;
    for (size_t i = 0; i < p->inner; i++) {
        float sum = 0;
        for (size_t t = a->first[o]; t < a->first[o + 1]; t++) {
            float product = from[a->index[t] * p->inner + i] * a->weight[t];
            sum = t == a->first[o] ? product : sum + product;
        }
        to[i] = sum;
    }
}

static void pass_part(void *user, unsigned part, unsigned parts)
{
    const struct pass *p = user;
    size_t outputs = (size_t)p->axis->out;
    struct bt_range share = bt_pool_share(p->outer * outputs, 1, part, parts);
    for (size_t row = share.from; row < share.to; row++) {
        size_t o = row % outputs;
        size_t run = p->inner * p->element;
        const uint8_t *from = p->from + row / outputs * (size_t)p->axis->in * run;
        uint8_t *to = p->to + row * run;
        if (p->nearest)
            memcpy(to, from + p->axis->index[o] * run, run);
        else
            blend(p, o, (const float *)(const void *)from, (float *)(void *)to);
    }
}

static bool is_identity(const struct bt_resize_rule *rule, const struct bt_resize_axis *axis)
{
    return axis->in == axis->out && axis->scale == 1.0 && rule->coordinates != BT_CROP_AND_RESIZE;
}

static baton_status each_axis(struct bt_op_ctx *ctx, const struct bt_tensor *x, struct plan *plan,
                              struct pass *pass, struct baton_error *err)
{
    const struct resize *state = ctx->state;
    int64_t dims[BT_RANK_MAX];
    memcpy(dims, x->dims, sizeof dims);
    for (unsigned d = x->rank; d-- > 0;) {
        struct bt_resize_axis *axis = &plan->axis[d];
        if (is_identity(&state->rule, axis))
            continue;
        BT_TRY(bt_resize_axis_init(ctx, &state->rule, axis, err));
        pass->axis = axis;
        pass->outer = bt_dims_product(dims, 0, d);
        pass->inner = bt_dims_product(dims, d + 1, x->rank);
        dims[d] = axis->out;
        size_t bytes = 0;
        BT_TRY(bt_dims_bytes(BT_F64, x->rank, dims, ctx->bytes_max, &bytes, err));
        pass->to = bt_op_scratch(ctx, bytes, 1);
        if (!pass->to)
            return bt_fail_no_memory(err, "an axis");
        bt_pool_run(ctx->pool, pass_part, pass);
        pass->from = pass->to;
    }
    return BATON_OK;
}

/* ---- the operator ---- */

static void extrapolate(const struct plan *plan, float value, unsigned rank, const int64_t *dims,
                        float *y)
{
    size_t count = bt_dims_product(dims, 0, rank);
    for (size_t i = 0; i < count; i++) {
        size_t rest = i;
        bool outside = false;
        for (unsigned d = rank; d-- > 0;) {
            outside = outside || plan->axis[d].outside[rest % (size_t)dims[d]];
            rest /= (size_t)dims[d];
        }
        y[i] = outside ? value : y[i];
    }
}

static baton_status finish(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                           const struct plan *plan, const struct pass *pass,
                           struct baton_error *err)
{
    const struct resize *state = ctx->state;
    struct bt_tensor *y = NULL;
    int64_t dims[BT_RANK_MAX];
    for (unsigned d = 0; d < x->rank; d++)
        dims[d] = plan->axis[d].out;
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, dims, &y, err));
    if (bt_lane_of(x->dtype) != BT_LANE_F32 || (pass->nearest && !bt_lane_native(x->dtype))) {
        memcpy(y->data, pass->from, bt_tensor_bytes(y));
        return BATON_OK;
    }
    void *target = NULL;
    BT_TRY(bt_nn_target(ctx, y, &target, err));
    memcpy(target, pass->from, bt_tensor_count(y) * sizeof(float));
    if (state->rule.coordinates == BT_CROP_AND_RESIZE)
        extrapolate(plan, state->extrapolation, x->rank, dims, target);
    bt_nn_narrow(target, y);
    return BATON_OK;
}

static baton_status resize_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct resize *state = ctx->state;
    const struct bt_tensor *x = NULL;
    const void *wide = NULL;
    struct plan plan;
    struct pass pass = {.nearest = state->rule.mode == BT_RESIZE_NEAREST};
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (x->dtype == BT_STRING || (!pass.nearest && bt_lane_of(x->dtype) != BT_LANE_F32))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(read_axes(ctx, x, &plan, err));
    const struct bt_tensor *sizes = state->old ? NULL : bt_op_input(ctx, 3);
    if (sizes && bt_tensor_count(sizes) > 0)
        BT_TRY(apply_sizes(ctx, &plan, err));
    else
        BT_TRY(apply_scales(ctx, &plan, err));
    BT_TRY(apply_roi(ctx, &plan, err));
    pass.element = pass.nearest ? bt_dtype_size(x->dtype) : sizeof(float);
    wide = x->data;
    if (!pass.nearest)
        BT_TRY(bt_nn_widen(ctx, x, &wide, err));
    pass.from = wide;
    if (bt_tensor_count(x) > 0)
        BT_TRY(each_axis(ctx, x, &plan, &pass, err));
    return finish(ctx, x, &plan, &pass, err);
}

const struct bt_op bt_ops_resize[] = {
    {.name = "Resize", .domain = "", .since = 10, .prepare = resize_prepare, .run = resize_run},
    {.name = "Upsample",
     .domain = "",
     .since = 7,
     .until = 9,
     .prepare = resize_prepare,
     .run = resize_run},
    {.name = NULL},
};
