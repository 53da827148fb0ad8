/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session_int.h"

#include <inttypes.h>
#include <string.h>

#define SHAPE_TEXT_MAX 1024

static void put_declared(const struct bt_value_type *type, struct bt_buf *out)
{
    bt_buf_put_str(out, bt_dtype_name(type->dtype));
    if (!type->has_shape)
        return;
    bt_buf_put_str(out, " [");
    for (unsigned d = 0; d < type->rank; d++) {
        bt_buf_put_str(out, d ? "," : "");
        if (type->dims[d] >= 0)
            bt_buf_printf(out, "%" PRId64, type->dims[d]);
        else
            bt_buf_put_str(out, type->symbols[d] ? type->symbols[d] : "?");
    }
    bt_buf_put_byte(out, ']');
}

static baton_status differs(const struct bt_port *port, const struct bt_tensor *found,
                            struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(SHAPE_TEXT_MAX);
    put_declared(&port->type, &text);
    bt_buf_printf(&text, ", found %s ", bt_dtype_name(found->dtype));
    bt_dims_format(found->rank, found->dims, &text);
    return bt_fail(err, BATON_ERR_INVALID, "input \"%s\": expected %s", port->name,
                   bt_buf_finish(&text, "the shapes", NULL) == BATON_OK ? bt_buf_str(&text)
                                                                        : "another shape");
}

static bool fits(const struct bt_value_type *type, const struct bt_tensor *tensor)
{
    if (type->dtype != tensor->dtype)
        return false;
    if (!type->has_shape)
        return true;
    if (type->rank != tensor->rank)
        return false;
    for (unsigned d = 0; d < type->rank; d++)
        if (type->dims[d] >= 0 && type->dims[d] != tensor->dims[d])
            return false;
    return true;
}

static baton_status check_input(const struct bt_port *port, const struct bt_value *value,
                                struct baton_error *err)
{
    if (!port->type.is_tensor)
        return BATON_OK;
    if (value->kind != BT_VALUE_TENSOR)
        return bt_fail(err, BATON_ERR_INVALID, "input \"%s\": expected a tensor", port->name);
    if (port->type.dtype != BT_DTYPE_NONE && !fits(&port->type, &value->tensor))
        return differs(port, &value->tensor, err);
    return BATON_OK;
}

/* ---- one symbol, one extent ---- */

struct symbol_use {
    const char *symbol;
    const char *input;
    int64_t extent;
};

static baton_status note_symbol(struct symbol_use *uses, size_t *count, struct symbol_use use,
                                struct baton_error *err)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(uses[i].symbol, use.symbol) != 0)
            continue;
        if (uses[i].extent == use.extent)
            return BATON_OK;
        return bt_fail(err, BATON_ERR_INVALID,
                       "input \"%s\": dimension %s is %" PRId64 ", but it is %" PRId64
                       " in input \"%s\"",
                       use.input, use.symbol, use.extent, uses[i].extent, uses[i].input);
    }
    uses[(*count)++] = use;
    return BATON_OK;
}

static baton_status check_symbols(const struct bt_graph *graph, const struct bt_value *inputs,
                                  struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    size_t count = 0;
    struct symbol_use *uses =
        bt_arena_calloc(&arena, (size_t)graph->input_count * BT_RANK_MAX, sizeof *uses);
    if (!uses)
        return bt_fail_no_memory(err, "the input check");
    for (uint32_t i = 0; i < graph->input_count; i++) {
        const struct bt_port *port = &graph->inputs[i];
        if (!port->type.is_tensor || !port->type.has_shape)
            continue;
        for (unsigned d = 0; d < port->type.rank; d++) {
            struct symbol_use use = {port->type.symbols[d], port->name, inputs[i].tensor.dims[d]};
            if (use.symbol && port->type.dims[d] < 0)
                BT_TRY(note_symbol(uses, &count, use, err));
        }
    }
    return BATON_OK;
}

baton_status bt_check_inputs(const struct bt_graph *graph, const struct bt_value *inputs,
                             uint32_t count, struct baton_error *err)
{
    if (count != graph->input_count)
        return bt_fail(err, BATON_ERR_INVALID, "the model has %u inputs, given are %u",
                       graph->input_count, count);
    for (uint32_t i = 0; i < count; i++)
        BT_TRY(check_input(&graph->inputs[i], &inputs[i], err));
    return check_symbols(graph, inputs, err);
}
