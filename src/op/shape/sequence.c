/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of tensors. A sequence is a list of references; no operator here copies elements unless
 * it cuts or joins them. */
#include <inttypes.h>
#include <string.h>

#include "op/shape/join.h"

static baton_status need_sequence(const struct bt_op_ctx *ctx, uint32_t i,
                                  const struct bt_value **ret, struct baton_error *err)
{
    if (i >= ctx->input_count || !ctx->inputs[i] || ctx->inputs[i]->kind != BT_VALUE_SEQUENCE)
        return bt_fail(err, BATON_ERR_INVALID, "input %u is not a sequence", i);
    *ret = ctx->inputs[i];
    return BATON_OK;
}

/* Output `i` as a sequence with room for `count` items, none there yet. */
static baton_status make_sequence(struct bt_op_ctx *ctx, uint32_t i, size_t count,
                                  struct baton_error *err)
{
    struct bt_value *sequence = &ctx->outputs[i];
    if (count > ctx->bytes_max / sizeof(struct bt_value))
        return bt_fail(err, BATON_ERR_LIMIT, "a sequence of %zu items is too long", count);
    sequence->items = bt_calloc(count, sizeof *sequence->items);
    if (!sequence->items)
        return bt_fail_no_memory(err, "a sequence");
    sequence->kind = BT_VALUE_SEQUENCE;
    return BATON_OK;
}

static baton_status append(struct bt_value *sequence, const struct bt_value *item,
                           struct baton_error *err)
{
    BT_TRY(bt_value_ref(item, &sequence->items[sequence->count], err));
    sequence->count++;
    return BATON_OK;
}

/* The position in a sequence of `count` that input `i` names, counted from the end when negative
 * and less than `end`; *ret_io is what it is when the input is absent. */
static baton_status read_position(const struct bt_op_ctx *ctx, uint32_t i, size_t count, size_t end,
                                  size_t *ret_io, struct baton_error *err)
{
    int64_t position = 0;
    if (bt_op_input(ctx, i)) {
        BT_TRY(bt_int_input(ctx, i, &position, err));
        int64_t wrapped = position < 0 ? position + (int64_t)count : position;
        *ret_io = wrapped < 0 ? end : (size_t)wrapped;
    }
    if (*ret_io >= end)
        return bt_fail(err, BATON_ERR_INVALID,
                       "position %" PRId64 " is outside a sequence of %zu items", position, count);
    return BATON_OK;
}

static baton_status empty_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return make_sequence(ctx, 0, 0, err);
}

static baton_status construct_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_value *sequence = &ctx->outputs[0];
    BT_TRY(make_sequence(ctx, 0, ctx->input_count, err));
    for (uint32_t i = 0; i < ctx->input_count; i++) {
        const struct bt_tensor *tensor = NULL;
        BT_TRY(bt_op_need(ctx, i, &tensor, err));
        BT_TRY(append(sequence, ctx->inputs[i], err));
    }
    return BATON_OK;
}

static baton_status insert_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_value *from = NULL;
    const struct bt_tensor *tensor = NULL;
    struct bt_value *sequence = &ctx->outputs[0];
    size_t at = 0;
    BT_TRY(need_sequence(ctx, 0, &from, err));
    BT_TRY(bt_op_need(ctx, 1, &tensor, err));
    at = from->count;
    BT_TRY(read_position(ctx, 2, from->count, from->count + 1, &at, err));
    BT_TRY(make_sequence(ctx, 0, from->count + 1, err));
    for (size_t i = 0; i <= from->count; i++) {
        if (i == at)
            BT_TRY(append(sequence, ctx->inputs[1], err));
        if (i < from->count)
            BT_TRY(append(sequence, &from->items[i], err));
    }
    return BATON_OK;
}

static baton_status erase_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_value *from = NULL;
    struct bt_value *sequence = &ctx->outputs[0];
    size_t at = 0;
    BT_TRY(need_sequence(ctx, 0, &from, err));
    at = from->count - 1;
    BT_TRY(read_position(ctx, 1, from->count, from->count, &at, err));
    BT_TRY(make_sequence(ctx, 0, from->count, err));
    for (size_t i = 0; i < from->count; i++)
        if (i != at)
            BT_TRY(append(sequence, &from->items[i], err));
    return BATON_OK;
}

static baton_status at_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_value *from = NULL;
    size_t at = 0;
    BT_TRY(need_sequence(ctx, 0, &from, err));
    at = from->count; /* the position is required */
    BT_TRY(read_position(ctx, 1, from->count, from->count, &at, err));
    return bt_value_ref(&from->items[at], &ctx->outputs[0], err);
}

