/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Einsum, by its definition: for each element of the output, over the labels that it lacks, the sum
 * of the products of the operands. Floats in binary64 with one rounding at the end, integers modulo
 * 2^64 (numerics-ops.md, "Einsum").
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "op/nn/nn.h"

#define OPERANDS_MAX 16u
#define LETTERS 52u
#define LABELS_MAX (LETTERS + BT_RANK_MAX) /* the last eight are the axes of an ellipsis */
#define WORK_MAX ((size_t)1 << 40)

struct labels {
    unsigned count;
    unsigned char label[BT_RANK_MAX];
};

struct einsum {
    unsigned operands;
    struct labels of[OPERANDS_MAX];
    struct labels output;
    unsigned ellipsis_rank;
    size_t extent[LABELS_MAX]; /* 0 until seen, an empty axis is `empty` */
    bool seen[LABELS_MAX];
    unsigned char order[LABELS_MAX]; /* of the output, then the summed ones by first appearance */
    unsigned total;
    size_t stride[OPERANDS_MAX][LABELS_MAX];
    size_t outputs;
    size_t terms;
};

/* ---- the equation ---- */

/* What the equation says before the ranks are known. */
struct equation {
    struct bt_bytes text;
    size_t at;
};

static bool skip(struct equation *e, const char *what)
{
    size_t length = strlen(what);
    while (e->at < e->text.len && e->text.ptr[e->at] == ' ')
        e->at++;
    if (e->text.len - e->at < length || memcmp(e->text.ptr + e->at, what, length) != 0)
        return false;
    e->at += length;
    return true;
}

static int letter(struct equation *e)
{
    (void)skip(e, "");
    int c = e->at < e->text.len ? e->text.ptr[e->at] : 0;
    int label = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1;
    e->at += label >= 0;
    return label;
}

static baton_status add_label(struct labels *labels, unsigned label, struct baton_error *err)
{
    if (labels->count == BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "a term of more than %u axes", BT_RANK_MAX);
    labels->label[labels->count++] = (unsigned char)label;
    return BATON_OK;
}

/* The axes of an ellipsis of `rank`, aligned at their last one. */
static baton_status add_ellipsis(struct labels *labels, unsigned rank, struct baton_error *err)
{
    for (unsigned d = 0; d < rank; d++)
        BT_TRY(add_label(labels, LABELS_MAX - rank + d, err));
    return BATON_OK;
}

/* Looks ahead: how many letters the term has, and whether an ellipsis. */
static void measure_term(struct equation e, unsigned *ret_letters, bool *ret_ellipsis)
{
    *ret_letters = 0;
    *ret_ellipsis = false;
    for (bool more = true; more;) {
        bool ellipsis = skip(&e, "...");
        bool is_letter = !ellipsis && letter(&e) >= 0;
        *ret_ellipsis = *ret_ellipsis || ellipsis;
        *ret_letters += is_letter;
        more = ellipsis || is_letter;
    }
}

/* A term whose ellipsis stands for `width` axes; what it does not understand it leaves. */
static baton_status read_labels(struct equation *e, unsigned width, struct labels *labels,
                                struct baton_error *err)
{
    for (bool used = false;;) {
        if (!used && skip(e, "...")) {
            BT_TRY(add_ellipsis(labels, width, err));
            used = true;
            continue;
        }
        int label = letter(e);
        if (label < 0)
            return BATON_OK;
        BT_TRY(add_label(labels, (unsigned)label, err));
    }
}

static baton_status read_operand(struct einsum *s, struct equation *e, unsigned rank,
                                 struct labels *labels, struct baton_error *err)
{
    unsigned letters = 0;
    bool ellipsis = false;
    measure_term(*e, &letters, &ellipsis);
    if (letters > rank || (!ellipsis && letters != rank))
        return bt_fail(err, BATON_ERR_INVALID, "a term of %u labels for an operand of rank %u",
                       letters, rank);
    if (rank - letters > s->ellipsis_rank)
        s->ellipsis_rank = rank - letters;
    return read_labels(e, rank - letters, labels, err);
}

/* Without an arrow: the ellipsis, then the letters that occur once, in alphabetical order, where
 * capitals come first. */
