/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_BROADCAST_H
#define BT_OP_BROADCAST_H
/*
 * NumPy broadcasting of up to three operands, as runs: within a run every operand advances by its
 * step, 0 or 1, and the output by 1. Neighbouring dimensions that every operand walks alike are one
 * run, so equal shapes are a single run of all elements.
 */
#include "base/pool.h"
#include "tensor/tensor.h"

#define BT_BROADCAST_MAX 3

struct bt_broadcast {
    unsigned rank; /* of the result */
    int64_t dims[BT_RANK_MAX];
    unsigned operands;
    unsigned loops; /* dimensions left after merging; the last one is the run */
    size_t extents[BT_RANK_MAX];
    size_t strides[BT_BROADCAST_MAX][BT_RANK_MAX];
};

struct bt_broadcast_run {
    size_t offsets[BT_BROADCAST_MAX]; /* in elements */
    size_t steps[BT_BROADCAST_MAX];
    size_t out;
    size_t count;
};

typedef void bt_broadcast_fn(void *user, const struct bt_broadcast_run *run);

/* The common shape of `count` shapes into dims; count may exceed BT_BROADCAST_MAX. */
BT_CHECK baton_status bt_broadcast_shape(const struct bt_tensor *const *operands, size_t count,
                                         unsigned *ret_rank, int64_t *dims,
                                         struct baton_error *err);
BT_CHECK baton_status bt_broadcast_init(struct bt_broadcast *broadcast,
                                        const struct bt_tensor *const *operands, unsigned count,
                                        struct baton_error *err);
/* As above, towards a given shape that every operand must broadcast to. */
void bt_broadcast_init_to(struct bt_broadcast *broadcast, const struct bt_tensor *const *operands,
                          unsigned count, unsigned rank, const int64_t *dims);
/* Calls fn for every run, from the threads of `pool` (NULL: from this one); runs never overlap. */
void bt_broadcast_each(const struct bt_broadcast *broadcast, struct bt_pool *pool,
                       bt_broadcast_fn *fn, void *user);

#endif
