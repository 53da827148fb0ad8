/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "kernel/ref/epilogue.h"
#include "kernel/ref/fma.h"
#include "kernel/ref/ref.h"

/*
 * One element of the product: each chunk is a chain of fused multiply-adds from +0, and the chunks
 * are added in order to a total from +0. The total is therefore never -0, which is what allows
 * faster levels to multiply by zero padding.
 */
static float row_by_column(const struct bt_gemm *g, const float *a, const float *b)
{
    float total = 0.0F;
    for (size_t from = 0; from < g->k; from += BT_CHUNK) {
        size_t to = bt_min(from + BT_CHUNK, g->k);
        float sum = 0.0F;
        for (size_t k = from; k < to; k++)
            sum = bt_fma32(a[k * g->a_col], b[k * g->b_row], sum);
        total += sum;
    }
    return total;
}

static void some_rows(void *user, unsigned part, unsigned parts)
{
    const struct bt_gemm *g = user;
    struct bt_range rows = bt_pool_share(g->m, 1, part, parts);
    for (size_t i = rows.from; i < rows.to; i++)
        for (size_t j = 0; j < g->n; j++) {
            float t = row_by_column(g, g->a + i * g->a_row, g->b + j * g->b_col);
            g->c[i * g->c_row + j] = bt_epilogue_one(&g->epilogue, i, j, t);
        }
}

void bt_ref_gemm(const struct bt_gemm *g, struct bt_pool *pool, void *scratch)
{
    struct bt_gemm job = *g;
    bt_pool_run(pool, some_rows, &job);
}
