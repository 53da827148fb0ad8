/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_ML_ML_H
#define BT_OP_ML_ML_H
/*
 * What the operators of ai.onnx.ml share: reading a matrix of any numeric type, class labels, and
 * the transform of the scores at the end. The order of every step is in docs/numerics-ml.md.
 */
#include "op/op.h"

#define BT_ML_DOMAIN "ai.onnx.ml"

/* ---- input: [rows, cols], or [cols] taken as one row; float32, float64, int32 or int64 ---- */
struct bt_ml_matrix {
    const struct bt_tensor *tensor;
    size_t rows;
    size_t cols;
};

BT_CHECK baton_status bt_ml_matrix_of(const struct bt_op_ctx *ctx, uint32_t i,
                                      struct bt_ml_matrix *ret, struct baton_error *err);
bool bt_ml_is_number(enum bt_dtype dtype);
/* Elements [from, from + count) of a numeric tensor. To binary64 every type but int64 is exact; a
 * conversion that is not exact rounds once to nearest even. */
void bt_ml_read_f64(const struct bt_tensor *tensor, size_t from, size_t count, double *ret);
void bt_ml_read_f32(const struct bt_tensor *tensor, size_t from, size_t count, float *ret);
/* All elements as binary32: the tensor's own when it has them, else converted into scratch. */
BT_CHECK baton_status bt_ml_as_f32(struct bt_op_ctx *ctx, const struct bt_tensor *tensor,
                                   const float **ret, struct baton_error *err);

/* ---- attributes ---- */
struct bt_ml_floats {
    const float *at;
    size_t count; /* 0 when the attribute is absent */
};
struct bt_ml_floats bt_ml_floats_of(const struct bt_op_ctx *ctx, const char *name);
/* Of several spellings the position in `words` of the string attribute `name`, `fallback` when the
 * node has none. `words` ends with NULL. */
BT_CHECK baton_status bt_ml_word(const struct bt_op_ctx *ctx, const char *name,
                                 const char *const *words, unsigned fallback, unsigned *ret,
                                 struct baton_error *err);

/* ---- class labels: integers or strings ---- */
struct bt_ml_labels {
    const int64_t *ints; /* one of the two is set */
    const struct bt_bytes *strings;
    size_t count;
};

/* Exactly one of the two attributes must be there and not empty. */
BT_CHECK baton_status bt_ml_labels_of(const struct bt_op_ctx *ctx, const char *ints,
                                      const char *strings, struct bt_ml_labels *ret,
                                      struct baton_error *err);
/* Output 0, [rows]: the label of each row's class. */
BT_CHECK baton_status bt_ml_write_labels(struct bt_op_ctx *ctx, const struct bt_ml_labels *labels,
                                         const uint32_t *classes, size_t rows,
                                         struct baton_error *err);
/* The first of the largest. */
uint32_t bt_ml_argmax(const float *scores, size_t count);

/* ---- post_transform ---- */
enum bt_ml_post {
    BT_ML_NONE = 0,
    BT_ML_SOFTMAX,
    BT_ML_LOGISTIC,
    BT_ML_SOFTMAX_ZERO,
    BT_ML_PROBIT,
    BT_ML_POST_COUNT
};

BT_CHECK baton_status bt_ml_post_of(const struct bt_op_ctx *ctx, enum bt_ml_post *ret,
                                    struct baton_error *err);
/* In place, one row of `count` scores. */
void bt_ml_post_f32(const struct bt_kernels *kernels, enum bt_ml_post post, float *scores,
                    size_t count);
void bt_ml_post_f64(enum bt_ml_post post, double *scores, size_t count);
/* The two scores of a binary model that has one: `score` is the second label's, and before it
 * stands its opposite. LOGISTIC: the function of -score and of score. PROBIT: of 1 - score and of
 * score. Otherwise no transform, and the opposite is 1 - score when `probability`, else -score. */
void bt_ml_two_scores(const struct bt_kernels *kernels, enum bt_ml_post post, bool probability,
                      float score, float *ret);

/* ---- matrix product ---- */
/* The matrix product of the linear models and of three of the four SVM kernels:
 * y[rows, n] = alpha * (x[rows, k] w[n, k]^T) + bias, by the rules of "Matrix product". */
struct bt_ml_dense {
    const float *x;
    size_t rows;
    const float *w;
    size_t n;
    size_t k;
    float alpha;
    const float *bias; /* bias[j * bias_step], or NULL */
    size_t bias_step;  /* 1: one for each column; 0: one for all */
};

BT_CHECK baton_status bt_ml_dense(struct bt_op_ctx *ctx, const struct bt_ml_dense *dense, float *y,
                                  struct baton_error *err);

#endif
