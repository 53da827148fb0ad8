/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_ML_FOREST_H
#define BT_OP_ML_FOREST_H
/*
 * A tree ensemble, checked and laid out for walking.
 *
 * The readers of the two attribute encodings (tree_read.c, tree_read5.c) fill a bt_tree_source:
 * positions instead of ids, nothing believed. bt_forest_build() proves that every tree is a tree
 * and lays it out; afterwards no index needs a check but the feature's, once, against the columns.
 *
 * Layout. One array of nodes, trees in file order, each tree breadth-first, so that the children of
 * a node are neighbours. A step is
 *
 *     next = node.base + (x[node.feature] <= node.threshold)
 *
 * with the false child at base and the true child after it. All comparisons but equality come down
 * to <= by choosing the threshold and swapping the children (see settle() in forest.c). A leaf has
 * itself as base and NaN as threshold, so a walk that has arrived stays where it is, whatever x is;
 * that lets several rows walk in step without asking who has arrived.
 */
#include "op/ml/ml.h"

#define BT_TREE_DEPTH_MAX 4096
#define BT_TREE_NODES_MAX ((size_t)1 << 30)
#define BT_TREE_TARGETS_MAX ((int64_t)1 << 24)

enum bt_tree_mode {
    BT_TREE_LEQ = 0, /* the numbers of TreeEnsemble, opset 5 */
    BT_TREE_LT,
    BT_TREE_GTE,
    BT_TREE_GT,
    BT_TREE_EQ,
    BT_TREE_NEQ,
    BT_TREE_MEMBER,
    BT_TREE_LEAF
};

/* Part of `votes` (of a leaf) or `members` (of a BT_TREE_MEMBER). */
struct bt_tree_span {
    uint32_t first;
    uint32_t count;
};

struct bt_tree_vote {
    uint32_t target;
    double weight;
};

struct bt_tree_node {
    enum bt_tree_mode mode;
    bool nan_true; /* a missing value takes the true branch */
    uint32_t feature;
    double threshold;
    uint32_t on_true; /* positions in nodes; meaningless in a leaf */
    uint32_t on_false;
    struct bt_tree_span span;
};

struct bt_tree_source {
    struct bt_tree_node *nodes;
    size_t node_count;
    const uint32_t *roots; /* in file order */
    size_t tree_count;
    const struct bt_tree_vote *votes;
    size_t vote_count;
    const double *members;
    size_t member_count;
    uint32_t target_count;
};

/* The highest bit of `feature` says that NaN goes to the true child. */
#define BT_FOREST_NAN_TRUE 0x80000000U

struct bt_forest_node32 {
    float threshold;
    uint32_t feature;
    uint32_t base;
};

struct bt_forest_node64 {
    double threshold;
    uint32_t feature;
    uint32_t base;
};

struct bt_forest {
    size_t tree_count;
    uint32_t target_count;
    uint32_t feature_count; /* the largest feature id, plus one */
    bool nan_true;          /* some node has BT_FOREST_NAN_TRUE */
    const uint32_t *roots;
    const uint32_t *depths;                /* steps that reach every leaf of the tree */
    const struct bt_forest_node32 *narrow; /* thresholds rounded down: exact for binary32 x */
    const struct bt_forest_node64 *wide;
    const uint8_t *modes; /* LEQ, EQ, MEMBER or LEAF by node; NULL when there is no EQ or MEMBER */
    const struct bt_tree_span *spans;
    const struct bt_tree_vote *votes;
    const double *members;
    const double *values; /* by node, when there is one target and every leaf has one vote */
};

/* Copies what it keeps into `arena`. */
BT_CHECK baton_status bt_forest_build(const struct bt_tree_source *source, struct bt_arena *arena,
                                      struct bt_forest *ret, struct baton_error *err);

enum bt_forest_aggregate { BT_FOREST_AVERAGE = 0, BT_FOREST_SUM, BT_FOREST_MIN, BT_FOREST_MAX };

/* What a finished block of rows is for: sums[row * target_count + target], rows [from, from+count).
 * Called from several threads, for different rows. */
typedef void bt_forest_finish(void *user, size_t from, size_t count, double *sums);

struct bt_forest_job {
    const struct bt_forest *forest;
    struct bt_ml_matrix x; /* float16 too */
    enum bt_forest_aggregate aggregate;
    bool narrow;        /* base, weights and each sum are rounded to binary32; SUM only */
    const double *base; /* by target, or NULL */
    bt_forest_finish *finish;
    void *user;
};

/* Refuses an x with too few columns. */
BT_CHECK baton_status bt_forest_run(struct bt_op_ctx *ctx, const struct bt_forest_job *job,
                                    struct baton_error *err);

/* ---- attributes ---- */
/* `prefix` "class" or "target": TreeEnsembleClassifier, TreeEnsembleRegressor. */
BT_CHECK baton_status bt_tree_read(const struct bt_op_ctx *ctx, const char *prefix,
                                   uint32_t target_count, struct bt_arena *arena,
                                   struct bt_tree_source *ret, struct baton_error *err);
/* TreeEnsemble, opset 5. */
BT_CHECK baton_status bt_tree_read5(const struct bt_op_ctx *ctx, struct bt_arena *arena,
                                    struct bt_tree_source *ret, struct baton_error *err);

/* A list of numbers that may be a float list or, under name_as_tensor, a float64 tensor. */
BT_CHECK baton_status bt_tree_numbers(const struct bt_op_ctx *ctx, const char *name,
                                      struct bt_arena *arena, const double **ret, size_t *ret_count,
                                      struct baton_error *err);

#endif
