/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluation. Rows are cut among the threads, then into blocks; trees go by in file order with all
 * rows of a block, so that a tree is in the nearest cache while it is used, and yet each row sums
 * in file order: sum = base, then sum = sum + weight, in binary64, or in binary32 when the job is
 * narrow (numbers that binary64 holds exactly, so that both kinds share one place).
 */
#include "op/ml/forest.h"

#include <string.h>

#include "base/checked.h"

#define GROUP 8  /* rows that walk in step */
#define BLOCK 64 /* rows that share a tree while it is cached */

/* Rows of a block as the walker reads them: float or double. */
struct rows {
    const void *at;
    size_t cols;
};

#define REAL float
#define NODE struct bt_forest_node32
#define WALK walk_f32
#include "op/ml/forest_walk.h"
#undef REAL
#undef NODE
#undef WALK

#define REAL double
#define NODE struct bt_forest_node64
#define WALK walk_f64
#include "op/ml/forest_walk.h"
#undef REAL
#undef NODE
#undef WALK

/* One thread's share of a run. */
struct worker {
    const struct bt_forest_job *job;
    double *sums;  /* [BLOCK * targets] */
    uint8_t *seen; /* the same, for MIN and MAX: something was summed */
    double *copy;  /* [BLOCK * cols], or NULL when x is read in place */
};

struct run {
    struct worker *workers;
    const struct bt_forest_job *job;
};

static bool has_member(const struct bt_forest *f, uint32_t at, double v)
{
    struct bt_tree_span span = f->spans[at];
    for (uint32_t i = 0; i < span.count; i++)
        if (f->members[span.first + i] == v)
            return true;
    return false;
}

/* The general walk, one row at a time: trees with tests for equality or membership. */
static uint32_t walk_any(const struct bt_forest *f, size_t tree, const double *x)
{
    uint32_t at = f->roots[tree];
    while (f->modes[at] != BT_TREE_LEAF) {
        const struct bt_forest_node64 *node = &f->wide[at];
        double v = x[node->feature & ~BT_FOREST_NAN_TRUE];
        bool taken = f->modes[at] == BT_TREE_LEQ  ? v <= node->threshold
                     : f->modes[at] == BT_TREE_EQ ? v == node->threshold
                                                  : has_member(f, at, v);
        taken = taken || (v != v && node->feature >= BT_FOREST_NAN_TRUE);
        at = node->base + taken;
    }
    return at;
}

/* `group` rows, 1 or GROUP, through one tree. */
static inline __attribute__((always_inline)) void walk(const struct bt_forest_job *job, size_t tree,
                                                       const struct rows *x, const unsigned group,
                                                       uint32_t *ret)
{
    const struct bt_forest *f = job->forest;
    uint32_t root = f->roots[tree];
    uint32_t depth = f->depths[tree];
    if (f->modes) {
        for (unsigned r = 0; r < group; r++)
            ret[r] = walk_any(f, tree, (const double *)x->at + r * x->cols);
    } else if (job->x.tensor->dtype == BT_F32) {
        if (f->nan_true)
            walk_f32(f->narrow, root, depth, x, true, group, ret);
        else
            walk_f32(f->narrow, root, depth, x, false, group, ret);
    } else {
        if (f->nan_true)
            walk_f64(f->wide, root, depth, x, true, group, ret);
        else
            walk_f64(f->wide, root, depth, x, false, group, ret);
    }
}

/* The first addition rounds the base value. */
static inline double add(const struct bt_forest_job *job, double sum, double weight)
{
    return job->narrow ? (double)((float)sum + (float)weight) : sum + weight;
}

static void vote(const struct worker *w, size_t row, const struct bt_tree_vote *vote)
{
    size_t at = row * w->job->forest->target_count + vote->target;
    switch (w->job->aggregate) {
    case BT_FOREST_MIN:
        if (!w->seen[at] || vote->weight < w->sums[at])
            w->sums[at] = vote->weight;
        break;
    case BT_FOREST_MAX:
        if (!w->seen[at] || vote->weight > w->sums[at])
            w->sums[at] = vote->weight;
        break;
    default:
        w->sums[at] = add(w->job, w->sums[at], vote->weight);
        break;
    }
    w->seen[at] = 1;
}

static inline void add_leaves(const struct worker *w, size_t row, unsigned group,
                              const uint32_t *leaves)
{
    const struct bt_forest *f = w->job->forest;
    bool sums = w->job->aggregate <= BT_FOREST_SUM;
    for (unsigned r = 0; r < group; r++) {
        if (f->values && sums) {
            w->sums[row + r] = add(w->job, w->sums[row + r], f->values[leaves[r]]);
            continue;
        }
        struct bt_tree_span span = f->spans[leaves[r]];
        for (uint32_t i = 0; i < span.count; i++)
            vote(w, row + r, &f->votes[span.first + i]);
    }
}

