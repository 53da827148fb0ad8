/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/arch.h"
#include "kernel/ref/ref.h"

/* The definition reads its operands as they come. */
static size_t no_packed_b(size_t k, size_t n)
{
    return 0;
}

static void pack_no_b(const float *b, size_t b_row, size_t b_col, size_t k, size_t n, void *packed)
{
}

static size_t no_gemm_scratch(const struct bt_gemm *g, unsigned threads)
{
    return 0;
}

static size_t no_packed_weights(const struct bt_conv *c)
{
    return 0;
}

static void pack_no_weights(const struct bt_conv *c, void *packed)
{
}

static size_t no_conv_scratch(const struct bt_conv *c, unsigned threads)
{
    return 0;
}

void bt_kernels_init_ref(struct bt_kernels *kernels)
{
    kernels->isa = BT_ISA_REF;

    kernels->zip_f32[BT_ADD] = bt_ref_add;
    kernels->zip_f32[BT_SUB] = bt_ref_sub;
    kernels->zip_f32[BT_MUL] = bt_ref_mul;
    kernels->zip_f32[BT_DIV] = bt_ref_div;
    kernels->zip_f32[BT_MIN] = bt_ref_min;
    kernels->zip_f32[BT_MAX] = bt_ref_max;
    kernels->relu_f32 = bt_ref_relu;
    kernels->clip_f32 = bt_ref_clip;

    kernels->rsum_f32 = bt_ref_rsum;
    kernels->rsum_squares_f32 = bt_ref_rsum_squares;
    kernels->max_f32 = bt_ref_max_of;
    kernels->min_f32 = bt_ref_min_of;
    kernels->softmax_f32 = bt_ref_softmax;

    kernels->gemm_packed_b_bytes = no_packed_b;
    kernels->gemm_pack_b = pack_no_b;
    kernels->gemm_scratch_bytes = no_gemm_scratch;
    kernels->gemm_f32 = bt_ref_gemm;

    kernels->conv_packed_bytes = no_packed_weights;
    kernels->conv_pack = pack_no_weights;
    kernels->conv_scratch_bytes = no_conv_scratch;
    kernels->conv_f32 = bt_ref_conv;

    kernels->max_pool_f32 = bt_ref_max_pool;
    kernels->average_pool_f32 = bt_ref_average_pool;
}
