/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_CONV_H
#define BT_KERNEL_SIMD_CONV_H
/* The two ways of convolving that conv_tmpl.c chooses from besides the plain product. */
#include "kernel/ref/ref.h"
#include "kernel/simd/vec.h"

struct image;

bool LEVEL(depthwise_fits)(const struct bt_conv *c);
size_t LEVEL(depthwise_scratch_bytes)(const struct bt_conv *c, const struct image *image,
                                      unsigned threads);
void LEVEL(depthwise)(const struct bt_conv *c, const struct image *image, struct bt_pool *pool,
                      void *scratch);

size_t LEVEL(implicit_scratch_bytes)(const struct bt_conv *c, const struct image *image);
void LEVEL(implicit)(const struct bt_conv *c, const struct image *image, struct bt_pool *pool,
                     void *scratch);

#endif
