/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SVMClassifier and SVMRegressor. With support vectors: a kernel value for each vector, then sums
 * of coefficient times kernel value, in binary64 in the order of the vectors. Without: a linear
 * model whose one rho is added to every score.
 */
#include <inttypes.h>

#include "kernel/scalar.h"
#include "op/ml/ml.h"

#define CLASSES_MAX 65535
#define COUPLING_STEPS_MAX 100
#define PROBABILITY_MIN 1e-7F

enum kernel_type { LINEAR = 0, POLY, RBF, SIGMOID };

struct model {
    enum kernel_type kernel;
    float gamma;
    float coef0;
    float degree;
    struct bt_ml_floats coefficients;
    struct bt_ml_floats vectors; /* [vector_count, features] */
    struct bt_ml_floats rho;
    size_t vector_count; /* 0: linear */
    size_t features;
    enum bt_ml_post post;
    bool one_class;
    /* the classifier's */
    struct bt_ml_labels labels;
    const int64_t *per_class; /* vectors of each class */
    size_t *starts;           /* first vector of each class */
    size_t pairs;             /* of classes */
    struct bt_ml_floats prob_a;
    struct bt_ml_floats prob_b;
};

static baton_status read_common(struct bt_op_ctx *ctx, struct model *model, struct baton_error *err)
{
    static const char *const words[] = {"LINEAR", "POLY", "RBF", "SIGMOID", NULL};
    struct bt_ml_floats params = bt_ml_floats_of(ctx, "kernel_params");
    unsigned kernel = 0;
    BT_TRY(bt_ml_word(ctx, "kernel_type", words, LINEAR, &kernel, err));
    model->kernel = (enum kernel_type)kernel;
    if (params.count != 0 && params.count != 3)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute kernel_params has %zu elements, expected 3", params.count);
    if (params.count == 3) {
        model->gamma = params.at[0];
        model->coef0 = params.at[1];
        model->degree = params.at[2];
    }
    model->coefficients = bt_ml_floats_of(ctx, "coefficients");
    model->vectors = bt_ml_floats_of(ctx, "support_vectors");
    model->rho = bt_ml_floats_of(ctx, "rho");
    if (model->coefficients.count == 0 || model->rho.count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s is missing or empty",
                       model->rho.count ? "coefficients" : "rho");
    return bt_ml_post_of(ctx, &model->post, err);
}

/* `expected` elements, no more, no less. */
static baton_status need_count(struct bt_ml_floats list, const char *name, size_t expected,
                               struct baton_error *err)
{
    if (list.count != expected)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s has %zu elements, expected %zu", name,
                       list.count, expected);
    return BATON_OK;
}

static baton_status split_vectors(struct model *model, struct baton_error *err)
{
    if (model->vectors.count == 0 || model->vectors.count % model->vector_count != 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute support_vectors has %zu elements, expected a multiple of the %zu "
                       "vectors",
                       model->vectors.count, model->vector_count);
    model->features = model->vectors.count / model->vector_count;
    return BATON_OK;
}

/* ---- kernels ---- */

static void rbf(const struct bt_kernels *kernels, const struct model *model, const float *x,
                float *difference, float *ret)
{
    for (size_t v = 0; v < model->vector_count; v++) {
        const float *vector = model->vectors.at + v * model->features;
        for (size_t i = 0; i < model->features; i++)
            difference[i] = x[i] - vector[i];
        ret[v] = -model->gamma * kernels->rsum_squares_f32(difference, model->features);
    }
    kernels->map_f32[BT_EXP](ret, ret, model->vector_count);
}

