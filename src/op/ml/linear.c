/* SPDX-License-Identifier: Apache-2.0 */
/* LinearClassifier and LinearRegressor. */
#include <inttypes.h>

#include "op/ml/ml.h"

struct model {
    struct bt_ml_floats weights; /* [targets, features] */
    struct bt_ml_floats bias;    /* [targets], or empty */
    size_t targets;
    size_t features;
    enum bt_ml_post post;
    struct bt_ml_labels labels;
};

baton_status bt_ml_dense(struct bt_op_ctx *ctx, const struct bt_ml_dense *dense, float *y,
                         struct baton_error *err)
{
    const struct bt_gemm gemm = {
        .m = dense->rows,
        .n = dense->n,
        .k = dense->k,
        .a = dense->x,
        .a_row = dense->k,
        .a_col = 1,
        .b = dense->w,
        .b_row = 1,
        .b_col = dense->k,
        .c = y,
        .c_row = dense->n,
        .epilogue = {.alpha = dense->alpha, .full_add = dense->bias, .full_col = dense->bias_step}};
    if (dense->rows == 0)
        return BATON_OK;
    size_t bytes = ctx->kernels->gemm_scratch_bytes(&gemm, bt_pool_threads(ctx->pool));
    void *scratch = bt_op_scratch(ctx, bytes, 1);
    if (!scratch)
        return bt_fail_no_memory(err, "a matrix product");
    ctx->kernels->gemm_f32(&gemm, ctx->pool, scratch);
    return BATON_OK;
}

static baton_status read_model(struct bt_op_ctx *ctx, struct model *model, size_t targets,
                               struct baton_error *err)
{
    model->weights = bt_ml_floats_of(ctx, "coefficients");
    model->bias = bt_ml_floats_of(ctx, "intercepts");
    model->targets = targets;
    if (model->weights.count == 0 || model->weights.count % targets != 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute coefficients has %zu elements, expected a multiple of the %zu "
                       "targets",
                       model->weights.count, targets);
    if (model->bias.count != 0 && model->bias.count != targets)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute intercepts has %zu elements, expected %zu", model->bias.count,
                       targets);
    model->features = model->weights.count / targets;
    return bt_ml_post_of(ctx, &model->post, err);
}

static struct model *new_model(struct bt_op_ctx *ctx)
{
    ctx->state = bt_arena_calloc(ctx->arena, 1, sizeof(struct model));
    return ctx->state;
}

/* Two labels and one intercept: one score decides. */
static baton_status prepare_classifier(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct model *model = new_model(ctx);
    if (!model)
        return bt_fail_no_memory(err, "a linear model");
    BT_TRY(bt_ml_labels_of(ctx, "classlabels_ints", "classlabels_strings", &model->labels, err));
    bool single = model->labels.count == 2 && bt_ml_floats_of(ctx, "intercepts").count == 1;
    return read_model(ctx, model, single ? 1 : model->labels.count, err);
}

static baton_status prepare_regressor(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int64_t targets = bt_op_attr_int(ctx, "targets", 1);
    struct model *model = new_model(ctx);
    if (!model)
        return bt_fail_no_memory(err, "a linear model");
    if (targets < 1)
        return bt_fail(err, BATON_ERR_INVALID, "attribute targets is %" PRId64, targets);
    return read_model(ctx, model, (size_t)targets, err);
}

/* y[rows, targets], before the transform. */
static baton_status products(struct bt_op_ctx *ctx, const struct bt_ml_matrix *x, float *y,
                             struct baton_error *err)
{
    const struct model *model = ctx->state;
    struct bt_ml_dense dense = {.rows = x->rows,
                                .w = model->weights.at,
                                .n = model->targets,
                                .k = model->features,
                                .alpha = 1,
                                .bias = model->bias.count ? model->bias.at : NULL,
                                .bias_step = 1};
    if (x->cols != model->features)
        return bt_fail(err, BATON_ERR_INVALID, "the input has %zu columns, the model %zu features",
                       x->cols, model->features);
    BT_TRY(bt_ml_as_f32(ctx, x->tensor, &dense.x, err));
    return bt_ml_dense(ctx, &dense, y, err);
}

static baton_status run_classifier(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct model *model = ctx->state;
    struct bt_ml_matrix x = {0};
    struct bt_tensor *z = NULL;
    BT_TRY(bt_ml_matrix_of(ctx, 0, &x, err));
    bool single = model->targets == 1 && model->labels.count == 2;
    const int64_t dims[] = {(int64_t)x.rows, (int64_t)model->labels.count};
    BT_TRY(bt_op_output(ctx, 1, BT_F32, 2, dims, &z, err));
    float *scores = bt_f32_mut(z);
    float *raw = single ? bt_op_scratch(ctx, x.rows, sizeof *raw) : scores;
    uint32_t *classes = bt_op_scratch(ctx, x.rows, sizeof *classes);
    if (!raw || !classes)
        return bt_fail_no_memory(err, "the classes");
    BT_TRY(products(ctx, &x, raw, err));
    for (size_t i = 0; i < x.rows; i++) {
        float *row = scores + i * model->labels.count;
        classes[i] = single ? raw[i] > 0 : bt_ml_argmax(row, model->targets);
        if (single)
            bt_ml_two_scores(ctx->kernels, model->post, true, raw[i], row);
        else
            bt_ml_post_f32(ctx->kernels, model->post, row, model->targets);
    }
    return bt_ml_write_labels(ctx, &model->labels, classes, x.rows, err);
}

static baton_status run_regressor(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct model *model = ctx->state;
    struct bt_ml_matrix x = {0};
    struct bt_tensor *y = NULL;
    BT_TRY(bt_ml_matrix_of(ctx, 0, &x, err));
    const int64_t dims[] = {(int64_t)x.rows, (int64_t)model->targets};
    BT_TRY(bt_op_output(ctx, 0, BT_F32, 2, dims, &y, err));
    BT_TRY(products(ctx, &x, bt_f32_mut(y), err));
    for (size_t i = 0; i < x.rows; i++)
        bt_ml_post_f32(ctx->kernels, model->post, bt_f32_mut(y) + i * model->targets,
                       model->targets);
    return BATON_OK;
}

const struct bt_op bt_ops_linear[] = {
    {.name = "LinearClassifier",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = prepare_classifier,
     .run = run_classifier},
    {.name = "LinearRegressor",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = prepare_regressor,
     .run = run_regressor},
    {.name = NULL},
};
