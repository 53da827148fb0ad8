/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of TreeEnsembleClassifier and TreeEnsembleRegressor (opsets 1 and 3): parallel lists,
 * one tuple for each node and one for each weight of a leaf. Nodes are named by (tree id, node id);
 * ids are any int64, so an index sorted by id turns them into positions. A tree's place among the
 * trees is that of its first node; its root is its one node that is nobody's child.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "op/ml/forest.h"

struct key {
    int64_t tree;
    int64_t node;
    uint32_t position;
};

struct reader {
    const struct bt_op_ctx *ctx;
    struct bt_arena *arena;
    size_t count;
    const int64_t *trees;
    const int64_t *ids;
    const int64_t *on_true;
    const int64_t *on_false;
    const int64_t *features;
    const int64_t *nan_true; /* NULL: none */
    const struct bt_bytes *modes;
    const double *values;
    struct key *keys; /* [count], sorted */
    struct bt_tree_node *nodes;
};

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left;
    const struct key *b = right;
    if (a->tree != b->tree)
        return a->tree < b->tree ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

/* The list `name` of ints, which must have `count` elements. */
static baton_status need_ints(const struct bt_op_ctx *ctx, const char *name, size_t count,
                              const int64_t **ret, struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_INTS);
    size_t found = attr ? attr->count : 0;
    if (found != count)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s has %zu elements, expected %zu", name,
                       found, count);
    *ret = attr ? attr->ints : NULL;
    return BATON_OK;
}

static baton_status check_numbers(const struct bt_attr *list, const struct bt_attr *tensor,
                                  const char *name, struct baton_error *err)
{
    if (!tensor)
        return BATON_OK;
    if (list && list->count)
        return bt_fail(err, BATON_ERR_INVALID,
                       "expected one of the attributes %s and %s, found both", name, tensor->name);
    if (tensor->tensors->dtype != BT_F64 && tensor->tensors->dtype != BT_F32)
        return bt_fail(err, BATON_ERR_INVALID, "attribute %s is %s, expected float64", tensor->name,
                       bt_dtype_name(tensor->tensors->dtype));
    return BATON_OK;
}

baton_status bt_tree_numbers(const struct bt_op_ctx *ctx, const char *name, struct bt_arena *arena,
                             const double **ret, size_t *ret_count, struct baton_error *err)
{
    char as_tensor[64];
    (void)snprintf(as_tensor, sizeof as_tensor, "%s_as_tensor", name);
    const struct bt_attr *list = bt_op_attr(ctx, name, BT_ATTR_FLOATS);
    const struct bt_attr *tensor = bt_op_attr(ctx, as_tensor, BT_ATTR_TENSOR);
    BT_TRY(check_numbers(list, tensor, name, err));
    size_t count = tensor ? bt_tensor_count(tensor->tensors) : list ? list->count : 0;
    double *values = bt_arena_calloc(arena, count, sizeof *values);
    if (!values)
        return bt_fail_no_memory(err, name);
    if (tensor)
        bt_ml_read_f64(tensor->tensors, 0, count, values);
    for (size_t i = 0; !tensor && i < count; i++)
        values[i] = (double)list->floats[i];
    *ret = values;
    *ret_count = count;
    return BATON_OK;
}

