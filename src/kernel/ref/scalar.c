/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/scalar.h"

#include <stdbool.h>

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
    const double rounder = 0x1.8p52;
    double a = magnitude(y);
    return a >= 0x1p24 || (a + rounder) - rounder == a;
}

static bool is_odd_integer(double y)
{
    return magnitude(y) < 0x1p25 && is_integer(y) && !is_integer(y * 0.5);
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
static double pow_positive(double a, double y)
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

/* a >= 0, y not 0 */
static double pow_magnitude(double a, double y)
{
    bool at_limit = a == 0 || a == INFINITE || magnitude(y) == INFINITE;
    return at_limit ? pow_limit(a, y) : pow_positive(a, y);
}

float bt_pow_f32(float base, float exponent)
{
    double x = (double)base;
    double y = (double)exponent;
    if (y == 0 || x == 1)
        return 1;
    if (x != x || y != y || (x < 0 && x != -INFINITE && !is_integer(y)))
        return __builtin_nanf("");
    double result = pow_magnitude(magnitude(x), y);
    return (float)(__builtin_signbit(x) && is_odd_integer(y) ? -result : result);
}
