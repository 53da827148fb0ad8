/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/trace.h"

#include <string.h>

#include "base/checked.h"

#define FORMAT "baton/trace/1"

void bt_trace_release(struct bt_trace *trace)
{
    bt_arena_release(&trace->arena);
    *trace = (struct bt_trace)BT_TRACE_INIT;
}

static baton_status add_node(struct bt_trace *trace, struct bt_trace_node **ret,
                             struct baton_error *err)
{
    if (trace->count == trace->capacity) {
        size_t capacity = bt_max(64, 2 * trace->capacity);
        struct bt_trace_node *nodes = bt_arena_calloc(&trace->arena, capacity, sizeof *nodes);
        if (!nodes)
            return bt_fail_no_memory(err, "the trace");
        if (trace->count)
            memcpy(nodes, trace->nodes, trace->count * sizeof *nodes);
        trace->nodes = nodes;
        trace->capacity = capacity;
    }
    *ret = &trace->nodes[trace->count++];
    return BATON_OK;
}

/* ---- making ---- */

struct tracer {
    struct bt_trace *trace;
    const struct bt_graph *graph;
};

static baton_status trace_value(struct bt_trace *trace, const char *name,
                                const struct bt_value *value, struct bt_trace_value *ret,
                                struct baton_error *err)
{
    struct bt_trace_value made = {.name = bt_arena_strndup(&trace->arena, name, strlen(name))};
    if (!made.name)
        return bt_fail_no_memory(err, "the trace");
    if (value->kind == BT_VALUE_TENSOR) {
        made.dtype = value->tensor.dtype;
        made.rank = value->tensor.rank;
        memcpy(made.dims, value->tensor.dims, sizeof made.dims);
    }
    BT_TRY(bt_value_digest(value, &made.digest, err));
    *ret = made;
    return BATON_OK;
}

static baton_status observe(void *user, const struct bt_node *node, const struct bt_value *outputs,
                            struct baton_error *err)
{
    struct tracer *tracer = user;
    struct bt_trace *trace = tracer->trace;
    struct bt_trace_node *made = NULL;
    BT_TRY(add_node(trace, &made, err));
    made->index = node->index;
    made->name = bt_arena_strndup(&trace->arena, node->name, strlen(node->name));
    made->op = bt_arena_strndup(&trace->arena, node->op, strlen(node->op));
    made->outputs = bt_arena_calloc(&trace->arena, node->output_count, sizeof *made->outputs);
    if (!made->name || !made->op || !made->outputs)
        return bt_fail_no_memory(err, "the trace");
    for (uint32_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] != BT_ABSENT && outputs[i].kind != BT_VALUE_NONE)
            BT_TRY(trace_value(trace, tracer->graph->value_names[node->outputs[i]], &outputs[i],
                               &made->outputs[made->output_count++], err));
    return BATON_OK;
}

baton_status bt_trace_run(const struct bt_loaded *loaded, const struct bt_session_options *options,
                          const struct bt_values *inputs, struct bt_trace *ret,
                          struct bt_values *ret_outputs, struct baton_error *err)
{
    BT_AUTO_TRACE trace = BT_TRACE_INIT;
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    struct bt_session *session = NULL;
    struct bt_session_options plain = *options;
    struct tracer tracer = {&trace, loaded->model.graph};
    struct bt_watcher watcher = {.observe = observe, .user = &tracer};
    plain.no_fusion = true;
    BT_TRY(bt_session_new(&loaded->model, &plain, &session, err));
    baton_status status = bt_loaded_run(loaded, session, inputs, &watcher, &outputs, err);
    bt_session_free(session);
    BT_TRY(status);
    *ret = trace;
    trace = (struct bt_trace)BT_TRACE_INIT;
    if (ret_outputs) {
        *ret_outputs = outputs;
        outputs = (struct bt_values)BT_VALUES_INIT;
    }
    return BATON_OK;
}

/* ---- JSON ---- */

