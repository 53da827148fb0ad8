/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

#include <inttypes.h>
#include <string.h>

/* What this reader knows. The intermediate representation is refused beyond it, because a newer one
 * may carry meaning in fields we skip; operator sets beyond it, because an operator may have
 * changed its meaning. */
#define IR_VERSION_MIN 3
#define IR_VERSION_MAX 13
#define OPSET_MAX 28
#define OPSET_ML_MAX 5

enum {
    MODEL_IR_VERSION = 1,
    MODEL_PRODUCER_NAME = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPSET_IMPORT = 8,
    MODEL_METADATA = 14,
    MODEL_FUNCTIONS = 25
};

enum {
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    GRAPH_SPARSE_INITIALIZER = 15
};

enum {
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OP_TYPE = 4,
    NODE_ATTRIBUTE = 5,
    NODE_DOMAIN = 7,
    NODE_OVERLOAD = 8
};

/* ---- the model's own fields ---- */

/* "ai.onnx" is the long name of the default domain. */
static struct bt_bytes short_domain(struct bt_bytes domain)
{
    return bt_bytes_equal(domain, bt_bytes_of("ai.onnx")) ? bt_bytes_of("") : domain;
}

static int64_t newest_known(const char *domain)
{
    if (!*domain)
        return OPSET_MAX;
    return strcmp(domain, "ai.onnx.ml") == 0 ? OPSET_ML_MAX : INT32_MAX;
}

static const char *shown_domain(const char *domain)
{
    return *domain ? domain : "ai.onnx";
}

static const struct bt_opset *find_opset(const struct bt_model *model, uint32_t count,
                                         const char *domain)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(model->opsets[i].domain, domain) == 0)
            return &model->opsets[i];
    return NULL;
}

static baton_status read_opset(struct bt_load *load, const struct bt_pb_field *field,
                               struct bt_opset *ret, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_opset_proto, field);
    struct bt_bytes domain = {NULL, 0};
    struct bt_pb_field part;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == 1)
            domain = part.bytes;
        else
            ret->version = (int64_t)part.scalar;
    }
    ret->domain = bt_load_str(load, short_domain(domain));
    if (!ret->domain)
        return bt_load_no_room(load, err);
    if (ret->version < 1)
        return bt_fail(err, BATON_ERR_INVALID, "operator set %.120s has version %" PRId64,
                       shown_domain(ret->domain), ret->version);
    if (ret->version > newest_known(ret->domain))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "operator set %.120s version %" PRId64 ": the newest known is %" PRId64,
                       shown_domain(ret->domain), ret->version, newest_known(ret->domain));
    return BATON_OK;
}

static baton_status add_opset(struct bt_load *load, const struct bt_pb_field *field,
                              struct bt_opset *opsets, struct baton_error *err)
{
    struct bt_model *model = load->model;
    struct bt_opset *opset = &opsets[model->opset_count];
    BT_TRY(read_opset(load, field, opset, err));
    const struct bt_opset *known = find_opset(model, model->opset_count, opset->domain);
    /* skl2onnx repeats itself; that says nothing new. */
    if (known && known->version == opset->version)
        return BATON_OK;
    if (known)
        return bt_fail(err, BATON_ERR_INVALID, "operator set %.120s is imported twice",
                       shown_domain(opset->domain));
    model->opset_count++;
    return BATON_OK;
}

static baton_status read_metadata(const struct bt_pb_field *field, struct bt_metadata *ret,
                                  struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_entry_proto, field);
    struct bt_pb_field part;
    bool more = false;
    *ret = (struct bt_metadata){bt_bytes_of(""), bt_bytes_of("")};
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            return BATON_OK;
        *(part.number == 1 ? &ret->key : &ret->value) = part.bytes;
    }
}

static baton_status refuse_function(const struct bt_pb_field *field, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_function_proto, field);
    struct bt_bytes name = bt_bytes_of("");
    struct bt_pb_field part;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == 1)
            name = part.bytes;
    }
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "function " BT_NAME_FMT
                   ": functions of a model's own are not supported; inline them",
                   BT_NAME_ARGS(name));
}

static baton_status take_model_field(struct bt_load *load, const struct bt_pb_field *field,
                                     struct bt_opset *opsets, struct bt_metadata *metadata,
                                     struct baton_error *err)
{
    struct bt_model *model = load->model;
    const struct bt_graph *graph = NULL;
    switch (field->number) {
    case MODEL_IR_VERSION:
        model->ir_version = (int64_t)field->scalar;
        return BATON_OK;
    case MODEL_PRODUCER_NAME:
        model->producer_name = field->bytes;
        return BATON_OK;
    case MODEL_PRODUCER_VERSION:
        model->producer_version = field->bytes;
        return BATON_OK;
    case MODEL_GRAPH:
        return bt_load_add_graph(load, NULL, NULL, field, &graph, err);
    case MODEL_OPSET_IMPORT:
        return add_opset(load, field, opsets, err);
    case MODEL_METADATA:
        return read_metadata(field, &metadata[model->metadata_count++], err);
    case MODEL_FUNCTIONS:
        return refuse_function(field, err);
    default:
        return BATON_OK;
    }
}

