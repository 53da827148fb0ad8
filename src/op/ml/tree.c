/* SPDX-License-Identifier: Apache-2.0 */
/* TreeEnsembleClassifier, TreeEnsembleRegressor (opsets 1 and 3) and TreeEnsemble (opset 5). */
#include <inttypes.h>
#include <string.h>

#include "op/ml/forest.h"
#include "tensor/half.h"

struct model {
    struct bt_forest forest;
    enum bt_ml_post post;
    enum bt_forest_aggregate aggregate;
    bool narrow;        /* sums in binary32 */
    const double *base; /* [target_count], or NULL */
    struct bt_ml_labels labels;
    bool one_class;  /* two labels, and all weights are for the same one: see binary_row() */
    bool on_second;  /* ... which is the second */
    float threshold; /* of that one score, for the second label */
};

/* Where the finished blocks go. */
struct sink {
    const struct model *model;
    const struct bt_kernels *kernels;
    struct bt_tensor *scores; /* [rows, targets] */
    uint32_t *classes;        /* of the classifier */
};

static struct model *new_model(struct bt_op_ctx *ctx)
{
    struct model *model = bt_arena_calloc(ctx->arena, 1, sizeof *model);
    if (model)
        model->narrow = ctx->model->tree_sum == BT_TREE_SUM_XGBOOST;
    ctx->state = model;
    return model;
}

/* XGBoost only ever sums, so of another aggregate there is nothing to be equal to. */
static baton_status check_aggregate(const struct model *model, struct baton_error *err)
{
    if (model->narrow && model->aggregate != BT_FOREST_SUM)
        return bt_fail(err, BATON_ERR_INVALID,
                       "aggregate_function is not SUM, as metadata key baton.tree_sum \"xgboost\" "
                       "requires");
    return BATON_OK;
}

/* One base value for each target, or one for all of one weight class or target, or none. */
static baton_status read_base(struct bt_op_ctx *ctx, struct model *model, struct baton_error *err)
{
    const double *given = NULL;
    size_t count = 0;
    size_t targets = model->forest.target_count;
    BT_TRY(bt_tree_numbers(ctx, "base_values", ctx->arena, &given, &count, err));
    if (count == 0)
        return BATON_OK;
    if (count != targets && !(count == 1 && model->one_class))
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute base_values has %zu elements, expected %zu", count, targets);
    double *base = bt_arena_calloc(ctx->arena, targets, sizeof *base);
    if (!base)
        return bt_fail_no_memory(err, "base values");
    if (count == targets)
        memcpy(base, given, targets * sizeof *base);
    else
        base[model->on_second] = given[0];
    /* All weights on the first of two classes are really the second's: so is the base value. */
    if (model->one_class && !model->on_second && count == 2)
        base[0] = given[1];
    model->base = base;
    return BATON_OK;
}

/* ---- classifier ---- */

static void look_at_weights(struct model *model, const struct bt_tree_source *source)
{
    bool same = source->vote_count > 0;
    bool negative = false;
    for (size_t i = 0; i < source->vote_count; i++) {
        same = same && source->votes[i].target == source->votes[0].target;
        negative = negative || source->votes[i].weight < 0;
    }
    model->one_class = same && model->labels.count == 2;
    model->on_second = model->one_class && source->votes[0].target == 1;
    model->threshold = negative ? 0 : 0.5F;
}

static baton_status prepare_classifier(struct bt_op_ctx *ctx, struct baton_error *err)
{
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    struct bt_tree_source source = {0};
    struct model *model = new_model(ctx);
    if (!model)
        return bt_fail_no_memory(err, "a tree ensemble");
    model->aggregate = BT_FOREST_SUM;
    BT_TRY(bt_ml_post_of(ctx, &model->post, err));
    BT_TRY(bt_ml_labels_of(ctx, "classlabels_int64s", "classlabels_strings", &model->labels, err));
    if (model->labels.count > (size_t)BT_TREE_TARGETS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu classes: the limit is %" PRId64,
                       model->labels.count, BT_TREE_TARGETS_MAX);
    BT_TRY(bt_tree_read(ctx, "class", (uint32_t)model->labels.count, &scratch, &source, err));
    look_at_weights(model, &source);
    BT_TRY(bt_forest_build(&source, ctx->arena, &model->forest, err));
    return read_base(ctx, model, err);
}

