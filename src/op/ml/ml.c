/* SPDX-License-Identifier: Apache-2.0 */
#include "op/ml/ml.h"

#include <inttypes.h>

#include "tensor/half.h"

bool bt_ml_is_number(enum bt_dtype dtype)
{
    return dtype == BT_F32 || dtype == BT_F64 || dtype == BT_I32 || dtype == BT_I64;
}

baton_status bt_ml_matrix_of(const struct bt_op_ctx *ctx, uint32_t i, struct bt_ml_matrix *ret,
                             struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    BT_TRY(bt_op_need(ctx, i, &x, err));
    if (!bt_ml_is_number(x->dtype))
        return bt_op_bad_type(ctx, i, err);
    if (x->rank != 1 && x->rank != 2)
        return bt_fail(err, BATON_ERR_INVALID,
                       "input %u has rank %u, expected [rows, features] or [features]", i, x->rank);
    *ret = (struct bt_ml_matrix){.tensor = x,
                                 .rows = x->rank == 1 ? 1 : (size_t)x->dims[0],
                                 .cols = (size_t)x->dims[x->rank - 1]};
    return BATON_OK;
}

void bt_ml_read_f64(const struct bt_tensor *tensor, size_t from, size_t count, double *ret)
{
    for (size_t i = 0; i < count; i++) {
        switch (tensor->dtype) {
        case BT_F32:
            ret[i] = (double)bt_f32(tensor)[from + i];
            break;
        case BT_F64:
            ret[i] = ((const double *)tensor->data)[from + i];
            break;
        case BT_F16:
            ret[i] = (double)bt_f16_widen(((const uint16_t *)tensor->data)[from + i]);
            break;
        case BT_I32:
            ret[i] = (double)((const int32_t *)tensor->data)[from + i];
            break;
        default:
            ret[i] = (double)bt_i64(tensor)[from + i];
            break;
        }
    }
}

void bt_ml_read_f32(const struct bt_tensor *tensor, size_t from, size_t count, float *ret)
{
    for (size_t i = 0; i < count; i++) {
        switch (tensor->dtype) {
        case BT_F32:
            ret[i] = bt_f32(tensor)[from + i];
            break;
        case BT_F64:
            ret[i] = (float)((const double *)tensor->data)[from + i];
            break;
        case BT_F16:
            ret[i] = bt_f16_widen(((const uint16_t *)tensor->data)[from + i]);
            break;
        case BT_I32:
            ret[i] = (float)((const int32_t *)tensor->data)[from + i];
            break;
        default:
            ret[i] = (float)bt_i64(tensor)[from + i];
            break;
        }
    }
}

baton_status bt_ml_as_f32(struct bt_op_ctx *ctx, const struct bt_tensor *tensor, const float **ret,
                          struct baton_error *err)
{
    if (tensor->dtype == BT_F32) {
        *ret = bt_f32(tensor);
        return BATON_OK;
    }
    size_t count = bt_tensor_count(tensor);
    float *copy = bt_op_scratch(ctx, count, sizeof *copy);
    if (!copy)
        return bt_fail_no_memory(err, "the input as float32");
    bt_ml_read_f32(tensor, 0, count, copy);
    *ret = copy;
    return BATON_OK;
}

struct bt_ml_floats bt_ml_floats_of(const struct bt_op_ctx *ctx, const char *name)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_FLOATS);
    return attr ? (struct bt_ml_floats){attr->floats, attr->count} : (struct bt_ml_floats){NULL, 0};
}

baton_status bt_ml_word(const struct bt_op_ctx *ctx, const char *name, const char *const *words,
                        unsigned fallback, unsigned *ret, struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_STRING);
    if (!attr) {
        *ret = fallback;
        return BATON_OK;
    }
    for (unsigned i = 0; words[i]; i++) {
        if (bt_bytes_equal(attr->s, bt_bytes_of(words[i]))) {
            *ret = i;
            return BATON_OK;
        }
    }
    return bt_fail(err, BATON_ERR_INVALID,
                   "attribute %s is \"%.*s\", which is not one of its values", name,
                   (int)(attr->s.len < 64 ? attr->s.len : 64), (const char *)attr->s.ptr);
}

baton_status bt_ml_labels_of(const struct bt_op_ctx *ctx, const char *ints, const char *strings,
                             struct bt_ml_labels *ret, struct baton_error *err)
{
    const struct bt_attr *numbers = bt_op_attr(ctx, ints, BT_ATTR_INTS);
    const struct bt_attr *texts = bt_op_attr(ctx, strings, BT_ATTR_STRINGS);
    bool has_numbers = numbers && numbers->count > 0;
    bool has_texts = texts && texts->count > 0;
    if (has_numbers == has_texts)
        return bt_fail(err, BATON_ERR_INVALID, "expected one of the attributes %s and %s, found %s",
                       ints, strings, has_texts ? "both" : "neither");
    *ret = (struct bt_ml_labels){.ints = has_numbers ? numbers->ints : NULL,
                                 .strings = has_texts ? texts->strings : NULL,
                                 .count = has_numbers ? numbers->count : texts->count};
    return BATON_OK;
}

baton_status bt_ml_write_labels(struct bt_op_ctx *ctx, const struct bt_ml_labels *labels,
                                const uint32_t *classes, size_t rows, struct baton_error *err)
{
    const int64_t dims[] = {(int64_t)rows};
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_output(ctx, 0, labels->strings ? BT_STRING : BT_I64, 1, dims, &y, err));
    for (size_t i = 0; i < rows; i++) {
        if (labels->strings)
            BT_TRY(bt_tensor_set_string(y, i, labels->strings[classes[i]].ptr,
                                        labels->strings[classes[i]].len, err));
        else
            ((int64_t *)y->data)[i] = labels->ints[classes[i]];
    }
    return BATON_OK;
}

uint32_t bt_ml_argmax(const float *scores, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (scores[i] > scores[best])
            best = i;
    return (uint32_t)best;
}
