/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of one element. The real functions are correctly rounded in binary32 (the kernels');
 * float16 and bfloat16 take that value and round it once more. float64 has those that
 * kernel/scalar.h has.
 */
#include "op/math/math.h"

#include <string.h>

#include "kernel/scalar.h"

/* ---- real functions ---- */

typedef double scalar_fn(double x);

struct function {
    const char *op;
    enum bt_unary kernel;
    scalar_fn *f64;
};

static double reciprocal_f64(double x)
{
    return 1.0 / x;
}

static const struct function functions[] = {
    {"Exp", BT_EXP, bt_exp_f64},    {"Log", BT_LOG, bt_log_f64},
    {"Tanh", BT_TANH, bt_tanh_f64}, {"Sigmoid", BT_SIGMOID, bt_sigmoid_f64},
    {"Erf", BT_ERF, bt_erf_f64},    {"Softplus", BT_SOFTPLUS, bt_softplus_f64},
    {"Sqrt", BT_SQRT, bt_sqrt_f64}, {"Reciprocal", BT_RECIPROCAL, reciprocal_f64},
    {"Mish", BT_MISH, NULL},        {"Sin", BT_SIN, NULL},
    {"Cos", BT_COS, NULL},          {"Tan", BT_TAN, NULL},
    {"Asin", BT_ASIN, NULL},        {"Acos", BT_ACOS, NULL},
    {"Atan", BT_ATAN, NULL},        {"Sinh", BT_SINH, NULL},
    {"Cosh", BT_COSH, NULL},        {"Asinh", BT_ASINH, NULL},
    {"Acosh", BT_ACOSH, NULL},      {"Atanh", BT_ATANH, NULL},
};

struct chosen {
    bt_map_f32 *f32;
    scalar_fn *f64;
};

static baton_status choose(struct bt_op_ctx *ctx, bt_map_f32 *f32, scalar_fn *f64,
                           struct baton_error *err)
{
    struct chosen *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    *state = (struct chosen){f32, f64};
    ctx->state = state;
    return BATON_OK;
}

static baton_status function_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct function *found = NULL;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(functions[i].op, ctx->node->op) == 0)
            found = &functions[i];
    BT_BUG_ON(!found);
    return choose(ctx, ctx->kernels->map_f32[found->kernel], found->f64, err);
}

static baton_status gelu_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    bool tanh = bt_op_attr_is(ctx, "approximate", "tanh", false);
    return choose(ctx, ctx->kernels->map_f32[tanh ? BT_GELU_TANH : BT_GELU], NULL, err);
}

static void function_f32(const void *param, const void *x, void *y, size_t n)
{
    const struct chosen *state = param;
    state->f32(x, y, n);
}

static void function_f64(const void *param, const void *px, void *py, size_t n)
{
    const struct chosen *state = param;
    const double *x = px;
    double *y = py;
    for (size_t i = 0; i < n; i++)
        y[i] = state->f64(x[i]);
}

static baton_status function_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct chosen *state = ctx->state;
    struct bt_map map = {.f32 = function_f32, .f64 = state->f64 ? function_f64 : NULL};
    return bt_math_map(ctx, &map, state, err);
}

/* ---- signs ---- */

BT_MAP_FN(neg_f32, float, -x)
BT_MAP_FN(neg_f64, double, -x)
BT_MAP_FN(neg_i64, int64_t, 0 - (uint64_t)x)
BT_MAP_FN(abs_f32, float, __builtin_fabsf(x))
BT_MAP_FN(abs_f64, double, __builtin_fabs(x))
BT_MAP_FN(abs_i64, int64_t, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
BT_MAP_FN(same_u64, uint64_t, x)
BT_MAP_FN(sign_f32, float, x > 0 ? 1 : x < 0 ? -1 : x)
BT_MAP_FN(sign_f64, double, x > 0 ? 1 : x < 0 ? -1 : x)
BT_MAP_FN(sign_i64, int64_t, (x > 0) - (x < 0))
BT_MAP_FN(sign_u64, uint64_t, x > 0)

static baton_status neg_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {neg_f32, neg_f64, neg_i64, NULL};
    return bt_math_map(ctx, &map, NULL, err);
}

static baton_status abs_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {abs_f32, abs_f64, abs_i64, same_u64};
    return bt_math_map(ctx, &map, NULL, err);
}

static baton_status sign_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {sign_f32, sign_f64, sign_i64, sign_u64};
    return bt_math_map(ctx, &map, NULL, err);
}

/* ---- whole numbers ---- */

