/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_LEVEL_H
#define BT_KERNEL_SIMD_LEVEL_H
/* The functions of one level that another file of the same level uses. */
#include "kernel/kernel.h"
#include "kernel/simd/vec.h"

bt_zip_f32 LEVEL(add), LEVEL(sub), LEVEL(mul), LEVEL(div), LEVEL(min), LEVEL(max);
bt_relu_f32 LEVEL(relu);
bt_clip_f32 LEVEL(clip);
bt_rsum_f32 LEVEL(rsum);
bt_rsum_squares_f32 LEVEL(rsum_squares);
bt_extreme_f32 LEVEL(max_of), LEVEL(min_of);
bt_softmax_f32 LEVEL(softmax);

size_t LEVEL(gemm_packed_b_bytes)(size_t k, size_t n);
void LEVEL(gemm_pack_b)(const float *b, size_t b_row, size_t b_col, size_t k, size_t n,
                        void *packed);
size_t LEVEL(gemm_scratch_bytes)(const struct bt_gemm *g, unsigned threads);
void LEVEL(gemm)(const struct bt_gemm *g, struct bt_pool *pool, void *scratch);

size_t LEVEL(conv_scratch_bytes)(const struct bt_conv *c, unsigned threads);
void LEVEL(conv)(const struct bt_conv *c, struct bt_pool *pool, void *scratch);

void LEVEL(max_pool)(const struct bt_pool2d *p, struct bt_pool *pool);
void LEVEL(average_pool)(const struct bt_pool2d *p, struct bt_pool *pool);

#endif
