/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_FMA_H
#define BT_KERNEL_REF_FMA_H
/*
 * binary32 fused multiply-add, a * b + c rounded once, on machines with and without the
 * instruction.
 *
 * Without it, binary64 does the work: the product of two floats is exact there, the sum is rounded
 * to odd (the last bit is set when anything was lost), and 53 bits are enough more than 24 for the
 * second rounding, to binary32, to see everything it needs, subnormal results included.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__FMA__) || defined(__aarch64__) || defined(__s390x__) || defined(__powerpc64__) ||    \
    (defined(__riscv_flen) && __riscv_flen >= 32)
#define BT_HAVE_FMA32 1
#else
#define BT_HAVE_FMA32 0
#endif

/* a + b rounded to odd; infinities and NaN as in plain addition. */
static inline double bt_add_to_odd(double a, double b)
{
    double sum = a + b;
    double b_part = sum - a;
    double lost = (a - (sum - b_part)) + (b - b_part); /* exact; NaN when sum is not finite */
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if ((bits & 1) == 0 && (lost > 0 || lost < 0)) {
        /* sum is not zero here: a sum that cancels to zero is exact */
        bits += (lost > 0) == (sum > 0) ? 1 : UINT64_MAX;
        memcpy(&sum, &bits, sizeof sum);
    }
    return sum;
}

/*
 * Rounding to odd matters only when the binary64 sum is the middle between two floats (or looks
 * like it because the result is subnormal): on either side of a middle both roundings agree. That
 * is rare, so the usual case is an addition, a conversion and two tests that predict well.
 */
static inline float bt_fma32_soft(float a, float b, float c)
{
    double product = (double)a * (double)b;
    double sum = product + (double)c;
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    bool middle = (bits & 0x1FFFFFFFU) == 0x10000000U;
    bool small = (bits & INT64_MAX) < 0x3810000000000000U; /* 2^-126 */
    if (__builtin_expect(middle || (small && sum != 0), 0))
        sum = bt_add_to_odd(product, (double)c);
    return (float)sum;
}

static inline float bt_fma32(float a, float b, float c)
{
#if BT_HAVE_FMA32
    return __builtin_fmaf(a, b, c);
#else
    return bt_fma32_soft(a, b, c);
#endif
}

#endif
