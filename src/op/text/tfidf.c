/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TfIdfVectorizer: how often each n-gram of a pool occurs in a row of tokens (numerics-ops.md,
 * "Text"). The pool is a tree: an edge leads from a node by a token to the node of the n-gram one
 * token longer. Edges are found in a hash table that is made once.
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "op/ml/index.h"
#include "op/op.h"

#define SKIP_MAX 4096
#define ROOT 0u
#define NO_COLUMN UINT32_MAX
#define COLUMNS_MAX ((int64_t)1 << 26)

enum weighting { COUNT = 0, PRESENCE, WEIGHTED_COUNT };

struct edge {
    uint32_t parent;
    uint32_t token;
    uint32_t child; /* ROOT: an empty slot */
};

struct tfidf {
    enum weighting weighting;
    size_t shortest;
    size_t longest;
    size_t skips;
    struct bt_ml_index tokens;
    struct edge *edges;
    size_t edge_mask;
    uint32_t nodes;
    uint32_t *column; /* by node, NO_COLUMN: no n-gram ends here */
    size_t columns;
    float *weight; /* by column */
};

/* ---- the tree ---- */

static struct edge *slot_of(const struct tfidf *state, uint32_t parent, uint32_t token)
{
    uint64_t key = ((uint64_t)parent << 32 | token) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(key >> 32) & state->edge_mask;
    while (state->edges[at].child != ROOT &&
           (state->edges[at].parent != parent || state->edges[at].token != token))
        at = (at + 1) & state->edge_mask;
    return &state->edges[at];
}

static void add_ngram(struct tfidf *state, const uint32_t *tokens, size_t length, uint32_t column)
{
    uint32_t node = ROOT;
    for (size_t i = 0; i < length; i++) {
        struct edge *edge = slot_of(state, node, tokens[i]);
        if (edge->child == ROOT)
            *edge = (struct edge){node, tokens[i], state->nodes++};
        node = edge->child;
    }
    state->column[node] = column;
}

/* Room for a node per token of the pool and the root, and a table that is at most half full. */
static baton_status make_room(struct bt_op_ctx *ctx, struct tfidf *state, size_t tokens,
                              struct baton_error *err)
{
    size_t slots = 2;
    if (tokens >= UINT32_MAX / 4)
        return bt_fail(err, BATON_ERR_LIMIT, "a pool of %zu tokens", tokens);
    while (slots < 2 * tokens)
        slots *= 2;
    state->edge_mask = slots - 1;
    state->edges = bt_arena_calloc(ctx->arena, slots, sizeof *state->edges);
    state->column = bt_arena_calloc(ctx->arena, tokens + 1, sizeof *state->column);
    state->weight = bt_arena_calloc(ctx->arena, state->columns, sizeof *state->weight);
    if (!state->edges || !state->column || !state->weight)
        return bt_fail_no_memory(err, "the pool");
    memset(state->column, 0xff, (tokens + 1) * sizeof *state->column);
    state->nodes = ROOT + 1;
    return BATON_OK;
}

/* Equal tokens have one number. */
static baton_status number_tokens(struct bt_op_ctx *ctx, struct tfidf *state,
                                  const struct bt_ml_list *pool, uint32_t **ret,
                                  struct baton_error *err)
{
    BT_TRY(bt_ml_index_build(pool, ctx->arena, &state->tokens, err));
    uint32_t *numbers = bt_arena_calloc(ctx->arena, pool->count, sizeof *numbers);
    if (!numbers)
        return bt_fail_no_memory(err, "the pool");
    for (size_t i = 0; i < pool->count; i++) {
        size_t position = 0;
        BT_BUG_ON(!bt_ml_index_find(&state->tokens, pool->data, i, &position));
        numbers[i] = (uint32_t)position;
    }
    *ret = numbers;
    return BATON_OK;
}

/* ---- attributes ---- */

struct pool {
    struct bt_ml_list tokens;
    const struct bt_attr *counts;  /* where the n-grams of each length begin */
    const struct bt_attr *columns; /* by n-gram */
    const struct bt_attr *weights; /* by n-gram, or NULL */
};

