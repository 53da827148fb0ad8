/* SPDX-License-Identifier: Apache-2.0 */
/* What defines a unary function is that its result is correctly rounded, so the definition needs no
 * algorithm of its own: this is the template of the other levels on pairs of doubles, which
 * compilers keep in a register where there are such (SSE2, NEON) and take apart where not. */
#include "kernel/simd/unary_tmpl.c"

#include "kernel/arch.h"

void bt_kernels_init_ref_unary(struct bt_kernels *kernels)
{
    bt_ref_unary_init(kernels);
}
