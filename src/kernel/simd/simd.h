/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_SIMD_H
#define BT_KERNEL_SIMD_SIMD_H
/* The vector levels, as the architecture folders see them: each overwrites its slots. */
#include "kernel/kernel.h"

void bt_avx2_init(struct bt_kernels *kernels);
void bt_avx512_init(struct bt_kernels *kernels);
void bt_neon_init(struct bt_kernels *kernels);

#endif
