/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of TreeEnsemble (opset 5): inner nodes and leaves are lists of their own, a child is a
 * position in one of the two, and several branches may name the same leaf. Every reference to a
 * leaf becomes a leaf node of its own here, so that what bt_forest_build() checks is a tree.
 */
#include <inttypes.h>
#include <string.h>

#include "op/ml/forest.h"

struct reader {
    const struct bt_op_ctx *ctx;
    struct bt_arena *arena;
    size_t count; /* inner nodes */
    size_t leaf_count;
    const int64_t *features;
    const int64_t *child[2];   /* false, true */
    const int64_t *is_leaf[2]; /* false, true */
    const int64_t *nan_true;   /* NULL: none */
    const uint8_t *modes;
    const struct bt_tensor *splits;
    struct bt_tree_node *nodes; /* inner ones, then leaves as they are referred to */
    size_t used;
};

static baton_status ints(const struct reader *r, const char *name, size_t count, bool optional,
                         const int64_t **ret, struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(r->ctx, name, BT_ATTR_INTS);
    size_t found = attr ? attr->count : 0;
    if (optional && found == 0)
        return BATON_OK;
    if (found != count)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s has %zu elements, expected %zu", name,
                       found, count);
    *ret = attr ? attr->ints : NULL;
    return BATON_OK;
}

static baton_status tensor(const struct reader *r, const char *name, const struct bt_tensor **ret,
                           struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(r->ctx, name, BT_ATTR_TENSOR);
    if (!attr)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s is missing", name);
    *ret = attr->tensors;
    return BATON_OK;
}

static baton_status numbers(const struct reader *r, const char *name, size_t count,
                            const struct bt_tensor **ret, struct baton_error *err)
{
    BT_TRY(tensor(r, name, ret, err));
    if ((*ret)->dtype != BT_F32 && (*ret)->dtype != BT_F64 && (*ret)->dtype != BT_F16)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute %s is %s, expected float32, float64 or float16", name,
                       bt_dtype_name((*ret)->dtype));
    if (bt_tensor_count(*ret) != count)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s has %zu elements, expected %zu", name,
                       bt_tensor_count(*ret), count);
    return BATON_OK;
}

static baton_status read_lists(struct reader *r, struct baton_error *err)
{
    const struct bt_tensor *modes = NULL;
    BT_TRY(tensor(r, "nodes_modes", &modes, err));
    if (modes->dtype != BT_U8)
        return bt_fail(err, BATON_ERR_INVALID, "attribute nodes_modes is %s, expected uint8",
                       bt_dtype_name(modes->dtype));
    r->count = bt_tensor_count(modes);
    if (r->count == 0 || r->count > BT_TREE_NODES_MAX / 4)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu nodes, expected [1, %zu]", r->count,
                       BT_TREE_NODES_MAX / 4);
    r->modes = modes->data;
    BT_TRY(ints(r, "nodes_featureids", r->count, false, &r->features, err));
    BT_TRY(ints(r, "nodes_falsenodeids", r->count, false, &r->child[0], err));
    BT_TRY(ints(r, "nodes_truenodeids", r->count, false, &r->child[1], err));
    BT_TRY(ints(r, "nodes_falseleafs", r->count, false, &r->is_leaf[0], err));
    BT_TRY(ints(r, "nodes_trueleafs", r->count, false, &r->is_leaf[1], err));
    BT_TRY(ints(r, "nodes_missing_value_tracks_true", r->count, true, &r->nan_true, err));
    return numbers(r, "nodes_splits", r->count, &r->splits, err);
}

static baton_status read_votes(struct reader *r, struct bt_tree_source *source,
                               struct baton_error *err)
{
    const struct bt_attr *targets = bt_op_attr(r->ctx, "leaf_targetids", BT_ATTR_INTS);
    const struct bt_tensor *weights = NULL;
    r->leaf_count = targets ? targets->count : 0;
    BT_TRY(numbers(r, "leaf_weights", r->leaf_count, &weights, err));
    struct bt_tree_vote *votes = bt_arena_calloc(r->arena, r->leaf_count, sizeof *votes);
    if (!votes)
        return bt_fail_no_memory(err, "the leaves of a tree ensemble");
    for (size_t i = 0; i < r->leaf_count; i++) {
        if (targets->ints[i] < 0 || targets->ints[i] >= source->target_count)
            return bt_fail(err, BATON_ERR_INVALID,
                           "leaf %zu is for target %" PRId64 ", expected [0, %u)", i,
                           targets->ints[i], source->target_count);
        votes[i].target = (uint32_t)targets->ints[i];
        bt_ml_read_f64(weights, i, 1, &votes[i].weight);
    }
    source->votes = votes;
    source->vote_count = r->leaf_count;
    return BATON_OK;
}