/* Weights for the first label only are the score of the second all the same, and the other score
 * is its opposite; weights for the second only leave the first at its base value. */
static uint32_t binary_row(const struct sink *sink, float *scores)
{
    const struct model *model = sink->model;
    uint32_t label = scores[model->on_second] > model->threshold;
    if (model->on_second)
        bt_ml_post_f32(sink->kernels, model->post, scores, 2);
    else
        bt_ml_two_scores(sink->kernels, model->post, model->threshold > 0, scores[0], scores);
    return label;
}

static void finish_classes(void *user, size_t from, size_t count, double *sums)
{
    const struct sink *sink = user;
    const struct model *model = sink->model;
    size_t targets = model->forest.target_count;
    for (size_t row = 0; row < count; row++) {
        float *scores = bt_f32_mut(sink->scores) + (from + row) * targets;
        for (size_t i = 0; i < targets; i++)
            scores[i] = (float)sums[row * targets + i];
        if (model->one_class) {
            sink->classes[from + row] = binary_row(sink, scores);
            continue;
        }
        sink->classes[from + row] = bt_ml_argmax(scores, targets);
        bt_ml_post_f32(sink->kernels, model->post, scores, targets);
    }
}

static baton_status run_classifier(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct model *model = ctx->state;
    struct sink sink = {.model = model, .kernels = ctx->kernels};
    struct bt_forest_job job = {.forest = &model->forest,
                                .aggregate = model->aggregate,
                                .narrow = model->narrow,
                                .base = model->base,
                                .finish = finish_classes,
                                .user = &sink};
    BT_TRY(bt_ml_matrix_of(ctx, 0, &job.x, err));
    const int64_t dims[] = {(int64_t)job.x.rows, model->forest.target_count};
    BT_TRY(bt_op_output(ctx, 1, BT_F32, 2, dims, &sink.scores, err));
    sink.classes = bt_op_scratch(ctx, job.x.rows, sizeof *sink.classes);
    if (!sink.classes)
        return bt_fail_no_memory(err, "the classes");
    BT_TRY(bt_forest_run(ctx, &job, err));
    return bt_ml_write_labels(ctx, &model->labels, sink.classes, job.x.rows, err);
}

/* ---- regressor ---- */

static baton_status prepare_regressor(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const char *const words[] = {"AVERAGE", "SUM", "MIN", "MAX", NULL};
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    struct bt_tree_source source = {0};
    unsigned aggregate = 0;
    int64_t targets = bt_op_attr_int(ctx, "n_targets", 1);
    struct model *model = new_model(ctx);
    if (!model)
        return bt_fail_no_memory(err, "a tree ensemble");
    if (targets < 1 || targets > BT_TREE_TARGETS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "n_targets is %" PRId64 ", expected [1, %" PRId64 "]",
                       targets, BT_TREE_TARGETS_MAX);
    BT_TRY(bt_ml_word(ctx, "aggregate_function", words, BT_FOREST_SUM, &aggregate, err));
    model->aggregate = (enum bt_forest_aggregate)aggregate;
    BT_TRY(check_aggregate(model, err));
    BT_TRY(bt_ml_post_of(ctx, &model->post, err));
    BT_TRY(bt_tree_read(ctx, "target", (uint32_t)targets, &scratch, &source, err));
    BT_TRY(bt_forest_build(&source, ctx->arena, &model->forest, err));
    return read_base(ctx, model, err);
}

