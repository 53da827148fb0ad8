/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_ARCH_H
#define BT_KERNEL_ARCH_H
/*
 * The parts that fill a table of kernels, in the order in which they run. The definition comes
 * first; the build then picks one folder for the architecture (x86, arm or portable), which knows
 * the levels of its machines.
 */
#include "kernel/kernel.h"

/* kernel/ref: every slot. */
void bt_kernels_init_ref(struct bt_kernels *kernels);
void bt_kernels_init_ref_unary(struct bt_kernels *kernels);

/* Whether this build has `isa`, which is not REF, and this machine and its system can run it. */
bool bt_arch_usable(enum bt_isa isa);
/* Overwrite slots with the code of each level up to `isa`, which is REF or usable. */
void bt_arch_init(struct bt_kernels *kernels, enum bt_isa isa);

#endif
