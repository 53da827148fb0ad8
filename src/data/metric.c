/* SPDX-License-Identifier: Apache-2.0 */
#include "data/metric.h"

#include <stdlib.h>
#include <string.h>

#include "data/exact_sum.h"
#include "kernel/scalar.h"
#include "tensor/compare.h"

#define PROBABILITY_MIN 0x1p-52

static const struct {
    const char *name;
    bool larger_is_better;
} facts[BT_METRIC_COUNT] = {
    [BT_METRIC_ACCURACY] = {"accuracy", true},
    [BT_METRIC_BALANCED_ACCURACY] = {"balanced_accuracy", true},
    [BT_METRIC_F1] = {"f1", true},
    [BT_METRIC_ROC_AUC] = {"roc_auc", true},
    [BT_METRIC_LOG_LOSS] = {"log_loss", false},
    [BT_METRIC_RMSE] = {"rmse", false},
    [BT_METRIC_MAE] = {"mae", false},
    [BT_METRIC_R2] = {"r2", true},
};

const char *bt_metric_name(enum bt_metric metric)
{
    return facts[metric].name;
}

enum bt_metric bt_metric_find(const char *name)
{
    int i = 0;
    while (i < BT_METRIC_COUNT && strcmp(facts[i].name, name) != 0)
        i++;
    return (enum bt_metric)i;
}

bool bt_metric_larger_is_better(enum bt_metric metric)
{
    return facts[metric].larger_is_better;
}

static void set_metric(struct bt_metrics *m, enum bt_metric metric, double value)
{
    m->known[metric] = true;
    m->value[metric] = value;
}

/* ---- classes ---- */

/*
 * The classes are the distinct labels of truth and predictions in ascending order (integers by
 * value, strings by bytes), or the keys of the maps; a row's class is its position there.
 */
struct classes {
    size_t count;
    size_t rows;
    size_t *truth;     /* [rows] class index */
    size_t *predicted; /* [rows] */
    struct bt_arena arena;
};

#define BT_AUTO_CLASSES BT_CLEANUP(classes_release) struct classes

static void classes_release(struct classes *c)
{
    bt_arena_release(&c->arena);
}

struct label {
    struct bt_bytes text;
    int64_t number;
};

static int compare_labels(const void *a, const void *b)
{
    const struct label *x = a;
    const struct label *y = b;
    size_t shorter = x->text.len < y->text.len ? x->text.len : y->text.len;
    int order = shorter ? memcmp(x->text.ptr, y->text.ptr, shorter) : 0;
    if (order)
        return order;
    if (x->text.len != y->text.len)
        return x->text.len < y->text.len ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static struct label label_at(const struct bt_tensor *t, size_t i)
{
    if (t->dtype == BT_STRING)
        return (struct label){.text = ((const struct bt_bytes *)t->data)[i]};
    if (t->dtype == BT_I64)
        return (struct label){.number = ((const int64_t *)t->data)[i]};
    return (struct label){.number = (int64_t)bt_element_f64(t, i)};
}

static size_t distinct(struct label *labels, size_t count)
{
    size_t kept = 0;
    qsort(labels, count, sizeof *labels, compare_labels);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_labels(&labels[i], &labels[kept - 1]) != 0)
            labels[kept++] = labels[i];
    return kept;
}

static size_t position(const struct label *sorted, size_t count, struct label wanted)
{
    const struct label *found = bsearch(&wanted, sorted, count, sizeof wanted, compare_labels);
    return found ? (size_t)(found - sorted) : count;
}

/* NaN fails both comparisons. */
static bool is_whole(double x)
{
    return x >= -9007199254740992.0 && x <= 9007199254740992.0 && (double)(int64_t)x == x;
}