static baton_status finish_model(const struct bt_load *load, struct baton_error *err)
{
    struct bt_model *model = load->model;
    if (model->ir_version < 1)
        return bt_fail(err, BATON_ERR_INVALID,
                       "no IR version (is this an ONNX file?): %" PRId64 " found",
                       model->ir_version);
    if (model->ir_version < IR_VERSION_MIN || model->ir_version > IR_VERSION_MAX)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "IR version %" PRId64 ": versions %d to %d are supported", model->ir_version,
                       IR_VERSION_MIN, IR_VERSION_MAX);
    if (model->opset_count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "the model imports no operator set");
    if (!load->first)
        return bt_fail(err, BATON_ERR_INVALID, "the model has no graph");
    return bt_load_properties(model, err);
}

baton_status bt_load_model(struct bt_load *load, struct bt_bytes bytes, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_open(&bt_onnx_model_proto, bytes, 0);
    uint32_t counts[BT_ONNX_FIELDS_MAX];
    BT_TRY(bt_onnx_count(m, counts, err));
    struct bt_opset *opsets = bt_load_keep(load, counts[MODEL_OPSET_IMPORT], sizeof *opsets);
    struct bt_metadata *metadata = bt_load_keep(load, counts[MODEL_METADATA], sizeof *metadata);
    if (!opsets || !metadata)
        return bt_load_no_room(load, err);
    load->model->opsets = opsets;
    load->model->metadata = metadata;
    struct bt_pb_field field;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &field, &more, err));
        if (!more)
            return finish_model(load, err);
        BT_TRY(take_model_field(load, &field, opsets, metadata, err));
    }
}

/* ---- nodes ---- */

static baton_status take_node_field(struct bt_load *load, const struct bt_pb_field *field,
                                    struct bt_draft_node *draft, struct bt_bytes *names[2],
                                    struct baton_error *err)
{
    struct bt_bytes value = field->bytes;
    const char **text = NULL;
    switch (field->number) {
    case NODE_INPUT:
        names[0][draft->node.input_count++] = field->bytes;
        return BATON_OK;
    case NODE_OUTPUT:
        names[1][draft->node.output_count++] = field->bytes;
        return BATON_OK;
    case NODE_NAME:
        text = &draft->node.name;
        break;
    case NODE_OP_TYPE:
        text = &draft->node.op;
        break;
    case NODE_DOMAIN:
        text = &draft->node.domain;
        value = short_domain(value);
        break;
    case NODE_OVERLOAD:
        if (field->bytes.len)
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "overloads of functions are not supported");
        return BATON_OK;
    default:
        return BATON_OK;
    }
    *text = bt_load_str(load, value);
    return *text ? BATON_OK : bt_load_no_room(load, err);
}

static baton_status read_node_fields(struct bt_load *load, struct bt_onnx_message m,
                                     const uint32_t *counts, struct bt_draft_node *draft,
                                     struct baton_error *err)
{
    struct bt_bytes *names[2] = {
        bt_load_scratch(load, counts[NODE_INPUT], sizeof(struct bt_bytes)),
        bt_load_scratch(load, counts[NODE_OUTPUT], sizeof(struct bt_bytes)),
    };
    struct bt_pb_field field;
    bool more = false;
    if (!names[0] || !names[1])
        return bt_load_no_room(load, err);
    draft->input_names = names[0];
    draft->output_names = names[1];
    draft->node.name = draft->node.op = draft->node.domain = "";
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &field, &more, err));
        if (!more)
            return BATON_OK;
        BT_TRY(take_node_field(load, &field, draft, names, err));
    }
}

static baton_status check_node(const struct bt_load *load, struct bt_node *node,
                               struct baton_error *err)
{
    if (!*node->op)
        return bt_fail(err, BATON_ERR_INVALID, "the node has no operator");
    const struct bt_opset *opset = find_opset(load->model, load->model->opset_count, node->domain);
    if (!opset)
        return bt_fail(err, BATON_ERR_INVALID, "operator set %.120s is not imported",
                       shown_domain(node->domain));
    node->opset = (int)opset->version;
    return BATON_OK;
}

static baton_status add_attr(struct bt_load *load, struct bt_draft_graph *graph,
                             struct bt_draft_node *draft, const struct bt_pb_field *field,
                             struct bt_attr *attrs, struct baton_error *err)
{
    struct bt_attr *attr = &attrs[draft->node.attr_count];
    BT_TRY(bt_load_attr(load, graph, draft, field, attr, err));
    if (bt_node_attr(&draft->node, attr->name))
        return bt_fail(err, BATON_ERR_INVALID, "attribute \"%.120s\" appears twice", attr->name);
    draft->node.attr_count++;
    return BATON_OK;
}

#define ATTRS_MAX 1024

