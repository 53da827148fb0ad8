/* SPDX-License-Identifier: Apache-2.0 */
/*
 * post_transform. In binary32 the functions are those of the kernel table; in binary64 (only
 * TreeEnsemble with float64 input) those of kernel/scalar.h, summed in index order.
 */
#include "kernel/scalar.h"
#include "op/ml/ml.h"

/* Scores nearer to zero than this count as "no vote" for SOFTMAX_ZERO. */
#define VOTE_MIN 1e-7F

baton_status bt_ml_post_of(const struct bt_op_ctx *ctx, enum bt_ml_post *ret,
                           struct baton_error *err)
{
    static const char *const words[] = {"NONE",         "SOFTMAX", "LOGISTIC",
                                        "SOFTMAX_ZERO", "PROBIT",  NULL};
    unsigned word = 0;
    BT_TRY(bt_ml_word(ctx, "post_transform", words, BT_ML_NONE, &word, err));
    *ret = (enum bt_ml_post)word;
    return BATON_OK;
}

static void softmax_zero_f32(const struct bt_kernels *kernels, float *scores, size_t count)
{
    float max = kernels->max_f32(scores, count);
    float scale = -max;
    kernels->map_f32[BT_EXP](&scale, &scale, 1);
    for (size_t i = 0; i < count; i++) {
        float e = scores[i] - max;
        if (scores[i] > VOTE_MIN || scores[i] < -VOTE_MIN)
            kernels->map_f32[BT_EXP](&e, &scores[i], 1);
        else
            scores[i] = scores[i] * scale;
    }
    float sum = kernels->rsum_f32(scores, count);
    for (size_t i = 0; i < count; i++)
        scores[i] = scores[i] / sum;
}

void bt_ml_post_f32(const struct bt_kernels *kernels, enum bt_ml_post post, float *scores,
                    size_t count)
{
    switch (post) {
    case BT_ML_SOFTMAX:
        kernels->softmax_f32(scores, scores, count);
        break;
    case BT_ML_LOGISTIC:
        kernels->map_f32[BT_SIGMOID](scores, scores, count);
        break;
    case BT_ML_SOFTMAX_ZERO:
        softmax_zero_f32(kernels, scores, count);
        break;
    case BT_ML_PROBIT:
        for (size_t i = 0; i < count; i++)
            scores[i] = (float)bt_probit_f64((double)scores[i]);
        break;
    default:
        break;
    }
}

void bt_ml_two_scores(const struct bt_kernels *kernels, enum bt_ml_post post, bool probability,
                      float score, float *ret)
{
    bool logistic = post == BT_ML_LOGISTIC;
    bool minus = logistic || (!probability && post != BT_ML_PROBIT);
    ret[0] = minus ? -score : 1 - score;
    ret[1] = score;
    if (logistic || post == BT_ML_PROBIT)
        bt_ml_post_f32(kernels, post, ret, 2);
}

static void softmax_f64(double *scores, size_t count, bool skip_zero)
{
    double max = scores[0];
    double sum = 0;
    for (size_t i = 1; i < count; i++)
        max = scores[i] > max ? scores[i] : max;
    double scale = bt_exp_f64(-max);
    for (size_t i = 0; i < count; i++) {
        bool voted = scores[i] > (double)VOTE_MIN || scores[i] < (double)-VOTE_MIN;
        scores[i] = skip_zero && !voted ? scores[i] * scale : bt_exp_f64(scores[i] - max);
        sum = sum + scores[i];
    }
    for (size_t i = 0; i < count; i++)
        scores[i] = scores[i] / sum;
}

void bt_ml_post_f64(enum bt_ml_post post, double *scores, size_t count)
{
    if (post == BT_ML_SOFTMAX || post == BT_ML_SOFTMAX_ZERO)
        softmax_f64(scores, count, post == BT_ML_SOFTMAX_ZERO);
    for (size_t i = 0; i < count; i++) {
        if (post == BT_ML_LOGISTIC)
            scores[i] = bt_sigmoid_f64(scores[i]);
        else if (post == BT_ML_PROBIT)
            scores[i] = bt_probit_f64(scores[i]);
    }
}
