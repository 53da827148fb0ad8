/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_SCALAR_DD_H
#define BT_KERNEL_REF_SCALAR_DD_H
/* The exponential and the logarithm in double-double, from which kernel/scalar.h is made. */
#include "kernel/ref/dd.h"

/* value 2^exponent */
struct bt_scaled {
    struct dd value;
    int exponent;
};

/* e^x = value 2^exponent, 0.7 < value < 1.5; |x| < 2000. */
struct bt_scaled bt_dd_exp(struct dd x);
/* e^x - 1 relative to itself, |x| < 0.35. */
struct dd bt_dd_expm1_small(struct dd x);
/* log(1 + f) relative to itself, -0.3 < f < 0.42. */
struct dd bt_dd_log1p_small(struct dd f);
/* log(x), 0 < x < infinity */
struct dd bt_dd_log(double x);
/* value 2^exponent, 2^-100 < value < 2^100, rounded once: normal, subnormal, zero or infinity. */
double bt_dd_round(struct dd value, int exponent);
/* x = result 2^exponent, sqrt(1/2) <= result < sqrt(2); 0 < x < infinity. */
double bt_split_exponent(double x, int *ret_exponent);

#endif
