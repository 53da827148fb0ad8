/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/kernel.h"

#include <string.h>

#include "kernel/arch.h"

static const char *const isa_names[BT_ISA_COUNT] = {
    [BT_ISA_REF] = "ref",
    [BT_ISA_AVX2] = "avx2",
    [BT_ISA_AVX512] = "avx512",
    [BT_ISA_NEON] = "neon",
};

const char *bt_isa_name(enum bt_isa isa)
{
    return isa_names[isa];
}

baton_status bt_isa_find(const char *name, enum bt_isa *ret, struct baton_error *err)
{
    for (enum bt_isa isa = BT_ISA_REF; isa < BT_ISA_COUNT; isa++)
        if (strcmp(name, isa_names[isa]) == 0) {
            *ret = isa;
            return BATON_OK;
        }
    return bt_fail(err, BATON_ERR_USAGE,
                   "instruction level '%s': baton knows ref, avx2, avx512 and neon", name);
}

bool bt_isa_usable(enum bt_isa isa)
{
    return isa == BT_ISA_REF || bt_arch_usable(isa);
}

enum bt_isa bt_isa_best(void)
{
    enum bt_isa best = BT_ISA_COUNT - 1;
    while (!bt_isa_usable(best))
        best--;
    return best;
}

void bt_kernels_init(struct bt_kernels *kernels, enum bt_isa isa)
{
    BT_BUG_ON(!bt_isa_usable(isa));
    memset(kernels, 0, sizeof *kernels);
    bt_kernels_init_ref(kernels);
    bt_kernels_init_ref_unary(kernels);
    bt_arch_init(kernels, isa);
    kernels->isa = isa;
}
