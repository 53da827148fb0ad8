/* SPDX-License-Identifier: Apache-2.0 */
/* Activations with parameters: each is a fixed sequence of roundings, written in the expressions
 * below and in docs/numerics-ops.md. float16 and bfloat16 go through binary32. */
#include "op/math/math.h"

#include <float.h>
#include <string.h>

struct activation {
    const struct bt_kernels *kernels;
    float alpha;
    float beta;
    float gamma;
};

struct fallback {
    const char *op;
    float alpha;
    float beta;
    float gamma;
};

static const struct fallback fallbacks[] = {
    {"LeakyRelu", 0.01F, 0, 0},
    {"Elu", 1.0F, 0, 0},
    {"Selu", 1.67326319217681884765625F, 0, 1.05070102214813232421875F},
    {"Celu", 1.0F, 0, 0},
    {"Swish", 1.0F, 0, 0},
    {"ThresholdedRelu", 1.0F, 0, 0},
    {"HardSigmoid", 0.2F, 0.5F, 0},
    {"HardSwish", 1.0F / 6.0F, 0.5F, 0},
};

static baton_status prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct activation *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    state->kernels = ctx->kernels;
    for (size_t i = 0; i < sizeof fallbacks / sizeof fallbacks[0]; i++) {
        if (strcmp(fallbacks[i].op, ctx->node->op) != 0)
            continue;
        state->alpha = bt_op_attr_float(ctx, "alpha", fallbacks[i].alpha);
        state->beta = bt_op_attr_float(ctx, "beta", fallbacks[i].beta);
        state->gamma = bt_op_attr_float(ctx, "gamma", fallbacks[i].gamma);
    }
    ctx->state = state;
    return BATON_OK;
}

/* ---- one expression ---- */

#define SIMPLE(name, type, expression)                                                             \
    static void name(const void *param, const void *px, void *py, size_t n)                        \
    {                                                                                              \
        const struct activation *p = param;                                                        \
        const type *xv = px;                                                                       \
        type *y = py;                                                                              \
        type alpha = (type)p->alpha;                                                               \
        type beta = (type)p->beta;                                                                 \
        (void)alpha;                                                                               \
        (void)beta;                                                                                \
        for (size_t i = 0; i < n; i++) {                                                           \
            type x = xv[i];                                                                        \
            y[i] = expression;                                                                     \
        }                                                                                          \
    }

static float unit_f32(float x)
{
    return x < 0.0F ? 0.0F : x > 1.0F ? 1.0F : x;
}

static double unit_f64(double x)
{
    return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
}

SIMPLE(leaky_f32, float, x < 0.0F ? alpha * x : x)
SIMPLE(leaky_f64, double, x < 0.0 ? alpha * x : x)
SIMPLE(thresholded_f32, float, x > alpha || x != x ? x : 0.0F)
SIMPLE(thresholded_f64, double, x > alpha || x != x ? x : 0.0)
SIMPLE(hard_sigmoid_f32, float, unit_f32(alpha *x + beta))
SIMPLE(hard_sigmoid_f64, double, unit_f64(alpha *x + beta))
SIMPLE(hard_swish_f32, float, x *unit_f32(alpha *x + beta))
SIMPLE(hard_swish_f64, double, x *unit_f64(alpha *x + beta))
SIMPLE(softsign_f32, float, x / (1.0F + (x < 0.0F ? -x : x)))
SIMPLE(softsign_f64, double, x / (1.0 + (x < 0.0 ? -x : x)))

static const struct bt_map leaky_map = {.f32 = leaky_f32, .f64 = leaky_f64};
static const struct bt_map thresholded_map = {.f32 = thresholded_f32, .f64 = thresholded_f64};
static const struct bt_map hard_sigmoid_map = {.f32 = hard_sigmoid_f32, .f64 = hard_sigmoid_f64};
static const struct bt_map hard_swish_map = {.f32 = hard_swish_f32, .f64 = hard_swish_f64};
static const struct bt_map softsign_map = {.f32 = softsign_f32, .f64 = softsign_f64};

