/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_UNARY_ERF_H
#define BT_KERNEL_SIMD_UNARY_ERF_H
/* The error function, GELU by it, and the roots. */
#include "kernel/simd/unary_exp.h"

/* erf(x) / x is smooth: a polynomial on each eighth up to 4, where erf has become 1 in binary32. */
BT_INLINE vd erf_core(vd x)
{
    vd a = at_most(absolute(x), 3.99);
    vd position = a * 8.0 - 0.5;
    vu row;
    vd t = position - nearest(position, &row);
    return with_sign(a * polynomial_of_row(ERF_TABLE[0], 12, row & 31, t), x);
}

/*
 * x Phi(x), Phi the normal distribution function. Phi(-z) = e^(-z^2 / 2) g(z) with a smooth g, a
 * polynomial on each half up to 16; beyond 14.5 x Phi(x) is -0. Phi(z) = 1 - Phi(-z). The square
 * of a float is exact, so the tail keeps its relative accuracy.
 */
BT_INLINE vd gelu_core(vd x)
{
    vd inside = at_least(x, -14.49);
    vd z = at_most(absolute(x), 14.49);
    vd position = z * 2.0 - 0.5;
    vu row;
    vd t = position - nearest(position, &row);
    vd tail = exp_inside(z * z * -0.5) * polynomial_of_row(TAIL_TABLE[0], 14, row & 31, t);
    return half_near_zero(inside, inside * choose(x < 0.0, tail, 1.0 - tail));
}

/* |x| = 2^(3 q) m, 1 <= m < 8. A guess by polynomial (9 bits or more), one step of Halley, which
 * triples the bits, one of Newton, which doubles them. */
BT_INLINE vd cbrt_core(vd x)
{
    vd a = absolute(x);
    vd exponent = to_double((vu)a >> 52) - 1023.0;
    vu q;
    (void)nearest((exponent - 1.0) * (1.0 / 3.0), &q);
    vd m = (vd)((vu)a - ((q * 3) << 52));
    vd y = polynomial(CBRT_POLY, 7, m);
    vd cube = y * y * y;
    y = y * (cube + m * 2.0) / (cube * 2.0 + m);
    y = y - (y * y * y - m) / (y * y * 3.0);
    y = with_sign(y * power_of_two(q), x);
    return choose((a > 0.0) & (a < INFINITE), y, x);
}

BT_INLINE vd rsqrt_core(vd x)
{
    return 1.0 / square_root(x);
}

#endif
