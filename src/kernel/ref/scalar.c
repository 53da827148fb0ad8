/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/scalar.h"

#include <stdbool.h>
#include <string.h>

#include "kernel/ref/fma.h"
#include "kernel/ref/scalar_dd.h"

#define INFINITE __builtin_inf()

static double magnitude(double x)
{
    return __builtin_fabs(x);
}

double bt_sqrt_f64(double x)
{
    return x < 0 || x != x ? __builtin_nan("") : __builtin_sqrt(x);
}

/* Beyond the limits the result no longer changes. */
double bt_exp_f64(double x)
{
    if (x != x)
        return __builtin_nan("");
    if (x > 710)
        return INFINITE;
    if (x < -746)
        return 0;
    struct bt_scaled e = bt_dd_exp((struct dd){x, 0});
    return bt_dd_round(e.value, e.exponent);
}

double bt_log_f64(double x)
{
    if (x != x || x < 0)
        return __builtin_nan("");
    if (x == 0)
        return -INFINITE;
    return x == INFINITE ? x : bt_dd_log(x).hi;
}

/* e^x with the power of two multiplied in; |x| < 600. */
static struct dd exp_unscaled(double x)
{
    struct bt_scaled e = bt_dd_exp((struct dd){x, 0});
    double half = e.exponent < 0 ? 0.5 : 2.0;
    struct dd value = e.value;
    for (int i = e.exponent < 0 ? -e.exponent : e.exponent; i > 0; i--)
        value = dd_scale(value, half);
    return value;
}

/* e / (e + 2) with e = e^2x - 1 */
double bt_tanh_f64(double x)
{
    double a = magnitude(x);
    if (x != x)
        return __builtin_nan("");
    if (a < 0x1p-28) /* x - x^3 / 3 + ... */
        return x;
    if (a > 20)
        return x < 0 ? -1 : 1;
    struct dd e =
        a < 0.17 ? bt_dd_expm1_small((struct dd){2 * a, 0}) : dd_add_d(exp_unscaled(2 * a), -1);
    double y = dd_div(e, dd_add_d(e, 2)).hi;
    return x < 0 ? -y : y;
}

/* e / (1 + e) with e = e^x for x < 0, else 1 / (1 + e^-x) */
double bt_sigmoid_f64(double x)
{
    if (x != x)
        return __builtin_nan("");
    if (x > 40)
        return 1;
    if (x < -80)
        return bt_exp_f64(x); /* e^x (1 - e^x + ...) */
    struct dd e = exp_unscaled(-magnitude(x));
    struct dd one_more = dd_add_d(e, 1);
    return dd_div(x < 0 ? e : (struct dd){1, 0}, one_more).hi;
}

/* max(x, 0) + log(1 + e^-|x|) */
double bt_softplus_f64(double x)
{
    if (x != x)
        return __builtin_nan("");
    if (x < -80)
        return bt_exp_f64(x); /* e^x (1 - e^x / 2 + ...) */
    if (x > 80)
        return x;
    struct dd e = exp_unscaled(-magnitude(x));
    struct dd y;
    if (e.hi < 0.4) {
        y = bt_dd_log1p_small(e);
    } else { /* log(2) + log((1 + e) / 2) */
        y = dd_add(bt_dd_log(2), bt_dd_log1p_small(dd_scale(dd_add_d(e, -1), 0.5)));
    }
    return x > 0 ? dd_add_d(y, x).hi : y.hi;
}

/* ---- pow ------------------------------------------------------------------------------------ */

static bool is_integer(double y)
{
    double a = magnitude(y);
    return a >= 0x1p52 || (a + 0x1p52) - 0x1p52 == a;
}

static bool is_odd_integer(double y)
{
    return magnitude(y) < 0x1p53 && is_integer(y) && !is_integer(y * 0.5);
}

/*
 * The result may be exactly a float or exactly in the middle of two (4097^2), which a value with an
 * error cannot tell from nearly so. Both are numbers of 25 bits, and nothing else comes nearer than
 * 2^-88 to one (no counterexample is known), so what is nearer is one.
 */
static struct dd settle_exact(struct dd value)
{
    struct dd short_value = dd_product(value.hi, 0x1p28 + 1);
    double rounded = short_value.hi - (short_value.hi - value.hi); /* 25 bits */
    struct dd rest = dd_add_d(value, -rounded);
    return magnitude(rest.hi) < magnitude(rounded) * 0x1p-88 ? (struct dd){rounded, 0} : value;
}

