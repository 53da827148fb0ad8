/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_METRIC_H
#define BT_DATA_METRIC_H
/*
 * How good the predictions are, computed so that the last bit is the same everywhere
 * (docs/numerics-metrics.md): counts are integers, sums are exact until one final rounding, and
 * do not depend on the order of the rows.
 *
 *   accuracy            correct / n
 *   balanced_accuracy   mean over the classes present in the truth of correct_c / n_c
 *   f1                  two classes: 2 TP / (2 TP + FP + FN) of the larger class; more: mean over
 * all classes (macro) roc_auc             two classes: (pairs ordered right + ties / 2) / pairs, by
 * the score of the larger class; more: mean of one-against-rest over the classes present log_loss
 * -mean log max(p, 2^-52) of the probability given to the true class rmse, mae, r2       sqrt(mean
 * d^2), mean |d|, 1 - sum d^2 / sum (y - mean y)^2 with d = y - p
 *
 * Each mean is one exact sum, rounded once, divided once.
 */
#include "data/values.h"

enum bt_metric {
    BT_METRIC_ACCURACY = 0,
    BT_METRIC_BALANCED_ACCURACY,
    BT_METRIC_F1,
    BT_METRIC_ROC_AUC,
    BT_METRIC_LOG_LOSS,
    BT_METRIC_RMSE,
    BT_METRIC_MAE,
    BT_METRIC_R2,
    BT_METRIC_COUNT
};

const char *bt_metric_name(enum bt_metric metric);
/* BT_METRIC_COUNT when there is none of that name. */
enum bt_metric bt_metric_find(const char *name);
/* Whether a larger value is better. */
bool bt_metric_larger_is_better(enum bt_metric metric);

struct bt_metrics {
    uint64_t rows;
    bool known[BT_METRIC_COUNT]; /* false: does not apply to these outputs */
    double value[BT_METRIC_COUNT];
};

/*
 * `truth` has one element for each row. Which output means what is read off the outputs' types: a
 * rank-1 (or [n,1]) integer or string output is the predicted class; a float [n,classes] output, or
 * maps, the scores, in ascending order of class; a lone float [n] or [n,1] output a regression.
 */
BT_CHECK baton_status bt_metrics_compute(const struct bt_tensor *truth,
                                         const struct bt_values *outputs, struct bt_metrics *ret,
                                         struct baton_error *err);

#endif