static baton_status number_classes(const struct bt_tensor *truth, const struct bt_tensor *predicted,
                                   struct classes *ret, struct baton_error *err)
{
    size_t rows = bt_tensor_count(truth);
    bool same_kind = (truth->dtype == BT_STRING) == (predicted->dtype == BT_STRING);
    for (size_t i = 0; bt_dtype_is_float(truth->dtype) && i < rows; i++)
        if (!is_whole(bt_element_f64(truth, i)))
            return bt_fail(err, BATON_ERR_INVALID,
                           "label %zu is no whole number: classes are whole numbers or text", i);
    if (!same_kind)
        return bt_fail(err, BATON_ERR_INVALID, "labels are %s, predicted classes are %s",
                       bt_dtype_name(truth->dtype), bt_dtype_name(predicted->dtype));
    struct label *labels = bt_arena_calloc(&ret->arena, 2 * rows, sizeof *labels);
    ret->truth = bt_arena_calloc(&ret->arena, rows, sizeof *ret->truth);
    ret->predicted = bt_arena_calloc(&ret->arena, rows, sizeof *ret->predicted);
    if (!labels || !ret->truth || !ret->predicted)
        return bt_fail_no_memory(err, "the classes");
    for (size_t i = 0; i < rows; i++) {
        labels[2 * i] = label_at(truth, i);
        labels[2 * i + 1] = label_at(predicted, i);
    }
    ret->rows = rows;
    ret->count = distinct(labels, 2 * rows);
    for (size_t i = 0; i < rows; i++) {
        ret->truth[i] = position(labels, ret->count, label_at(truth, i));
        ret->predicted[i] = position(labels, ret->count, label_at(predicted, i));
    }
    return BATON_OK;
}

/* ---- metrics of predicted classes ---- */

struct tally {
    uint64_t correct;
    uint64_t true_rows;
    uint64_t predicted_rows;
};

static double quotient(uint64_t a, uint64_t b)
{
    return (double)a / (double)b;
}

static double f1_of(const struct tally *t)
{
    /* 2 TP + FP + FN = rows of the class + rows predicted as it. */
    uint64_t below = t->true_rows + t->predicted_rows;
    return below ? quotient(2 * t->correct, below) : 0.0;
}

static void class_metrics(const struct classes *c, const struct tally *tally, struct bt_metrics *m)
{
    struct bt_exact_sum recall = {{0}, false};
    struct bt_exact_sum f1 = {{0}, false};
    uint64_t correct = 0;
    uint64_t present = 0;
    for (size_t i = 0; i < c->count; i++) {
        correct += tally[i].correct;
        bt_exact_sum_add(&f1, f1_of(&tally[i]));
        if (tally[i].true_rows == 0)
            continue;
        present++;
        bt_exact_sum_add(&recall, quotient(tally[i].correct, tally[i].true_rows));
    }
    set_metric(m, BT_METRIC_ACCURACY, quotient(correct, c->rows));
    set_metric(m, BT_METRIC_BALANCED_ACCURACY, bt_exact_sum_round(&recall) / (double)present);
    set_metric(m, BT_METRIC_F1,
               c->count == 2 ? f1_of(&tally[1]) : bt_exact_sum_round(&f1) / (double)c->count);
}

static baton_status count_classes(struct classes *c, struct bt_metrics *m, struct baton_error *err)
{
    struct tally *tally = bt_arena_calloc(&c->arena, c->count, sizeof *tally);
    if (!tally)
        return bt_fail_no_memory(err, "the class counts");
    for (size_t i = 0; i < c->rows; i++) {
        tally[c->truth[i]].true_rows++;
        tally[c->predicted[i]].predicted_rows++;
        tally[c->truth[i]].correct += c->truth[i] == c->predicted[i];
    }
    class_metrics(c, tally, m);
    return BATON_OK;
}

/* ---- metrics of scores ---- */

struct scored {
    double score;
    bool positive;
};

