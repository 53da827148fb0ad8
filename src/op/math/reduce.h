/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_MATH_REDUCE_H
#define BT_OP_MATH_REDUCE_H
/* Which elements of an input belong to which output of a reduction. */
#include "op/op.h"

struct bt_reduction {
    size_t count; /* elements per output */
    size_t outputs;
    unsigned rank; /* of the result */
    int64_t dims[BT_RANK_MAX];
    bool contiguous; /* the elements of one output lie together */
    unsigned in_rank;
    size_t in_extents[BT_RANK_MAX];
    size_t in_strides[BT_RANK_MAX];
    unsigned out_rank;
    size_t out_extents[BT_RANK_MAX];
    size_t out_strides[BT_RANK_MAX];
};

void bt_reduction_init(struct bt_reduction *reduction, const struct bt_tensor *x,
                       const bool *reduced, bool keep);
/* Offset of the first element of `output`, and from there to its element number `element`. */
size_t bt_reduction_base(const struct bt_reduction *reduction, size_t output);
size_t bt_reduction_offset(const struct bt_reduction *reduction, size_t element);

/* RSUM in binary64. */
double bt_rsum_f64(const double *x, size_t n);

#endif