static baton_status read_pool(const struct bt_op_ctx *ctx, struct pool *pool,
                              struct baton_error *err)
{
    BT_TRY(bt_ml_list_of(ctx, "pool_", &pool->tokens, err));
    pool->counts = bt_op_attr(ctx, "ngram_counts", BT_ATTR_INTS);
    pool->columns = bt_op_attr(ctx, "ngram_indexes", BT_ATTR_INTS);
    pool->weights = bt_op_attr(ctx, "weights", BT_ATTR_FLOATS);
    if (!pool->counts || !pool->columns || pool->columns->count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "ngram_counts or ngram_indexes is missing");
    if (pool->tokens.dtype != BT_STRING && pool->tokens.dtype != BT_I64)
        return bt_fail(err, BATON_ERR_INVALID, "neither pool_strings nor pool_int64s");
    if (pool->weights && pool->weights->count != pool->columns->count)
        return bt_fail(err, BATON_ERR_INVALID, "%zu weights for %zu n-grams", pool->weights->count,
                       pool->columns->count);
    return BATON_OK;
}

static baton_status read_columns(const struct pool *pool, struct tfidf *state,
                                 struct baton_error *err)
{
    for (size_t i = 0; i < pool->columns->count; i++) {
        int64_t column = pool->columns->ints[i];
        if (column < 0 || column > COLUMNS_MAX)
            return bt_fail(err, BATON_ERR_INVALID, "ngram_indexes has %" PRId64, column);
        state->columns = bt_max(state->columns, (size_t)column + 1);
    }
    return BATON_OK;
}

static const struct bt_op_word modes[] = {
    {"TF", COUNT}, {"IDF", PRESENCE}, {"TFIDF", WEIGHTED_COUNT}, {NULL, 0}};

static baton_status read_limits(const struct bt_op_ctx *ctx, struct tfidf *state,
                                struct baton_error *err)
{
    int weighting = 0;
    int64_t shortest = bt_op_attr_int(ctx, "min_gram_length", 1);
    int64_t longest = bt_op_attr_int(ctx, "max_gram_length", 1);
    int64_t skips = bt_op_attr_int(ctx, "max_skip_count", 0);
    BT_TRY(bt_op_attr_word(ctx, "mode", modes, COUNT, &weighting, err));
    if (shortest < 1 || longest < shortest || skips < 0 || skips > SKIP_MAX)
        return bt_fail(err, BATON_ERR_INVALID,
                       "n-grams of %" PRId64 " to %" PRId64 " tokens, skipping up to %" PRId64,
                       shortest, longest, skips);
    state->weighting = (enum weighting)weighting;
    state->shortest = (size_t)shortest;
    state->longest = (size_t)longest;
    state->skips = (size_t)skips;
    return BATON_OK;
}

/* The n-grams of n tokens lie in the pool from counts[n - 1] to counts[n]. */
static baton_status add_length(struct tfidf *state, const struct pool *pool, const uint32_t *tokens,
                               size_t n, size_t *number, struct baton_error *err)
{
    int64_t from = pool->counts->ints[n - 1];
    int64_t to = n < pool->counts->count ? pool->counts->ints[n] : (int64_t)pool->tokens.count;
    if (from < 0 || to < from || (uint64_t)to > pool->tokens.count || (uint64_t)(to - from) % n)
        return bt_fail(err, BATON_ERR_INVALID,
                       "ngram_counts: n-grams of %zu tokens from %" PRId64 " to %" PRId64, n, from,
                       to);
    for (size_t at = (size_t)from; at < (size_t)to; at += n) {
        if (*number == pool->columns->count)
            return bt_fail(err, BATON_ERR_INVALID, "more n-grams than ngram_indexes");
        uint32_t column = (uint32_t)pool->columns->ints[*number];
        state->weight[column] = pool->weights ? pool->weights->floats[*number] : 1.0F;
        add_ngram(state, tokens + at, n, column);
        ++*number;
    }
    return BATON_OK;
}

