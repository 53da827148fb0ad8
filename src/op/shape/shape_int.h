/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_SHAPE_INT_H
#define BT_OP_SHAPE_INT_H
/*
 * Private to src/op/shape: what operators that move elements share.
 *
 * Elements are moved by size, whatever they mean, so one piece of code serves every element type.
 * Strings are moved as their bt_bytes, which still point into the storage of the tensor they came
 * from: every operator that made a string tensor this way ends with bt_own_strings().
 */
#include "op/op.h"

/* ---- move.c ---- */

#define BT_MOVE_RANK_MAX (2 * BT_RANK_MAX)

/* Element (i, j, ...) of the box `dims` goes from from + i * from_step[0] + ... to
 * to + i * to_step[0] + ...; steps are in elements and may be 0 (from only) or negative. */
struct bt_move {
    size_t element; /* bytes */
    unsigned rank;
    int64_t dims[BT_MOVE_RANK_MAX];
    int64_t from_step[BT_MOVE_RANK_MAX];
    int64_t to_step[BT_MOVE_RANK_MAX];
};

void bt_move_run(const struct bt_move *move, const void *from, void *to);
/* to[i] = *value, `count` times. */
void bt_move_fill(void *to, size_t element, size_t count, const void *value);
/* Steps of a dense row-major array. */
void bt_dense_steps(unsigned rank, const int64_t *dims, int64_t *ret_steps);
/* Give a string tensor of ours copies of the bytes its elements point to; others are left alone. */
BT_CHECK baton_status bt_own_strings(struct bt_tensor *tensor, struct baton_error *err);

static inline const void *bt_element(const struct bt_tensor *tensor, size_t i)
{
    return (const char *)tensor->data + i * bt_dtype_size(tensor->dtype);
}

static inline void *bt_element_mut(struct bt_tensor *tensor, size_t i)
{
    return (char *)tensor->data + i * bt_dtype_size(tensor->dtype);
}

/* ---- index.c ---- */

/* The shape that tensors broadcast to by NumPy's rule. Rank and dims are also inputs: start with
 * rank 0 and add one shape after the other. */
BT_CHECK baton_status bt_broadcast_add(unsigned rank, const int64_t *dims, unsigned *rank_io,
                                       int64_t *dims_io, struct baton_error *err);
/* Steps of `tensor` seen under the broadcast shape: 0 where it repeats. */
void bt_broadcast_steps(const struct bt_tensor *tensor, unsigned rank, const int64_t *dims,
                        int64_t *ret_steps);

/* Attribute or fallback, counted from the end when negative. */
BT_CHECK baton_status bt_axis_attr(const struct bt_op_ctx *ctx, const char *name, int64_t fallback,
                                   unsigned rank, unsigned *ret, struct baton_error *err);
/* Numbers that older opsets have in an attribute and newer ones in an input. */
struct bt_int_list {
    int64_t *values; /* the caller's, room for `max` */
    size_t max;
    size_t count; /* 0 when not given */
    bool given;
};

/* From the attribute, or else from input `input` (BT_ABSENT: none). */
BT_CHECK baton_status bt_ints_given(const struct bt_op_ctx *ctx, const char *attr, uint32_t input,
                                    struct bt_int_list *list, struct baton_error *err);
/* A scalar (or one-element) integer input. */
BT_CHECK baton_status bt_int_input(const struct bt_op_ctx *ctx, uint32_t i, int64_t *ret,
                                   struct baton_error *err);

/* int32 or int64 tensor of indices; others are refused. */
BT_CHECK baton_status bt_need_indices(const struct bt_op_ctx *ctx, uint32_t i,
                                      const struct bt_tensor **ret, struct baton_error *err);
/* Index `i` of the tensor into an axis of `dim`: counted from the end when negative, checked. */
BT_CHECK baton_status bt_index_at(const struct bt_tensor *indices, size_t i, int64_t dim,
                                  size_t *ret, struct baton_error *err);

/* One index per element: the same rank, and no longer than the data but along `axis`. */
BT_CHECK baton_status bt_check_elements(const struct bt_tensor *data,
                                        const struct bt_tensor *indices, unsigned axis,
                                        struct baton_error *err);
/* Walks the elements of `box` in order and keeps the offset that the same position has in `data`,
 * with position 0 along `axis` (GatherElements, ScatterElements). */
struct bt_walk {
    unsigned rank;
    int64_t dims[BT_RANK_MAX];
    int64_t steps[BT_RANK_MAX];
    int64_t position[BT_RANK_MAX];
    size_t axis_step;
    size_t offset;
};

void bt_walk_start(struct bt_walk *walk, const struct bt_tensor *data, unsigned axis,
                   const struct bt_tensor *box);
void bt_walk_next(struct bt_walk *walk);

/* Indices whose last axis names a place in several axes of the data at once, behind `batch` axes
 * that both have (GatherND, ScatterND). */
struct bt_nd {
    unsigned batch;
    unsigned depth;   /* axes that one index names */
    size_t count;     /* indices */
    size_t per_batch; /* indices of one batch */
    size_t slice;     /* elements of data behind one index */
    int64_t dims[BT_RANK_MAX];
    size_t steps[BT_RANK_MAX];
    size_t batch_step;
};

BT_CHECK baton_status bt_nd_init(struct bt_nd *nd, const struct bt_tensor *data,
                                 const struct bt_tensor *indices, int64_t batch_dims,
                                 struct baton_error *err);
/* Offset into the data of index `k`. */
BT_CHECK baton_status bt_nd_offset(const struct bt_nd *nd, const struct bt_tensor *indices,
                                   size_t k, size_t *ret, struct baton_error *err);

/* ---- number.c: one element at a time, by type ---- */

/* Integers and bool, extended to 64 bits (uint64 keeps its bits). */
int64_t bt_load_int(enum bt_dtype dtype, const void *at);
/* The low bits. */
void bt_store_int(enum bt_dtype dtype, void *at, int64_t value);
/* The four float types, exactly. */
double bt_load_float(enum bt_dtype dtype, const void *at);
/* Numbers and bool: a < b exactly when key(a) < key(b), with -0 below +0 and every NaN equal and
 * above everything. */
uint64_t bt_order_key(enum bt_dtype dtype, const void *at);
/* 0, -0, false, the empty string. */
bool bt_is_zero(enum bt_dtype dtype, const void *at);
bool bt_is_number(enum bt_dtype dtype);

#endif