static baton_status length_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_value *from = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(need_sequence(ctx, 0, &from, err));
    BT_TRY(bt_op_output(ctx, 0, BT_I64, 0, NULL, &y, err));
    *(int64_t *)y->data = (int64_t)from->count;
    return BATON_OK;
}

/* ---- ConcatFromSequence ---- */

static baton_status add_axis(struct bt_tensor *part, unsigned axis, struct baton_error *err)
{
    if (part->rank == BT_RANK_MAX || axis > part->rank)
        return bt_fail(err, BATON_ERR_INVALID, "an item of rank %u takes no new axis %u",
                       part->rank, axis);
    memmove(&part->dims[axis + 1], &part->dims[axis], (part->rank - axis) * sizeof part->dims[0]);
    part->dims[axis] = 1;
    part->rank++;
    return BATON_OK;
}

static baton_status concat_from_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_value *from = NULL;
    bool stack = bt_op_attr_int(ctx, "new_axis", 0) != 0;
    unsigned axis = 0;
    BT_TRY(need_sequence(ctx, 0, &from, err));
    if (from->count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "the sequence is empty: its type is not known");
    struct bt_tensor *parts = bt_op_scratch(ctx, from->count, sizeof *parts);
    if (!parts)
        return bt_fail_no_memory(err, "the parts");
    BT_TRY(bt_axis_attr(ctx, "axis", 0, from->items[0].tensor.rank + stack, &axis, err));
    for (size_t i = 0; i < from->count; i++) {
        parts[i] = from->items[i].tensor;
        if (stack)
            BT_TRY(add_axis(&parts[i], axis, err));
    }
    return bt_join(ctx, parts, from->count, axis, err);
}

/* ---- SplitToSequence ---- */

struct cuts {
    const struct bt_tensor *sizes; /* NULL: pieces of `each` */
    int64_t each;
    size_t count;
};

static int64_t cut_size(const struct cuts *c, size_t i, int64_t left)
{
    if (!c->sizes)
        return c->each < left ? c->each : left;
    return bt_load_int(c->sizes->dtype, bt_element(c->sizes, i));
}

static baton_status read_cuts(const struct bt_op_ctx *ctx, int64_t dim, struct cuts *c,
                              struct baton_error *err)
{
    const struct bt_tensor *split = bt_op_input(ctx, 1);
    c->each = 1;
    if (split) {
        BT_TRY(bt_need_indices(ctx, 1, &split, err));
        if (split->rank > 1)
            return bt_fail(err, BATON_ERR_INVALID, "split has rank %u", split->rank);
        if (split->rank == 1) {
            c->sizes = split;
            c->count = bt_tensor_count(split);
            return BATON_OK;
        }
        c->each = bt_load_int(split->dtype, split->data);
    }
    if (c->each < 1)
        return bt_fail(err, BATON_ERR_INVALID, "pieces of %" PRId64 " elements", c->each);
    c->count = (size_t)(dim / c->each + (dim % c->each != 0));
    return BATON_OK;
}

static baton_status cut_piece(const struct bt_op_ctx *ctx, unsigned axis, int64_t first,
                              int64_t size, struct bt_tensor *ret, struct baton_error *err)
{
    const struct bt_tensor *x = bt_op_input(ctx, 0);
    int64_t dims[BT_RANK_MAX];
    memcpy(dims, x->dims, sizeof x->dims);
    dims[axis] = size;
    BT_TRY(bt_tensor_new(x->dtype, x->rank, dims, ctx->bytes_max, ret, err));
    bt_copy_entries(x, axis, first, size, ret);
    return bt_own_strings(ret, err);
}

static void drop_axis(struct bt_tensor *t, unsigned axis)
{
    t->rank--;
    memmove(&t->dims[axis], &t->dims[axis + 1], (t->rank - axis) * sizeof t->dims[0]);
}

