/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_UNARY_TRIG_H
#define BT_KERNEL_SIMD_UNARY_TRIG_H
/* Circular functions and their inverses. */
#include "kernel/simd/unary_exp.h"

/* 64 bits of 2 / pi from bit `at` (unary_coefficients.h says how they are counted). */
BT_INLINE uint64_t two_over_pi_bits(uint64_t at)
{
    uint64_t shift = at & 63;
    const uint64_t *word = TWO_OVER_PI + (at >> 6);
    return word[0] << shift | (word[1] >> 1) >> (63 - shift);
}

/*
 * |x| = (q + f) pi / 2, |f| <= 1/2 + tiny; q modulo 4 is in the low bits of the result, t = f pi
 * / 2.
 *
 * x = M 2^(e + 1) with M < 2^24 an integer, or e = 0 and M a fraction. Multiples of 4 in
 * 2^(e + 1) 2 / pi cannot matter when M is an integer, so the bits of 2 / pi worth them are left
 * out: what remains starts at bit e. It is cut into 28, 28 and 53 bits; M times the first two is
 * exact, and the fraction is left with an absolute error of 2^-82, where no float comes nearer to a
 * multiple of pi / 2 than 2^-31.
 */
BT_INLINE vu quarter_turns(vd x, vd *ret_t)
{
    vd a = choose(x - x == 0.0, absolute(x), splat(0.0));
    vu exponent = (vu)at_least((vd)((vu)a & 0x7ff0000000000000U), 0x1p24) >> 52;
    vu start = exponent - (1023 + 24);
    vd m = a * power_of_two(0 - (start + 1));
    vd c1;
    vd c2;
    vd c3;
    for (size_t i = 0; i < BT_LANES; i++) {
        uint64_t bits = two_over_pi_bits(start[i]);
        c1[i] = (double)(int64_t)(bits >> 36);
        c2[i] = (double)(int64_t)(bits >> 8 & 0xfffffff);
        c3[i] = (double)(int64_t)(two_over_pi_bits(start[i] + 56) >> 11);
    }
    vd p1 = m * (c1 * 0x1p-26);
    vd p2 = m * (c2 * 0x1p-54);
    vd p3 = m * (c3 * 0x1p-107);
    vu quarter;
    vd q = nearest(p1 + p2, &quarter);
    *ret_t = (((p1 - q) + p2) + p3) * (PI_HI * 0.5);
    return quarter;
}

/* |t| <= pi / 4 */
BT_INLINE vd sin_near_zero(vd t)
{
    vd z = t * t;
    return t + t * z * polynomial(SIN_POLY, 7, z);
}

BT_INLINE vd cos_near_zero(vd t)
{
    vd z = t * t;
    return 1.0 - (z * 0.5 - z * z * polynomial(COS_POLY, 7, z));
}

BT_INLINE vmask is_odd(vu i)
{
    return (vmask)(0 - (i & 1));
}

/* sin(quarter pi / 2 + t) */
BT_INLINE vd sin_of_turns(vu quarter, vd t)
{
    vd y = choose(is_odd(quarter), cos_near_zero(t), sin_near_zero(t));
    return (vd)((vu)y ^ ((quarter >> 1) << 63));
}

BT_INLINE vd nan_unless_finite(vd x, vd y)
{
    return choose(x - x == 0.0, y, splat(__builtin_nan("")));
}

BT_INLINE vd sin_core(vd x)
{
    vd t;
    vu quarter = quarter_turns(x, &t);
    vd y = sin_of_turns(quarter, t);
    return nan_unless_finite(x, (vd)((vu)y ^ ((vu)x & SIGN_BIT)));
}

BT_INLINE vd cos_core(vd x)
{
    vd t;
    vu quarter = quarter_turns(x, &t);
    return nan_unless_finite(x, sin_of_turns(quarter + 1, t));
}

BT_INLINE vd tan_core(vd x)
{
    vd t;
    vmask odd = is_odd(quarter_turns(x, &t));
    vd sine = sin_near_zero(t);
    vd cosine = cos_near_zero(t);
    vd y = choose(odd, -cosine, sine) / choose(odd, sine, cosine);
    return nan_unless_finite(x, (vd)((vu)y ^ ((vu)x & SIGN_BIT)));
}

/* With a = |x|: atan(a), pi/4 + atan((a - 1) / (a + 1)) or pi/2 + atan(-1 / a), whichever argument
 * is within sqrt(2) - 1. */
BT_INLINE vd atan_core(vd x)
{
    vd a = absolute(x);
    vmask low = a < 0.41421356;
    vmask high = a > 2.4142136;
    vd numerator = choose(low, a, choose(high, splat(-1.0), a - 1.0));
    vd denominator = choose(low, splat(1.0), choose(high, a, a + 1.0));
    vd quarter_turns_of_offset = choose(low, splat(0.0), choose(high, splat(0.5), splat(0.25)));
    vd t = numerator / denominator;
    vd z = t * t;
    vd tail = t * z * polynomial(ATAN_POLY, 12, z) + quarter_turns_of_offset * PI_LO;
    return with_sign(quarter_turns_of_offset * PI_HI + (t + tail), x);
}

/* asin(|x|) for |x| <= 1/2, else half of pi/2 - asin(|x|), which is asin(sqrt((1 - |x|) / 2)). */
BT_INLINE vd asin_part(vd x, vmask *ret_small)
{
    vd a = absolute(x);
    vmask small = a <= 0.5;
    vd z = choose(small, a * a, (1.0 - a) * 0.5);
    vd t = choose(small, a, square_root(z));
    *ret_small = small;
    return t + t * z * polynomial(ASIN_POLY, 14, z);
}

BT_INLINE vd asin_core(vd x)
{
    vmask small;
    vd part = asin_part(x, &small);
    vd y = choose(small, part, PI_HI * 0.5 - (part * 2.0 - PI_LO * 0.5));
    return with_sign(y, x);
}

/* small: pi/2 - asin(x); else 2 part, from pi if x is negative */
BT_INLINE vd acos_core(vd x)
{
    vmask small;
    vd part = asin_part(x, &small);
    vmask negative = x < 0.0;
    vd from_middle = PI_HI * 0.5 - (with_sign(part, x) - PI_LO * 0.5);
    vd from_end = choose(negative, PI_HI - (part * 2.0 - PI_LO), part * 2.0);
    return choose(small, from_middle, from_end);
}

#endif