#define MAP_RUN(name)                                                                              \
    static baton_status name##_run(struct bt_op_ctx *ctx, struct baton_error *err)                 \
    {                                                                                              \
        return bt_math_map(ctx, &name##_map, ctx->state, err);                                     \
    }

MAP_RUN(leaky)
MAP_RUN(thresholded)
MAP_RUN(hard_sigmoid)
MAP_RUN(hard_swish)
MAP_RUN(softsign)

/* ---- around a function of the kernels ---- */

/* y = finish(x, f(argument(x))): f from the kernels, over blocks. */
#define AROUND(name, function, argument, finish)                                                   \
    static void name(const void *param, const void *px, void *py, size_t n)                        \
    {                                                                                              \
        const struct activation *p = param;                                                        \
        const float *xv = px;                                                                      \
        float *y = py;                                                                             \
        float values[BT_LANE_BLOCK];                                                               \
        for (size_t at = 0; at < n; at += BT_LANE_BLOCK) {                                         \
            size_t count = n - at < BT_LANE_BLOCK ? n - at : BT_LANE_BLOCK;                        \
            for (size_t i = 0; i < count; i++) {                                                   \
                float x = xv[at + i];                                                              \
                values[i] = argument;                                                              \
            }                                                                                      \
            p->kernels->map_f32[function](values, values, count);                                  \
            for (size_t i = 0; i < count; i++) {                                                   \
                float x = xv[at + i];                                                              \
                float f = values[i];                                                               \
                y[at + i] = finish;                                                                \
            }                                                                                      \
        }                                                                                          \
    }

AROUND(elu_f32, BT_EXPM1, x, x > 0.0F ? x : p->alpha * f)
AROUND(selu_f32, BT_EXPM1, x, p->gamma *(x > 0.0F ? x : p->alpha * f))
AROUND(celu_f32, BT_EXPM1, x / p->alpha, x > 0.0F ? x : p->alpha * f)
AROUND(swish_f32, BT_SIGMOID, p->alpha *x, x *f)

static const struct bt_map elu_map = {.f32 = elu_f32};
static const struct bt_map selu_map = {.f32 = selu_f32};
static const struct bt_map celu_map = {.f32 = celu_f32};
static const struct bt_map swish_map = {.f32 = swish_f32};

MAP_RUN(elu)
MAP_RUN(selu)
MAP_RUN(celu)
MAP_RUN(swish)

/* ---- Relu and PRelu ---- */

static void relu_f32(const void *param, const void *x, void *y, size_t n)
{
    const struct activation *p = param;
    p->kernels->relu_f32(x, y, n);
}

BT_MAP_FN(relu_f64, double, x > 0.0 || x != x ? x : 0.0)
BT_MAP_FN(relu_i64, int64_t, x > 0 ? x : 0)

static baton_status relu_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {.f32 = relu_f32, .f64 = relu_f64, .i64 = relu_i64};
    return bt_math_map(ctx, &map, ctx->state, err);
}

static bool relu_tail(const struct bt_op_ctx *ctx, struct bt_op_tail *tail)
{
    (void)ctx;
    if (tail->activation != BT_ACT_NONE)
        return false;
    tail->activation = BT_ACT_RELU;
    return true;
}

BT_ZIP_FN(prelu_f32, float, float, a < 0.0F ? b * a : a)
BT_ZIP_FN(prelu_f64, double, double, a < 0.0 ? b * a : a)
BT_ZIP_FN(prelu_i64, int64_t, int64_t, a < 0 ? (int64_t)((uint64_t)b * (uint64_t)a) : a)

/* An unsigned value is never negative. */
static void first_u64(const void *pa, size_t a_step, const void *pb, size_t b_step, void *py,
                      size_t n)
{
    const uint64_t *a = pa;
    uint64_t *y = py;
    (void)pb;
    (void)b_step;
    for (size_t i = 0; i < n; i++)
        y[i] = a[i * a_step];
}

static baton_status prelu_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_zip zip = {BT_NO_KERNEL, prelu_f32, prelu_f64, prelu_i64, first_u64};
    return bt_math_zip(ctx, &zip, err);
}

/* ---- Clip ---- */

struct clip {
    const struct bt_kernels *kernels;
    float lo_f32, hi_f32;
    double lo_f64, hi_f64;
    int64_t lo_i64, hi_i64;
    uint64_t lo_u64, hi_u64;
};

static void clip_f32(const void *param, const void *x, void *y, size_t n)
{
    const struct clip *p = param;
    p->kernels->clip_f32(x, p->lo_f32, p->hi_f32, y, n);
}

static void clip_f64(const void *param, const void *px, void *py, size_t n)
{
    const struct clip *p = param;
    const double *x = px;
    double *y = py;
    for (size_t i = 0; i < n; i++)
        y[i] = bt_min_f64(bt_max_f64(x[i], p->lo_f64), p->hi_f64);
}

static void clip_i64(const void *param, const void *px, void *py, size_t n)
{
    const struct clip *p = param;
    const int64_t *x = px;
    int64_t *y = py;
    for (size_t i = 0; i < n; i++) {
        int64_t floor = x[i] > p->lo_i64 ? x[i] : p->lo_i64;
        y[i] = floor < p->hi_i64 ? floor : p->hi_i64;
    }
}

