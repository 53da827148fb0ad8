/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ONNX_GRAPH_H
#define BT_ONNX_GRAPH_H
/*
 * An ONNX model after reading and checking: names are numbers, order is topological, every index
 * is in range. Nothing here executes.
 *
 * Everything lives in the model's arena except weights, which point into the model file's bytes
 * (or into external data), so the bytes given to bt_model_parse() must outlive the model. Weights
 * that are not aligned to their element size there, or are not in this machine's byte order, are
 * copied into `weights`, so that a typed pointer to them is always good C.
 *
 * Guarantees after bt_model_parse() (invariants that the engine relies on):
 *  1. Every bt_node input and output is BT_ABSENT or < graph->value_count.
 *  2. Each value is defined once: by a graph input, an initializer or one node output (SSA).
 *  3. A node's inputs are defined by earlier nodes, inputs, initializers or (in a subgraph) by an
 *     enclosing graph (`outer`); the node array is in topological order.
 *  4. Graph outputs are defined. Tensor attributes and initializers have as many bytes as their
 *     shape says. Sub-graphs are at most BT_GRAPH_DEPTH_MAX deep.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "tensor/tensor.h"

#define BT_GRAPH_DEPTH_MAX 16
#define BT_ABSENT UINT32_MAX

struct bt_graph;

enum bt_attr_kind {
    BT_ATTR_FLOAT = 1,
    BT_ATTR_INT = 2,
    BT_ATTR_STRING = 3,
    BT_ATTR_TENSOR = 4,
    BT_ATTR_GRAPH = 5,
    BT_ATTR_FLOATS = 6,
    BT_ATTR_INTS = 7,
    BT_ATTR_STRINGS = 8,
    BT_ATTR_TENSORS = 9,
    BT_ATTR_GRAPHS = 10,
    BT_ATTR_OTHER = 11 /* a kind no operator of ours reads (sparse tensors, types) */
};

struct bt_attr {
    const char *name;
    enum bt_attr_kind kind;
    float f;
    int64_t i;
    struct bt_bytes s;
    const struct bt_tensor *tensors; /* TENSOR: one; TENSORS: count */
    const struct bt_graph *const *graphs;
    const float *floats;
    const int64_t *ints;
    const struct bt_bytes *strings;
    size_t count; /* of the plural kinds */
};

struct bt_node {
    const char *name; /* never NULL; "" when the file has none */
    const char *op;
    const char *domain; /* "" for ai.onnx */
    int opset;          /* the imported version of its domain */
    uint32_t index;     /* position in the file, for messages */
    const uint32_t *inputs;
    const uint32_t *outputs;
    uint32_t input_count;
    uint32_t output_count;
    const struct bt_attr *attrs;
    uint32_t attr_count;
};

#define BT_DIM_UNKNOWN (-1)

/* Declared type of a graph input or output. */
struct bt_value_type {
    enum bt_dtype dtype; /* BT_DTYPE_NONE: not a tensor (sequence, map, optional) or not stated */
    bool is_tensor;
    bool is_sequence;
    bool is_optional; /* of whatever: then the two above are false */
    bool has_shape;
    unsigned rank;
    int64_t dims[BT_RANK_MAX];        /* BT_DIM_UNKNOWN for a symbol */
    const char *symbols[BT_RANK_MAX]; /* name of the symbol, or NULL */
};

struct bt_port {
    uint32_t value;
    const char *name;
    struct bt_value_type type;
};

struct bt_initializer {
    uint32_t value;
    struct bt_tensor tensor; /* borrowed bytes */
};

struct bt_graph {
    const char *name;
    const struct bt_graph *outer; /* NULL at the top */
    uint32_t value_count;         /* of the whole model: numbers are unique across subgraphs */
    const char *const *value_names;
    const struct bt_port *inputs; /* without those that are only defaults: see initializers */
    uint32_t input_count;
    const struct bt_port *outputs;
    uint32_t output_count;
    const struct bt_initializer *initializers;
    uint32_t initializer_count;
    const struct bt_node *nodes;
    uint32_t node_count;
    const uint32_t *captures; /* values of enclosing graphs that this one or one within reads */
    uint32_t capture_count;   /* ascending, each once; 0 at the top */
};

struct bt_opset {
    const char *domain;
    int64_t version;
};

struct bt_metadata {
    struct bt_bytes key;
    struct bt_bytes value;
};

/* How the operators of tree ensembles add up, by metadata key baton.tree_sum. Two kinds of
 * arithmetic: that of xgboost, and that of the other three names (docs/numerics-ml.md). */
enum bt_tree_sum {
    BT_TREE_SUM_BINARY64 = 0,
    BT_TREE_SUM_XGBOOST,
    BT_TREE_SUM_SKLEARN,
    BT_TREE_SUM_LIGHTGBM
};

/* As the file spells it. */
const char *bt_tree_sum_name(enum bt_tree_sum rule);

/* A piece of external data that an initializer names (location as written in the file). */
struct bt_external {
    const char *location;
    uint64_t offset;
    uint64_t length; /* what the tensor needs; never 0 */
};

struct bt_model {
    struct bt_arena arena;
    struct bt_arena weights;
    int64_t ir_version;
    struct bt_bytes producer_name;
    struct bt_bytes producer_version;
    const struct bt_opset *opsets;
    uint32_t opset_count;
    const struct bt_metadata *metadata;
    uint32_t metadata_count;
    enum bt_tree_sum tree_sum;
    struct bt_graph *graph;
};

struct bt_onnx_limits {
    size_t nodes_max;
    size_t values_max;
    size_t arena_bytes_max;
    uint64_t tensor_bytes_max;
};

#define BT_ONNX_LIMITS_DEFAULT                                                                     \
    {                                                                                              \
        .nodes_max = 1000000, .values_max = 4000000, .arena_bytes_max = (size_t)1 << 30,           \
        .tensor_bytes_max = (uint64_t)1 << 40                                                      \
    }

/* Where the bytes of external data come from: the caller resolves (at pack: a folder, opened
 * beneath; in a bundle: a digest). On success `*ret` has `what->length` bytes and stays valid as
 * long as the model. */
typedef baton_status bt_external_open(void *user, const struct bt_external *what,
                                      struct bt_bytes *ret, struct baton_error *err);

struct bt_external_source {
    bt_external_open *open; /* NULL: external data is refused */
    void *user;
};

#define BT_MODEL_INIT                                                                              \
    {                                                                                              \
        .arena = BT_ARENA_INIT, .weights = BT_ARENA_INIT                                           \
    }
#define BT_AUTO_MODEL BT_CLEANUP(bt_model_release) struct bt_model

/* `what` names the model in messages. `limits` may be NULL for the defaults. */
BT_CHECK baton_status bt_model_parse(struct bt_bytes bytes, const char *what,
                                     const struct bt_onnx_limits *limits,
                                     const struct bt_external_source *external,
                                     struct bt_model *ret, struct baton_error *err);
void bt_model_release(struct bt_model *model);

/* A TensorProto file (ONNX test data, `input_0.pb`). The result owns its bytes. */
BT_CHECK baton_status bt_tensor_proto_parse(struct bt_bytes bytes, const char *what,
                                            struct bt_tensor *ret, struct baton_error *err);

/* NULL when the node has no such attribute. */
const struct bt_attr *bt_node_attr(const struct bt_node *node, const char *name);
/* "node 12 (Conv \"conv1\")" into a caller's buffer, for messages. */
const char *bt_node_label(const struct bt_node *node, char *buf, size_t size);

#endif
