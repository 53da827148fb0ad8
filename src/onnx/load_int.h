/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ONNX_LOAD_INT_H
#define BT_ONNX_LOAD_INT_H
/*
 * Private to src/onnx: the loader's parts and what they pass on to each other.
 *
 *   message.c       bytes -> fields of one message, by a schema: wire types, duplicates, text
 *   tensor_proto.c  TensorProto -> bt_tensor
 *   type.c          ValueInfoProto -> bt_value_type
 *   attr.c          AttributeProto -> bt_attr
 *   property.c      metadata_props -> what steers baton
 *   read.c          ModelProto, GraphProto, NodeProto -> drafts, names still as text
 *   names.c         names -> value numbers, captures of subgraphs
 *   sort.c          file order -> topological order
 *   graph.c         all of it in order: bt_model_parse()
 *
 * Graphs nest inside attributes. Reading one puts the graphs it meets at the end of a queue, so the
 * depth of the input is a number in a draft, never a depth of the call stack.
 */
#include "base/checked.h"
#include "codec/pb.h"
#include "onnx/graph.h"

/* ---- message.c ---- */

enum bt_onnx_times { BT_ONNX_ONE = 0, BT_ONNX_MANY, BT_ONNX_NUMBERS /* packed or not */ };

struct bt_onnx_rule {
    const char *name; /* NULL: a field we do not read */
    enum bt_pb_wire wire;
    enum bt_onnx_times times;
    bool is_text; /* must be UTF-8 without NUL */
};

#define BT_ONNX_FIELDS_MAX 32

struct bt_onnx_schema {
    const char *name;
    struct bt_onnx_rule rules[BT_ONNX_FIELDS_MAX]; /* by field number */
};

extern const struct bt_onnx_schema bt_onnx_model_proto;
extern const struct bt_onnx_schema bt_onnx_opset_proto;
extern const struct bt_onnx_schema bt_onnx_entry_proto;
extern const struct bt_onnx_schema bt_onnx_function_proto;
extern const struct bt_onnx_schema bt_onnx_graph_proto;
extern const struct bt_onnx_schema bt_onnx_node_proto;
extern const struct bt_onnx_schema bt_onnx_attr_proto;
extern const struct bt_onnx_schema bt_onnx_tensor_proto;
extern const struct bt_onnx_schema bt_onnx_value_info_proto;
extern const struct bt_onnx_schema bt_onnx_type_proto;
extern const struct bt_onnx_schema bt_onnx_tensor_type_proto;
extern const struct bt_onnx_schema bt_onnx_shape_proto;
extern const struct bt_onnx_schema bt_onnx_dim_proto;
extern const struct bt_onnx_schema bt_onnx_sequence_proto;
extern const struct bt_onnx_schema bt_onnx_optional_proto;

/* A reader that shows only the fields of its schema and refuses a second occurrence of a singular
 * one. Protobuf lets the last one win; we refuse, because two readers that disagree about which one
 * counts would see two different models behind one digest. */
struct bt_onnx_message {
    const struct bt_onnx_schema *schema;
    struct bt_pb_reader reader;
    uint32_t seen;
};

struct bt_onnx_message bt_onnx_open(const struct bt_onnx_schema *schema, struct bt_bytes bytes,
                                    size_t base);
struct bt_onnx_message bt_onnx_enter(const struct bt_onnx_schema *schema,
                                     const struct bt_pb_field *field);
BT_CHECK baton_status bt_onnx_next(struct bt_onnx_message *m, struct bt_pb_field *ret,
                                   bool *ret_more, struct baton_error *err);
/* Occurrences of each field, from a copy of an unread message: arrays are made in one piece. */
BT_CHECK baton_status bt_onnx_count(struct bt_onnx_message m, uint32_t counts[BT_ONNX_FIELDS_MAX],
                                    struct baton_error *err);

/* The elements of one repeated number field, packed or not, over all its occurrences. */
struct bt_onnx_numbers {
    struct bt_onnx_message message;
    uint32_t number;
    struct bt_pb_reader packed;
};

struct bt_onnx_numbers bt_onnx_numbers(struct bt_onnx_message m, uint32_t number);
BT_CHECK baton_status bt_onnx_numbers_next(struct bt_onnx_numbers *n, uint64_t *ret, bool *ret_more,
                                           struct baton_error *err);
BT_CHECK baton_status bt_onnx_numbers_count(struct bt_onnx_numbers n, size_t *ret,
                                            struct baton_error *err);

/* ---- drafts: graphs while their names are still text ---- */

struct bt_draft_graph;

struct bt_draft_node {
    struct bt_node node; /* without inputs and outputs until names.c has run */
    const struct bt_bytes *input_names;
    const struct bt_bytes *output_names;
    uint32_t *inputs;
    uint32_t *outputs;
    struct bt_draft_graph *subgraphs; /* linked by `sibling` */
};

