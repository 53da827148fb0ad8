/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_UNARY_VEC_H
#define BT_KERNEL_SIMD_UNARY_VEC_H
/*
 * BT_LANES doubles side by side, in the vector extension of gcc and clang. A file may choose
 * BT_LANES to fit its registers before it includes this; the operations of one lane do not depend
 * on it, and only +, -, *, / and sqrt are used, each rounded by itself. So every width gives the
 * same bits.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX__
#include <immintrin.h>
#endif

#ifndef BT_LANES
#define BT_LANES 2
#endif

#define BT_INLINE static inline __attribute__((always_inline))

typedef double vd __attribute__((vector_size(8 * BT_LANES)));
typedef uint64_t vu __attribute__((vector_size(8 * BT_LANES)));
typedef int64_t vmask __attribute__((vector_size(8 * BT_LANES))); /* all ones or all zeros */
typedef float vf __attribute__((vector_size(4 * BT_LANES)));

#define SIGN_BIT 0x8000000000000000U
#define INFINITE __builtin_inf()

BT_INLINE vd splat(double x)
{
    return (vd){0} + x;
}

/* By lane: gcc 12 makes one instruction of it, and more of __builtin_convertvector. */
BT_INLINE vd widen(const float *x)
{
    vd wide;
    for (size_t i = 0; i < BT_LANES; i++)
        wide[i] = (double)x[i];
    return wide;
}

/* Lane by lane mask ? yes : no, and two limits that let NaN pass; with AVX an instruction each,
 * which gcc 12 does not find in the portable form. */
#if defined(__AVX__) && BT_LANES == 4
BT_INLINE vd choose(vmask mask, vd yes, vd no)
{
    return _mm256_blendv_pd(no, yes, (vd)mask);
}

BT_INLINE vd at_most(vd x, double limit)
{
    return _mm256_min_pd(splat(limit), x);
}

BT_INLINE vd at_least(vd x, double limit)
{
    return _mm256_max_pd(splat(limit), x);
}
#else
BT_INLINE vd choose(vmask mask, vd yes, vd no)
{
    return (vd)(((vu)mask & (vu)yes) | (~(vu)mask & (vu)no));
}

BT_INLINE vd at_most(vd x, double limit)
{
    return choose(x > limit, splat(limit), x);
}

BT_INLINE vd at_least(vd x, double limit)
{
    return choose(x < limit, splat(limit), x);
}
#endif

BT_INLINE vd absolute(vd x)
{
    return (vd)((vu)x & ~SIGN_BIT);
}

/* `magnitude` (not negative) with the sign of x. */
BT_INLINE vd with_sign(vd magnitude, vd x)
{
    return (vd)((vu)magnitude | ((vu)x & SIGN_BIT));
}

BT_INLINE vd square_root(vd x)
{
    vd root;
    for (size_t i = 0; i < BT_LANES; i++)
        root[i] = __builtin_sqrt(x[i]);
    return root;
}

/* Adding this number leaves the nearest integer of a |x| < 2^51 in the low bits, without a
 * conversion instruction, which SSE2 and AVX2 lack for 64 bits. */
#define ROUNDER 0x1.8p52

BT_INLINE vd nearest(vd x, vu *ret_integer)
{
    vd shifted = x + ROUNDER;
    *ret_integer = (vu)shifted; /* in the low 51 bits, two's complement */
    return shifted - ROUNDER;
}

/* 2^k for k in the low 12 bits of `integer`, -1022 <= k <= 1023. */
BT_INLINE vd power_of_two(vu integer)
{
    return (vd)((integer + 1023) << 52);
}

/* An integer 0 <= i < 2^52 as a double. */
BT_INLINE vd to_double(vu i)
{
    return (vd)(i | 0x4330000000000000U) - 0x1p52;
}

/* c[0] + c[1] x + ... Even and odd terms are two independent chains. */
BT_INLINE vd polynomial(const double *c, size_t terms, vd x)
{
    vd square = x * x;
    size_t last = terms - 1;
    vd first_chain = splat(c[last]);
    vd second_chain = splat(c[last - 1]);
    for (size_t i = last; i >= 3; i -= 2) {
        first_chain = first_chain * square + c[i - 2];
        second_chain = second_chain * square + c[i - 3];
    }
    if (terms % 2 == 0) /* the first chain is the odd one */
        return second_chain + x * first_chain;
    return first_chain * square + c[0] + x * second_chain;
}

/* The same with the coefficients of another row for every lane. */
BT_INLINE vd polynomial_of_row(const double *table, size_t terms, vu row, vd x)
{
    vd sum = {0};
    for (size_t k = terms; k-- > 0;) {
        vd c;
        for (size_t i = 0; i < BT_LANES; i++)
            c[i] = table[row[i] * terms + k];
        sum = sum * x + c;
    }
    return sum;
}

#endif
