/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_SHAPE_JOIN_H
#define BT_OP_SHAPE_JOIN_H
/* Concat, also for the operator that joins the tensors of a sequence. */
#include "op/shape/shape_int.h"

/* Output 0: the parts one after the other along `axis`. They are looked at, not owned; there is at
 * least one. */
BT_CHECK baton_status bt_join(struct bt_op_ctx *ctx, const struct bt_tensor *parts, size_t count,
                              unsigned axis, struct baton_error *err);
/* Entries [first, first + count) of `axis` of `x`, into a dense tensor of that shape. */
void bt_copy_entries(const struct bt_tensor *x, unsigned axis, int64_t first, int64_t count,
                     struct bt_tensor *y);

#endif