/* a^y, a and y finite, a > 0 */
static double pow_rounded_to_odd(double a, double y)
{
    struct dd t = dd_mul_d(bt_dd_log(a), y);
    if (t.hi > 100)
        return INFINITE;
    if (t.hi < -110)
        return 0;
    struct bt_scaled e = bt_dd_exp(t);
    struct dd value = settle_exact(e.value);
    return bt_dd_round((struct dd){bt_add_to_odd(value.hi, value.lo), 0}, e.exponent);
}

/* a^y where a is 0 or infinite or y is infinite, and not both are 0 */
static double pow_limit(double a, double y)
{
    if (a == 1)
        return 1;
    return (a > 1) == (y > 0) ? INFINITE : 0;
}

/* From the first to the last bit of a that is set. */
static int significant_bits(double a)
{
    uint64_t bits;
    memcpy(&bits, &a, sizeof bits);
    uint64_t fraction = bits & 0x000fffffffffffffU;
    if (bits >> 52)
        fraction |= UINT64_C(1) << 52;
    return 64 - __builtin_clzll(fraction) - __builtin_ctzll(fraction);
}

/* Whether a^y can be a binary64 number or the middle of two, which have 54 bits: an odd m of b bits
 * is at least 2^(b - 1), and its power must be below 2^54. For m = 1 it always is. */
static bool may_be_exact(double a, double y)
{
    int bits = significant_bits(a);
    return bits == 1 || (y > 0 && (bits - 1) * y < 54);
}

/* The number of 54 bits, a multiple of 2^-54 as value is below 2, if one is within the error. */
static struct dd settle_exact_f64(struct dd value)
{
    const double rounder = 0x1.8p-2;
    double rounded = (value.lo + rounder) - rounder;
    return magnitude(value.lo - rounded) < 0x1p-84 ? dd_fast_sum(value.hi, rounded) : value;
}

/*
 * a^y, a and y finite, a > 0. Beyond the limits of y the result is 1, or for every a but 1 it is 0
 * or infinite. Near 1 powers of numbers near 1 come as near as 2^-106 to a middle ((1 - 2^-53)^-1):
 * there a^y - 1 is added to 1 with one rounding.
 */
static double pow_rounded(double a, double y)
{
    if (magnitude(y) < 0x1p-65)
        return 1;
    if (magnitude(y) > 0x1p65)
        return pow_limit(a, y);
    struct dd t = dd_mul_d(bt_dd_log(a), y);
    if (t.hi > 710)
        return INFINITE;
    if (t.hi < -746)
        return 0;
    if (may_be_exact(a, y)) {
        struct bt_scaled e = bt_dd_exp(t);
        return bt_dd_round(settle_exact_f64(e.value), e.exponent);
    }
    if (magnitude(t.hi) < 0x1p-8) {
        struct dd less_one = bt_dd_expm1_small(t);
        struct dd sum = dd_sum(1, less_one.hi);
        return sum.hi + bt_add_to_odd(sum.lo, less_one.lo);
    }
    struct bt_scaled e = bt_dd_exp(t);
    return bt_dd_round(e.value, e.exponent);
}

typedef double positive_pow(double a, double y);

/* a >= 0, y not 0 */
static double pow_magnitude(double a, double y, positive_pow *positive)
{
    bool at_limit = a == 0 || a == INFINITE || magnitude(y) == INFINITE;
    return at_limit ? pow_limit(a, y) : positive(a, y);
}

/* The special cases of IEEE 754, which are the same in every format. */
static double pow_special(double x, double y, positive_pow *positive)
{
    if (y == 0 || x == 1)
        return 1;
    if (x != x || y != y || (x < 0 && x != -INFINITE && !is_integer(y)))
        return __builtin_nan("");
    double result = pow_magnitude(magnitude(x), y, positive);
    return __builtin_signbit(x) && is_odd_integer(y) ? -result : result;
}

float bt_pow_f32(float x, float y)
{
    return (float)pow_special((double)x, (double)y, pow_rounded_to_odd);
}

double bt_pow_f64(double x, double y)
{
    return pow_special(x, y, pow_rounded);
}