/* ret[rows, vector_count] */
static baton_status kernel_values(struct bt_op_ctx *ctx, const struct model *model, const float *x,
                                  size_t rows, float *ret, struct baton_error *err)
{
    size_t count = rows * model->vector_count;
    if (model->kernel == RBF) {
        float *difference = bt_op_scratch(ctx, model->features, sizeof *difference);
        if (!difference)
            return bt_fail_no_memory(err, "a kernel");
        for (size_t i = 0; i < rows; i++)
            rbf(ctx->kernels, model, x + i * model->features, difference,
                ret + i * model->vector_count);
        return BATON_OK;
    }
    bool shifted = model->kernel != LINEAR;
    const struct bt_ml_dense dense = {.x = x,
                                      .rows = rows,
                                      .w = model->vectors.at,
                                      .n = model->vector_count,
                                      .k = model->features,
                                      .alpha = shifted ? model->gamma : 1,
                                      .bias = shifted ? &model->coef0 : NULL};
    BT_TRY(bt_ml_dense(ctx, &dense, ret, err));
    for (size_t i = 0; model->kernel == POLY && i < count; i++)
        ret[i] = bt_pow_f32(ret[i], model->degree);
    if (model->kernel == SIGMOID)
        ctx->kernels->map_f32[BT_TANH](ret, ret, count);
    return BATON_OK;
}

/* Input 0 as binary32 with the model's columns. */
static baton_status read_input(struct bt_op_ctx *ctx, const struct model *model, const float **ret,
                               size_t *ret_rows, struct baton_error *err)
{
    struct bt_ml_matrix x = {0};
    BT_TRY(bt_ml_matrix_of(ctx, 0, &x, err));
    if (x.cols != model->features)
        return bt_fail(err, BATON_ERR_INVALID, "the input has %zu columns, the model %zu features",
                       x.cols, model->features);
    *ret_rows = x.rows;
    return bt_ml_as_f32(ctx, x.tensor, ret, err);
}

static baton_status new_kernel_values(struct bt_op_ctx *ctx, const struct model *model,
                                      const float *x, size_t rows, float **ret,
                                      struct baton_error *err)
{
    size_t count = 0;
    float *values = __builtin_mul_overflow(rows, model->vector_count, &count)
                        ? NULL
                        : bt_op_scratch(ctx, count, sizeof *values);
    if (!values)
        return bt_fail_no_memory(err, "the kernel values");
    *ret = values;
    return kernel_values(ctx, model, x, rows, values, err);
}

/* sum + coefficient * value over a run of vectors. */
static double add_products(double sum, const float *coefficients, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum = sum + (double)coefficients[i] * (double)values[i];
    return sum;
}

/* ---- regressor ---- */

static baton_status prepare_regressor(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int64_t supports = bt_op_attr_int(ctx, "n_supports", 0);
    struct model *model = bt_arena_calloc(ctx->arena, 1, sizeof *model);
    if (!model)
        return bt_fail_no_memory(err, "a support vector machine");
    ctx->state = model;
    BT_TRY(read_common(ctx, model, err));
    if (supports < 0)
        return bt_fail(err, BATON_ERR_INVALID, "attribute n_supports is %" PRId64, supports);
    model->one_class = bt_op_attr_int(ctx, "one_class", 0) != 0;
    model->vector_count = (size_t)supports;
    model->features = model->coefficients.count;
    if (supports == 0)
        return BATON_OK;
    BT_TRY(split_vectors(model, err));
    return need_count(model->coefficients, "coefficients", model->vector_count, err);
}

static baton_status regress(struct bt_op_ctx *ctx, const float *x, size_t rows, float *y,
                            struct baton_error *err)
{
    const struct model *model = ctx->state;
    float *values = NULL;
    if (model->vector_count == 0) {
        const struct bt_ml_dense dense = {.x = x,
                                          .rows = rows,
                                          .w = model->coefficients.at,
                                          .n = 1,
                                          .k = model->features,
                                          .alpha = 1,
                                          .bias = model->rho.at};
        return bt_ml_dense(ctx, &dense, y, err);
    }
    BT_TRY(new_kernel_values(ctx, model, x, rows, &values, err));
    for (size_t i = 0; i < rows; i++) {
        double sum = add_products(0, model->coefficients.at, values + i * model->vector_count,
                                  model->vector_count);
        y[i] = (float)(sum + (double)model->rho.at[0]);
    }
    return BATON_OK;
}

