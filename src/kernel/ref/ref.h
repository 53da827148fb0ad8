/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_REF_H
#define BT_KERNEL_REF_REF_H
/*
 * The definition of every slot, one plain loop per output. Nothing here is tuned: a faster level
 * is right when it gives these bits. Names are bt_ref_<slot>.
 */
#include "kernel/kernel.h"

/* Products are summed in chunks of this many, counted from k = 0 (numerics.md, "Sums of
 * products"). Part of the definition, not a tuning parameter. */
#define BT_CHUNK 256

/* Lanes of RSUM; likewise. */
#define BT_RSUM_LANES 32

bt_zip_f32 bt_ref_add, bt_ref_sub, bt_ref_mul, bt_ref_div, bt_ref_min, bt_ref_max;
bt_relu_f32 bt_ref_relu;
bt_clip_f32 bt_ref_clip;

bt_rsum_f32 bt_ref_rsum;
bt_rsum_squares_f32 bt_ref_rsum_squares;
bt_extreme_f32 bt_ref_max_of, bt_ref_min_of;
bt_softmax_f32 bt_ref_softmax;

void bt_ref_gemm(const struct bt_gemm *g, struct bt_pool *pool, void *scratch);
void bt_ref_conv(const struct bt_conv *c, struct bt_pool *pool, void *scratch);
void bt_ref_max_pool(const struct bt_pool2d *p, struct bt_pool *pool);
void bt_ref_average_pool(const struct bt_pool2d *p, struct bt_pool *pool);

#endif
