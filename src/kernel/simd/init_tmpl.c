/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/level.h"
#include "kernel/simd/simd.h"

void LEVEL(init)(struct bt_kernels *kernels)
{
    kernels->zip_f32[BT_ADD] = LEVEL(add);
    kernels->zip_f32[BT_SUB] = LEVEL(sub);
    kernels->zip_f32[BT_MUL] = LEVEL(mul);
    kernels->zip_f32[BT_DIV] = LEVEL(div);
    kernels->zip_f32[BT_MIN] = LEVEL(min);
    kernels->zip_f32[BT_MAX] = LEVEL(max);
    kernels->relu_f32 = LEVEL(relu);
    kernels->clip_f32 = LEVEL(clip);

    kernels->rsum_f32 = LEVEL(rsum);
    kernels->rsum_squares_f32 = LEVEL(rsum_squares);
    kernels->max_f32 = LEVEL(max_of);
    kernels->min_f32 = LEVEL(min_of);
    kernels->softmax_f32 = LEVEL(softmax);

    kernels->gemm_packed_b_bytes = LEVEL(gemm_packed_b_bytes);
    kernels->gemm_pack_b = LEVEL(gemm_pack_b);
    kernels->gemm_scratch_bytes = LEVEL(gemm_scratch_bytes);
    kernels->gemm_f32 = LEVEL(gemm);

    kernels->conv_scratch_bytes = LEVEL(conv_scratch_bytes);
    kernels->conv_f32 = LEVEL(conv);

    kernels->max_pool_f32 = LEVEL(max_pool);
    kernels->average_pool_f32 = LEVEL(average_pool);
}
