/* SPDX-License-Identifier: Apache-2.0 */
/* Every aarch64 machine has NEON with fused multiply-add. */
#include "kernel/arch.h"
#include "kernel/simd/simd.h"

bool bt_arch_usable(enum bt_isa isa)
{
    return isa == BT_ISA_NEON;
}

void bt_arch_init(struct bt_kernels *kernels, enum bt_isa isa)
{
    if (isa == BT_ISA_NEON)
        bt_neon_init(kernels);
}