static baton_status read_attrs(struct bt_load *load, struct bt_draft_graph *graph,
                               struct bt_onnx_message m, uint32_t count,
                               struct bt_draft_node *draft, struct baton_error *err)
{
    struct bt_pb_field field;
    bool more = false;
    /* Looking for duplicates is quadratic. */
    if (count > ATTRS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%u attributes: the limit is %d", count, ATTRS_MAX);
    struct bt_attr *attrs = bt_load_keep(load, count, sizeof *attrs);
    if (!attrs)
        return bt_load_no_room(load, err);
    draft->node.attrs = attrs;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &field, &more, err));
        if (!more)
            return BATON_OK;
        if (field.number == NODE_ATTRIBUTE)
            BT_TRY(add_attr(load, graph, draft, &field, attrs, err));
    }
}

static baton_status read_node(struct bt_load *load, struct bt_draft_graph *graph,
                              const struct bt_pb_field *field, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_node_proto, field);
    struct bt_draft_node *draft = &graph->nodes[graph->node_count];
    uint32_t counts[BT_ONNX_FIELDS_MAX];
    draft->node.index = graph->node_count;
    baton_status status = bt_onnx_count(m, counts, err);
    if (status == BATON_OK)
        status = read_node_fields(load, m, counts, draft, err);
    if (status != BATON_OK)
        return bt_error_prepend(err, "node %u", draft->node.index);

    status = check_node(load, &draft->node, err);
    if (status == BATON_OK)
        status = read_attrs(load, graph, m, counts[NODE_ATTRIBUTE], draft, err);
    if (status != BATON_OK) {
        char label[256];
        return bt_error_prepend(err, "%s", bt_node_label(&draft->node, label, sizeof label));
    }
    graph->node_count++;
    return BATON_OK;
}

/* ---- graphs ---- */

static baton_status read_initializer(struct bt_load *load, const struct bt_pb_field *field,
                                     struct bt_draft_graph *draft, struct baton_error *err)
{
    struct bt_draft_initializer *into = &draft->initializers[draft->initializer_count];
    BT_TRY(bt_load_tensor(load, field, &into->initializer.tensor, &into->name, err));
    if (into->name.len == 0)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: an initializer has no name",
                       field->offset);
    draft->initializer_count++;
    return BATON_OK;
}

static baton_status take_graph_field(struct bt_load *load, const struct bt_pb_field *field,
                                     struct bt_draft_graph *draft, struct baton_error *err)
{
    switch (field->number) {
    case GRAPH_NODE:
        return read_node(load, draft, field, err);
    case GRAPH_NAME:
        draft->graph->name = bt_load_str(load, field->bytes);
        return draft->graph->name ? BATON_OK : bt_load_no_room(load, err);
    case GRAPH_INITIALIZER:
        return read_initializer(load, field, draft, err);
    case GRAPH_INPUT:
        return bt_load_value_info(load, field, &draft->inputs[draft->input_count++], err);
    case GRAPH_OUTPUT:
        return bt_load_value_info(load, field, &draft->outputs[draft->output_count++], err);
    case GRAPH_SPARSE_INITIALIZER:
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "sparse initializers are not supported");
    default:
        return BATON_OK;
    }
}

static baton_status make_room(struct bt_load *load, struct bt_draft_graph *draft,
                              const uint32_t *counts, struct baton_error *err)
{
    load->node_count += counts[GRAPH_NODE];
    if (load->node_count > load->limits.nodes_max)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %zu nodes", load->limits.nodes_max);
    draft->nodes = bt_load_scratch(load, counts[GRAPH_NODE], sizeof *draft->nodes);
    draft->initializers =
        bt_load_scratch(load, counts[GRAPH_INITIALIZER], sizeof *draft->initializers);
    draft->inputs = bt_load_scratch(load, counts[GRAPH_INPUT], sizeof *draft->inputs);
    draft->outputs = bt_load_scratch(load, counts[GRAPH_OUTPUT], sizeof *draft->outputs);
    if (!draft->nodes || !draft->initializers || !draft->inputs || !draft->outputs)
        return bt_load_no_room(load, err);
    return BATON_OK;
}

static baton_status read_graph(struct bt_load *load, struct bt_draft_graph *draft,
                               struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_open(&bt_onnx_graph_proto, draft->bytes, draft->offset);
    uint32_t counts[BT_ONNX_FIELDS_MAX];
    BT_TRY(bt_onnx_count(m, counts, err));
    BT_TRY(make_room(load, draft, counts, err));
    struct bt_pb_field field;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &field, &more, err));
        if (!more)
            return BATON_OK;
        BT_TRY(take_graph_field(load, &field, draft, err));
    }
}

baton_status bt_load_graph(struct bt_load *load, struct bt_draft_graph *draft,
                           struct baton_error *err)
{
    if (read_graph(load, draft, err) == BATON_OK)
        return BATON_OK;
    return bt_load_in_graph(draft, err);
}
