/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/graph.h"

#include <stdio.h>
#include <string.h>

#include "onnx/load_int.h"

/* ---- what the parts of the loader share ---- */

void *bt_load_keep(struct bt_load *load, size_t count, size_t size)
{
    return bt_arena_calloc(&load->model->arena, count, size);
}

void *bt_load_scratch(struct bt_load *load, size_t count, size_t size)
{
    return bt_arena_calloc(&load->scratch, count, size);
}

baton_status(bt_load_no_room)(const struct bt_load *load, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_LIMIT, "its structure needs more than %zu bytes of memory",
                   load->limits.arena_bytes_max);
}

const char *bt_load_str(struct bt_load *load, struct bt_bytes text)
{
    return bt_arena_strndup(&load->model->arena, (const char *)text.ptr, text.len);
}

baton_status bt_load_in_graph(const struct bt_draft_graph *draft, struct baton_error *err)
{
    char label[128];
    if (!draft->outer_node)
        return err ? err->status : BATON_ERR_INVALID;
    return bt_error_prepend(err, "in a subgraph of %s",
                            bt_node_label(&draft->outer_node->node, label, sizeof label));
}

baton_status bt_load_add_graph(struct bt_load *load, struct bt_draft_graph *outer,
                               struct bt_draft_node *outer_node, const struct bt_pb_field *field,
                               const struct bt_graph **ret, struct baton_error *err)
{
    unsigned depth = outer ? outer->depth + 1 : 0;
    if (depth > BT_GRAPH_DEPTH_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "subgraphs are more than %d deep", BT_GRAPH_DEPTH_MAX);
    struct bt_draft_graph *draft = bt_load_scratch(load, 1, sizeof *draft);
    struct bt_graph *graph = bt_load_keep(load, 1, sizeof *graph);
    if (!draft || !graph)
        return bt_load_no_room(load, err);
    graph->name = "";
    graph->outer = outer ? outer->graph : NULL;
    draft->graph = graph;
    draft->outer = outer;
    draft->outer_node = outer_node;
    draft->depth = depth;
    draft->id = load->graph_count++;
    draft->bytes = field->bytes;
    draft->offset = field->offset;
    if (outer_node) {
        draft->sibling = outer_node->subgraphs;
        outer_node->subgraphs = draft;
    }
    draft->prev = load->last;
    *(load->last ? &load->last->next : &load->first) = draft;
    load->last = draft;
    *ret = graph;
    return BATON_OK;
}

/* ---- from drafts to the result ---- */

static const struct bt_port *finish_ports(struct bt_load *load, const struct bt_draft_port *drafts,
                                          uint32_t count, uint32_t *ret_count)
{
    struct bt_port *ports = bt_load_keep(load, count, sizeof *ports);
    uint32_t kept = 0;
    for (uint32_t i = 0; ports && i < count; i++) {
        if (drafts[i].is_default)
            continue;
        ports[kept] = drafts[i].port;
        ports[kept].name = load->value_names[ports[kept].value];
        kept++;
    }
    *ret_count = kept;
    return ports;
}

static baton_status finish_nodes(struct bt_load *load, struct bt_draft_graph *draft,
                                 struct baton_error *err)
{
    struct bt_node *nodes = bt_load_keep(load, draft->node_count, sizeof *nodes);
    uint32_t *order = bt_load_scratch(load, draft->node_count, sizeof *order);
    if (!nodes || !order)
        return bt_load_no_room(load, err);
    BT_TRY(bt_load_sort(load, draft, order, err));
    for (uint32_t i = 0; i < draft->node_count; i++)
        nodes[i] = draft->nodes[order[i]].node;
    draft->graph->nodes = nodes;
    draft->graph->node_count = draft->node_count;
    return BATON_OK;
}

static baton_status finish_graph(struct bt_load *load, struct bt_draft_graph *draft,
                                 struct baton_error *err)
{
    struct bt_graph *graph = draft->graph;
    struct bt_initializer *initializers =
        bt_load_keep(load, draft->initializer_count, sizeof *initializers);
    graph->inputs = finish_ports(load, draft->inputs, draft->input_count, &graph->input_count);
    graph->outputs = finish_ports(load, draft->outputs, draft->output_count, &graph->output_count);
    if (!initializers || !graph->inputs || !graph->outputs)
        return bt_load_no_room(load, err);
    for (uint32_t i = 0; i < draft->initializer_count; i++)
        initializers[i] = draft->initializers[i].initializer;
    graph->initializers = initializers;
    graph->initializer_count = draft->initializer_count;
    graph->value_names = load->value_names;
    graph->value_count = load->value_count;
    graph->captures = draft->captures;
    graph->capture_count = draft->capture_count;
    return finish_nodes(load, draft, err);
}

/* The outside world names outputs, so the top graph's must differ. */
static baton_status check_output_names(const struct bt_load *load, struct baton_error *err)
{
    const struct bt_graph *graph = load->model->graph;
    uint8_t *seen = bt_calloc(load->value_count, 1);
    if (!seen)
        return bt_fail_no_memory(err, "the model");
    baton_status status = BATON_OK;
    for (uint32_t i = 0; i < graph->output_count && status == BATON_OK; i++) {
        if (seen[graph->outputs[i].value]++)
            status = bt_fail(err, BATON_ERR_INVALID, "graph output \"%.120s\" is listed twice",
                             graph->outputs[i].name);
    }
    bt_free(seen);
    return status;
}

static baton_status load_all(struct bt_load *load, struct bt_bytes bytes, struct baton_error *err)
{
    BT_TRY(bt_load_model(load, bytes, err));
    load->model->graph = load->first->graph;
    for (struct bt_draft_graph *g = load->first; g; g = g->next)
        BT_TRY(bt_load_graph(load, g, err));
    BT_TRY(bt_load_names(load, err));
    for (struct bt_draft_graph *g = load->first; g; g = g->next)
        BT_TRY(finish_graph(load, g, err));
    return check_output_names(load, err);
}

baton_status bt_model_parse(struct bt_bytes bytes, const char *what,
                            const struct bt_onnx_limits *limits,
                            const struct bt_external_source *external, struct bt_model *ret,
                            struct baton_error *err)
{
    static const struct bt_onnx_limits defaults = BT_ONNX_LIMITS_DEFAULT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_load load = {
        .model = &model, .limits = limits ? *limits : defaults, .external = external};
    load.scratch.bytes_max = load.limits.arena_bytes_max;
    model.arena.bytes_max = load.limits.arena_bytes_max;
    model.producer_name = bt_bytes_of("");
    model.producer_version = bt_bytes_of("");
    baton_status status = load_all(&load, bytes, err);
    bt_arena_release(&load.scratch);
    if (status != BATON_OK) {
        (void)bt_error_prepend(err, "%s", what);
        return status;
    }
    *ret = model;
    model = (struct bt_model)BT_MODEL_INIT;
    return BATON_OK;
}

void bt_model_release(struct bt_model *model)
{
    bt_arena_release(&model->arena);
    bt_arena_release(&model->weights);
    *model = (struct bt_model)BT_MODEL_INIT;
}

/* ---- looking ---- */

const struct bt_attr *bt_node_attr(const struct bt_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->attr_count; i++)
        if (strcmp(node->attrs[i].name, name) == 0)
            return &node->attrs[i];
    return NULL;
}

const char *bt_node_label(const struct bt_node *node, char *buf, size_t size)
{
    if (*node->name)
        (void)snprintf(buf, size, "node %u (%.40s \"%.60s\")", node->index, node->op, node->name);
    else
        (void)snprintf(buf, size, "node %u (%.40s)", node->index, node->op);
    return buf;
}
