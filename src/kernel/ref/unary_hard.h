/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_UNARY_HARD_H
#define BT_KERNEL_REF_UNARY_HARD_H
#include "kernel/kernel.h"

/* Overwrites y[i] wherever (function, x[i]) is in unary_hard_list.h, and every NaN by the canonical
 * one. */
void bt_unary_repair(enum bt_unary function, const float *x, float *y, size_t n);

#endif