static baton_status tfidf_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct pool pool;
    uint32_t *tokens = NULL;
    size_t number = 0;
    struct tfidf *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    ctx->state = state;
    BT_TRY(read_limits(ctx, state, err));
    BT_TRY(read_pool(ctx, &pool, err));
    BT_TRY(read_columns(&pool, state, err));
    BT_TRY(make_room(ctx, state, pool.tokens.count, err));
    BT_TRY(number_tokens(ctx, state, &pool.tokens, &tokens, err));
    for (size_t n = 1; n <= pool.counts->count; n++)
        BT_TRY(add_length(state, &pool, tokens, n, &number, err));
    return BATON_OK;
}

/* ---- counting ---- */

#define NO_TOKEN UINT32_MAX

static uint32_t token_at(const struct tfidf *state, const struct bt_tensor *x, size_t i)
{
    size_t position = 0;
    bool found = x->dtype == BT_I32 ? bt_ml_index_find_int(&state->tokens,
                                                           ((const int32_t *)x->data)[i], &position)
                                    : bt_ml_index_find(&state->tokens, x->data, i, &position);
    return found ? (uint32_t)position : NO_TOKEN;
}

struct row {
    const uint32_t *tokens;
    size_t count;
    float *y; /* by column */
};

/* The n-grams of at least `shortest` tokens that begin at `at` and take every `step`th token. */
static void count_from(const struct tfidf *state, const struct row *row, size_t at, size_t step,
                       size_t shortest)
{
    uint32_t node = ROOT;
    for (size_t n = 1; n <= state->longest && at < row->count && row->tokens[at] != NO_TOKEN; n++) {
        node = slot_of(state, node, row->tokens[at])->child;
        if (node == ROOT)
            return;
        if (n >= shortest && state->column[node] != NO_COLUMN)
            row->y[state->column[node]] += 1.0F;
        at += step;
    }
}

/* Single tokens are the same for every step and count once. */
static void count_row(const struct tfidf *state, const struct row *row)
{
    for (size_t step = 1; step <= state->skips + 1 && step <= row->count; step++) {
        size_t shortest = step == 1 ? state->shortest : bt_max(state->shortest, 2);
        for (size_t at = 0; at < row->count; at++)
            count_from(state, row, at, step, shortest);
    }
}

static void weigh(const struct tfidf *state, float *y)
{
    for (size_t c = 0; c < state->columns && state->weighting != COUNT; c++) {
        if (state->weighting == PRESENCE)
            y[c] = y[c] > 0 ? state->weight[c] : 0;
        else
            y[c] *= state->weight[c];
    }
}

static baton_status tfidf_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct tfidf *state = ctx->state;
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    bool narrow = x->dtype == BT_I32 && state->tokens.dtype == BT_I64;
    if (x->dtype != state->tokens.dtype && !narrow)
        return bt_op_bad_type(ctx, 0, err);
    if (x->rank > 2)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, at most 2", x->rank);
    size_t rows = x->rank == 2 ? (size_t)x->dims[0] : 1;
    size_t count = x->rank ? (size_t)x->dims[x->rank - 1] : 1;
    const int64_t dims[] = {(int64_t)rows, (int64_t)state->columns};
    BT_TRY(bt_op_output(ctx, 0, BT_F32, x->rank == 2 ? 2 : 1, x->rank == 2 ? dims : dims + 1, &y,
                        err));
    uint32_t *tokens = bt_op_scratch(ctx, count, sizeof *tokens);
    if (!tokens)
        return bt_fail_no_memory(err, "the tokens");
    memset(y->data, 0, bt_tensor_bytes(y));
    for (size_t r = 0; r < rows; r++) {
        const struct row row = {tokens, count, bt_f32_mut(y) + r * state->columns};
        for (size_t i = 0; i < count; i++)
            tokens[i] = token_at(state, x, r * count + i);
        count_row(state, &row);
        weigh(state, row.y);
    }
    return BATON_OK;
}

const struct bt_op bt_ops_tfidf[] = {
    {.name = "TfIdfVectorizer",
     .domain = "",
     .since = 9,
     .prepare = tfidf_prepare,
     .run = tfidf_run},
    BT_OP_END,
};
