/* SPDX-License-Identifier: Apache-2.0 */
/* Scaler, Normalizer, Imputer, Binarizer: element by element, features along the last axis. */
#include <inttypes.h>

#include "op/ml/ml.h"

/* A list with one element for all features or one for each. */
static baton_status check_length(const char *name, size_t count, size_t features,
                                 struct baton_error *err)
{
    if (count > 1 && count != features)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute %s has %zu elements, the input %zu features", name, count,
                       features);
    return BATON_OK;
}

/* Input 0, numeric, at least 1-D; its last dimension. */
static baton_status need_features(const struct bt_op_ctx *ctx, const struct bt_tensor **ret,
                                  size_t *ret_features, struct baton_error *err)
{
    BT_TRY(bt_op_need(ctx, 0, ret, err));
    if (!bt_ml_is_number((*ret)->dtype))
        return bt_op_bad_type(ctx, 0, err);
    if ((*ret)->rank == 0)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is a scalar, expected [..., features]");
    *ret_features = (size_t)(*ret)->dims[(*ret)->rank - 1];
    return BATON_OK;
}

/* ---- Scaler ---- */

static baton_status scaler_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_ml_floats scale = bt_ml_floats_of(ctx, "scale");
    struct bt_ml_floats offset = bt_ml_floats_of(ctx, "offset");
    const struct bt_tensor *x = NULL;
    struct bt_tensor *out = NULL;
    size_t features = 0;
    BT_TRY(need_features(ctx, &x, &features, err));
    BT_TRY(check_length("scale", scale.count, features, err));
    BT_TRY(check_length("offset", offset.count, features, err));
    BT_TRY(bt_op_output(ctx, 0, BT_F32, x->rank, x->dims, &out, err));
    size_t count = bt_tensor_count(x);
    float *y = bt_f32_mut(out);
    for (size_t i = 0; i < count; i++) {
        float by = scale.count ? scale.at[scale.count > 1 ? i % features : 0] : 1;
        float off = offset.count ? offset.at[offset.count > 1 ? i % features : 0] : 0;
        double wide = 0;
        if (x->dtype == BT_F32) {
            y[i] = (bt_f32(x)[i] - off) * by;
            continue;
        }
        bt_ml_read_f64(x, i, 1, &wide);
        y[i] = (float)((wide - (double)off) * (double)by);
    }
    return BATON_OK;
}

/* ---- Normalizer ---- */

enum norm { NORM_MAX = 0, NORM_L1, NORM_L2 };

static baton_status normalizer_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const char *const words[] = {"MAX", "L1", "L2", NULL};
    unsigned *norm = bt_arena_calloc(ctx->arena, 1, sizeof *norm);
    if (!norm)
        return bt_fail_no_memory(err, "a norm");
    ctx->state = norm;
    return bt_ml_word(ctx, "norm", words, NORM_MAX, norm, err);
}

/* `scratch` has n elements. */
static float norm_of(const struct bt_kernels *kernels, enum norm norm, const float *x, size_t n,
                     float *scratch)
{
    if (norm == NORM_MAX)
        return kernels->max_f32(x, n);
    if (norm == NORM_L2)
        return __builtin_sqrtf(kernels->rsum_squares_f32(x, n));
    for (size_t i = 0; i < n; i++)
        scratch[i] = __builtin_fabsf(x[i]);
    return kernels->rsum_f32(scratch, n);
}

static baton_status normalizer_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const unsigned *norm = ctx->state;
    struct bt_ml_matrix m = {0};
    const float *x = NULL;
    struct bt_tensor *out = NULL;
    BT_TRY(bt_ml_matrix_of(ctx, 0, &m, err));
    BT_TRY(bt_ml_as_f32(ctx, m.tensor, &x, err));
    BT_TRY(bt_op_output(ctx, 0, BT_F32, m.tensor->rank, m.tensor->dims, &out, err));
    float *y = bt_f32_mut(out);
    for (size_t i = 0; m.cols && i < m.rows; i++) {
        const float *row = x + i * m.cols;
        /* y of this row is free until the norm is known. */
        float by = norm_of(ctx->kernels, (enum norm) * norm, row, m.cols, y + i * m.cols);
        for (size_t k = 0; k < m.cols; k++)
            y[i * m.cols + k] = by != 0 ? row[k] / by : row[k];
    }
    return BATON_OK;
}

/* ---- Imputer ---- */

struct imputer {
    bool has_floats;
    bool has_ints;
    float replaced_float;
    int64_t replaced_int;
    struct bt_ml_floats floats;
    const int64_t *ints;
    size_t int_count;
};