static void start_sums(const struct worker *w, size_t rows)
{
    size_t targets = w->job->forest->target_count;
    bool sum = w->job->aggregate == BT_FOREST_SUM;
    memset(w->seen, 0, rows * targets);
    for (size_t i = 0; i < rows * targets; i++)
        w->sums[i] = sum && w->job->base ? w->job->base[i % targets] : 0;
}

/* All but SUM add the base at the end. */
static void end_sums(const struct worker *w, size_t rows)
{
    const struct bt_forest *f = w->job->forest;
    if (w->job->aggregate == BT_FOREST_SUM)
        return;
    for (size_t i = 0; i < rows * f->target_count; i++) {
        if (w->job->aggregate == BT_FOREST_AVERAGE)
            w->sums[i] = w->sums[i] / (double)f->tree_count;
        if (w->job->base)
            w->sums[i] = w->sums[i] + w->job->base[i % f->target_count];
    }
}

/* Rows [from, from + count) of x, count <= BLOCK. */
static struct rows block_rows(const struct worker *w, size_t from, size_t count)
{
    const struct bt_ml_matrix *x = &w->job->x;
    size_t first = from * x->cols;
    size_t size = bt_dtype_size(x->tensor->dtype);
    if (!w->copy)
        return (struct rows){(const char *)x->tensor->data + first * size, x->cols};
    bt_ml_read_f64(x->tensor, first, count * x->cols, w->copy);
    return (struct rows){w->copy, x->cols};
}

static struct rows skip_rows(const struct bt_forest_job *job, const struct rows *x, size_t count)
{
    bool narrow = job->x.tensor->dtype == BT_F32 && !job->forest->modes;
    size_t size = narrow ? sizeof(float) : sizeof(double);
    return (struct rows){(const char *)x->at + count * x->cols * size, x->cols};
}

static void block(const struct worker *w, size_t from, size_t count)
{
    const struct bt_forest_job *job = w->job;
    struct rows x = block_rows(w, from, count);
    start_sums(w, count);
    for (size_t tree = 0; tree < job->forest->tree_count; tree++) {
        uint32_t leaves[GROUP];
        size_t row = 0;
        for (; row + GROUP <= count; row += GROUP) {
            struct rows group = skip_rows(job, &x, row);
            walk(job, tree, &group, GROUP, leaves);
            add_leaves(w, row, GROUP, leaves);
        }
        for (; row < count; row++) {
            struct rows one = skip_rows(job, &x, row);
            walk(job, tree, &one, 1, leaves);
            add_leaves(w, row, 1, leaves);
        }
    }
    end_sums(w, count);
    job->finish(job->user, from, count, w->sums);
}

static void run_part(void *user, unsigned part, unsigned parts)
{
    const struct run *run = user;
    struct bt_range share = bt_pool_share(run->job->x.rows, GROUP, part, parts);
    for (size_t row = share.from; row < share.to; row += BLOCK)
        block(&run->workers[part], row, bt_min(BLOCK, share.to - row));
}

static baton_status make_worker(struct bt_op_ctx *ctx, const struct bt_forest_job *job,
                                struct worker *ret, struct baton_error *err)
{
    size_t rows = bt_min(BLOCK, job->x.rows);
    size_t sums = rows * job->forest->target_count;
    bool in_place =
        (job->x.tensor->dtype == BT_F32 && !job->forest->modes) || job->x.tensor->dtype == BT_F64;
    *ret = (struct worker){.job = job,
                           .sums = bt_op_scratch(ctx, sums, sizeof *ret->sums),
                           .seen = bt_op_scratch(ctx, sums, sizeof *ret->seen)};
    if (!in_place)
        ret->copy = bt_op_scratch(ctx, rows * job->x.cols, sizeof *ret->copy);
    if (!ret->sums || !ret->seen || (!in_place && !ret->copy))
        return bt_fail_no_memory(err, "the sums of a tree ensemble");
    return BATON_OK;
}

baton_status bt_forest_run(struct bt_op_ctx *ctx, const struct bt_forest_job *job,
                           struct baton_error *err)
{
    if (job->x.cols < bt_max(job->forest->feature_count, 1))
        return bt_fail(err, BATON_ERR_INVALID,
                       "the trees look at feature %u, but the input has %zu columns",
                       job->forest->feature_count - (job->forest->feature_count > 0), job->x.cols);
    if (job->x.rows == 0)
        return BATON_OK;
    unsigned threads = job->x.rows > GROUP ? bt_pool_threads(ctx->pool) : 1;
    struct run run = {.job = job, .workers = bt_op_scratch(ctx, threads, sizeof *run.workers)};
    if (!run.workers)
        return bt_fail_no_memory(err, "the sums of a tree ensemble");
    for (unsigned i = 0; i < threads; i++)
        BT_TRY(make_worker(ctx, job, &run.workers[i], err));
    if (threads == 1)
        run_part(&run, 0, 1);
    else
        bt_pool_run(ctx->pool, run_part, &run);
    return BATON_OK;
}