/* Adding and subtracting 2^52 rounds to a whole number. */
double bt_round_even_f64(double x)
{
    const double big = 4503599627370496.0;
    double magnitude = __builtin_fabs(x);
    if (!(magnitude < big))
        return x;
    return __builtin_copysign((magnitude + big) - big, x);
}

double bt_floor_f64(double x)
{
    double near = bt_round_even_f64(x);
    return near > x ? near - 1.0 : near;
}

double bt_ceil_f64(double x)
{
    double near = bt_round_even_f64(x);
    return __builtin_copysign(near < x ? near + 1.0 : near, x);
}

BT_MAP_FN(floor_f32, float, bt_floor_f64((double)x))
BT_MAP_FN(floor_f64, double, bt_floor_f64(x))
BT_MAP_FN(ceil_f32, float, bt_ceil_f64((double)x))
BT_MAP_FN(ceil_f64, double, bt_ceil_f64(x))
BT_MAP_FN(round_f32, float, bt_round_even_f64((double)x))
BT_MAP_FN(round_f64, double, bt_round_even_f64(x))

static baton_status floor_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {.f32 = floor_f32, .f64 = floor_f64};
    return bt_math_map(ctx, &map, NULL, err);
}

static baton_status ceil_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {.f32 = ceil_f32, .f64 = ceil_f64};
    return bt_math_map(ctx, &map, NULL, err);
}

static baton_status round_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {.f32 = round_f32, .f64 = round_f64};
    return bt_math_map(ctx, &map, NULL, err);
}

/* ---- questions ---- */

typedef bool question(double x, bool positive, bool negative);

static bool is_nan(double x, bool positive, bool negative)
{
    (void)positive;
    (void)negative;
    return x != x;
}

static bool is_inf(double x, bool positive, bool negative)
{
    return (positive && x == __builtin_inf()) || (negative && x == -__builtin_inf());
}

static baton_status ask(struct bt_op_ctx *ctx, question *answer, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    bool positive = bt_op_attr_int(ctx, "detect_positive", 1) != 0;
    bool negative = bt_op_attr_int(ctx, "detect_negative", 1) != 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (!bt_dtype_is_float(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_op_output(ctx, 0, BT_BOOL, x->rank, x->dims, &y, err));
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++) {
        union bt_lane_block block;
        const void *value = bt_lane_load(x->dtype, x->data, i, 1, 1, &block);
        double wide = bt_lane_of(x->dtype) == BT_LANE_F64 ? *(const double *)value
                                                          : (double)*(const float *)value;
        ((uint8_t *)y->data)[i] = answer(wide, positive, negative);
    }
    return BATON_OK;
}

static baton_status is_nan_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return ask(ctx, is_nan, err);
}

static baton_status is_inf_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return ask(ctx, is_inf, err);
}

#define FUNCTION(text, opset)                                                                      \
    {                                                                                              \
        .name = text, .domain = "", .since = opset, .prepare = function_prepare,                   \
        .run = function_run                                                                        \
    }

const struct bt_op bt_ops_unary[] = {
    FUNCTION("Exp", 1),
    FUNCTION("Log", 1),
    FUNCTION("Tanh", 1),
    FUNCTION("Sigmoid", 1),
    FUNCTION("Erf", 9),
    FUNCTION("Softplus", 1),
    FUNCTION("Sqrt", 1),
    FUNCTION("Reciprocal", 1),
    FUNCTION("Mish", 18),
    FUNCTION("Sin", 7),
    FUNCTION("Cos", 7),
    FUNCTION("Tan", 7),
    FUNCTION("Asin", 7),
    FUNCTION("Acos", 7),
    FUNCTION("Atan", 7),
    FUNCTION("Sinh", 9),
    FUNCTION("Cosh", 9),
    FUNCTION("Asinh", 9),
    FUNCTION("Acosh", 9),
    FUNCTION("Atanh", 9),
    {.name = "Gelu", .domain = "", .since = 20, .prepare = gelu_prepare, .run = function_run},
    {.name = "Neg", .domain = "", .since = 1, .run = neg_run},
    {.name = "Abs", .domain = "", .since = 1, .run = abs_run},
    {.name = "Sign", .domain = "", .since = 9, .run = sign_run},
    {.name = "Floor", .domain = "", .since = 1, .run = floor_run},
    {.name = "Ceil", .domain = "", .since = 1, .run = ceil_run},
    {.name = "Round", .domain = "", .since = 11, .run = round_run},
    {.name = "IsNaN", .domain = "", .since = 9, .run = is_nan_run},
    {.name = "IsInf", .domain = "", .since = 10, .run = is_inf_run},
    {.name = NULL},
};