static baton_status read_child(struct reader *r, size_t i, int side, uint32_t *ret,
                               struct baton_error *err)
{
    int64_t child = r->child[side][i];
    bool leaf = r->is_leaf[side][i] != 0;
    size_t count = leaf ? r->leaf_count : r->count;
    if (child < 0 || (uint64_t)child >= count)
        return bt_fail(err, BATON_ERR_INVALID,
                       "node %zu: its %s child is %s %" PRId64 ", expected [0, %zu)", i,
                       side ? "true" : "false", leaf ? "leaf" : "node", child, count);
    if (!leaf) {
        *ret = (uint32_t)child;
        return BATON_OK;
    }
    *ret = (uint32_t)r->used;
    r->nodes[r->used++] = (struct bt_tree_node){.mode = BT_TREE_LEAF, .span = {(uint32_t)child, 1}};
    return BATON_OK;
}

static baton_status read_node(struct reader *r, size_t i, struct baton_error *err)
{
    struct bt_tree_node *node = &r->nodes[i];
    if (r->modes[i] > BT_TREE_MEMBER)
        return bt_fail(err, BATON_ERR_INVALID, "node %zu: unknown mode %u", i, r->modes[i]);
    if (r->features[i] < 0 || r->features[i] >= INT32_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "node %zu: feature id %" PRId64 " is out of range",
                       i, r->features[i]);
    node->mode = (enum bt_tree_mode)r->modes[i];
    node->feature = (uint32_t)r->features[i];
    node->nan_true = r->nan_true && r->nan_true[i] != 0;
    bt_ml_read_f64(r->splits, i, 1, &node->threshold);
    BT_TRY(read_child(r, i, 1, &node->on_true, err));
    return read_child(r, i, 0, &node->on_false, err);
}

/* membership_values: one list for each BT_TREE_MEMBER node in order, NaN between lists. */
static baton_status read_members(struct reader *r, struct bt_tree_source *source,
                                 struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(r->ctx, "membership_values", BT_ATTR_TENSOR);
    size_t count =
        attr && bt_ml_is_number(attr->tensors->dtype) ? bt_tensor_count(attr->tensors) : 0;
    size_t at = 0;
    double *members = bt_arena_calloc(r->arena, count, sizeof *members);
    if (!members || count > UINT32_MAX)
        return bt_fail_no_memory(err, "the members of a tree ensemble");
    if (count)
        bt_ml_read_f64(attr->tensors, 0, count, members);
    for (size_t i = 0; i < r->count; i++) {
        if (r->nodes[i].mode != BT_TREE_MEMBER)
            continue;
        if (at >= count)
            return bt_fail(err, BATON_ERR_INVALID,
                           "attribute membership_values has no list for node %zu", i);
        size_t first = at;
        while (at < count && members[at] == members[at])
            at++;
        r->nodes[i].span = (struct bt_tree_span){(uint32_t)first, (uint32_t)(at - first)};
        at++;
    }
    source->members = members;
    source->member_count = count;
    return BATON_OK;
}

static baton_status read_roots(const struct reader *r, struct bt_tree_source *source,
                               struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(r->ctx, "tree_roots", BT_ATTR_INTS);
    size_t count = attr ? attr->count : 0;
    if (count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "attribute tree_roots is missing or empty");
    uint32_t *roots = bt_arena_calloc(r->arena, count, sizeof *roots);
    if (!roots)
        return bt_fail_no_memory(err, "the roots of a tree ensemble");
    for (size_t i = 0; i < count; i++) {
        if (attr->ints[i] < 0 || (uint64_t)attr->ints[i] >= r->count)
            return bt_fail(err, BATON_ERR_INVALID,
                           "tree %zu: its root is node %" PRId64 ", expected [0, %zu)", i,
                           attr->ints[i], r->count);
        roots[i] = (uint32_t)attr->ints[i];
    }
    source->roots = roots;
    source->tree_count = count;
    return BATON_OK;
}

static baton_status read_targets(const struct reader *r, struct bt_tree_source *source,
                                 struct baton_error *err)
{
    int64_t targets = bt_op_attr_int(r->ctx, "n_targets", 1);
    if (targets < 1 || targets > BT_TREE_TARGETS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "n_targets is %" PRId64 ", expected [1, %" PRId64 "]",
                       targets, BT_TREE_TARGETS_MAX);
    source->target_count = (uint32_t)targets;
    return BATON_OK;
}

baton_status bt_tree_read5(const struct bt_op_ctx *ctx, struct bt_arena *arena,
                           struct bt_tree_source *ret, struct baton_error *err)
{
    struct reader r = {.ctx = ctx, .arena = arena};
    struct bt_tree_source source = {0};
    BT_TRY(read_targets(&r, &source, err));
    BT_TRY(read_lists(&r, err));
    BT_TRY(read_votes(&r, &source, err));
    r.nodes = bt_arena_calloc(arena, 3 * r.count, sizeof *r.nodes);
    if (!r.nodes)
        return bt_fail_no_memory(err, "the nodes of a tree ensemble");
    r.used = r.count;
    for (size_t i = 0; i < r.count; i++)
        BT_TRY(read_node(&r, i, err));
    BT_TRY(read_members(&r, &source, err));
    BT_TRY(read_roots(&r, &source, err));
    source.nodes = r.nodes;
    source.node_count = r.used;
    *ret = source;
    return BATON_OK;
}
