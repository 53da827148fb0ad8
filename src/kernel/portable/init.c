/* SPDX-License-Identifier: Apache-2.0 */
/* An architecture without vector code: the definition is what runs. */
#include "kernel/arch.h"

bool bt_arch_usable(enum bt_isa isa)
{
    return false;
}

void bt_arch_init(struct bt_kernels *kernels, enum bt_isa isa)
{
}
