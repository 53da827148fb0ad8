/* SPDX-License-Identifier: Apache-2.0 */
/* StringConcat and StringSplit, on bytes. */
#include <string.h>

#include "base/checked.h"
#include "op/broadcast.h"
#include "op/op.h"

/* ---- StringConcat ---- */

struct concat {
    const struct bt_bytes *a;
    const struct bt_bytes *b;
    struct bt_tensor *y;
    struct bt_arena *arena;
    baton_status status;
    struct baton_error *err;
};

static baton_status concat_one(struct concat *job, struct bt_bytes a, struct bt_bytes b, size_t to)
{
    size_t length = 0;
    uint8_t *both = bt_add(a.len, b.len, &length) ? bt_arena_calloc(job->arena, length, 1) : NULL;
    if (!both)
        return bt_fail_no_memory(job->err, "a string");
    if (a.len)
        memcpy(both, a.ptr, a.len);
    if (b.len)
        memcpy(both + a.len, b.ptr, b.len);
    return bt_tensor_set_string(job->y, to, both, length, job->err);
}

static void concat_run_of(void *user, const struct bt_broadcast_run *run)
{
    struct concat *job = user;
    for (size_t i = 0; i < run->count && job->status == BATON_OK; i++)
        job->status = concat_one(job, job->a[run->offsets[0] + i * run->steps[0]],
                                 job->b[run->offsets[1] + i * run->steps[1]], run->out + i);
}

static baton_status concat_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *operands[2];
    struct bt_broadcast broadcast;
    struct concat job = {.arena = ctx->arena, .status = BATON_OK, .err = err};
    BT_TRY(bt_op_need_type(ctx, 0, BT_STRING, &operands[0], err));
    BT_TRY(bt_op_need_type(ctx, 1, BT_STRING, &operands[1], err));
    BT_TRY(bt_broadcast_init(&broadcast, operands, 2, err));
    BT_TRY(bt_op_output(ctx, 0, BT_STRING, broadcast.rank, broadcast.dims, &job.y, err));
    job.a = operands[0]->data;
    job.b = operands[1]->data;
    /* An arena belongs to one thread. */
    bt_broadcast_each(&broadcast, NULL, concat_run_of, &job);
    return job.status;
}

/* ---- StringSplit ---- */

struct splitter {
    struct bt_bytes delimiter; /* empty: runs of white space, none at the ends */
    size_t most;               /* pieces */
};

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where the piece at `from` ends, and where the next one begins. */
static size_t piece_end(const struct splitter *s, struct bt_bytes text, size_t from, size_t *next)
{
    size_t length = s->delimiter.len;
    size_t end = from;
    while (end < text.len) {
        if (length == 0
                ? is_space(text.ptr[end])
                : text.len - end >= length && memcmp(text.ptr + end, s->delimiter.ptr, length) == 0)
            break;
        end++;
    }
    *next = end + length;
    return end;
}

static size_t skip_space(struct bt_bytes text, size_t at)
{
    while (at < text.len && is_space(text.ptr[at]))
        at++;
    return at;
}

/* The pieces of `text` into `pieces` unless that is NULL; returns how many. */
static size_t split(const struct splitter *s, struct bt_bytes text, struct bt_bytes *pieces)
{
    bool spaces = s->delimiter.len == 0;
    size_t count = 0;
    size_t from = spaces ? skip_space(text, 0) : 0;
    /* An empty text has one empty piece between delimiters, and none between white space. */
    while (from <= text.len && !(spaces && from == text.len)) {
        size_t next = 0;
        /* The last piece that may be cut off is all the rest. */
        struct bt_bytes piece = {text.ptr + from, text.len - from};
        if (count + 1 < s->most) {
            size_t end = piece_end(s, text, from, &next);
            next = end == text.len ? SIZE_MAX : spaces ? skip_space(text, next) : next;
            piece.len = end - from;
        } else {
            next = SIZE_MAX;
        }
        if (pieces)
            pieces[count] = piece;
        count++;
        from = next;
    }
    return count;
}

static baton_status read_splitter(const struct bt_op_ctx *ctx, struct splitter *s,
                                  struct baton_error *err)
{
    const struct bt_attr *delimiter = bt_op_attr(ctx, "delimiter", BT_ATTR_STRING);
    const struct bt_attr *cuts = bt_op_attr(ctx, "maxsplit", BT_ATTR_INT);
    *s = (struct splitter){.most = SIZE_MAX};
    if (delimiter)
        s->delimiter = delimiter->s;
    if (cuts && cuts->i < 0)
        return bt_fail(err, BATON_ERR_INVALID, "maxsplit is %lld", (long long)cuts->i);
    if (cuts && cuts->i < INT32_MAX)
        s->most = (size_t)cuts->i + 1;
    return BATON_OK;
}

static baton_status split_outputs(struct bt_op_ctx *ctx, const struct bt_tensor *x, size_t width,
                                  struct bt_tensor **pieces, struct bt_tensor **counts,
                                  struct baton_error *err)
{
    int64_t dims[BT_RANK_MAX + 1];
    if (x->rank == BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "input 0 has rank %u", x->rank);
    memcpy(dims, x->dims, sizeof x->dims);
    dims[x->rank] = (int64_t)width;
    BT_TRY(bt_op_output(ctx, 0, BT_STRING, x->rank + 1, dims, pieces, err));
    if (bt_op_wants(ctx, 1))
        BT_TRY(bt_op_output(ctx, 1, BT_I64, x->rank, dims, counts, err));
    return BATON_OK;
}

static baton_status split_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *pieces = NULL;
    struct bt_tensor *counts = NULL;
    struct splitter s;
    size_t width = 0;
    BT_TRY(bt_op_need_type(ctx, 0, BT_STRING, &x, err));
    BT_TRY(read_splitter(ctx, &s, err));
    const struct bt_bytes *texts = x->data;
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++)
        width = bt_max(width, split(&s, texts[i], NULL));
    BT_TRY(split_outputs(ctx, x, width, &pieces, &counts, err));
    struct bt_bytes *row = bt_op_scratch(ctx, width, sizeof *row);
    if (!row)
        return bt_fail_no_memory(err, "the pieces");
    for (size_t i = 0; i < count; i++) {
        size_t found = split(&s, texts[i], row);
        for (size_t k = 0; k < found; k++)
            BT_TRY(bt_tensor_set_string(pieces, i * width + k, row[k].ptr, row[k].len, err));
        if (counts)
            ((int64_t *)counts->data)[i] = (int64_t)found;
    }
    return BATON_OK;
}

const struct bt_op bt_ops_string_join[] = {
    BT_OP_SINCE("StringConcat", 20, concat_run),
    BT_OP_SINCE("StringSplit", 20, split_run),
    BT_OP_END,
};
