/* SPDX-License-Identifier: Apache-2.0 */
#include "op/ml/forest.h"

#include <string.h>

/* What is under construction. */
struct builder {
    const struct bt_tree_source *source;
    struct bt_forest *forest;
    uint32_t *order; /* new position -> position in the source; doubles as the queue */
    uint8_t *seen;   /* by position in the source */
    uint32_t laid;   /* nodes laid out so far */
    struct bt_forest_node32 *narrow;
    struct bt_forest_node64 *wide;
    uint8_t *modes;
    struct bt_tree_span *spans;
    uint32_t *roots;
    uint32_t *depths;
};

static double next_down(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (x != x || x == -__builtin_inf())
        return __builtin_nan("");
    if (x == 0)
        bits = 0x8000000000000001U;
    else
        bits += x > 0 ? (uint64_t)-1 : 1;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The largest binary32 that is not above x: for a binary32 a, a <= x is the same question as
 * a <= round_down(x). */
static float round_down(double x)
{
    float near = (float)x;
    if (!((double)near > x))
        return near;
    uint32_t bits;
    memcpy(&bits, &near, sizeof bits);
    if (near == 0)
        bits = 0x80000001U;
    else
        bits += near > 0 ? (uint32_t)-1 : 1;
    memcpy(&near, &bits, sizeof near);
    return near;
}

static void swap_branches(struct bt_tree_node *node)
{
    uint32_t on_true = node->on_true;
    node->on_true = node->on_false;
    node->on_false = on_true;
    node->nan_true = !node->nan_true;
}

/*
 * Reduce a comparison to LEQ or EQ: `node` is rewritten so that it asks the new question and has
 * its branches swapped where the new question is the opposite. x < v is x <= the number below v;
 * x > v is not x <= v. A NaN threshold makes every comparison but != false: as NaN under <=, which
 * is never true, or, under a swapped <=, as +inf, which always is.
 */
static void settle(struct bt_tree_node *node)
{
    switch (node->mode) {
    case BT_TREE_NEQ:
        node->mode = BT_TREE_EQ;
        swap_branches(node);
        break;
    case BT_TREE_LT:
        node->threshold = next_down(node->threshold);
        node->mode = BT_TREE_LEQ;
        break;
    case BT_TREE_GT:
    case BT_TREE_GTE:
        if (node->threshold != node->threshold)
            node->threshold = __builtin_inf();
        else if (node->mode == BT_TREE_GTE)
            node->threshold = next_down(node->threshold);
        node->mode = BT_TREE_LEQ;
        swap_branches(node);
        break;
    default:
        break;
    }
}

/* Give the node at `from` in the source the next place. */
static baton_status place(struct builder *b, uint32_t from, size_t tree, struct baton_error *err)
{
    if (b->seen[from])
        return bt_fail(err, BATON_ERR_INVALID,
                       "tree %zu: the node at position %u is reached twice: a cycle or a shared "
                       "child",
                       tree, from);
    b->seen[from] = 1;
    b->order[b->laid++] = from;
    return BATON_OK;
}

static void write_node(struct builder *b, uint32_t at, const struct bt_tree_node *node,
                       uint32_t base)
{
    bool leaf = node->mode == BT_TREE_LEAF;
    bool nan_true = !leaf && node->nan_true;
    uint32_t feature = leaf ? 0 : node->feature;
    double threshold = leaf ? (double)__builtin_nanf("") : node->threshold;
    if (!leaf && feature + 1 > b->forest->feature_count)
        b->forest->feature_count = feature + 1;
    b->forest->nan_true = b->forest->nan_true || nan_true;
    feature |= nan_true ? BT_FOREST_NAN_TRUE : 0;
    b->wide[at] = (struct bt_forest_node64){threshold, feature, base};
    b->narrow[at] = (struct bt_forest_node32){round_down(threshold), feature, base};
    b->modes[at] = (uint8_t)node->mode;
    b->spans[at] = node->span;
}

/* Breadth-first from the root. Every node of the source gets at most one place over all trees, so
 * this ends, and what it ends with is a tree. */
static baton_status lay_tree(struct builder *b, size_t tree, struct baton_error *err)
{
    uint32_t next = b->laid;
    uint32_t level_end = next + 1;
    uint32_t depth = 0;
    b->roots[tree] = next;
    BT_TRY(place(b, b->source->roots[tree], tree, err));
    for (; next < b->laid; next++) {
        if (next == level_end) {
            level_end = b->laid;
            if (++depth > BT_TREE_DEPTH_MAX)
                return bt_fail(err, BATON_ERR_LIMIT, "tree %zu is deeper than %d", tree,
                               BT_TREE_DEPTH_MAX);
        }
        struct bt_tree_node node = b->source->nodes[b->order[next]];
        uint32_t base = next;
        if (node.mode != BT_TREE_LEAF) {
            settle(&node);
            base = b->laid;
            BT_TRY(place(b, node.on_false, tree, err));
            BT_TRY(place(b, node.on_true, tree, err));
        }
        write_node(b, next, &node, base);
    }
    b->depths[tree] = depth;
    return BATON_OK;
}

/* The short way for the common case: see struct bt_forest. */
static baton_status make_values(struct builder *b, struct bt_arena *arena, struct baton_error *err)
{
    struct bt_forest *forest = b->forest;
    for (uint32_t i = 0; i < b->laid; i++)
        if (b->modes[i] == BT_TREE_LEAF && b->spans[i].count != 1)
            return BATON_OK;
    double *values = bt_arena_calloc(arena, b->laid, sizeof *values);
    if (!values)
        return bt_fail_no_memory(err, "the leaves of a tree ensemble");
    for (uint32_t i = 0; i < b->laid; i++)
        if (b->modes[i] == BT_TREE_LEAF)
            values[i] = b->source->votes[b->spans[i].first].weight;
    forest->values = values;
    return BATON_OK;
}

static baton_status keep_lists(struct builder *b, struct bt_arena *arena, struct baton_error *err)
{
    const struct bt_tree_source *source = b->source;
    struct bt_tree_vote *votes = bt_arena_calloc(arena, source->vote_count, sizeof *votes);
    double *members = bt_arena_calloc(arena, source->member_count, sizeof *members);
    if (!votes || !members)
        return bt_fail_no_memory(err, "the leaves of a tree ensemble");
    if (source->vote_count)
        memcpy(votes, source->votes, source->vote_count * sizeof *votes);
    if (source->member_count)
        memcpy(members, source->members, source->member_count * sizeof *members);
    b->forest->votes = votes;
    b->forest->members = members;
    for (uint32_t i = 0; i < b->laid; i++)
        if (b->modes[i] == BT_TREE_EQ || b->modes[i] == BT_TREE_MEMBER)
            b->forest->modes = b->modes;
    return source->target_count == 1 ? make_values(b, arena, err) : BATON_OK;
}

static baton_status make_room(struct builder *b, struct bt_arena *arena, struct bt_arena *scratch,
                              struct baton_error *err)
{
    size_t nodes = b->source->node_count;
    size_t trees = b->source->tree_count;
    b->order = bt_arena_calloc(scratch, nodes, sizeof *b->order);
    b->seen = bt_arena_calloc(scratch, nodes, sizeof *b->seen);
    b->narrow = bt_arena_calloc(arena, nodes, sizeof *b->narrow);
    b->wide = bt_arena_calloc(arena, nodes, sizeof *b->wide);
    b->modes = bt_arena_calloc(arena, nodes, sizeof *b->modes);
    b->spans = bt_arena_calloc(arena, nodes, sizeof *b->spans);
    b->roots = bt_arena_calloc(arena, trees, sizeof *b->roots);
    b->depths = bt_arena_calloc(arena, trees, sizeof *b->depths);
    if (!b->order || !b->seen || !b->narrow || !b->wide || !b->modes || !b->spans || !b->roots ||
        !b->depths)
        return bt_fail_no_memory(err, "a tree ensemble");
    return BATON_OK;
}

baton_status bt_forest_build(const struct bt_tree_source *source, struct bt_arena *arena,
                             struct bt_forest *ret, struct baton_error *err)
{
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    struct bt_forest forest = {.tree_count = source->tree_count,
                               .target_count = source->target_count};
    struct builder b = {.source = source, .forest = &forest};
    BT_TRY(make_room(&b, arena, &scratch, err));
    for (size_t tree = 0; tree < source->tree_count; tree++)
        BT_TRY(lay_tree(&b, tree, err));
    for (size_t i = 0; i < source->node_count; i++)
        if (!b.seen[i])
            return bt_fail(
                err, BATON_ERR_INVALID,
                "the node at position %zu is not reachable from a root: a cycle apart from "
                "the trees, or a part that no root names",
                i);
    forest.roots = b.roots;
    forest.depths = b.depths;
    forest.narrow = b.narrow;
    forest.wide = b.wide;
    forest.spans = b.spans;
    BT_TRY(keep_lists(&b, arena, err));
    *ret = forest;
    return BATON_OK;
}