static void put_value(struct bt_json_writer *w, const struct bt_trace_value *value)
{
    char digest[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&value->digest, digest);
    bt_json_begin_object(w);
    if (value->dtype != BT_DTYPE_NONE)
        bt_json_member_str(w, "dtype", bt_dtype_name(value->dtype));
    bt_json_member_str(w, "name", value->name);
    bt_json_member_str(w, "sha256", bt_digest_hex(digest));
    if (value->dtype != BT_DTYPE_NONE) {
        bt_json_key(w, "shape");
        bt_json_begin_array(w);
        for (unsigned i = 0; i < value->rank; i++)
            bt_json_put_i64(w, value->dims[i]);
        bt_json_end_array(w);
    }
    bt_json_end_object(w);
}

static void put_node(struct bt_json_writer *w, const struct bt_trace_node *node)
{
    bt_json_begin_object(w);
    bt_json_member_u64(w, "index", node->index);
    bt_json_member_str(w, "name", node->name);
    bt_json_member_str(w, "op", node->op);
    bt_json_key(w, "outputs");
    bt_json_begin_array(w);
    for (size_t i = 0; i < node->output_count; i++)
        put_value(w, &node->outputs[i]);
    bt_json_end_array(w);
    bt_json_end_object(w);
}

void bt_trace_put(const struct bt_trace *trace, struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    bt_json_member_str(w, "format", FORMAT);
    bt_json_key(w, "nodes");
    bt_json_begin_array(w);
    for (size_t i = 0; i < trace->count; i++)
        put_node(w, &trace->nodes[i]);
    bt_json_end_array(w);
    bt_json_member_str(w, "numerics", BT_NUMERICS_VERSION);
    bt_json_end_object(w);
}

static baton_status parse_shape(const struct bt_json *shape, struct bt_trace_value *ret,
                                struct baton_error *err)
{
    if (shape->count > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "offset %zu: a shape of %zu dimensions", shape->offset,
                       shape->count);
    for (size_t i = 0; i < shape->count; i++) {
        BT_TRY(bt_json_i64(&shape->items[i], &ret->dims[i], err));
        if (ret->dims[i] < 0)
            return bt_fail(err, BATON_ERR_INVALID, "offset %zu: a negative dimension",
                           shape->items[i].offset);
    }
    ret->rank = (unsigned)shape->count;
    return BATON_OK;
}

static baton_status parse_value(const struct bt_json *json, struct bt_arena *arena,
                                struct bt_trace_value *ret, struct baton_error *err)
{
    const char *hex = NULL;
    const char *dtype = NULL;
    const struct bt_json *shape = NULL;
    BT_TRY(bt_json_need_str(json, "name", arena, &ret->name, err));
    BT_TRY(bt_json_need_str(json, "sha256", arena, &hex, err));
    char text[BT_DIGEST_TEXT_MAX + 8] = "sha256:";
    if (strlen(hex) != BT_DIGEST_HEX_LEN)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a SHA-256 digest", hex);
    memcpy(text + 7, hex, BT_DIGEST_HEX_LEN + 1);
    if (!bt_digest_parse(bt_bytes_of(text), &ret->digest))
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a SHA-256 digest", hex);
    if (!bt_json_find(json, "dtype"))
        return BATON_OK;
    BT_TRY(bt_json_need_str(json, "dtype", arena, &dtype, err));
    BT_TRY(bt_json_need(json, "shape", BT_JSON_ARRAY, &shape, err));
    ret->dtype = bt_dtype_find(dtype);
    if (ret->dtype == BT_DTYPE_NONE || strcmp(bt_dtype_name(ret->dtype), dtype) != 0)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"%s\" is not a type", json->offset,
                       dtype);
    return parse_shape(shape, ret, err);
}

