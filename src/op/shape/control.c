/* SPDX-License-Identifier: Apache-2.0 */
/* If, and the optionals. An optional that holds something is that something; one that holds nothing
 * is a value of kind NONE. */
#include "op/op.h"

static baton_status if_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *condition = NULL;
    BT_TRY(bt_op_need_type(ctx, 0, BT_BOOL, &condition, err));
    if (bt_tensor_count(condition) != 1)
        return bt_fail(err, BATON_ERR_INVALID, "the condition has %zu elements, expected one",
                       bt_tensor_count(condition));
    const char *name = *(const uint8_t *)condition->data ? "then_branch" : "else_branch";
    const struct bt_attr *branch = bt_op_attr(ctx, name, BT_ATTR_GRAPH);
    if (!branch)
        return bt_fail(err, BATON_ERR_INVALID, "there is no %s", name);
    const struct bt_graph *graph = branch->graphs[0];
    if (graph->input_count != 0 || graph->output_count != ctx->output_count)
        return bt_fail(err, BATON_ERR_INVALID, "%s has %u inputs and %u outputs, expected 0 and %u",
                       name, graph->input_count, graph->output_count, ctx->output_count);
    return bt_op_run_graph(ctx, graph, NULL, ctx->outputs, err);
}

static const struct bt_value *held(const struct bt_op_ctx *ctx)
{
    bool there = ctx->input_count > 0 && ctx->inputs[0] && ctx->inputs[0]->kind != BT_VALUE_NONE;
    return there ? ctx->inputs[0] : NULL;
}

static baton_status optional_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_value *value = held(ctx);
    return value ? bt_value_ref(value, &ctx->outputs[0], err) : BATON_OK;
}

static baton_status get_element_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_value *value = held(ctx);
    if (!value)
        return bt_fail(err, BATON_ERR_INVALID, "the optional holds nothing");
    return bt_value_ref(value, &ctx->outputs[0], err);
}

static baton_status has_element_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_output(ctx, 0, BT_BOOL, 0, NULL, &y, err));
    *(uint8_t *)y->data = held(ctx) != NULL;
    return BATON_OK;
}

const struct bt_op bt_ops_control[] = {
    BT_OP_SINCE("If", 1, if_run),
    BT_OP_SINCE("Optional", 15, optional_run),
    BT_OP_SINCE("OptionalGetElement", 15, get_element_run),
    BT_OP_SINCE("OptionalHasElement", 15, has_element_run),
    BT_OP_END,
};
