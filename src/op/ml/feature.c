/* SPDX-License-Identifier: Apache-2.0 */
/* ArrayFeatureExtractor and FeatureVectorizer: choosing and joining columns. */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "op/ml/ml.h"

/* ---- ArrayFeatureExtractor ---- */

static baton_status check_indices(const struct bt_tensor *indices, int64_t columns,
                                  struct baton_error *err)
{
    size_t count = bt_tensor_count(indices);
    for (size_t i = 0; i < count; i++)
        if (bt_i64(indices)[i] < 0 || bt_i64(indices)[i] >= columns)
            return bt_fail(err, BATON_ERR_INVALID,
                           "index %zu is %" PRId64 ", expected [0, %" PRId64 ")", i,
                           bt_i64(indices)[i], columns);
    return BATON_OK;
}

static baton_status copy_columns(const struct bt_tensor *x, const struct bt_tensor *indices,
                                 size_t rows, struct bt_tensor *z, struct baton_error *err)
{
    size_t columns = (size_t)x->dims[x->rank - 1];
    size_t count = bt_tensor_count(indices);
    size_t size = bt_dtype_size(x->dtype);
    for (size_t to = 0; to < rows * count; to++) {
        size_t from = to / count * columns + (size_t)bt_i64(indices)[to % count];
        if (x->dtype == BT_STRING) {
            const struct bt_bytes *text = (const struct bt_bytes *)x->data + from;
            BT_TRY(bt_tensor_set_string(z, to, text->ptr, text->len, err));
        } else {
            memcpy((char *)z->data + to * size, (const char *)x->data + from * size, size);
        }
    }
    return BATON_OK;
}

/* A 1-D input gives [1, indices]. */
static baton_status extract_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    const struct bt_tensor *indices = NULL;
    struct bt_tensor *z = NULL;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_op_need_type(ctx, 1, BT_I64, &indices, err));
    if (x->rank == 0)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is a scalar, expected [..., features]");
    size_t count = bt_tensor_count(indices);
    if (count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "input 1 has no index");
    BT_TRY(check_indices(indices, x->dims[x->rank - 1], err));
    unsigned rank = x->rank == 1 ? 2 : x->rank;
    dims[0] = 1;
    if (x->rank > 1)
        memcpy(dims, x->dims, (x->rank - 1) * sizeof *dims);
    dims[rank - 1] = (int64_t)count;
    BT_TRY(bt_op_output(ctx, 0, x->dtype, rank, dims, &z, err));
    return copy_columns(x, indices, bt_dims_product(x->dims, 0, x->rank - 1), z, err);
}

/* ---- FeatureVectorizer ---- */

/* Columns that input `i` gives. */
static baton_status width_of(const struct bt_op_ctx *ctx, uint32_t i, const struct bt_ml_matrix *x,
                             size_t *ret, struct baton_error *err)
{
    const struct bt_attr *widths = bt_op_attr(ctx, "inputdimensions", BT_ATTR_INTS);
    *ret = x->cols;
    if (!widths || widths->count == 0)
        return BATON_OK;
    if (widths->count != ctx->input_count || widths->ints[i] < 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute inputdimensions does not fit the %u inputs", ctx->input_count);
    *ret = (size_t)widths->ints[i];
    return BATON_OK;
}

/* Sizes of the output; every input has as many rows as the first. */
static baton_status measure(const struct bt_op_ctx *ctx, int64_t dims[2], struct baton_error *err)
{
    dims[1] = 0;
    for (uint32_t i = 0; i < ctx->input_count; i++) {
        struct bt_ml_matrix x = {0};
        size_t width = 0;
        BT_TRY(bt_ml_matrix_of(ctx, i, &x, err));
        BT_TRY(width_of(ctx, i, &x, &width, err));
        if (i > 0 && (int64_t)x.rows != dims[0])
            return bt_fail(err, BATON_ERR_INVALID, "input %u has %zu rows, input 0 %" PRId64, i,
                           x.rows, dims[0]);
        dims[0] = (int64_t)x.rows;
        if (!bt_add_i64(dims[1], (int64_t)width, &dims[1]))
            return bt_fail(err, BATON_ERR_LIMIT, "attribute inputdimensions sums up to too much");
    }
    return BATON_OK;
}

/* An input wider than its share is cut, a narrower one is followed by zeros. */
static baton_status vectorize_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int64_t dims[2] = {0, 0};
    size_t at = 0;
    struct bt_tensor *y = NULL;
    BT_TRY(measure(ctx, dims, err));
    BT_TRY(bt_op_output(ctx, 0, BT_F32, 2, dims, &y, err));
    if (bt_tensor_bytes(y))
        memset(y->data, 0, bt_tensor_bytes(y));
    for (uint32_t i = 0; i < ctx->input_count; i++) {
        struct bt_ml_matrix x = {0};
        size_t width = 0;
        BT_TRY(bt_ml_matrix_of(ctx, i, &x, err));
        BT_TRY(width_of(ctx, i, &x, &width, err));
        for (size_t row = 0; row < x.rows; row++)
            bt_ml_read_f32(x.tensor, row * x.cols, bt_min(width, x.cols),
                           bt_f32_mut(y) + row * (size_t)dims[1] + at);
        at += width;
    }
    return BATON_OK;
}

const struct bt_op bt_ops_feature[] = {
    {.name = "ArrayFeatureExtractor", .domain = BT_ML_DOMAIN, .since = 1, .run = extract_run},
    {.name = "FeatureVectorizer", .domain = BT_ML_DOMAIN, .since = 1, .run = vectorize_run},
    {.name = NULL},
};