static void finish_values(void *user, size_t from, size_t count, double *sums)
{
    const struct sink *sink = user;
    size_t targets = sink->model->forest.target_count;
    size_t first = from * targets;
    for (size_t row = 0; sink->scores->dtype != BT_F32 && row < count; row++)
        bt_ml_post_f64(sink->model->post, sums + row * targets, targets);
    for (size_t i = 0; i < count * targets; i++) {
        if (sink->scores->dtype == BT_F32)
            bt_f32_mut(sink->scores)[first + i] = (float)sums[i];
        else if (sink->scores->dtype == BT_F64)
            ((double *)sink->scores->data)[first + i] = sums[i];
        else
            ((uint16_t *)sink->scores->data)[first + i] = bt_f16_narrow_f64(sums[i]);
    }
    for (size_t row = 0; sink->scores->dtype == BT_F32 && row < count; row++)
        bt_ml_post_f32(sink->kernels, sink->model->post,
                       bt_f32_mut(sink->scores) + first + row * targets, targets);
}

static baton_status run_sums(struct bt_op_ctx *ctx, struct bt_ml_matrix x, enum bt_dtype dtype,
                             struct baton_error *err)
{
    const struct model *model = ctx->state;
    struct sink sink = {.model = model, .kernels = ctx->kernels};
    const struct bt_forest_job job = {.forest = &model->forest,
                                      .x = x,
                                      .aggregate = model->aggregate,
                                      .narrow = model->narrow,
                                      .base = model->base,
                                      .finish = finish_values,
                                      .user = &sink};
    const int64_t dims[] = {(int64_t)x.rows, model->forest.target_count};
    BT_TRY(bt_op_output(ctx, 0, dtype, 2, dims, &sink.scores, err));
    return bt_forest_run(ctx, &job, err);
}

static baton_status run_regressor(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_ml_matrix x = {0};
    BT_TRY(bt_ml_matrix_of(ctx, 0, &x, err));
    return run_sums(ctx, x, BT_F32, err);
}

/* ---- TreeEnsemble ---- */

static baton_status prepare_ensemble(struct bt_op_ctx *ctx, struct baton_error *err)
{
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    struct bt_tree_source source = {0};
    int64_t aggregate = bt_op_attr_int(ctx, "aggregate_function", BT_FOREST_SUM);
    int64_t post = bt_op_attr_int(ctx, "post_transform", BT_ML_NONE);
    struct model *model = new_model(ctx);
    if (!model)
        return bt_fail_no_memory(err, "a tree ensemble");
    if (aggregate < 0 || aggregate > BT_FOREST_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "aggregate_function is %" PRId64 ", expected [0, 3]",
                       aggregate);
    if (post < 0 || post >= BT_ML_POST_COUNT)
        return bt_fail(err, BATON_ERR_INVALID, "post_transform is %" PRId64 ", expected [0, 4]",
                       post);
    model->aggregate = (enum bt_forest_aggregate)aggregate;
    model->post = (enum bt_ml_post)post;
    BT_TRY(check_aggregate(model, err));
    BT_TRY(bt_tree_read5(ctx, &scratch, &source, err));
    return bt_forest_build(&source, ctx->arena, &model->forest, err);
}

static baton_status run_ensemble(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (x->dtype != BT_F32 && x->dtype != BT_F64 && x->dtype != BT_F16)
        return bt_op_bad_type(ctx, 0, err);
    if (x->rank != 2)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, expected [rows, features]",
                       x->rank);
    const struct bt_ml_matrix rows = {x, (size_t)x->dims[0], (size_t)x->dims[1]};
    return run_sums(ctx, rows, x->dtype, err);
}

/* The encodings of 1 and 3 differ in the *_as_tensor attributes only. */
const struct bt_op bt_ops_tree[] = {
    {.name = "TreeEnsembleClassifier",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = prepare_classifier,
     .run = run_classifier},
    {.name = "TreeEnsembleRegressor",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = prepare_regressor,
     .run = run_regressor},
    {.name = "TreeEnsemble",
     .domain = BT_ML_DOMAIN,
     .since = 5,
     .prepare = prepare_ensemble,
     .run = run_ensemble},
    {.name = NULL},
};
