/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_UNARY_EXP_H
#define BT_KERNEL_SIMD_UNARY_EXP_H
/*
 * e^x and what is made of it. Every function returns its value with a relative error of a few units
 * of 2^-53; unary_tmpl.c says what makes that enough.
 *
 * x = k ln 2 + r, |r| <= (ln 2) / 2, and p = e^r - 1 by polynomial: e^x = 2^k (1 + p). The high
 * part of ln 2 has 38 bits, so that k times it is exact, and so is the difference.
 */
#include "kernel/simd/unary_coefficients.h"
#include "kernel/simd/unary_vec.h"

/* e^r - 1, |r| <= 0.3467 */
BT_INLINE vd expm1_near_zero(vd r)
{
    return r + r * r * polynomial(EXPM1_POLY, 10, r);
}

BT_INLINE vd exp_reduce(vd x, vd *ret_power)
{
    vu k;
    vd n = nearest(x * LOG2_E, &k);
    *ret_power = power_of_two(k);
    return (x - n * LN2_HI) - n * LN2_LO;
}

/* -600 < x < 600 or NaN */
BT_INLINE vd exp_inside(vd x)
{
    vd power;
    vd r = exp_reduce(x, &power);
    return (expm1_near_zero(r) + 1.0) * power;
}

/* The same for e^x - 1, accurate near 0. */
BT_INLINE vd expm1_inside(vd x)
{
    vd power;
    vd r = exp_reduce(x, &power);
    return expm1_near_zero(r) * power + (power - 1.0);
}

/* The limits in this file are where the result has long become constant in binary32. */
BT_INLINE vd exp_core(vd x)
{
    return exp_inside(at_least(at_most(x, 105.0), -110.0));
}

BT_INLINE vd exp2_core(vd x)
{
    vu k;
    vd inside = at_least(at_most(x, 130.0), -155.0);
    vd r = (inside - nearest(inside, &k)) * LN2;
    return (expm1_near_zero(r) + 1.0) * power_of_two(k);
}

/* A function that is x near 0 returns x itself for x = 0, to keep its sign. */
BT_INLINE vd zero_stays(vd x, vd y)
{
    return choose(x == 0.0, x, y);
}

BT_INLINE vd expm1_core(vd x)
{
    return zero_stays(x, expm1_inside(at_least(at_most(x, 105.0), -60.0)));
}

BT_INLINE vd sigmoid_core(vd x)
{
    return 1.0 / (exp_inside(-at_least(at_most(x, 60.0), -110.0)) + 1.0);
}

BT_INLINE vd tanh_core(vd x)
{
    vd e = expm1_inside(at_most(absolute(x), 20.0) * 2.0);
    return with_sign(e / (e + 2.0), x);
}

BT_INLINE vd sinh_core(vd x)
{
    vd e = expm1_inside(at_most(absolute(x), 105.0));
    return with_sign((e + e / (e + 1.0)) * 0.5, x);
}

BT_INLINE vd cosh_core(vd x)
{
    vd e = exp_inside(at_most(absolute(x), 105.0));
    return (e + 1.0 / e) * 0.5;
}

/*
 * The activations x s(x) with s(0) = 1/2 are x / 2 + (a positive number) x^2 near 0, and x / 2 is
 * half-way between two floats when x is subnormal and odd. The square, which decides, is far below
 * the last bit, so it is replaced by something small that is visible.
 */
BT_INLINE vd half_near_zero(vd x, vd y)
{
    vd visible = with_sign(splat(0x1p-40), x) + 0.5;
    return choose(absolute(x) < 0x1p-40, x * visible, y);
}

/* x / (1 + e^-u), and -0 at -infinity; x is limited so that the product with the tail stays -0. */
BT_INLINE vd gated(vd x, vd u)
{
    return half_near_zero(x, x / (exp_inside(-at_most(u, 60.0)) + 1.0));
}

BT_INLINE vd silu_core(vd x)
{
    vd inside = at_least(x, -120.0);
    return gated(inside, inside);
}

/* (1 + tanh(u)) / 2 = 1 / (1 + e^-2u) */
BT_INLINE vd gelu_tanh_core(vd x)
{
    vd inside = at_least(x, -12.0);
    return gated(inside, inside * (inside * inside * GELU_CUBIC + GELU_SLOPE));
}

/* tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2) */
BT_INLINE vd mish_core(vd x)
{
    vd inside = at_least(x, -120.0);
    vd e = exp_inside(at_most(inside, 40.0));
    vd n = e * (e + 2.0);
    return inside * (n / (n + 2.0));
}

#endif
