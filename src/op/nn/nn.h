/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_NN_NN_H
#define BT_OP_NN_NN_H
/*
 * What the layers share. Binary32 work is the kernels'; float16 and bfloat16 are widened whole,
 * computed in binary32 and rounded once at the end; float64 and integers take the plain product
 * below (docs/numerics-ops.md, "Products in other types").
 */
#include "op/lane.h"
#include "op/op.h"

/* All elements of `tensor` in its lane's type: where they lie, or widened into scratch. */
BT_CHECK baton_status bt_nn_widen(struct bt_op_ctx *ctx, const struct bt_tensor *tensor,
                                  const void **ret, struct baton_error *err);
/* Room for all elements of output `y` in its lane's type, and rounding them into it. */
BT_CHECK baton_status bt_nn_target(struct bt_op_ctx *ctx, struct bt_tensor *y, void **ret,
                                   struct baton_error *err);
void bt_nn_narrow(const void *lane, struct bt_tensor *y);
/* Tensors of one float or integer type, a required one first; NULL ones are skipped. */
BT_CHECK baton_status bt_nn_same_type(const struct bt_tensor *const *tensors, size_t count,
                                      struct baton_error *err);

/* C[m,n] = A[m,k] B[k,n], float64, int64 or uint64. */
struct bt_product {
    enum bt_lane lane;
    size_t m, n, k;
    const void *a;
    size_t a_row, a_col;
    const void *b;
    size_t b_row, b_col;
    void *c; /* rows of n */
};
void bt_nn_product(struct bt_pool *pool, const struct bt_product *product);

bool bt_nn_all_finite(const float *x, size_t n);
/* Memory of the session for packed weights, aligned to a cache line. */
void *bt_nn_keep(struct bt_op_ctx *ctx, size_t bytes);
/* A packed copy of constant `b` in the session's arena, or NULL when the level does not pack. */
BT_CHECK baton_status bt_nn_pack_b(struct bt_op_ctx *ctx, const struct bt_gemm *g, void **ret,
                                   struct baton_error *err);
BT_CHECK baton_status bt_nn_gemm(struct bt_op_ctx *ctx, const struct bt_gemm *g,
                                 struct baton_error *err);
/* Put the fused tail, if there is one, into an epilogue. */
void bt_nn_tail(const struct bt_op_ctx *ctx, struct bt_epilogue *epilogue);
/* The constant float32 input `i`, or NULL. */
const struct bt_tensor *bt_nn_constant_f32(const struct bt_op_ctx *ctx, uint32_t i);

#endif
