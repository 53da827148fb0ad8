/* SPDX-License-Identifier: Apache-2.0 */
#include "unary_oracle.h"

#include <math.h>
#include <mpfr.h>
#include <string.h>

/* ---- binary64 ------------------------------------------------------------------------------- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double gelu(double x)
{
    return 0.5 * x * erfc(-x * M_SQRT1_2);
}

static double gelu_tanh(double x)
{
    double u = sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    return x / (1 + exp(-2 * u));
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

static double mish(double x)
{
    return x * tanh(softplus(x));
}

static double rsqrt(double x)
{
    return 1 / sqrt(x);
}

static double reciprocal(double x)
{
    return 1 / x;
}

/* The C library promises 5 units of 2^-53 or fewer for each of its functions here; the argument of
 * erfc and exp is rounded before it grows the error in the tails of the two GELUs. */
#define USUAL 0x1p-46
#define TAILS 0x1p-42
#define INF INFINITY

/* name, symmetry, course, where it is x, binary64 function, its error, values at -infinity, -0, +0,
 * +infinity */
const struct oracle oracles[BT_UNARY_COUNT] = {
    [BT_EXP] = {"exp", NO_SYMMETRY, MONOTONE, 0, exp, USUAL, 0, 1, 1, INF},
    [BT_LOG] = {"log", NO_SYMMETRY, MONOTONE, 0, log, USUAL, NAN, -INF, -INF, INF},
    [BT_TANH] = {"tanh", ODD, MONOTONE, 0x1p-13F, tanh, USUAL, -1, -0.0F, 0, 1},
    [BT_SIGMOID] = {"sigmoid", NO_SYMMETRY, MONOTONE, 0, sigmoid, USUAL, 0, 0.5F, 0.5F, 1},
    [BT_ERF] = {"erf", ODD, MONOTONE, 0, erf, USUAL, -1, -0.0F, 0, 1},
    [BT_SOFTPLUS] = {"softplus", NO_SYMMETRY, MONOTONE, 0, softplus, USUAL, 0, 0x1.62e43p-1F,
                     0x1.62e43p-1F, INF},
    [BT_GELU] = {"gelu", NO_SYMMETRY, TURNS_ONCE, 0, gelu, TAILS, -0.0F, -0.0F, 0, INF},
    [BT_GELU_TANH] = {"gelu_tanh", NO_SYMMETRY, TURNS_ONCE, 0, gelu_tanh, TAILS, -0.0F, -0.0F, 0,
                      INF},
    [BT_SILU] = {"silu", NO_SYMMETRY, TURNS_ONCE, 0, silu, USUAL, -0.0F, -0.0F, 0, INF},
    [BT_MISH] = {"mish", NO_SYMMETRY, TURNS_ONCE, 0, mish, USUAL, -0.0F, -0.0F, 0, INF},
    [BT_EXP2] = {"exp2", NO_SYMMETRY, MONOTONE, 0, exp2, USUAL, 0, 1, 1, INF},
    [BT_EXPM1] = {"expm1", NO_SYMMETRY, MONOTONE, 0x1p-26F, expm1, USUAL, -1, -0.0F, 0, INF},
    [BT_LOG1P] = {"log1p", NO_SYMMETRY, MONOTONE, 0x1p-26F, log1p, USUAL, NAN, -0.0F, 0, INF},
    [BT_LOG2] = {"log2", NO_SYMMETRY, MONOTONE, 0, log2, USUAL, NAN, -INF, -INF, INF},
    [BT_LOG10] = {"log10", NO_SYMMETRY, MONOTONE, 0, log10, USUAL, NAN, -INF, -INF, INF},
    [BT_SIN] = {"sin", ODD, WAVES, 0x1p-13F, sin, USUAL, NAN, -0.0F, 0, NAN},
    [BT_COS] = {"cos", EVEN, WAVES, 0, cos, USUAL, NAN, 1, 1, NAN},
    [BT_TAN] = {"tan", ODD, WAVES, 0x1p-13F, tan, USUAL, NAN, -0.0F, 0, NAN},
    [BT_ASIN] = {"asin", ODD, MONOTONE, 0x1p-13F, asin, USUAL, NAN, -0.0F, 0, NAN},
    [BT_ACOS] = {"acos", NO_SYMMETRY, MONOTONE, 0, acos, USUAL, NAN, 0x1.921fb6p0F, 0x1.921fb6p0F,
                 NAN},
    [BT_ATAN] = {"atan", ODD, MONOTONE, 0x1p-13F, atan, USUAL, -0x1.921fb6p0F, -0.0F, 0,
                 0x1.921fb6p0F},
    [BT_SINH] = {"sinh", ODD, MONOTONE, 0x1p-13F, sinh, USUAL, -INF, -0.0F, 0, INF},
    [BT_COSH] = {"cosh", EVEN, MONOTONE, 0, cosh, USUAL, INF, 1, 1, INF},
    [BT_ASINH] = {"asinh", ODD, MONOTONE, 0x1p-13F, asinh, USUAL, -INF, -0.0F, 0, INF},
    [BT_ACOSH] = {"acosh", NO_SYMMETRY, MONOTONE, 0, acosh, USUAL, NAN, NAN, NAN, INF},
    [BT_ATANH] = {"atanh", ODD, MONOTONE, 0x1p-13F, atanh, USUAL, NAN, -0.0F, 0, NAN},
    [BT_CBRT] = {"cbrt", ODD, MONOTONE, 0, cbrt, USUAL, -INF, -0.0F, 0, INF},
    [BT_RSQRT] = {"rsqrt", NO_SYMMETRY, MONOTONE, 0, rsqrt, USUAL, NAN, -INF, INF, 0},
    [BT_SQRT] = {"sqrt", NO_SYMMETRY, MONOTONE, 0, sqrt, USUAL, NAN, -0.0F, 0, INF},
    [BT_RECIPROCAL] = {"reciprocal", ODD, MONOTONE, 0, reciprocal, USUAL, -0.0F, -INF, INF, 0},
};