static baton_status read_lists(struct reader *r, struct baton_error *err)
{
    const struct bt_op_ctx *ctx = r->ctx;
    const struct bt_attr *modes = bt_op_attr(ctx, "nodes_modes", BT_ATTR_STRINGS);
    const struct bt_attr *tracks = bt_op_attr(ctx, "nodes_missing_value_tracks_true", BT_ATTR_INTS);
    size_t values = 0;
    if (!modes || modes->count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "attribute nodes_modes is missing or empty");
    if (modes->count > BT_TREE_NODES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu nodes: the limit is %zu", modes->count,
                       BT_TREE_NODES_MAX);
    r->count = modes->count;
    r->modes = modes->strings;
    BT_TRY(need_ints(ctx, "nodes_treeids", r->count, &r->trees, err));
    BT_TRY(need_ints(ctx, "nodes_nodeids", r->count, &r->ids, err));
    BT_TRY(need_ints(ctx, "nodes_featureids", r->count, &r->features, err));
    BT_TRY(need_ints(ctx, "nodes_truenodeids", r->count, &r->on_true, err));
    BT_TRY(need_ints(ctx, "nodes_falsenodeids", r->count, &r->on_false, err));
    if (tracks && tracks->count)
        BT_TRY(need_ints(ctx, tracks->name, r->count, &r->nan_true, err));
    BT_TRY(bt_tree_numbers(ctx, "nodes_values", r->arena, &r->values, &values, err));
    if (values != r->count)
        return bt_fail(err, BATON_ERR_INVALID,
                       "attribute nodes_values has %zu elements, expected %zu", values, r->count);
    return BATON_OK;
}

static baton_status index_ids(struct reader *r, struct baton_error *err)
{
    bool sorted = true;
    r->keys = bt_arena_calloc(r->arena, r->count, sizeof *r->keys);
    if (!r->keys)
        return bt_fail_no_memory(err, "the ids of a tree ensemble");
    for (size_t i = 0; i < r->count; i++) {
        r->keys[i] = (struct key){r->trees[i], r->ids[i], (uint32_t)i};
        sorted = sorted && (i == 0 || compare_keys(&r->keys[i - 1], &r->keys[i]) < 0);
    }
    if (sorted)
        return BATON_OK;
    qsort(r->keys, r->count, sizeof *r->keys, compare_keys);
    for (size_t i = 1; i < r->count; i++)
        if (compare_keys(&r->keys[i - 1], &r->keys[i]) == 0)
            return bt_fail(err, BATON_ERR_INVALID, "tree %" PRId64 " has two nodes %" PRId64,
                           r->keys[i].tree, r->keys[i].node);
    return BATON_OK;
}

static bool find_node(const struct reader *r, int64_t tree, int64_t node, uint32_t *ret)
{
    const struct key wanted = {tree, node, 0};
    const struct key *found = bsearch(&wanted, r->keys, r->count, sizeof *r->keys, compare_keys);
    if (found)
        *ret = found->position;
    return found != NULL;
}

static baton_status read_child(const struct reader *r, size_t i, const char *side, int64_t child,
                               uint32_t *ret, struct baton_error *err)
{
    if (!find_node(r, r->trees[i], child, ret))
        return bt_fail(err, BATON_ERR_INVALID,
                       "tree %" PRId64 ", node %" PRId64 ": its %s child %" PRId64
                       " is not a node of that tree",
                       r->trees[i], r->ids[i], side, child);
    return BATON_OK;
}

static baton_status read_node(const struct reader *r, size_t i, struct bt_tree_node *ret,
                              struct baton_error *err)
{
    static const char *const words[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                        "BRANCH_EQ",  "BRANCH_NEQ", "",           "LEAF"};
    unsigned mode = 0;
    while (mode <= BT_TREE_LEAF && !bt_bytes_equal(r->modes[i], bt_bytes_of(words[mode])))
        mode++;
    if (mode > BT_TREE_LEAF || mode == BT_TREE_MEMBER)
        return bt_fail(err, BATON_ERR_INVALID,
                       "tree %" PRId64 ", node %" PRId64 ": unknown mode \"%.*s\"", r->trees[i],
                       r->ids[i], (int)(r->modes[i].len < 64 ? r->modes[i].len : 64),
                       (const char *)r->modes[i].ptr);
    ret->mode = (enum bt_tree_mode)mode;
    if (ret->mode == BT_TREE_LEAF)
        return BATON_OK;
    if (r->features[i] < 0 || r->features[i] >= INT32_MAX)
        return bt_fail(err, BATON_ERR_INVALID,
                       "tree %" PRId64 ", node %" PRId64 ": feature id %" PRId64 " is out of range",
                       r->trees[i], r->ids[i], r->features[i]);
    ret->feature = (uint32_t)r->features[i];
    ret->threshold = r->values[i];
    ret->nan_true = r->nan_true && r->nan_true[i] != 0;
    BT_TRY(read_child(r, i, "true", r->on_true[i], &ret->on_true, err));
    return read_child(r, i, "false", r->on_false[i], &ret->on_false, err);
}