static baton_status run_regressor(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct model *model = ctx->state;
    const float *x = NULL;
    size_t rows = 0;
    struct bt_tensor *out = NULL;
    BT_TRY(read_input(ctx, model, &x, &rows, err));
    const int64_t dims[] = {(int64_t)rows, 1};
    BT_TRY(bt_op_output(ctx, 0, BT_F32, 2, dims, &out, err));
    float *y = bt_f32_mut(out);
    BT_TRY(regress(ctx, x, rows, y, err));
    for (size_t i = 0; i < rows; i++) {
        if (model->one_class)
            y[i] = y[i] > 0 ? 1.0F : -1.0F;
        else
            bt_ml_post_f32(ctx->kernels, model->post, &y[i], 1);
    }
    return BATON_OK;
}

/* ---- classifier ---- */

static baton_status read_classes(struct bt_op_ctx *ctx, struct model *model,
                                 struct baton_error *err)
{
    const struct bt_attr *per_class = bt_op_attr(ctx, "vectors_per_class", BT_ATTR_INTS);
    size_t classes = model->labels.count;
    if (!per_class || per_class->count == 0)
        return BATON_OK;
    if (per_class->count != classes)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute vectors_per_class has %zu elements, expected %zu",
                       per_class->count, classes);
    model->per_class = per_class->ints;
    model->starts = bt_arena_calloc(ctx->arena, classes, sizeof *model->starts);
    if (!model->starts)
        return bt_fail_no_memory(err, "a support vector machine");
    for (size_t i = 0; i < classes; i++) {
        if (per_class->ints[i] < 0 || (uint64_t)per_class->ints[i] > model->vectors.count)
            return bt_fail(err, BATON_ERR_INVALID,
                           "attribute vectors_per_class: class %zu has %" PRId64 " vectors", i,
                           per_class->ints[i]);
        model->starts[i] = model->vector_count;
        model->vector_count += (size_t)per_class->ints[i];
    }
    return BATON_OK;
}

static baton_status check_pairs(struct model *model, struct baton_error *err)
{
    size_t classes = model->labels.count;
    BT_TRY(split_vectors(model, err));
    BT_TRY(
        need_count(model->coefficients, "coefficients", (classes - 1) * model->vector_count, err));
    BT_TRY(need_count(model->rho, "rho", model->pairs, err));
    if (model->prob_a.count || model->prob_b.count) {
        BT_TRY(need_count(model->prob_a, "prob_a", model->pairs, err));
        BT_TRY(need_count(model->prob_b, "prob_b", model->pairs, err));
    }
    return BATON_OK;
}