/* ---- MPFR ----------------------------------------------------------------------------------- */

/* Enough for x / 2 + x^2 / 4 at x = 2^-149, the widest sum here, with 100 bits to spare. */
#define PRECISION 288
#define NEAREST MPFR_RNDN

typedef int mpfr_unary(mpfr_ptr ret, mpfr_srcptr x, mpfr_rnd_t round);

/* 1 / (1 + e^-x) */
static void mp_sigmoid(mpfr_ptr y)
{
    mpfr_neg(y, y, NEAREST);
    mpfr_exp(y, y, NEAREST);
    mpfr_add_ui(y, y, 1, NEAREST);
    mpfr_ui_div(y, 1, y, NEAREST);
}

static void mp_softplus(mpfr_ptr y)
{
    mpfr_exp(y, y, NEAREST);
    mpfr_log1p(y, y, NEAREST);
}

/* erfc(-x / sqrt 2) / 2 */
static void mp_normal(mpfr_ptr y)
{
    mpfr_t root;
    mpfr_init2(root, PRECISION);
    mpfr_sqrt_ui(root, 2, NEAREST);
    mpfr_div(y, y, root, NEAREST);
    mpfr_neg(y, y, NEAREST);
    mpfr_erfc(y, y, NEAREST);
    mpfr_div_2ui(y, y, 1, NEAREST);
    mpfr_clear(root);
}

/* (1 + tanh u) / 2 = sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3) */
static void mp_gelu_gate(mpfr_ptr y)
{
    mpfr_t t;
    mpfr_init2(t, PRECISION);
    mpfr_pow_ui(t, y, 3, NEAREST);
    mpfr_mul_ui(t, t, 44715, NEAREST);
    mpfr_div_ui(t, t, 1000000, NEAREST);
    mpfr_add(y, y, t, NEAREST);
    mpfr_const_pi(t, NEAREST);
    mpfr_ui_div(t, 8, t, NEAREST);
    mpfr_sqrt(t, t, NEAREST);
    mpfr_mul(y, y, t, NEAREST);
    mpfr_clear(t);
    mp_sigmoid(y);
}