struct bt_draft_port {
    struct bt_bytes name;
    struct bt_port port;
    bool is_default; /* an input that an initializer of the same name fills */
};

struct bt_draft_initializer {
    struct bt_bytes name;
    struct bt_initializer initializer;
};

struct bt_draft_graph {
    struct bt_draft_graph *next; /* in the queue: an enclosing graph comes before its subgraphs */
    struct bt_draft_graph *prev;
    struct bt_draft_graph *sibling;
    struct bt_draft_graph *outer;
    const struct bt_draft_node *outer_node;
    uint32_t id;
    unsigned depth;
    struct bt_bytes bytes;
    size_t offset;
    struct bt_graph *graph; /* the result, filled in at the end */
    struct bt_draft_port *inputs;
    uint32_t input_count;
    struct bt_draft_port *outputs;
    uint32_t output_count;
    struct bt_draft_initializer *initializers;
    uint32_t initializer_count;
    struct bt_draft_node *nodes;
    uint32_t node_count;
    uint32_t *captures;
    uint32_t capture_count;
};

enum bt_definition_kind { BT_DEFINED_INPUT, BT_DEFINED_INITIALIZER, BT_DEFINED_OUTPUT };

/* Where a value comes from. */
struct bt_definition {
    struct bt_bytes name;
    struct bt_draft_graph *graph;
    enum bt_definition_kind kind;
    uint32_t index; /* of the input, the initializer, or the node */
    uint32_t value;
};

struct bt_load {
    struct bt_model *model;
    struct bt_arena scratch; /* drafts and tables; gone when the model is ready */
    struct bt_onnx_limits limits;
    const struct bt_external_source *external; /* NULL: refused */
    struct bt_draft_graph *first;
    struct bt_draft_graph *last;
    uint32_t graph_count;
    size_t node_count;
    size_t definition_count;
    struct bt_definition **by_value; /* value_count of them */
    uint32_t value_count;
    const char **value_names;
};

/* In the result, or in the scratch arena. On NULL use bt_load_no_room(). */
void *bt_load_keep(struct bt_load *load, size_t count, size_t size);
void *bt_load_scratch(struct bt_load *load, size_t count, size_t size);
baton_status bt_load_no_room(const struct bt_load *load, struct baton_error *err);
#define bt_load_no_room(...) bt_not_ok(bt_load_no_room(__VA_ARGS__))
/* Text of the file as a C string in the result's arena; NULL as above. */
const char *bt_load_str(struct bt_load *load, struct bt_bytes text);

/* Puts "in a subgraph of node 5 (If)" in front when it is one. */
baton_status bt_load_in_graph(const struct bt_draft_graph *draft, struct baton_error *err);
BT_CHECK baton_status bt_load_add_graph(struct bt_load *load, struct bt_draft_graph *outer,
                                        struct bt_draft_node *outer_node,
                                        const struct bt_pb_field *field,
                                        const struct bt_graph **ret, struct baton_error *err);

/* An element type that this build does not hold gives a tensor without data: whether that matters
 * depends on whether somebody uses it. `ret_name` may be NULL. */
BT_CHECK baton_status bt_load_tensor(struct bt_load *load, const struct bt_pb_field *field,
                                     struct bt_tensor *ret, struct bt_bytes *ret_name,
                                     struct baton_error *err);
bool bt_load_tensor_is_held(const struct bt_tensor *tensor);
baton_status bt_load_tensor_unsupported(const struct bt_tensor *tensor, struct bt_bytes name,
                                        struct baton_error *err);

BT_CHECK baton_status bt_load_value_info(struct bt_load *load, const struct bt_pb_field *field,
                                         struct bt_draft_port *ret, struct baton_error *err);
BT_CHECK baton_status bt_load_attr(struct bt_load *load, struct bt_draft_graph *graph,
                                   struct bt_draft_node *node, const struct bt_pb_field *field,
                                   struct bt_attr *ret, struct baton_error *err);
/* Reads model->metadata. */
BT_CHECK baton_status bt_load_properties(struct bt_model *model, struct baton_error *err);
BT_CHECK baton_status bt_load_model(struct bt_load *load, struct bt_bytes bytes,
                                    struct baton_error *err);
BT_CHECK baton_status bt_load_graph(struct bt_load *load, struct bt_draft_graph *draft,
                                    struct baton_error *err);
BT_CHECK baton_status bt_load_names(struct bt_load *load, struct baton_error *err);
BT_CHECK baton_status bt_load_sort(struct bt_load *load, struct bt_draft_graph *draft,
                                   uint32_t *ret_order, struct baton_error *err);

/* Names in messages are cut, so that a long one does not push the rest out of the text. */
#define BT_NAME_FMT "\"%.*s\""
#define BT_NAME_ARGS(name) (int)bt_min((name).len, 120), (const char *)(name).ptr

#endif