static baton_status split_to_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_value *sequence = &ctx->outputs[0];
    struct cuts c = {NULL, 1, 0};
    unsigned axis = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(bt_axis_attr(ctx, "axis", 0, x->rank, &axis, err));
    BT_TRY(read_cuts(ctx, x->dims[axis], &c, err));
    BT_TRY(make_sequence(ctx, 0, c.count, err));
    bool drop = !bt_op_input(ctx, 1) && bt_op_attr_int(ctx, "keepdims", 1) == 0;
    int64_t left = x->dims[axis];
    for (size_t i = 0; i < c.count; i++) {
        int64_t size = cut_size(&c, i, left);
        struct bt_value *item = &sequence->items[i];
        if (size < 0 || size > left)
            return bt_fail(err, BATON_ERR_INVALID,
                           "piece %zu has %" PRId64 " elements, %" PRId64 " are left", i, size,
                           left);
        item->kind = BT_VALUE_TENSOR;
        sequence->count = i + 1;
        BT_TRY(cut_piece(ctx, axis, x->dims[axis] - left, size, &item->tensor, err));
        left -= size;
        if (drop)
            drop_axis(&item->tensor, axis);
    }
    if (left != 0)
        return bt_fail(err, BATON_ERR_INVALID, "the pieces leave %" PRId64 " elements over", left);
    return BATON_OK;
}

/* ---- SequenceMap ---- */

/* The body's input for item `i`: an item of a sequence, or a tensor that is the same each time. */
static baton_status map_inputs(const struct bt_op_ctx *ctx, size_t item, struct bt_value *inputs,
                               struct baton_error *err)
{
    for (uint32_t i = 0; i < ctx->input_count; i++) {
        const struct bt_value *from = ctx->inputs[i];
        if (!from)
            return bt_fail(err, BATON_ERR_INVALID, "input %u is missing", i);
        if (from->kind == BT_VALUE_SEQUENCE) {
            if (item >= from->count)
                return bt_fail(err, BATON_ERR_INVALID, "input %u has only %zu items", i,
                               from->count);
            from = &from->items[item];
        }
        BT_TRY(bt_value_ref(from, &inputs[i], err));
    }
    return BATON_OK;
}

static void release_values(struct bt_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bt_value_release(&values[i]);
}

static baton_status map_item(struct bt_op_ctx *ctx, const struct bt_graph *body, size_t item,
                             struct bt_value *values, struct baton_error *err)
{
    struct bt_value *inputs = values;
    struct bt_value *outputs = values + ctx->input_count;
    baton_status status = map_inputs(ctx, item, inputs, err);
    if (status == BATON_OK)
        status = bt_op_run_graph(ctx, body, inputs, outputs, err);
    release_values(inputs, ctx->input_count);
    if (status != BATON_OK)
        return bt_error_prepend(err, "item %zu", item);
    for (uint32_t i = 0; i < ctx->output_count; i++) {
        struct bt_value *sequence = &ctx->outputs[i];
        sequence->items[sequence->count++] = outputs[i];
        outputs[i] = (struct bt_value)BT_VALUE_INIT;
    }
    return BATON_OK;
}

static baton_status map_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_attr *body = bt_op_attr(ctx, "body", BT_ATTR_GRAPH);
    const struct bt_value *first = NULL;
    BT_TRY(need_sequence(ctx, 0, &first, err));
    if (!body || body->graphs[0]->input_count != ctx->input_count ||
        body->graphs[0]->output_count != ctx->output_count)
        return bt_fail(err, BATON_ERR_INVALID, "the body does not fit %u inputs and %u outputs",
                       ctx->input_count, ctx->output_count);
    size_t count = (size_t)ctx->input_count + ctx->output_count;
    struct bt_value *values = bt_arena_calloc(ctx->arena, count, sizeof *values);
    if (!values)
        return bt_fail_no_memory(err, "the items");
    for (uint32_t i = 0; i < ctx->output_count; i++) {
        BT_TRY(make_sequence(ctx, i, first->count, err));
    }
    for (size_t item = 0; item < first->count; item++)
        BT_TRY(map_item(ctx, body->graphs[0], item, values, err));
    return BATON_OK;
}

const struct bt_op bt_ops_sequence[] = {
    BT_OP_SINCE("SequenceEmpty", 11, empty_run),
    BT_OP_SINCE("SequenceConstruct", 11, construct_run),
    BT_OP_SINCE("SequenceInsert", 11, insert_run),
    BT_OP_SINCE("SequenceErase", 11, erase_run),
    BT_OP_SINCE("SequenceAt", 11, at_run),
    BT_OP_SINCE("SequenceLength", 11, length_run),
    BT_OP_SINCE("ConcatFromSequence", 11, concat_from_run),
    BT_OP_SINCE("SplitToSequence", 11, split_to_run),
    BT_OP_SINCE("SequenceMap", 17, map_run),
    BT_OP_END,
};
