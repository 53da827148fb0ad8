/* SPDX-License-Identifier: Apache-2.0 */
#include "op/nn/nn.h"

#include <string.h>

#include "base/checked.h"

static size_t lane_size(enum bt_lane lane)
{
    return lane == BT_LANE_F32 ? sizeof(float) : sizeof(double);
}

baton_status bt_nn_widen(struct bt_op_ctx *ctx, const struct bt_tensor *tensor, const void **ret,
                         struct baton_error *err)
{
    size_t count = bt_tensor_count(tensor);
    size_t size = lane_size(bt_lane_of(tensor->dtype));
    if (bt_lane_native(tensor->dtype)) {
        *ret = tensor->data;
        return BATON_OK;
    }
    uint8_t *wide = bt_op_scratch(ctx, count, size);
    if (!wide)
        return bt_fail_no_memory(err, "a widened tensor");
    for (size_t at = 0; at < count;) {
        union bt_lane_block block;
        size_t n = bt_min(count - at, BT_LANE_BLOCK);
        memcpy(wide + at * size, bt_lane_load(tensor->dtype, tensor->data, at, 1, n, &block),
               n * size);
        at += n;
    }
    *ret = wide;
    return BATON_OK;
}

baton_status bt_nn_target(struct bt_op_ctx *ctx, struct bt_tensor *y, void **ret,
                          struct baton_error *err)
{
    *ret = bt_lane_native(y->dtype)
               ? y->data
               : bt_op_scratch(ctx, bt_tensor_count(y), lane_size(bt_lane_of(y->dtype)));
    return *ret ? BATON_OK : bt_fail_no_memory(err, "a widened tensor");
}

void bt_nn_narrow(const void *lane, struct bt_tensor *y)
{
    bt_lane_store(y->dtype, lane, bt_tensor_count(y), y->data, 0);
}

baton_status bt_nn_same_type(const struct bt_tensor *const *tensors, size_t count,
                             struct baton_error *err)
{
    if (bt_lane_of(tensors[0]->dtype) == BT_LANE_NONE)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "element type %s is not supported here",
                       bt_dtype_name(tensors[0]->dtype));
    for (size_t i = 1; i < count; i++)
        if (tensors[i] && tensors[i]->dtype != tensors[0]->dtype)
            return bt_fail(err, BATON_ERR_INVALID, "input %zu is %s, but input 0 is %s", i,
                           bt_dtype_name(tensors[i]->dtype), bt_dtype_name(tensors[0]->dtype));
    return BATON_OK;
}

/* ---- products in other types ---- */

#define CHUNK 256u

static double dot_f64(const struct bt_product *p, size_t i, size_t j)
{
    const double *a = (const double *)p->a + i * p->a_row;
    const double *b = (const double *)p->b + j * p->b_col;
    double total = 0;
    for (size_t chunk = 0; chunk < p->k; chunk += CHUNK) {
        double sum = 0;
        size_t end = bt_min(p->k, chunk + CHUNK);
        for (size_t k = chunk; k < end; k++)
            sum += a[k * p->a_col] * b[k * p->b_row];
        total += sum;
    }
    return total;
}

static uint64_t dot_u64(const struct bt_product *p, size_t i, size_t j)
{
    const uint64_t *a = (const uint64_t *)p->a + i * p->a_row;
    const uint64_t *b = (const uint64_t *)p->b + j * p->b_col;
    uint64_t total = 0;
    for (size_t k = 0; k < p->k; k++)
        total += a[k * p->a_col] * b[k * p->b_row];
    return total;
}

static void product_part(void *user, unsigned part, unsigned parts)
{
    const struct bt_product *p = user;
    struct bt_range rows = bt_pool_share(p->m, 1, part, parts);
    for (size_t i = rows.from; i < rows.to; i++)
        for (size_t j = 0; j < p->n; j++) {
            if (p->lane == BT_LANE_F64)
                ((double *)p->c)[i * p->n + j] = dot_f64(p, i, j);
            else
                ((uint64_t *)p->c)[i * p->n + j] = dot_u64(p, i, j);
        }
}

void bt_nn_product(struct bt_pool *pool, const struct bt_product *product)
{
    struct bt_product copy = *product;
    bt_pool_run(pool, product_part, &copy);
}

/* ---- binary32 ---- */

bool bt_nn_all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] - x[i] != 0.0F)
            return false;
    return true;
}

void *bt_nn_keep(struct bt_op_ctx *ctx, size_t bytes)
{
    size_t with_slack = 0;
    if (!bt_add(bytes, 63, &with_slack))
        return NULL;
    uint8_t *block = bt_arena_calloc(ctx->arena, with_slack, 1);
    return block ? block + (64 - (uintptr_t)block % 64) % 64 : NULL;
}

baton_status bt_nn_pack_b(struct bt_op_ctx *ctx, const struct bt_gemm *g, void **ret,
                          struct baton_error *err)
{
    size_t bytes = ctx->kernels->gemm_packed_b_bytes(g->k, g->n);
    *ret = NULL;
    if (bytes == 0)
        return BATON_OK;
    void *packed = bt_nn_keep(ctx, bytes);
    if (!packed)
        return bt_fail_no_memory(err, "packed weights");
    ctx->kernels->gemm_pack_b(g->b, g->b_row, g->b_col, g->k, g->n, packed);
    *ret = packed;
    return BATON_OK;
}

baton_status bt_nn_gemm(struct bt_op_ctx *ctx, const struct bt_gemm *g, struct baton_error *err)
{
    void *scratch =
        bt_op_scratch(ctx, ctx->kernels->gemm_scratch_bytes(g, bt_pool_threads(ctx->pool)), 1);
    if (!scratch)
        return bt_fail_no_memory(err, "a matrix product");
    ctx->kernels->gemm_f32(g, ctx->pool, scratch);
    return BATON_OK;
}

void bt_nn_tail(const struct bt_op_ctx *ctx, struct bt_epilogue *epilogue)
{
    const struct bt_op_tail *tail = ctx->tail;
    if (!tail)
        return;
    if (tail->add) {
        epilogue->full_add = tail->add->data;
        epilogue->full_row = 0;
        epilogue->full_col = 1;
    }
    epilogue->row_mean = tail->row_mean;
    epilogue->row_scale = tail->row_scale;
    epilogue->row_shift = tail->row_shift;
    epilogue->activation = tail->activation;
    epilogue->clip_lo = tail->clip_lo;
    epilogue->clip_hi = tail->clip_hi;
}

const struct bt_tensor *bt_nn_constant_f32(const struct bt_op_ctx *ctx, uint32_t i)
{
    const struct bt_tensor *tensor = bt_op_input(ctx, i);
    return tensor && tensor->dtype == BT_F32 ? tensor : NULL;
}