static baton_status implicit_output(struct einsum *s, struct baton_error *err)
{
    unsigned times[LETTERS] = {0};
    for (unsigned i = 0; i < s->operands; i++)
        for (unsigned d = 0; d < s->of[i].count; d++)
            if (s->of[i].label[d] < LETTERS)
                times[s->of[i].label[d]]++;
    BT_TRY(add_ellipsis(&s->output, s->ellipsis_rank, err));
    for (unsigned label = 0; label < LETTERS; label++)
        if (times[label] == 1)
            BT_TRY(add_label(&s->output, label, err));
    return BATON_OK;
}

static baton_status read_equation(const struct bt_op_ctx *ctx, struct einsum *s,
                                  struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, "equation", BT_ATTR_STRING);
    struct equation e = {.at = 0};
    if (!attr || ctx->input_count < 1 || ctx->input_count > OPERANDS_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "no equation, or not 1 to %u operands",
                       OPERANDS_MAX);
    e.text = attr->s;
    s->operands = ctx->input_count;
    for (unsigned i = 0; i < s->operands; i++) {
        const struct bt_tensor *x = NULL;
        BT_TRY(bt_op_need(ctx, i, &x, err));
        if (i > 0 && !skip(&e, ","))
            return bt_fail(err, BATON_ERR_INVALID, "%u terms for %u operands", i, s->operands);
        BT_TRY(read_operand(s, &e, x->rank, &s->of[i], err));
    }
    if (skip(&e, "->"))
        BT_TRY(read_labels(&e, s->ellipsis_rank, &s->output, err));
    else
        BT_TRY(implicit_output(s, err));
    (void)skip(&e, "");
    if (e.at != e.text.len)
        return bt_fail(err, BATON_ERR_INVALID, "the equation makes no sense from byte %zu on",
                       e.at);
    return BATON_OK;
}

/* ---- extents and strides ---- */

/* Extents must agree; only in an ellipsis a 1 repeats. */
static baton_status note_extent(struct einsum *s, unsigned label, size_t extent,
                                struct baton_error *err)
{
    bool fresh = !s->seen[label] || (label >= LETTERS && s->extent[label] == 1);
    if (fresh)
        s->extent[label] = extent;
    else if (s->extent[label] != extent && !(label >= LETTERS && extent == 1))
        return bt_fail(err, BATON_ERR_INVALID, "a label stands for %zu and for %zu elements",
                       s->extent[label], extent);
    s->seen[label] = true;
    return BATON_OK;
}

static baton_status bind_operands(const struct bt_op_ctx *ctx, struct einsum *s,
                                  struct baton_error *err)
{
    for (unsigned i = 0; i < s->operands; i++) {
        const struct bt_tensor *x = bt_op_input(ctx, i);
        size_t stride = 1;
        for (unsigned d = x->rank; d-- > 0;) {
            unsigned label = s->of[i].label[d];
            size_t extent = (size_t)x->dims[d];
            BT_TRY(note_extent(s, label, extent, err));
            if (label < LETTERS || extent != 1)
                s->stride[i][label] += stride;
            stride *= extent;
        }
    }
    return BATON_OK;
}

static void append(struct einsum *s, bool *placed, unsigned label)
{
    if (!placed[label])
        s->order[s->total++] = (unsigned char)label;
    placed[label] = true;
}

static baton_status order_labels(struct einsum *s, struct baton_error *err)
{
    bool placed[LABELS_MAX] = {false};
    for (unsigned d = 0; d < s->output.count; d++) {
        unsigned label = s->output.label[d];
        if (!s->seen[label] || placed[label])
            return bt_fail(err, BATON_ERR_INVALID,
                           "the output has a label that no operand has, or has it twice");
        append(s, placed, label);
    }
    for (unsigned i = 0; i < s->operands; i++)
        for (unsigned d = 0; d < s->of[i].count; d++)
            append(s, placed, s->of[i].label[d]);
    s->outputs = 1;
    s->terms = 1;
    for (unsigned n = 0; n < s->total; n++) {
        size_t *product = n < s->output.count ? &s->outputs : &s->terms;
        if (!bt_mul(*product, s->extent[s->order[n]], product))
            return bt_fail(err, BATON_ERR_LIMIT, "more elements than can be counted");
    }
    size_t work = 0;
    if (!bt_mul(s->outputs, s->terms, &work) || work > WORK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu outputs of %zu terms each, at most %zu in all",
                       s->outputs, s->terms, WORK_MAX);
    return BATON_OK;
}

/* ---- the sums ---- */

struct job {
    const struct einsum *s;
    enum bt_dtype dtype;
    const void *x[OPERANDS_MAX]; /* in the lane's type */
    struct bt_tensor *y;
    uint64_t *y_wide; /* integers */
};

