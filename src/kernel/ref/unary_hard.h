/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_UNARY_HARD_H
#define BT_KERNEL_REF_UNARY_HARD_H
#include "kernel/kernel.h"

/* An input whose value lies too close to the middle of two floats for the cores of
 * kernel/simd/unary_tmpl.c, and its correctly rounded value, both as bits. */
struct bt_unary_hard {
    enum bt_unary function;
    uint32_t x;
    uint32_t y;
};

extern const struct bt_unary_hard bt_unary_hard_list[];
extern const size_t bt_unary_hard_count;

/* Overwrites y[i] wherever (function, x[i]) is in the list, and every NaN by the canonical one. */
void bt_unary_repair(enum bt_unary function, const float *x, float *y, size_t n);

#endif