static baton_status read_nodes(struct reader *r, struct baton_error *err)
{
    r->nodes = bt_arena_calloc(r->arena, r->count, sizeof *r->nodes);
    if (!r->nodes)
        return bt_fail_no_memory(err, "the nodes of a tree ensemble");
    for (size_t i = 0; i < r->count; i++)
        BT_TRY(read_node(r, i, &r->nodes[i], err));
    return BATON_OK;
}

/* The root of the tree whose keys are [from, to). */
static baton_status find_root(const struct reader *r, const uint8_t *is_child, size_t from,
                              size_t to, uint32_t *ret, struct baton_error *err)
{
    const struct key *root = NULL;
    for (size_t i = from; i < to; i++) {
        const struct key *key = &r->keys[i];
        if (is_child[key->position])
            continue;
        if (root)
            return bt_fail(err, BATON_ERR_INVALID,
                           "tree %" PRId64 " has two roots, nodes %" PRId64 " and %" PRId64,
                           key->tree, root->node, key->node);
        root = key;
    }
    if (!root)
        return bt_fail(err, BATON_ERR_INVALID,
                       "tree %" PRId64 " has no root: every node is some node's child",
                       r->keys[from].tree);
    *ret = root->position;
    return BATON_OK;
}

struct tree {
    uint32_t first; /* smallest position */
    uint32_t root;
};

static int compare_trees(const void *left, const void *right)
{
    const struct tree *a = left;
    const struct tree *b = right;
    return a->first < b->first ? -1 : a->first > b->first;
}

/* One struct tree for each tree id, in file order. */
static baton_status find_trees(struct reader *r, struct tree *trees, size_t *ret_count,
                               struct baton_error *err)
{
    uint8_t *is_child = bt_arena_calloc(r->arena, r->count, 1);
    size_t count = 0;
    if (!is_child)
        return bt_fail_no_memory(err, "the nodes of a tree ensemble");
    for (size_t i = 0; i < r->count; i++) {
        if (r->nodes[i].mode != BT_TREE_LEAF)
            is_child[r->nodes[i].on_true] = is_child[r->nodes[i].on_false] = 1;
    }
    for (size_t from = 0, to = 0; from < r->count; from = to) {
        struct tree *tree = &trees[count++];
        tree->first = UINT32_MAX;
        for (to = from; to < r->count && r->keys[to].tree == r->keys[from].tree; to++)
            if (r->keys[to].position < tree->first)
                tree->first = r->keys[to].position;
        BT_TRY(find_root(r, is_child, from, to, &tree->root, err));
    }
    qsort(trees, count, sizeof *trees, compare_trees);
    *ret_count = count;
    return BATON_OK;
}

static baton_status read_roots(struct reader *r, struct bt_tree_source *source,
                               struct baton_error *err)
{
    struct tree *trees = bt_arena_calloc(r->arena, r->count, sizeof *trees);
    uint32_t *roots = bt_arena_calloc(r->arena, r->count, sizeof *roots);
    if (!trees || !roots)
        return bt_fail_no_memory(err, "the roots of a tree ensemble");
    BT_TRY(find_trees(r, trees, &source->tree_count, err));
    for (size_t i = 0; i < source->tree_count; i++)
        roots[i] = trees[i].root;
    source->roots = roots;
    return BATON_OK;
}

/* The weights: read, checked, and gathered by leaf in the order of the file. */
struct vote_lists {
    size_t count;
    const int64_t *trees;
    const int64_t *nodes;
    const int64_t *targets;
    const double *weights;
    uint32_t *leaf; /* position of the node */
};

