/* SPDX-License-Identifier: Apache-2.0 */
/* A model that is accepted keeps the promises of onnx/graph.h; the other readers of the room get
 * the same bytes. */
#include "fuzz/fuzz.h"

#include "onnx/value_proto.h"

#define GRAPHS_MAX 64

/* Graphs found and not yet looked at; what does not fit is not looked at. */
struct todo {
    const struct bt_graph *graphs[GRAPHS_MAX];
    size_t count;
};

/* Values of enclosing graphs are always defined first. */
static void mark_outer(const struct bt_graph *graph, uint8_t *defined)
{
    for (uint32_t i = 0; i < graph->capture_count; i++) {
        FUZZ_CHECK(graph->captures[i] < graph->value_count);
        FUZZ_CHECK(i == 0 || graph->captures[i - 1] < graph->captures[i]);
        FUZZ_CHECK(graph->outer);
        defined[graph->captures[i]] = 1;
    }
}

static void define(const struct bt_graph *graph, uint8_t *defined, uint32_t value)
{
    FUZZ_CHECK(value < graph->value_count && !defined[value]);
    defined[value] = 1;
}

static void check_tensor(const struct bt_tensor *tensor)
{
    size_t bytes = 0;
    if (bt_dtype_size(tensor->dtype) == 0)
        return;
    FUZZ_CHECK(bt_dims_bytes(tensor->dtype, tensor->rank, tensor->dims, 0, &bytes, NULL) ==
               BATON_OK);
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)tensor->data)[i]);
}

static void check_attr(const struct bt_attr *attr, struct todo *todo)
{
    bool tensors = attr->kind == BT_ATTR_TENSOR || attr->kind == BT_ATTR_TENSORS;
    bool graphs = attr->kind == BT_ATTR_GRAPH || attr->kind == BT_ATTR_GRAPHS;
    for (size_t i = 0; i < attr->count; i++) {
        if (tensors)
            check_tensor(&attr->tensors[i]);
        if (graphs && todo->count < GRAPHS_MAX)
            todo->graphs[todo->count++] = attr->graphs[i];
    }
}

static void check_node(const struct bt_graph *graph, const struct bt_node *node, uint8_t *defined,
                       struct todo *todo)
{
    char label[128];
    FUZZ_CHECK(bt_node_label(node, label, sizeof label)[0]);
    for (uint32_t i = 0; i < node->input_count; i++)
        FUZZ_CHECK(node->inputs[i] == BT_ABSENT ||
                   (node->inputs[i] < graph->value_count && defined[node->inputs[i]]));
    for (uint32_t i = 0; i < node->attr_count; i++) {
        FUZZ_CHECK(bt_node_attr(node, node->attrs[i].name) == &node->attrs[i]);
        check_attr(&node->attrs[i], todo);
    }
    for (uint32_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] != BT_ABSENT)
            define(graph, defined, node->outputs[i]);
}

static void check_graph(const struct bt_graph *graph, struct todo *todo)
{
    uint8_t *defined = bt_calloc(graph->value_count, 1);
    FUZZ_CHECK(defined);
    mark_outer(graph, defined);
    for (uint32_t i = 0; i < graph->input_count; i++)
        define(graph, defined, graph->inputs[i].value);
    for (uint32_t i = 0; i < graph->initializer_count; i++) {
        define(graph, defined, graph->initializers[i].value);
        check_tensor(&graph->initializers[i].tensor);
    }
    for (uint32_t i = 0; i < graph->node_count; i++)
        check_node(graph, &graph->nodes[i], defined, todo);
    for (uint32_t i = 0; i < graph->output_count; i++)
        FUZZ_CHECK(graph->outputs[i].value < graph->value_count &&
                   defined[graph->outputs[i].value]);
    bt_free(defined);
}

static void try_model(struct bt_bytes bytes)
{
    static const struct bt_onnx_limits limits = {.nodes_max = 10000,
                                                 .values_max = 10000,
                                                 .arena_bytes_max = (size_t)1 << 24,
                                                 .tensor_bytes_max = (uint64_t)1 << 24};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct todo todo = {.count = 0};
    if (bt_model_parse(bytes, "fuzz", &limits, NULL, &model, &err) != BATON_OK) {
        FUZZ_CHECK(err.text[0]);
        return;
    }
    todo.graphs[todo.count++] = model.graph;
    for (size_t i = 0; i < todo.count; i++)
        check_graph(todo.graphs[i], &todo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct bt_value_type types[] = {
        {.is_tensor = true}, {.is_sequence = true}, {.is_optional = true}};
    struct bt_bytes bytes = {data, len};
    try_model(bytes);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        (void)!bt_value_proto_parse(bytes, &types[i], "fuzz", &value, NULL);
    }
    return 0;
}
