/* SPDX-License-Identifier: Apache-2.0 */
/* Where, NonZero, OneHot, Trilu, ReverseSequence. */
#include <inttypes.h>
#include <string.h>

#include "op/shape/shape_int.h"

/* ---- Where ---- */

struct where {
    unsigned rank;
    int64_t dims[BT_RANK_MAX];
    int64_t steps[3][BT_RANK_MAX]; /* of the condition and the two choices */
    size_t offsets[3];
    int64_t position[BT_RANK_MAX];
};

static void where_next(struct where *w)
{
    for (unsigned i = w->rank; i-- > 0;) {
        bool carry = ++w->position[i] == w->dims[i];
        int64_t moved = carry ? 1 - w->dims[i] : 1;
        for (unsigned t = 0; t < 3; t++)
            w->offsets[t] += (size_t)(moved * w->steps[t][i]);
        if (!carry)
            return;
        w->position[i] = 0;
    }
}

static baton_status where_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *in[3] = {NULL, NULL, NULL};
    struct bt_tensor *y = NULL;
    struct where w = {.rank = 0};
    BT_TRY(bt_op_need_type(ctx, 0, BT_BOOL, &in[0], err));
    BT_TRY(bt_op_need(ctx, 1, &in[1], err));
    BT_TRY(bt_op_need_type(ctx, 2, in[1]->dtype, &in[2], err));
    for (unsigned t = 0; t < 3; t++)
        BT_TRY(bt_broadcast_add(in[t]->rank, in[t]->dims, &w.rank, w.dims, err));
    for (unsigned t = 0; t < 3; t++)
        bt_broadcast_steps(in[t], w.rank, w.dims, w.steps[t]);
    BT_TRY(bt_op_output(ctx, 0, in[1]->dtype, w.rank, w.dims, &y, err));
    const uint8_t *condition = in[0]->data;
    size_t size = bt_dtype_size(y->dtype);
    size_t count = bt_tensor_count(y);
    for (size_t k = 0; k < count; k++, where_next(&w)) {
        unsigned t = condition[w.offsets[0]] ? 1 : 2;
        memcpy(bt_element_mut(y, k), bt_element(in[t], w.offsets[t]), size);
    }
    return bt_own_strings(y, err);
}

/* ---- NonZero ---- */

static void put_position(const struct bt_tensor *x, size_t k, int64_t *out, size_t pitch)
{
    for (unsigned i = x->rank; i-- > 0;) {
        out[i * pitch] = (int64_t)(k % (size_t)x->dims[i]);
        k /= (size_t)x->dims[i];
    }
}

static baton_status non_zero_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    size_t count = bt_tensor_count(x);
    size_t found = 0;
    for (size_t k = 0; k < count; k++)
        found += !bt_is_zero(x->dtype, bt_element(x, k));
    const int64_t dims[2] = {x->rank, (int64_t)found};
    BT_TRY(bt_op_output(ctx, 0, BT_I64, 2, dims, &y, err));
    int64_t *out = y->data;
    for (size_t k = 0; k < count; k++)
        if (!bt_is_zero(x->dtype, bt_element(x, k)))
            put_position(x, k, out++, found);
    return BATON_OK;
}

/* ---- OneHot ---- */

/* A number of any type as an integer: fractions are cut off, what does not fit stays outside every
 * depth. */
static int64_t number_at(const struct bt_tensor *t, size_t i)
{
    if (!bt_dtype_is_float(t->dtype)) {
        int64_t value = bt_load_int(t->dtype, bt_element(t, i));
        return t->dtype == BT_U64 && value < 0 ? INT64_MAX : value;
    }
    double value = bt_load_float(t->dtype, bt_element(t, i));
    return value > -0x1p62 && value < 0x1p62 ? (int64_t)value : INT64_MAX;
}

static baton_status one_hot_depth(const struct bt_op_ctx *ctx, int64_t *ret,
                                  struct baton_error *err)
{
    const struct bt_tensor *depth = NULL;
    BT_TRY(bt_op_need(ctx, 1, &depth, err));
    if (!bt_is_number(depth->dtype) || bt_tensor_count(depth) != 1)
        return bt_fail(err, BATON_ERR_INVALID, "the depth is not one number");
    *ret = number_at(depth, 0);
    if (*ret < 0 || *ret == INT64_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "the depth is out of range");
    return BATON_OK;
}

