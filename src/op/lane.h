/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_LANE_H
#define BT_OP_LANE_H
/*
 * Four types to compute in, for all types that tensors hold: float32, float16 and bfloat16 are
 * computed in binary32, float64 in binary64, signed integers in int64, unsigned ones and bool in
 * uint64. Widening is exact; storing rounds once (floats) or wraps (integers), which is what
 * arithmetic in the narrow type gives for + - * and friends.
 *
 * Work goes in blocks: a block of a type that needs no widening is used where it lies.
 *
 *     const void *a = bt_lane_load(x->dtype, x->data, offset, step, n, &block_a);
 *     void *y = bt_lane_target(out->dtype, out->data, offset, &block_y);
 *     compute(a, step, y, n);
 *     bt_lane_store(out->dtype, y, n, out->data, offset);
 */
#include "tensor/tensor.h"

enum bt_lane { BT_LANE_NONE = 0, BT_LANE_F32, BT_LANE_F64, BT_LANE_I64, BT_LANE_U64 };

#define BT_LANE_BLOCK 512u

union bt_lane_block {
    float f32[BT_LANE_BLOCK];
    double f64[BT_LANE_BLOCK];
    int64_t i64[BT_LANE_BLOCK];
    uint64_t u64[BT_LANE_BLOCK];
};

/* NONE for strings and types that are not held. */
enum bt_lane bt_lane_of(enum bt_dtype dtype);
/* Whether elements are already of their lane's type. */
bool bt_lane_native(enum bt_dtype dtype);
/* n <= BT_LANE_BLOCK unless the type is native. The result has the same step (0 or 1). */
const void *bt_lane_load(enum bt_dtype dtype, const void *data, size_t offset, size_t step,
                         size_t n, union bt_lane_block *block);
void *bt_lane_target(enum bt_dtype dtype, void *data, size_t offset, union bt_lane_block *block);
void bt_lane_store(enum bt_dtype dtype, const void *lane, size_t n, void *data, size_t offset);
/* For float types: put a number at element i with one rounding (bt_element_f64() gets it). */
void bt_lane_put_f64(enum bt_dtype dtype, double value, void *data, size_t i);
/* The result of one binary64 step as the lane of `dtype` has it: for + - * / of two numbers of that
 * lane the second rounding does no harm. */
static inline double bt_lane_step(enum bt_dtype dtype, double value)
{
    return dtype == BT_F64 ? value : (double)(float)value;
}
/* How many of `n` elements to do at once: all when each type is native. */
size_t bt_lane_chunk(bool native, size_t n);

#endif
