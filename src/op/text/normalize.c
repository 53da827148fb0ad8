/* SPDX-License-Identifier: Apache-2.0 */
/* StringNormalizer: drop stop words, which are whole elements, and change the case of the rest
 * (numerics-ops.md, "Text"). The attribute `locale` changes nothing. */
#include "op/ml/index.h"
#include "op/op.h"
#include "op/text/case.h"

#define TEXT_BYTES_MAX ((size_t)1 << 30)

struct normalizer {
    enum bt_case action;
    bool sensitive;
    struct bt_ml_index stop; /* lower case unless sensitive */
};

static const struct bt_op_word actions[] = {
    {"NONE", BT_CASE_KEEP}, {"LOWER", BT_CASE_LOWER}, {"UPPER", BT_CASE_UPPER}, {NULL, 0}};

/* `text` in that case, in the arena. */
static baton_status with_case(enum bt_case which, struct bt_bytes text, struct bt_arena *arena,
                              struct bt_bytes *ret, struct baton_error *err)
{
    BT_AUTO_BUF buf = BT_BUF_INIT(TEXT_BYTES_MAX);
    bt_case_put(which, text, &buf);
    BT_TRY(bt_buf_finish(&buf, "a string", err));
    ret->len = buf.len;
    ret->ptr = (const uint8_t *)bt_arena_strndup(arena, bt_buf_str(&buf), buf.len);
    return ret->ptr ? BATON_OK : bt_fail_no_memory(err, "a string");
}

static baton_status read_stop_words(struct bt_op_ctx *ctx, struct normalizer *state,
                                    struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, "stopwords", BT_ATTR_STRINGS);
    size_t count = attr ? attr->count : 0;
    enum bt_case which = state->sensitive ? BT_CASE_KEEP : BT_CASE_LOWER;
    struct bt_bytes *words = bt_arena_calloc(ctx->arena, count, sizeof *words);
    if (!words)
        return bt_fail_no_memory(err, "the stop words");
    for (size_t i = 0; i < count; i++)
        BT_TRY(with_case(which, attr->strings[i], ctx->arena, &words[i], err));
    const struct bt_ml_list list = {BT_STRING, words, count};
    return bt_ml_index_build(&list, ctx->arena, &state->stop, err);
}

static baton_status normalizer_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int action = 0;
    struct normalizer *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    BT_TRY(bt_op_attr_word(ctx, "case_change_action", actions, BT_CASE_KEEP, &action, err));
    state->action = (enum bt_case)action;
    state->sensitive = bt_op_attr_int(ctx, "is_case_sensitive", 0) != 0;
    ctx->state = state;
    return read_stop_words(ctx, state, err);
}

static baton_status is_stop_word(const struct normalizer *state, struct bt_bytes text,
                                 struct bt_arena *arena, bool *ret, struct baton_error *err)
{
    size_t position = 0;
    if (!state->sensitive && state->stop.count)
        BT_TRY(with_case(BT_CASE_LOWER, text, arena, &text, err));
    *ret = bt_ml_index_find(&state->stop, &text, 0, &position);
    return BATON_OK;
}

/* The elements that stay, as they were. */
static baton_status filter(struct bt_op_ctx *ctx, const struct bt_tensor *x, struct bt_bytes *kept,
                           size_t *ret_count, struct baton_error *err)
{
    const struct bt_bytes *strings = x->data;
    *ret_count = 0;
    for (size_t i = 0; i < bt_tensor_count(x); i++) {
        bool stop = false;
        BT_TRY(is_stop_word(ctx->state, strings[i], ctx->arena, &stop, err));
        if (!stop)
            kept[(*ret_count)++] = strings[i];
    }
    return BATON_OK;
}

static baton_status normalizer_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct normalizer *state = ctx->state;
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    size_t count = 0;
    BT_TRY(bt_op_need_type(ctx, 0, BT_STRING, &x, err));
    if (x->rank < 1 || x->rank > 2 || (x->rank == 2 && x->dims[0] != 1))
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is neither [C] nor [1, C]");
    struct bt_bytes *kept = bt_op_scratch(ctx, bt_tensor_count(x), sizeof *kept);
    if (!kept)
        return bt_fail_no_memory(err, "the strings");
    BT_TRY(filter(ctx, x, kept, &count, err));
    /* Of nothing one empty string is made. */
    int64_t dims[] = {1, (int64_t)(count ? count : 1)};
    BT_TRY(bt_op_output(ctx, 0, BT_STRING, x->rank, x->rank == 2 ? dims : dims + 1, &y, err));
    for (size_t i = 0; i < count; i++) {
        struct bt_bytes text;
        BT_TRY(with_case(state->action, kept[i], ctx->arena, &text, err));
        BT_TRY(bt_tensor_set_string(y, i, text.ptr, text.len, err));
    }
    return BATON_OK;
}

const struct bt_op bt_ops_string_normalizer[] = {
    {.name = "StringNormalizer",
     .domain = "",
     .since = 10,
     .prepare = normalizer_prepare,
     .run = normalizer_run},
    BT_OP_END,
};
