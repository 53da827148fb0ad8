/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_UNARY_LOG_H
#define BT_KERNEL_SIMD_UNARY_LOG_H
/*
 * Logarithms and the inverse hyperbolic functions.
 *
 * w = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), so that k = 0 around w = 1, where
 * everything must stay accurate relative to f. With s = f / (2 + f), log(1 + f) = 2 atanh(s), and
 * 2 s = f - s f lets f, which is exact, carry the leading bits:
 *     log(1 + f) = f - (h - s (h + R)),   h = f^2 / 2,   R = s^2 P(s^2).
 */
#include "kernel/simd/unary_exp.h"

#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdU

/* w = 2^k (1 + f); w normal, positive, finite. */
BT_INLINE vd log_split(vd w, vd *ret_k)
{
    vu shifted = (vu)w + (0x3ff0000000000000U - SQRT_HALF_BITS);
    *ret_k = to_double(shifted >> 52) - 1023.0;
    vd significand = (vd)((shifted & 0x000fffffffffffffU) + SQRT_HALF_BITS);
    return significand - 1.0;
}

/* What log(1 + f) lacks of f, plus `correction` (small). */
BT_INLINE vd log_tail(vd f, vd correction)
{
    vd s = f / (f + 2.0);
    vd z = s * s;
    vd half_square = f * f * 0.5;
    return half_square - (s * (half_square + z * polynomial(LOG_POLY, 8, z)) + correction);
}

/* log(w) + correction */
BT_INLINE vd log_inside(vd w, vd correction)
{
    vd k;
    vd f = log_split(w, &k);
    return k * LN2_HI + (f - log_tail(f, correction + k * LN2_LO));
}

/* The values outside the domain and at its ends; y is used for 0 < x < infinity. */
BT_INLINE vd log_ends(vd x, vd y)
{
    vd outside = choose(x == 0.0, splat(-INFINITE), splat(__builtin_nan("")));
    return choose(x > 0.0, choose(x == INFINITE, x, y), outside);
}

BT_INLINE vd log_core(vd x)
{
    return log_ends(x, log_inside(x, splat(0.0)));
}

BT_INLINE vd log2_core(vd x)
{
    vd k;
    vd f = log_split(x, &k);
    return log_ends(x, k + (f - log_tail(f, splat(0.0))) * LOG2_E);
}

BT_INLINE vd log10_core(vd x)
{
    vd k;
    vd f = log_split(x, &k);
    vd small = (f - log_tail(f, splat(0.0))) * LOG10_E + k * LOG10_2_LO;
    return log_ends(x, k * LOG10_2_HI + small);
}

/* log(1 + x) for x > -1. The sum rounds; what it loses, divided by it, is added to the logarithm.
 */
BT_INLINE vd log1p_inside(vd x)
{
    vd w = x + 1.0;
    vd x_part = w - 1.0;
    vd lost = (x - x_part) + (1.0 - (w - x_part));
    return log_inside(w, lost / w);
}

BT_INLINE vd log1p_core(vd x)
{
    return zero_stays(x, log_ends(x + 1.0, log1p_inside(x)));
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) */
BT_INLINE vd softplus_core(vd x)
{
    vd e = exp_inside(-at_most(absolute(x), 110.0));
    return at_least(x, 0.0) + log1p_inside(e);
}

/* log(a + sqrt(a^2 + 1)) = log1p(a + a^2 / (1 + sqrt(a^2 + 1))), a = |x| */
BT_INLINE vd asinh_core(vd x)
{
    vd a = absolute(x);
    vd square = a * a;
    vd y = log1p_inside(a + square / (square_root(square + 1.0) + 1.0));
    return zero_stays(x, with_sign(choose(a == INFINITE, a, y), x));
}

/* log(x + sqrt(x^2 - 1)) = log1p(t + sqrt(t^2 + 2 t)), t = x - 1 */
BT_INLINE vd acosh_core(vd x)
{
    vd t = x - 1.0;
    vd y = log1p_inside(t + square_root(t * (t + 2.0)));
    y = choose(x == INFINITE, x, y);
    return choose(x >= 1.0, y, splat(__builtin_nan("")));
}

/* log((1 + a) / (1 - a)) / 2 = log1p(2 a / (1 - a)) / 2, a = |x| */
BT_INLINE vd atanh_core(vd x)
{
    vd a = absolute(x);
    vd ratio = a * 2.0 / (1.0 - a);
    vd y = with_sign(log_ends(ratio + 1.0, log1p_inside(ratio)) * 0.5, x);
    return zero_stays(x, y);
}

#endif