static baton_status check_votes(const struct reader *r, const struct vote_lists *v,
                                uint32_t target_count, struct baton_error *err)
{
    for (size_t i = 0; i < v->count; i++) {
        if (!find_node(r, v->trees[i], v->nodes[i], &v->leaf[i]))
            return bt_fail(err, BATON_ERR_INVALID,
                           "weight %zu is for node %" PRId64 " of tree %" PRId64
                           ", which does not exist",
                           i, v->nodes[i], v->trees[i]);
        if (v->targets[i] < 0 || v->targets[i] >= target_count)
            return bt_fail(err, BATON_ERR_INVALID,
                           "weight %zu is for class or target %" PRId64 ", expected [0, %u)", i,
                           v->targets[i], target_count);
    }
    return BATON_OK;
}

/* Weights of a node that is no leaf count for nothing. */
static baton_status gather_votes(const struct reader *r, const struct vote_lists *v,
                                 struct bt_tree_source *source, struct baton_error *err)
{
    struct bt_tree_vote *votes = bt_arena_calloc(r->arena, v->count, sizeof *votes);
    uint32_t used = 0;
    if (!votes)
        return bt_fail_no_memory(err, "the weights of a tree ensemble");
    for (size_t i = 0; i < v->count; i++)
        r->nodes[v->leaf[i]].span.count++;
    for (size_t i = 0; i < r->count; i++) {
        struct bt_tree_node *node = &r->nodes[i];
        node->span.first = used;
        used += node->span.count;
        node->span.count = 0;
    }
    for (size_t i = 0; i < v->count; i++) {
        struct bt_tree_span *span = &r->nodes[v->leaf[i]].span;
        votes[span->first + span->count++] =
            (struct bt_tree_vote){(uint32_t)v->targets[i], v->weights[i]};
    }
    source->votes = votes;
    source->vote_count = v->count;
    return BATON_OK;
}

static baton_status read_votes(const struct reader *r, const char *prefix,
                               struct bt_tree_source *source, struct baton_error *err)
{
    struct vote_lists v = {0};
    char name[32];
    (void)snprintf(name, sizeof name, "%s_weights", prefix);
    BT_TRY(bt_tree_numbers(r->ctx, name, r->arena, &v.weights, &v.count, err));
    if (v.count > BT_TREE_NODES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu weights: the limit is %zu", v.count,
                       BT_TREE_NODES_MAX);
    (void)snprintf(name, sizeof name, "%s_treeids", prefix);
    BT_TRY(need_ints(r->ctx, name, v.count, &v.trees, err));
    (void)snprintf(name, sizeof name, "%s_nodeids", prefix);
    BT_TRY(need_ints(r->ctx, name, v.count, &v.nodes, err));
    (void)snprintf(name, sizeof name, "%s_ids", prefix);
    BT_TRY(need_ints(r->ctx, name, v.count, &v.targets, err));
    v.leaf = bt_arena_calloc(r->arena, v.count, sizeof *v.leaf);
    if (!v.leaf)
        return bt_fail_no_memory(err, "the weights of a tree ensemble");
    BT_TRY(check_votes(r, &v, source->target_count, err));
    return gather_votes(r, &v, source, err);
}

baton_status bt_tree_read(const struct bt_op_ctx *ctx, const char *prefix, uint32_t target_count,
                          struct bt_arena *arena, struct bt_tree_source *ret,
                          struct baton_error *err)
{
    struct reader r = {.ctx = ctx, .arena = arena};
    struct bt_tree_source source = {.target_count = target_count};
    BT_TRY(read_lists(&r, err));
    BT_TRY(index_ids(&r, err));
    BT_TRY(read_nodes(&r, err));
    BT_TRY(read_roots(&r, &source, err));
    BT_TRY(read_votes(&r, prefix, &source, err));
    source.nodes = r.nodes;
    source.node_count = r.count;
    *ret = source;
    return BATON_OK;
}