static double product_f64(const struct job *job, const size_t *offsets)
{
    bool f32 = bt_lane_of(job->dtype) == BT_LANE_F32;
    double product = 1.0;
    for (unsigned i = 0; i < job->s->operands; i++) {
        double x = f32 ? (double)((const float *)job->x[i])[offsets[i]]
                       : ((const double *)job->x[i])[offsets[i]];
        product = i ? product * x : x;
    }
    return product;
}

static uint64_t product_u64(const struct job *job, const size_t *offsets)
{
    uint64_t product = 1;
    for (unsigned i = 0; i < job->s->operands; i++)
        product *= ((const uint64_t *)job->x[i])[offsets[i]];
    return product;
}

/* To the next combination of the summed labels, the last one fastest. */
static void next_term(const struct einsum *s, size_t *at, size_t *offsets)
{
    for (unsigned n = s->total; n-- > s->output.count;) {
        unsigned label = s->order[n];
        bool carry = ++at[n] == s->extent[label];
        for (unsigned i = 0; i < s->operands; i++)
            offsets[i] += s->stride[i][label];
        if (!carry)
            return;
        at[n] = 0;
        for (unsigned i = 0; i < s->operands; i++)
            offsets[i] -= s->extent[label] * s->stride[i][label];
    }
}

static void one_output(const struct job *job, size_t output)
{
    const struct einsum *s = job->s;
    size_t at[LABELS_MAX] = {0};
    size_t offsets[OPERANDS_MAX] = {0};
    size_t rest = output;
    double sum = 0;
    uint64_t count = 0;
    for (unsigned n = s->output.count; n-- > 0;) {
        unsigned label = s->order[n];
        for (unsigned i = 0; i < s->operands; i++)
            offsets[i] += rest % s->extent[label] * s->stride[i][label];
        rest /= s->extent[label];
    }
    for (size_t term = 0; term < s->terms; term++) {
        if (job->y_wide)
            count += product_u64(job, offsets);
        else
            sum += product_f64(job, offsets);
        next_term(s, at, offsets);
    }
    if (job->y_wide)
        job->y_wide[output] = count;
    else
        bt_lane_put_f64(job->dtype, sum, job->y->data, output);
}

static void some_outputs(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    struct bt_range share = bt_pool_share(job->s->outputs, 1, part, parts);
    for (size_t output = share.from; output < share.to; output++)
        one_output(job, output);
}

/* ---- the operator ---- */

static baton_status widen_operands(struct bt_op_ctx *ctx, struct job *job, struct baton_error *err)
{
    const struct bt_tensor *x[OPERANDS_MAX];
    for (unsigned i = 0; i < job->s->operands; i++)
        x[i] = bt_op_input(ctx, i);
    BT_TRY(bt_nn_same_type(x, job->s->operands, err));
    if (x[0]->dtype == BT_BOOL)
        return bt_op_bad_type(ctx, 0, err);
    for (unsigned i = 0; i < job->s->operands; i++)
        BT_TRY(bt_nn_widen(ctx, x[i], &job->x[i], err));
    job->dtype = x[0]->dtype;
    return BATON_OK;
}

static baton_status einsum_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct einsum *s = bt_arena_calloc(ctx->arena, 1, sizeof *s);
    struct job job = {.s = s};
    void *target = NULL;
    int64_t dims[BT_RANK_MAX];
    if (!s)
        return bt_fail_no_memory(err, "the equation");
    BT_TRY(read_equation(ctx, s, err));
    BT_TRY(bind_operands(ctx, s, err));
    BT_TRY(order_labels(s, err));
    BT_TRY(widen_operands(ctx, &job, err));
    for (unsigned d = 0; d < s->output.count; d++)
        dims[d] = (int64_t)s->extent[s->output.label[d]];
    BT_TRY(bt_op_output(ctx, 0, job.dtype, s->output.count, dims, &job.y, err));
    BT_TRY(bt_nn_target(ctx, job.y, &target, err));
    job.y_wide = bt_dtype_is_float(job.dtype) ? NULL : target;
    bt_pool_run(s->outputs * s->terms < 16384 ? NULL : ctx->pool, some_outputs, &job);
    if (job.y_wide)
        bt_nn_narrow(target, job.y);
    return BATON_OK;
}

const struct bt_op bt_ops_einsum[] = {
    BT_OP_SINCE("Einsum", 12, einsum_run),
    BT_OP_END,
};