static baton_status prepare_classifier(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct model *model = bt_arena_calloc(ctx->arena, 1, sizeof *model);
    if (!model)
        return bt_fail_no_memory(err, "a support vector machine");
    ctx->state = model;
    BT_TRY(read_common(ctx, model, err));
    BT_TRY(bt_ml_labels_of(ctx, "classlabels_ints", "classlabels_strings", &model->labels, err));
    size_t classes = model->labels.count;
    if (classes < 2 || classes > CLASSES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu classes, expected [2, %d]", classes, CLASSES_MAX);
    model->pairs = classes * (classes - 1) / 2;
    model->prob_a = bt_ml_floats_of(ctx, "prob_a");
    model->prob_b = bt_ml_floats_of(ctx, "prob_b");
    BT_TRY(read_classes(ctx, model, err));
    if (model->vector_count)
        return check_pairs(model, err);
    if (model->coefficients.count % classes != 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute coefficients has %zu elements, expected a multiple of the %zu "
                       "classes",
                       model->coefficients.count, classes);
    model->features = model->coefficients.count / classes;
    return BATON_OK;
}

/* One score for each pair of classes i < j, above 0 when it speaks for i; and the class with the
 * most votes, the first of them. The row of coefficients against class j has no entry for j itself,
 * hence j - 1 on one side of the diagonal. */
static uint32_t pair_scores(const struct model *model, const float *values, uint32_t *votes,
                            float *ret)
{
    size_t classes = model->labels.count;
    size_t pair = 0;
    uint32_t best = 0;
    for (size_t i = 0; i < classes; i++)
        votes[i] = 0;
    for (size_t i = 0; i < classes; i++) {
        for (size_t j = i + 1; j < classes; j++, pair++) {
            const float *of_i = model->coefficients.at + (j - 1) * model->vector_count;
            const float *of_j = model->coefficients.at + i * model->vector_count;
            size_t at_i = model->starts[i];
            size_t at_j = model->starts[j];
            double sum = add_products(0, of_i + at_i, values + at_i, (size_t)model->per_class[i]);
            sum = add_products(sum, of_j + at_j, values + at_j, (size_t)model->per_class[j]);
            sum = sum + (double)model->rho.at[pair];
            ret[pair] = (float)sum;
            votes[sum > 0 ? i : j]++;
        }
    }
    for (uint32_t i = 1; i < classes; i++)
        if (votes[i] > votes[best])
            best = i;
    return best;
}

/* The coupling matrix of Wu, Lin and Weng (2004), their second method, from the probabilities r of
 * i against j. */
static void coupling_matrix(const double *r, size_t n, double *ret)
{
    for (size_t i = 0; i < n; i++) {
        ret[i * n + i] = 0;
        for (size_t j = 0; j < n; j++) {
            if (j == i)
                continue;
            ret[i * n + i] = ret[i * n + i] + r[j * n + i] * r[j * n + i];
            ret[i * n + j] = -r[j * n + i] * r[i * n + j];
        }
    }
}

/* One sweep of their algorithm; false when p is near enough. */
static bool couple_once(const double *q, size_t n, double *qp, double *p)
{
    double pqp = 0;
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        qp[i] = 0;
        for (size_t j = 0; j < n; j++)
            qp[i] = qp[i] + q[i * n + j] * p[j];
        pqp = pqp + p[i] * qp[i];
    }
    for (size_t i = 0; i < n; i++)
        worst = __builtin_fabs(qp[i] - pqp) > worst ? __builtin_fabs(qp[i] - pqp) : worst;
    if (worst < 0.005 / (double)n)
        return false;
    for (size_t i = 0; i < n; i++) {
        double step = (pqp - qp[i]) / q[i * n + i];
        double scale = 1 + step;
        p[i] = p[i] + step;
        pqp = (pqp + step * (step * q[i * n + i] + 2 * qp[i])) / scale / scale;
        for (size_t j = 0; j < n; j++) {
            qp[j] = (qp[j] + step * q[i * n + j]) / scale;
            p[j] = p[j] / scale;
        }
    }
    return true;
}

/* Scratch of one row's probabilities. */
struct coupling {
    double *r; /* [classes, classes] */
    double *q;
    double *qp; /* [classes] */
    double *p;
};

static void probabilities(struct bt_op_ctx *ctx, const float *pairs, const struct coupling *c,
                          float *ret)
{
    const struct model *model = ctx->state;
    size_t n = model->labels.count;
    size_t pair = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++, pair++) {
            float t = -(pairs[pair] * model->prob_a.at[pair] + model->prob_b.at[pair]);
            ctx->kernels->map_f32[BT_SIGMOID](&t, &t, 1);
            t = t < PROBABILITY_MIN ? PROBABILITY_MIN : t;
            t = t > 1 - PROBABILITY_MIN ? 1 - PROBABILITY_MIN : t;
            c->r[i * n + j] = (double)t;
            c->r[j * n + i] = (double)(1 - t);
        }
    }
    coupling_matrix(c->r, n, c->q);
    for (size_t i = 0; i < n; i++)
        c->p[i] = 1 / (double)n;
    for (int step = 0; step < COUPLING_STEPS_MAX && couple_once(c->q, n, c->qp, c->p); step++) {}
    for (size_t i = 0; i < n; i++)
        ret[i] = (float)c->p[i];
}

static baton_status new_coupling(struct bt_op_ctx *ctx, size_t n, struct coupling *ret,
                                 struct baton_error *err)
{
    ret->r = bt_op_scratch(ctx, n * n, sizeof *ret->r);
    ret->q = bt_op_scratch(ctx, n * n, sizeof *ret->q);
    ret->qp = bt_op_scratch(ctx, n, sizeof *ret->qp);
    ret->p = bt_op_scratch(ctx, n, sizeof *ret->p);
    if (!ret->r || !ret->q || !ret->qp || !ret->p)
        return bt_fail_no_memory(err, "class probabilities");
    return BATON_OK;
}