static int compare_scores(const void *a, const void *b)
{
    double x = ((const struct scored *)a)->score;
    double y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

/* Twice the pairs ordered right plus the ties, over twice the pairs; NaN when a class is absent or
 * a score is no number. */
static double auc_of_class(const struct classes *c, const struct bt_tensor *scores, size_t class,
                           struct scored *order)
{
    uint64_t positives = 0;
    uint64_t negatives_below = 0;
    uint64_t twice = 0;
    for (size_t i = 0; i < c->rows; i++) {
        order[i] =
            (struct scored){bt_element_f64(scores, i * c->count + class), c->truth[i] == class};
        positives += order[i].positive;
        if (__builtin_isnan(order[i].score))
            return __builtin_nan("");
    }
    qsort(order, c->rows, sizeof *order, compare_scores);
    for (size_t i = 0; i < c->rows;) {
        uint64_t positive_ties = 0;
        uint64_t negative_ties = 0;
        for (double score = order[i].score; i < c->rows && order[i].score == score; i++) {
            positive_ties += order[i].positive;
            negative_ties += !order[i].positive;
        }
        twice += positive_ties * (2 * negatives_below + negative_ties);
        negatives_below += negative_ties;
    }
    if (positives == 0 || negatives_below == 0)
        return __builtin_nan("");
    return quotient(twice, 2 * positives * negatives_below);
}

static baton_status auc(struct classes *c, const struct bt_tensor *scores, struct bt_metrics *m,
                        struct baton_error *err)
{
    struct scored *order = bt_arena_calloc(&c->arena, c->rows, sizeof *order);
    if (!order)
        return bt_fail_no_memory(err, "the ranking");
    if (c->count == 2) {
        double value = auc_of_class(c, scores, 1, order);
        if (!__builtin_isnan(value))
            set_metric(m, BT_METRIC_ROC_AUC, value);
        return BATON_OK;
    }
    struct bt_exact_sum sum = {{0}, false};
    uint64_t present = 0;
    for (size_t i = 0; i < c->count; i++) {
        double value = auc_of_class(c, scores, i, order);
        if (__builtin_isnan(value))
            continue;
        bt_exact_sum_add(&sum, value);
        present++;
    }
    if (present)
        set_metric(m, BT_METRIC_ROC_AUC, bt_exact_sum_round(&sum) / (double)present);
    return BATON_OK;
}

static void log_loss(const struct classes *c, const struct bt_tensor *scores, struct bt_metrics *m)
{
    struct bt_exact_sum sum = {{0}, false};
    for (size_t i = 0; i < c->rows; i++) {
        double p = bt_element_f64(scores, i * c->count + c->truth[i]);
        /* Scores that are no probabilities have no log loss. */
        if (!(p >= 0 && p <= 1))
            return;
        bt_exact_sum_add(&sum, bt_log_f64(p > PROBABILITY_MIN ? p : PROBABILITY_MIN));
    }
    /* 0 - x, so that a perfect score is +0. */
    set_metric(m, BT_METRIC_LOG_LOSS, 0.0 - bt_exact_sum_round(&sum) / (double)c->rows);
}

/* ---- regression ---- */

static void regression(const struct bt_tensor *truth, const struct bt_tensor *predicted,
                       struct bt_metrics *m)
{
    struct bt_exact_sum squares = {{0}, false};
    struct bt_exact_sum distances = {{0}, false};
    struct bt_exact_sum total = {{0}, false};
    struct bt_exact_sum spread = {{0}, false};
    size_t rows = bt_tensor_count(truth);
    for (size_t i = 0; i < rows; i++) {
        double y = bt_element_f64(truth, i);
        double d = y - bt_element_f64(predicted, i);
        bt_exact_sum_add(&total, y);
        bt_exact_sum_add_square(&squares, d);
        bt_exact_sum_add(&distances, __builtin_fabs(d));
    }
    double mean = bt_exact_sum_round(&total) / (double)rows;
    for (size_t i = 0; i < rows; i++)
        bt_exact_sum_add_square(&spread, bt_element_f64(truth, i) - mean);
    double residual = bt_exact_sum_round(&squares);
    double variance = bt_exact_sum_round(&spread);
    set_metric(m, BT_METRIC_RMSE, bt_sqrt_f64(residual / (double)rows));
    set_metric(m, BT_METRIC_MAE, bt_exact_sum_round(&distances) / (double)rows);
    if (variance > 0)
        set_metric(m, BT_METRIC_R2, 1.0 - residual / variance);
}

/* ---- which output means what ---- */

struct roles {
    const struct bt_tensor *classes; /* [rows] */
    const struct bt_tensor *scores;  /* [rows, n] */
    const struct bt_tensor *real;    /* [rows] */
};

static bool is_column(const struct bt_tensor *t, size_t rows)
{
    return bt_tensor_count(t) == rows && t->rank >= 1 && (size_t)t->dims[0] == rows;
}

static bool is_table(const struct bt_tensor *t, size_t rows)
{
    return t->rank == 2 && (size_t)t->dims[0] == rows && t->dims[1] >= 2;
}

/* Give `t` the role that its type and shape fit, when nobody has it yet. */
static void take_role(const struct bt_tensor *t, size_t rows, struct roles *roles)
{
    const struct bt_tensor **role = NULL;
    if (!bt_dtype_is_float(t->dtype))
        role = is_column(t, rows) ? &roles->classes : NULL;
    else if (is_table(t, rows))
        role = &roles->scores;
    else if (is_column(t, rows))
        role = &roles->real;
    if (role && !*role)
        *role = t;
}

static struct roles find_roles(const struct bt_values *outputs, size_t rows)
{
    struct roles roles = {0};
    for (size_t i = 0; i < outputs->count; i++) {
        const struct bt_value *value = &outputs->items[i].value;
        if (value->kind == BT_VALUE_TENSOR || value->kind == BT_VALUE_MAPS)
            take_role(&value->tensor, rows, &roles);
    }
    return roles;
}

/* Scores without a class output: the class of a row is the first largest score. */
static baton_status classes_of_scores(const struct bt_tensor *scores, struct bt_tensor *ret,
                                      struct baton_error *err)
{
    size_t columns = (size_t)scores->dims[1];
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(BT_I64, 1, scores->dims, 0, &made, err));
    for (size_t row = 0; row < (size_t)scores->dims[0]; row++) {
        size_t best = 0;
        for (size_t i = 1; i < columns; i++)
            if (bt_element_f64(scores, row * columns + i) >
                bt_element_f64(scores, row * columns + best))
                best = i;
        ((int64_t *)made.data)[row] = (int64_t)best;
    }
    *ret = bt_tensor_ref(&made);
    return BATON_OK;
}

