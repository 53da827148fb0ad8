/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_KERNEL_UNARY_ORACLE_H
#define BT_TESTS_KERNEL_UNARY_ORACLE_H
/*
 * What the unary functions must give, from two sources that share nothing with src/kernel: the C
 * library's binary64 functions, and MPFR where those are too near the middle of two floats to
 * decide.
 */
#include "kernel/kernel.h"

/* What a proof may use to ask less: f(-x) = f(x) or -f(x), where f only rises or only falls, and
 * where |f(x) - x| < 2^-25 |x|, so that the right result is x: below 2^-13 if f(x) = x + c x^3 +
 * ... with |c| <= 1/2, below 2^-26 if f(x) = x + c x^2 + .... */
enum symmetry { NO_SYMMETRY, EVEN, ODD };
enum course {
    MONOTONE,   /* on each side of 0 */
    TURNS_ONCE, /* between -2 and -1/2 */
    WAVES
};

struct oracle {
    const char *name;
    enum symmetry symmetry;
    enum course course;
    float itself_below;
    double (*approximate)(double x); /* relative error below `error` for finite x != 0 */
    double error;
    float at_minus_infinity;
    float at_minus_zero;
    float at_zero;
    float at_infinity;
};

extern const struct oracle oracles[BT_UNARY_COUNT];

/* The correctly rounded value, NaN as 0x7fc00000; adds 1 to *asked when MPFR had to be asked. */
uint32_t oracle_bits(enum bt_unary function, uint32_t x, uint64_t *asked);

#endif