static baton_status parse_node(const struct bt_json *json, struct bt_trace *trace,
                               struct baton_error *err)
{
    struct bt_trace_node *node = NULL;
    const struct bt_json *index = NULL;
    const struct bt_json *outputs = NULL;
    uint64_t number = 0;
    BT_TRY(add_node(trace, &node, err));
    BT_TRY(bt_json_need(json, "index", BT_JSON_NUMBER, &index, err));
    BT_TRY(bt_json_u64(index, &number, err));
    if (number > UINT32_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "offset %zu: no model has a node %llu", index->offset,
                       (unsigned long long)number);
    BT_TRY(bt_json_need_str(json, "name", &trace->arena, &node->name, err));
    BT_TRY(bt_json_need_str(json, "op", &trace->arena, &node->op, err));
    BT_TRY(bt_json_need(json, "outputs", BT_JSON_ARRAY, &outputs, err));
    if (number >= BT_ABSENT)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: node %llu", index->offset,
                       (unsigned long long)number);
    node->index = (uint32_t)number;
    node->outputs = bt_arena_calloc(&trace->arena, outputs->count, sizeof *node->outputs);
    if (!node->outputs)
        return bt_fail_no_memory(err, "the trace");
    for (size_t i = 0; i < outputs->count; i++)
        BT_TRY(parse_value(&outputs->items[i], &trace->arena, &node->outputs[i], err));
    node->output_count = outputs->count;
    return BATON_OK;
}

baton_status bt_trace_parse(const struct bt_json *json, struct bt_trace *ret,
                            struct baton_error *err)
{
    BT_AUTO_TRACE trace = BT_TRACE_INIT;
    const struct bt_json *format = bt_json_find(json, "format");
    const struct bt_json *nodes = NULL;
    if (!format || !bt_json_is_str(format, FORMAT))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "offset %zu: not a %s document", json->offset,
                       FORMAT);
    const struct bt_json *numerics = bt_json_find(json, "numerics");
    if (!numerics || !bt_json_is_str(numerics, BT_NUMERICS_VERSION))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "offset %zu: not a trace of numerics %s",
                       json->offset, BT_NUMERICS_VERSION);
    BT_TRY(bt_json_need(json, "nodes", BT_JSON_ARRAY, &nodes, err));
    for (size_t i = 0; i < nodes->count; i++)
        BT_TRY(parse_node(&nodes->items[i], &trace, err));
    *ret = trace;
    trace = (struct bt_trace)BT_TRACE_INIT;
    return BATON_OK;
}

/* ---- comparing ---- */

static bool same_node(const struct bt_trace_node *a, const struct bt_trace_node *b)
{
    if (strcmp(a->op, b->op) != 0 || a->output_count != b->output_count)
        return false;
    for (size_t i = 0; i < a->output_count; i++)
        if (!bt_digest_equal(&a->outputs[i].digest, &b->outputs[i].digest))
            return false;
    return true;
}

/* The node of the same place in the model file, looked for from where the last one was found: a
 * newer engine may fold other constants, so positions need not agree. */
static const struct bt_trace_node *find_node(const struct bt_trace *trace, uint32_t index,
                                             size_t *hint)
{
    for (size_t step = 0; step < trace->count; step++) {
        size_t i = (*hint + step) % trace->count;
        if (trace->nodes[i].index != index)
            continue;
        *hint = i + 1;
        return &trace->nodes[i];
    }
    return NULL;
}

const struct bt_trace_node *bt_trace_first_difference(const struct bt_trace *a,
                                                      const struct bt_trace *b,
                                                      const struct bt_trace_node **ret_in_b)
{
    size_t hint = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct bt_trace_node *other = find_node(b, a->nodes[i].index, &hint);
        if (!other || same_node(&a->nodes[i], other))
            continue;
        *ret_in_b = other;
        return &a->nodes[i];
    }
    *ret_in_b = NULL;
    return NULL;
}

/* Names count only within one model: in another version of it they may change and mean the same. */
static bool same_names(const struct bt_trace_node *a, const struct bt_trace_node *b)
{
    if (strcmp(a->name, b->name) != 0)
        return false;
    for (size_t i = 0; i < a->output_count; i++)
        if (strcmp(a->outputs[i].name, b->outputs[i].name) != 0)
            return false;
    return true;
}

const struct bt_trace_node *bt_trace_contradicted(const struct bt_trace *stored,
                                                  const struct bt_trace *ours,
                                                  size_t *ret_confirmed)
{
    size_t hint = 0;
    *ret_confirmed = 0;
    for (size_t i = 0; i < stored->count; i++) {
        const struct bt_trace_node *node = &stored->nodes[i];
        const struct bt_trace_node *own = find_node(ours, node->index, &hint);
        if (!own)
            continue;
        if (!same_node(node, own) || !same_names(node, own))
            return node;
        ++*ret_confirmed;
    }
    return NULL;
}