static baton_status classification(const struct bt_tensor *truth, const struct roles *roles,
                                   struct bt_metrics *m, struct baton_error *err)
{
    BT_AUTO_CLASSES classes = {0};
    BT_AUTO_TENSOR by_score = BT_TENSOR_INIT;
    const struct bt_tensor *predicted = roles->classes;
    if (!predicted) {
        BT_TRY(classes_of_scores(roles->scores, &by_score, err));
        predicted = &by_score;
    }
    BT_TRY(number_classes(truth, predicted, &classes, err));
    BT_TRY(count_classes(&classes, m, err));
    /* Columns can be told apart only when there is one for each class seen. */
    if (!roles->scores || (size_t)roles->scores->dims[1] != classes.count)
        return BATON_OK;
    log_loss(&classes, roles->scores, m);
    return auc(&classes, roles->scores, m, err);
}

baton_status bt_metrics_compute(const struct bt_tensor *truth, const struct bt_values *outputs,
                                struct bt_metrics *ret, struct baton_error *err)
{
    struct bt_metrics m = {.rows = bt_tensor_count(truth)};
    if (m.rows == 0)
        return bt_fail(err, BATON_ERR_INVALID, "metrics need at least one labelled row");
    struct roles roles = find_roles(outputs, (size_t)m.rows);
    if (roles.classes || roles.scores)
        BT_TRY(classification(truth, &roles, &m, err));
    else if (roles.real && truth->dtype != BT_STRING)
        regression(truth, roles.real, &m);
    else
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "no output of the model can be compared with %llu labels of type %s",
                       (unsigned long long)m.rows, bt_dtype_name(truth->dtype));
    *ret = m;
    return BATON_OK;
}