static baton_status one_hot_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *values = NULL;
    struct bt_tensor *y = NULL;
    int64_t depth = 0;
    unsigned axis = 0;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_need(ctx, 2, &values, err));
    BT_TRY(one_hot_depth(ctx, &depth, err));
    if (!bt_is_number(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    if (bt_tensor_count(values) != 2)
        return bt_fail(err, BATON_ERR_INVALID, "%zu values, expected off and on",
                       bt_tensor_count(values));
    if (x->rank == BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "rank %u: the limit is %d", x->rank + 1, BT_RANK_MAX);
    BT_TRY(bt_axis_attr(ctx, "axis", -1, x->rank + 1, &axis, err));
    memcpy(dims, x->dims, axis * sizeof dims[0]);
    dims[axis] = depth;
    memcpy(dims + axis + 1, x->dims + axis, (x->rank - axis) * sizeof dims[0]);
    BT_TRY(bt_op_output(ctx, 0, values->dtype, x->rank + 1, dims, &y, err));
    size_t size = bt_dtype_size(y->dtype);
    size_t inner = bt_dims_product(x->dims, axis, x->rank);
    size_t count = bt_tensor_count(x);
    bt_move_fill(y->data, size, bt_tensor_count(y), bt_element(values, 0));
    for (size_t k = 0; k < count; k++) {
        int64_t index = number_at(x, k);
        index = index < 0 ? index + depth : index;
        if (index < 0 || index >= depth)
            continue;
        size_t at = (k / inner * (size_t)depth + (size_t)index) * inner + k % inner;
        memcpy(bt_element_mut(y, at), bt_element(values, 1), size);
    }
    return bt_own_strings(y, err);
}

/* ---- Trilu ---- */

/* Columns [0, cut) of row `i` lie below diagonal `k`. */
static size_t columns_below(int64_t i, int64_t k, int64_t columns)
{
    int64_t cut = 0;
    if (__builtin_add_overflow(i, k, &cut))
        cut = k < 0 ? INT64_MIN : INT64_MAX;
    return (size_t)(cut < 0 ? 0 : cut > columns ? columns : cut);
}

static baton_status trilu_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    int64_t k = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (bt_op_input(ctx, 1))
        BT_TRY(bt_int_input(ctx, 1, &k, err));
    if (x->rank < 2)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, expected at least 2", x->rank);
    bool upper = bt_op_attr_int(ctx, "upper", 1) != 0;
    BT_TRY(bt_op_output_like(ctx, 0, 0, &y, err));
    if (y->data != x->data && bt_tensor_bytes(x))
        memcpy(y->data, x->data, bt_tensor_bytes(x));
    int64_t rows = y->dims[y->rank - 2];
    int64_t columns = y->dims[y->rank - 1];
    size_t size = bt_dtype_size(y->dtype);
    size_t planes = bt_dims_product(y->dims, 0, y->rank - 2);
    for (size_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < rows && columns; i++) {
            size_t row = (p * (size_t)rows + (size_t)i) * (size_t)columns;
            /* The lower triangle includes its diagonal, the upper one begins with it. */
            size_t below = columns_below(upper ? i : i + 1, k, columns);
            size_t first = upper ? 0 : below;
            size_t last = upper ? below : (size_t)columns;
            memset(bt_element_mut(y, row + first), 0, (last - first) * size);
        }
    return bt_own_strings(y, err);
}

/* ---- ReverseSequence ---- */

struct reversal {
    unsigned batch_axis; /* 0 or 1, the time axis is the other */
    size_t batches;
    size_t times;
    size_t bytes; /* behind one batch and time */
};

static void reverse_entry(const struct reversal *r, const struct bt_tensor *x, struct bt_tensor *y,
                          size_t batch, size_t length)
{
    for (size_t t = 0; t < r->times && r->bytes; t++) {
        size_t from = t < length ? length - 1 - t : t;
        size_t row = r->batch_axis == 0 ? batch * r->times : batch;
        size_t step = r->batch_axis == 0 ? 1 : r->batches;
        memcpy((char *)y->data + (row + t * step) * r->bytes,
               (const char *)x->data + (row + from * step) * r->bytes, r->bytes);
    }
}

static baton_status reverse_sequence_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *lengths = NULL;
    struct bt_tensor *y = NULL;
    int64_t batch_axis = bt_op_attr_int(ctx, "batch_axis", 1);
    int64_t time_axis = bt_op_attr_int(ctx, "time_axis", 0);
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_need_type(ctx, 1, BT_I64, &lengths, err));
    if (x->rank < 2 || batch_axis + time_axis != 1 || batch_axis < 0 || batch_axis > 1)
        return bt_fail(err, BATON_ERR_INVALID,
                       "rank %u with batch axis %" PRId64 " and time axis %" PRId64, x->rank,
                       batch_axis, time_axis);
    struct reversal r = {
        .batch_axis = (unsigned)batch_axis,
        .batches = (size_t)x->dims[batch_axis],
        .times = (size_t)x->dims[time_axis],
        .bytes = bt_dims_product(x->dims, 2, x->rank) * bt_dtype_size(x->dtype),
    };
    if (lengths->rank != 1 || (size_t)lengths->dims[0] != r.batches)
        return bt_fail(err, BATON_ERR_INVALID, "there is not one length for each of %zu batches",
                       r.batches);
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, x->dims, &y, err));
    for (size_t b = 0; b < r.batches; b++) {
        int64_t length = bt_i64(lengths)[b];
        if (length < 0 || (size_t)length > r.times)
            return bt_fail(err, BATON_ERR_INVALID, "length %" PRId64 " of batch %zu is outside %zu",
                           length, b, r.times);
        reverse_entry(&r, x, y, b, (size_t)length);
    }
    return bt_own_strings(y, err);
}

const struct bt_op bt_ops_select[] = {
    BT_OP_SINCE("Where", 9, where_run),
    BT_OP_SINCE("NonZero", 9, non_zero_run),
    BT_OP_SINCE("OneHot", 9, one_hot_run),
    BT_OP_SINCE("Trilu", 14, trilu_run),
    BT_OP_SINCE("ReverseSequence", 10, reverse_sequence_run),
    BT_OP_END,
};
