/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_UNARY_H
#define BT_KERNEL_SIMD_UNARY_H
/* The levels of simd/unary_tmpl.c. Each init fills every map_f32 slot. Softmax uses exp directly.
 */
#include "kernel/kernel.h"

void bt_ref_unary_init(struct bt_kernels *kernels);
void bt_avx2_unary_init(struct bt_kernels *kernels);
void bt_avx512_unary_init(struct bt_kernels *kernels);

bt_map_f32 bt_ref_exp, bt_avx2_exp, bt_avx512_exp;

#endif