static void mp_mish_gate(mpfr_ptr y)
{
    mp_softplus(y);
    mpfr_tanh(y, y, NEAREST);
}

/* The functions MPFR has, and x times what it must be composed of. */
static mpfr_unary *const direct[BT_UNARY_COUNT] = {
    [BT_EXP] = mpfr_exp,        [BT_LOG] = mpfr_log,     [BT_TANH] = mpfr_tanh,
    [BT_ERF] = mpfr_erf,        [BT_EXP2] = mpfr_exp2,   [BT_EXPM1] = mpfr_expm1,
    [BT_LOG1P] = mpfr_log1p,    [BT_LOG2] = mpfr_log2,   [BT_LOG10] = mpfr_log10,
    [BT_SIN] = mpfr_sin,        [BT_COS] = mpfr_cos,     [BT_TAN] = mpfr_tan,
    [BT_ASIN] = mpfr_asin,      [BT_ACOS] = mpfr_acos,   [BT_ATAN] = mpfr_atan,
    [BT_SINH] = mpfr_sinh,      [BT_COSH] = mpfr_cosh,   [BT_ASINH] = mpfr_asinh,
    [BT_ACOSH] = mpfr_acosh,    [BT_ATANH] = mpfr_atanh, [BT_CBRT] = mpfr_cbrt,
    [BT_RSQRT] = mpfr_rec_sqrt, [BT_SQRT] = mpfr_sqrt,
};
static void (*const composed[BT_UNARY_COUNT])(mpfr_ptr) = {
    [BT_SIGMOID] = mp_sigmoid, [BT_SOFTPLUS] = mp_softplus,   [BT_GELU] = mp_normal,
    [BT_SILU] = mp_sigmoid,    [BT_GELU_TANH] = mp_gelu_gate, [BT_MISH] = mp_mish_gate,
};

static float ask_mpfr(enum bt_unary function, float x)
{
    mpfr_t exact;
    mpfr_t y;
    mpfr_init2(exact, PRECISION);
    mpfr_init2(y, PRECISION);
    mpfr_set_flt(exact, x, NEAREST);
    mpfr_set(y, exact, NEAREST);
    if (direct[function])
        (void)direct[function](y, exact, NEAREST);
    else if (composed[function])
        composed[function](y);
    else
        mpfr_ui_div(y, 1, exact, NEAREST);
    if (function == BT_GELU || function == BT_GELU_TANH || function == BT_SILU ||
        function == BT_MISH)
        mpfr_mul(y, y, exact, NEAREST);
    float rounded = mpfr_get_flt(y, NEAREST);
    mpfr_clear(exact);
    mpfr_clear(y);
    return rounded;
}

/* ---- together ------------------------------------------------------------------------------- */

static uint32_t to_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return f == f ? bits : 0x7fc00000U;
}

static float special(const struct oracle *oracle, float x)
{
    if (isnan(x))
        return x;
    if (x == 0)
        return signbit(x) ? oracle->at_minus_zero : oracle->at_zero;
    return x < 0 ? oracle->at_minus_infinity : oracle->at_infinity;
}

uint32_t oracle_bits(enum bt_unary function, uint32_t x_bits, uint64_t *asked)
{
    const struct oracle *oracle = &oracles[function];
    float x;
    memcpy(&x, &x_bits, sizeof x);
    if (!isfinite(x) || x == 0)
        return to_bits(special(oracle, x));
    double y = oracle->approximate((double)x);
    uint32_t low = to_bits((float)(y * (1 - oracle->error)));
    uint32_t high = to_bits((float)(y * (1 + oracle->error)));
    if (low == high)
        return low;
    *asked += 1;
    return to_bits(ask_mpfr(function, x));
}