/* Without support vectors: a score for each class. */
static baton_status classify_linear(struct bt_op_ctx *ctx, const float *x, size_t rows,
                                    uint32_t *classes, struct baton_error *err)
{
    const struct model *model = ctx->state;
    size_t n = model->labels.count;
    struct bt_tensor *z = NULL;
    const int64_t dims[] = {(int64_t)rows, (int64_t)n};
    const struct bt_ml_dense dense = {.x = x,
                                      .rows = rows,
                                      .w = model->coefficients.at,
                                      .n = n,
                                      .k = model->features,
                                      .alpha = 1,
                                      .bias = model->rho.at};
    BT_TRY(bt_op_output(ctx, 1, BT_F32, 2, dims, &z, err));
    BT_TRY(bt_ml_dense(ctx, &dense, bt_f32_mut(z), err));
    for (size_t i = 0; i < rows; i++) {
        classes[i] = bt_ml_argmax(bt_f32(z) + i * n, n);
        bt_ml_post_f32(ctx->kernels, model->post, bt_f32_mut(z) + i * n, n);
    }
    return BATON_OK;
}

/* `c` only where the model gives probabilities. */
static void finish_row(struct bt_op_ctx *ctx, const float *pairs, const struct coupling *c,
                       float *scores, size_t width)
{
    const struct model *model = ctx->state;
    if (c)
        probabilities(ctx, pairs, c, scores);
    if (model->labels.count == 2 && !c) {
        bt_ml_two_scores(ctx->kernels, model->post, model->post != BT_ML_NONE, pairs[0], scores);
        return;
    }
    for (size_t i = 0; !c && i < width; i++)
        scores[i] = pairs[i];
    bt_ml_post_f32(ctx->kernels, model->post, scores, width);
}

static baton_status classify_pairs(struct bt_op_ctx *ctx, const float *x, size_t rows,
                                   uint32_t *classes, struct baton_error *err)
{
    const struct model *model = ctx->state;
    size_t n = model->labels.count;
    bool probable = model->prob_a.count > 0;
    size_t width = probable || n == 2 ? n : model->pairs;
    struct coupling coupling = {0};
    struct bt_tensor *z = NULL;
    float *values = NULL;
    const int64_t dims[] = {(int64_t)rows, (int64_t)width};
    BT_TRY(bt_op_output(ctx, 1, BT_F32, 2, dims, &z, err));
    BT_TRY(new_kernel_values(ctx, model, x, rows, &values, err));
    if (probable)
        BT_TRY(new_coupling(ctx, n, &coupling, err));
    float *pairs = bt_op_scratch(ctx, model->pairs, sizeof *pairs);
    uint32_t *votes = bt_op_scratch(ctx, n, sizeof *votes);
    if (!pairs || !votes)
        return bt_fail_no_memory(err, "the scores");
    for (size_t i = 0; i < rows; i++) {
        classes[i] = pair_scores(model, values + i * model->vector_count, votes, pairs);
        finish_row(ctx, pairs, probable ? &coupling : NULL, bt_f32_mut(z) + i * width, width);
    }
    return BATON_OK;
}

static baton_status run_classifier(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct model *model = ctx->state;
    const float *x = NULL;
    size_t rows = 0;
    BT_TRY(read_input(ctx, model, &x, &rows, err));
    uint32_t *classes = bt_op_scratch(ctx, rows, sizeof *classes);
    if (!classes)
        return bt_fail_no_memory(err, "the classes");
    if (model->vector_count)
        BT_TRY(classify_pairs(ctx, x, rows, classes, err));
    else
        BT_TRY(classify_linear(ctx, x, rows, classes, err));
    return bt_ml_write_labels(ctx, &model->labels, classes, rows, err);
}

const struct bt_op bt_ops_svm[] = {
    {.name = "SVMClassifier",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = prepare_classifier,
     .run = run_classifier},
    {.name = "SVMRegressor",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = prepare_regressor,
     .run = run_regressor},
    {.name = NULL},
};
