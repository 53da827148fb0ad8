/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "trial.h"

/* y on its own, or in the place of the operand `x` of n elements. */
static float *output_or_in_place(struct trial *t, const float **x, size_t n)
{
    float *y = trial_output(t, n);
    if (!t->big && trial_random(t) % 4 == 0) {
        memcpy(y, *x, n * sizeof *y);
        *x = y;
    }
    return y;
}

static size_t some_length(struct trial *t)
{
    return t->big ? 4096 : trial_length(t, 300);
}

static void run_zip(struct trial *t, int which)
{
    size_t n = some_length(t);
    size_t a_step = t->big || trial_random(t) % 4 != 0;
    size_t b_step = t->big || trial_random(t) % 4 != 0;
    const float *a = trial_input(t, a_step ? n : 1);
    const float *b = trial_input(t, b_step ? n : 1);
    float *y = a_step ? output_or_in_place(t, &a, n) : trial_output(t, n);
    TRIAL_TIMED(t, t->kernels->zip_f32[which](a, a_step, b, b_step, y, n));
}

static void run_map(struct trial *t, int which)
{
    size_t n = some_length(t);
    const float *x = trial_input(t, n);
    float *y = output_or_in_place(t, &x, n);
    TRIAL_TIMED(t, t->kernels->map_f32[which](x, y, n));
}

static void run_relu(struct trial *t, int which)
{
    size_t n = some_length(t);
    const float *x = trial_input(t, n);
    float *y = output_or_in_place(t, &x, n);
    TRIAL_TIMED(t, t->kernels->relu_f32(x, y, n));
}

static void run_clip(struct trial *t, int which)
{
    size_t n = some_length(t);
    const float *x = trial_input(t, n);
    float *y = output_or_in_place(t, &x, n);
    float lo = trial_value(t);
    float hi = trial_value(t);
    TRIAL_TIMED(t, t->kernels->clip_f32(x, lo, hi, y, n));
}

static void run_softmax(struct trial *t, int which)
{
    size_t n = some_length(t);
    const float *x = trial_input(t, n);
    float *y = output_or_in_place(t, &x, n);
    TRIAL_TIMED(t, t->kernels->softmax_f32(x, y, n));
}

const struct slot elementwise_slots[] = {
    {"add", run_zip, BT_ADD, false},
    {"sub", run_zip, BT_SUB, false},
    {"mul", run_zip, BT_MUL, false},
    {"div", run_zip, BT_DIV, false},
    {"min", run_zip, BT_MIN, true},
    {"max", run_zip, BT_MAX, true},
    {"relu", run_relu, 0, false},
    {"clip", run_clip, 0, true},
    {"softmax", run_softmax, 0, false},
    {"exp", run_map, BT_EXP, true},
    {"log", run_map, BT_LOG, true},
    {"tanh", run_map, BT_TANH, true},
    {"sigmoid", run_map, BT_SIGMOID, true},
    {"erf", run_map, BT_ERF, true},
    {"softplus", run_map, BT_SOFTPLUS, true},
    {"gelu", run_map, BT_GELU, true},
    {"gelu_tanh", run_map, BT_GELU_TANH, true},
    {"silu", run_map, BT_SILU, true},
    {"mish", run_map, BT_MISH, true},
    {"exp2", run_map, BT_EXP2, true},
    {"expm1", run_map, BT_EXPM1, true},
    {"log1p", run_map, BT_LOG1P, true},
    {"log2", run_map, BT_LOG2, true},
    {"log10", run_map, BT_LOG10, true},
    {"sin", run_map, BT_SIN, true},
    {"cos", run_map, BT_COS, true},
    {"tan", run_map, BT_TAN, true},
    {"asin", run_map, BT_ASIN, true},
    {"acos", run_map, BT_ACOS, true},
    {"atan", run_map, BT_ATAN, true},
    {"sinh", run_map, BT_SINH, true},
    {"cosh", run_map, BT_COSH, true},
    {"asinh", run_map, BT_ASINH, true},
    {"acosh", run_map, BT_ACOSH, true},
    {"atanh", run_map, BT_ATANH, true},
    {"cbrt", run_map, BT_CBRT, true},
    {"rsqrt", run_map, BT_RSQRT, true},
    {"sqrt", run_map, BT_SQRT, true},
    {"reciprocal", run_map, BT_RECIPROCAL, true},
};
const size_t elementwise_slot_count = sizeof elementwise_slots / sizeof *elementwise_slots;
