/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ref/scalar_dd.h"

#include "kernel/ref/fma.h"
#include "kernel/simd/unary_log.h" /* the first guess of a logarithm */

/* ln 2 in 38, 53 and 53 bits */
#define LN2_1 0x1.62e42fefa0000p-1
#define LN2_2 0x1.cf79abc9e3b3ap-40
#define LN2_3 (-0x1.ff0342542fc33p-94)

/* 2^exponent, which must be that of a normal number. */
static double power(int exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

double bt_split_exponent(double x, int *ret_exponent)
{
    int below = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        below = 54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += 0x3ff0000000000000U - SQRT_HALF_BITS;
    *ret_exponent = (int)(bits >> 52) - 1023 - below;
    bits = (bits & 0x000fffffffffffffU) + SQRT_HALF_BITS;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/*
 * A normal result is hi scaled, which is exact, or infinite. A subnormal one is rounded by adding
 * `step`, whose last place is that of the result; what this loses and lo are added to odd first, so
 * that the second addition rounds as if it had been the only one.
 */
double bt_dd_round(struct dd value, int exponent)
{
    int own;
    (void)bt_split_exponent(value.hi, &own);
    if (own + exponent > 1030)
        return INFINITE;
    if (own + exponent < -1080)
        return 0;
    double rounded = value.hi;
    if (own + exponent < -1020 && value.hi < power(-1022 - exponent)) {
        double step = power(52 - 1074 - exponent);
        struct dd sum = dd_sum(step, value.hi);
        rounded = sum.hi + bt_add_to_odd(sum.lo, value.lo) - step;
    }
    return rounded * power(exponent / 2) * power(exponent - exponent / 2);
}

/* Ten terms of the series at x / 2^8, then the argument doubled eight times: e^2t - 1 = p (2 + p).
 */
struct dd bt_dd_expm1_small(struct dd x)
{
    x = dd_scale(x, 0x1p-8);
    struct dd sum = {1.0, 0.0};
    for (int n = 11; n >= 2; n--)
        sum = dd_add_d(dd_mul(sum, dd_div(x, (struct dd){n, 0.0})), 1.0);
    struct dd p = dd_mul(x, sum);
    for (int i = 0; i < 8; i++)
        p = dd_mul(p, dd_add_d(p, 2.0));
    return p;
}

struct bt_scaled bt_dd_exp(struct dd x)
{
    const double rounder = 0x1.8p52;
    double k = (x.hi * LOG2_E + rounder) - rounder;
    struct dd r = dd_add_d(x, -k * LN2_1);
    r = dd_sub(r, dd_product(k, LN2_2));
    r = dd_add_d(r, -k * LN2_3);
    return (struct bt_scaled){dd_add_d(bt_dd_expm1_small(r), 1.0), (int)k};
}

/* One step of Halley's method from a guess with 50 right bits, in terms of e^y - 1 so that it stays
 * accurate near 0. */
struct dd bt_dd_log1p_small(struct dd f)
{
    double guess = log1p_inside(splat(f.hi))[0];
    struct dd p = bt_dd_expm1_small((struct dd){guess, 0.0});
    struct dd step = dd_div(dd_scale(dd_sub(f, p), 2.0), dd_add_d(dd_add(f, p), 2.0));
    return dd_add_d(step, guess);
}

struct dd bt_dd_log(double x)
{
    int k;
    double f = bt_split_exponent(x, &k) - 1.0;
    struct dd y = bt_dd_log1p_small((struct dd){f, 0.0});
    if (k == 0)
        return y;
    struct dd integer = dd_add_d(dd_product(k, LN2_2), k * LN2_3);
    return dd_add(dd_add_d(integer, k * LN2_1), y);
}