static baton_status imputer_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_attr *ints = bt_op_attr(ctx, "imputed_value_int64s", BT_ATTR_INTS);
    struct imputer *imputer = bt_arena_calloc(ctx->arena, 1, sizeof *imputer);
    if (!imputer)
        return bt_fail_no_memory(err, "an imputer");
    ctx->state = imputer;
    imputer->floats = bt_ml_floats_of(ctx, "imputed_value_floats");
    imputer->ints = ints ? ints->ints : NULL;
    imputer->int_count = ints ? ints->count : 0;
    imputer->replaced_float = bt_op_attr_float(ctx, "replaced_value_float", 0);
    imputer->replaced_int = bt_op_attr_int(ctx, "replaced_value_int64", 0);
    if ((imputer->floats.count > 0) == (imputer->int_count > 0))
        return bt_fail(err, BATON_ERR_INVALID,
                       "expected one of the attributes imputed_value_floats and "
                       "imputed_value_int64s, found %s",
                       imputer->int_count ? "both" : "neither");
    return BATON_OK;
}

static void impute_floats(const struct imputer *m, const struct bt_tensor *x, size_t features,
                          struct bt_tensor *out)
{
    double wanted = (double)m->replaced_float;
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++) {
        double v = 0;
        bt_ml_read_f64(x, i, 1, &v);
        if (v == wanted || (v != v && wanted != wanted))
            v = (double)m->floats.at[m->floats.count > 1 ? i % features : 0];
        if (x->dtype == BT_F32)
            bt_f32_mut(out)[i] = (float)v;
        else
            ((double *)out->data)[i] = v;
    }
}

static baton_status impute_ints(const struct imputer *m, const struct bt_tensor *x, size_t features,
                                struct bt_tensor *out, struct baton_error *err)
{
    size_t count = bt_tensor_count(x);
    bool wide = x->dtype == BT_I64;
    for (size_t i = 0; i < m->int_count; i++)
        if (!wide && m->ints[i] != (int32_t)m->ints[i])
            return bt_fail(err, BATON_ERR_INVALID, "the imputed value %" PRId64 " is not an int32",
                           m->ints[i]);
    for (size_t i = 0; i < count; i++) {
        int64_t v = wide ? bt_i64(x)[i] : ((const int32_t *)x->data)[i];
        if (v == m->replaced_int)
            v = m->ints[m->int_count > 1 ? i % features : 0];
        if (wide)
            ((int64_t *)out->data)[i] = v;
        else
            ((int32_t *)out->data)[i] = (int32_t)v;
    }
    return BATON_OK;
}

static baton_status imputer_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct imputer *imputer = ctx->state;
    const struct bt_tensor *x = NULL;
    struct bt_tensor *out = NULL;
    size_t features = 0;
    BT_TRY(need_features(ctx, &x, &features, err));
    bool floating = bt_dtype_is_float(x->dtype);
    if (floating != (imputer->floats.count > 0))
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is %s, but the imputed values are %s",
                       bt_dtype_name(x->dtype), floating ? "integers" : "floats");
    BT_TRY(check_length("imputed_value", floating ? imputer->floats.count : imputer->int_count,
                        features, err));
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, x->dims, &out, err));
    if (!floating)
        return impute_ints(imputer, x, features, out, err);
    impute_floats(imputer, x, features, out);
    return BATON_OK;
}

/* ---- Binarizer ---- */

static void write_bit(struct bt_tensor *out, size_t i, bool bit)
{
    switch (out->dtype) {
    case BT_F32:
        bt_f32_mut(out)[i] = bit;
        break;
    case BT_F64:
        ((double *)out->data)[i] = bit;
        break;
    case BT_I32:
        ((int32_t *)out->data)[i] = bit;
        break;
    default:
        ((int64_t *)out->data)[i] = bit;
        break;
    }
}

static baton_status binarizer_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    double threshold = (double)bt_op_attr_float(ctx, "threshold", 0);
    const struct bt_tensor *x = NULL;
    struct bt_tensor *out = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (!bt_ml_is_number(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, x->dims, &out, err));
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++) {
        double v = 0;
        bt_ml_read_f64(x, i, 1, &v);
        write_bit(out, i, v > threshold);
    }
    return BATON_OK;
}

const struct bt_op bt_ops_scale[] = {
    {.name = "Scaler", .domain = BT_ML_DOMAIN, .since = 1, .run = scaler_run},
    {.name = "Normalizer",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = normalizer_prepare,
     .run = normalizer_run},
    {.name = "Imputer",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = imputer_prepare,
     .run = imputer_run},
    {.name = "Binarizer", .domain = BT_ML_DOMAIN, .since = 1, .run = binarizer_run},
    {.name = NULL},
};