static void clip_u64(const void *param, const void *px, void *py, size_t n)
{
    const struct clip *p = param;
    const uint64_t *x = px;
    uint64_t *y = py;
    for (size_t i = 0; i < n; i++) {
        uint64_t floor = x[i] > p->lo_u64 ? x[i] : p->lo_u64;
        y[i] = floor < p->hi_u64 ? floor : p->hi_u64;
    }
}

static void set_bound(struct clip *clip, bool high, enum bt_lane lane, const void *value)
{
    if (lane == BT_LANE_F32)
        memcpy(high ? &clip->hi_f32 : &clip->lo_f32, value, sizeof(float));
    else if (lane == BT_LANE_F64)
        memcpy(high ? &clip->hi_f64 : &clip->lo_f64, value, sizeof(double));
    else if (lane == BT_LANE_I64)
        memcpy(high ? &clip->hi_i64 : &clip->lo_i64, value, sizeof(int64_t));
    else
        memcpy(high ? &clip->hi_u64 : &clip->lo_u64, value, sizeof(uint64_t));
}

static baton_status read_bounds(const struct bt_op_ctx *ctx, enum bt_dtype dtype, struct clip *clip,
                                struct baton_error *err)
{
    *clip = (struct clip){ctx->kernels, -FLT_MAX,  FLT_MAX, -DBL_MAX,  DBL_MAX,
                          INT64_MIN,    INT64_MAX, 0,       UINT64_MAX};
    clip->lo_f32 = bt_op_attr_float(ctx, "min", clip->lo_f32);
    clip->hi_f32 = bt_op_attr_float(ctx, "max", clip->hi_f32);
    for (uint32_t i = 1; i < 3; i++) {
        union bt_lane_block block;
        const struct bt_tensor *bound = bt_op_input(ctx, i);
        if (!bound)
            continue;
        if (bound->dtype != dtype || bt_tensor_count(bound) != 1)
            return bt_fail(err, BATON_ERR_INVALID, "input %u is not a single %s", i,
                           bt_dtype_name(dtype));
        set_bound(clip, i == 2, bt_lane_of(dtype),
                  bt_lane_load(dtype, bound->data, 0, 1, 1, &block));
    }
    return BATON_OK;
}

static baton_status clip_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {clip_f32, clip_f64, clip_i64, clip_u64};
    const struct bt_tensor *x = NULL;
    struct clip clip;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(read_bounds(ctx, x->dtype, &clip, err));
    return bt_math_map(ctx, &map, &clip, err);
}

static bool clip_tail(const struct bt_op_ctx *ctx, struct bt_op_tail *tail)
{
    struct clip clip;
    for (uint32_t i = 1; i < ctx->input_count; i++)
        if (ctx->node->inputs[i] != BT_ABSENT && !bt_op_input(ctx, i))
            return false;
    if (tail->activation != BT_ACT_NONE || read_bounds(ctx, BT_F32, &clip, NULL) != BATON_OK)
        return false;
    tail->activation = BT_ACT_CLIP;
    tail->clip_lo = clip.lo_f32;
    tail->clip_hi = clip.hi_f32;
    return true;
}

const struct bt_op bt_ops_activation[] = {
    {.name = "Relu",
     .domain = "",
     .since = 6,
     .prepare = prepare,
     .run = relu_run,
     .tail = relu_tail},
    {.name = "Clip", .domain = "", .since = 6, .run = clip_run, .tail = clip_tail},
    {.name = "PRelu", .domain = "", .since = 7, .run = prelu_run},
    {.name = "LeakyRelu", .domain = "", .since = 6, .prepare = prepare, .run = leaky_run},
    {.name = "ThresholdedRelu",
     .domain = "",
     .since = 10,
     .prepare = prepare,
     .run = thresholded_run},
    {.name = "HardSigmoid", .domain = "", .since = 6, .prepare = prepare, .run = hard_sigmoid_run},
    {.name = "HardSwish", .domain = "", .since = 14, .prepare = prepare, .run = hard_swish_run},
    {.name = "Softsign", .domain = "", .since = 1, .prepare = prepare, .run = softsign_run},
    {.name = "Elu", .domain = "", .since = 6, .prepare = prepare, .run = elu_run},
    {.name = "Selu", .domain = "", .since = 6, .prepare = prepare, .run = selu_run},
    {.name = "Celu", .domain = "", .since = 12, .prepare = prepare, .run = celu_run},
    {.name = "Swish", .domain = "", .since = 24, .prepare = prepare, .run = swish_run},
    {.name = NULL},
};
