/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "api/api_int.h"
#include "baton/bundle.h"
#include "bundle/contract.h"
#include "bundle/golden.h"
#include "bundle/metrics.h"

static void put_parts(struct bt_json_writer *w, const struct bt_bundle *bundle)
{
    bt_json_key(w, "parts");
    bt_json_begin_array(w);
    for (size_t i = 0; i < bundle->part_count; i++) {
        const struct bt_part *part = &bundle->parts[i];
        bt_json_begin_object(w);
        bt_json_member_u64(w, "bytes", part->blob.bytes);
        bt_report_member_digest(w, "digest", &part->blob.digest);
        bt_json_member_str(w, "mediaType", part->media_type);
        bt_json_member_str(w, "path", part->path);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

/* ---- the graph ---- */

static void put_port(struct bt_json_writer *w, const struct bt_port *port)
{
    const struct bt_value_type *type = &port->type;
    bt_json_begin_object(w);
    if (type->is_tensor)
        bt_json_member_str(w, "datatype", bt_dtype_name(type->dtype));
    bt_json_member_str(w, "name", port->name);
    if (type->has_shape) {
        bt_json_key(w, "shape");
        bt_json_begin_array(w);
        for (unsigned i = 0; i < type->rank; i++) {
            if (type->dims[i] != BT_DIM_UNKNOWN)
                bt_json_put_i64(w, type->dims[i]);
            else
                bt_json_put_str(w, type->symbols[i] ? type->symbols[i] : "?");
        }
        bt_json_end_array(w);
    }
    bt_json_end_object(w);
}

static void put_ports(struct bt_json_writer *w, const char *key, const struct bt_port *ports,
                      uint32_t count)
{
    bt_json_key(w, key);
    bt_json_begin_array(w);
    for (uint32_t i = 0; i < count; i++)
        put_port(w, &ports[i]);
    bt_json_end_array(w);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* {"Conv":23,"Relu":19}: how often each operator occurs, by name. */
static baton_status put_operators(struct bt_json_writer *w, const struct bt_graph *graph,
                                  struct bt_arena *arena, struct baton_error *err)
{
    const char **names = bt_arena_calloc(arena, graph->node_count, sizeof *names);
    if (!names)
        return bt_fail_no_memory(err, "the operators");
    for (uint32_t i = 0; i < graph->node_count; i++)
        names[i] = graph->nodes[i].op;
    qsort(names, graph->node_count, sizeof *names, compare_names);
    bt_json_key(w, "operators");
    bt_json_begin_object(w);
    for (uint32_t i = 0; i < graph->node_count;) {
        uint32_t first = i;
        while (i < graph->node_count && strcmp(names[i], names[first]) == 0)
            i++;
        bt_json_member_u64(w, names[first], i - first);
    }
    bt_json_end_object(w);
    return BATON_OK;
}

static uint64_t parameter_count(const struct bt_graph *graph)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < graph->initializer_count; i++)
        count += bt_tensor_count(&graph->initializers[i].tensor);
    return count;
}

static bool has_trees(const struct bt_graph *graph)
{
    for (uint32_t i = 0; i < graph->node_count; i++)
        if (strncmp(graph->nodes[i].op, "TreeEnsemble", strlen("TreeEnsemble")) == 0)
            return true;
    return false;
}

static baton_status put_graph(struct bt_json_writer *w, const struct bt_model *model,
                              struct bt_arena *arena, struct baton_error *err)
{
    const struct bt_graph *graph = model->graph;
    bt_json_key(w, "graph");
    bt_json_begin_object(w);
    put_ports(w, "inputs", graph->inputs, graph->input_count);
    bt_json_member_u64(w, "nodes", graph->node_count);
    BT_TRY(put_operators(w, graph, arena, err));
    bt_json_key(w, "opsets");
    bt_json_begin_object(w);
    for (uint32_t i = 0; i < model->opset_count; i++) {
        const char *domain = model->opsets[i].domain;
        bt_json_member_i64(w, *domain ? domain : "ai.onnx", model->opsets[i].version);
    }
    bt_json_end_object(w);
    put_ports(w, "outputs", graph->outputs, graph->output_count);
    bt_json_member_u64(w, "parameters", parameter_count(graph));
    if (has_trees(graph))
        bt_json_member_str(w, "tree_sum", bt_tree_sum_name(model->tree_sum));
    bt_json_end_object(w);
    return BATON_OK;
}

/* ---- what the bundle promises ---- */

static baton_status put_golden(struct bt_json_writer *w, const struct bt_bundle *bundle,
                               const struct bt_loaded *loaded, struct baton_error *err)
{
    BT_AUTO_GOLDEN golden = BT_GOLDEN_INIT;
    if (bt_bundle_find(bundle, BT_PART_GOLDEN))
        BT_TRY(bt_golden_read(bundle, loaded, &golden, err));
    bt_json_member_u64(w, "golden", golden.count);
    return BATON_OK;
}

static baton_status put_metrics(struct bt_json_writer *w, const struct bt_bundle *bundle,
                                struct baton_error *err)
{
    struct bt_metrics metrics = {0};
    if (!bt_bundle_find(bundle, BT_PART_METRICS))
        return BATON_OK;
    BT_TRY(bt_metrics_read(bundle, &metrics, err));
    bt_json_key(w, "metrics");
    bt_metrics_put(&metrics, w);
    return BATON_OK;
}

static baton_status put_model(struct bt_json_writer *w, const struct bt_bundle *bundle,
                              struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_LOADED loaded = BT_LOADED_INIT;
    struct bt_contract contract;
    if (strcmp(bundle->format, "onnx") != 0)
        return BATON_OK;
    BT_TRY(bt_loaded_open_bundle(bundle, &loaded, err));
    BT_TRY(put_graph(w, &loaded.model, &arena, err));
    if (bt_bundle_find(bundle, BT_PART_CONTRACT)) {
        BT_TRY(bt_contract_read(bundle, &loaded, &arena, &contract, err));
        bt_json_key(w, "contract");
        bt_contract_put(&contract, w);
    }
    BT_TRY(put_golden(w, bundle, &loaded, err));
    return put_metrics(w, bundle, err);
}

baton_status baton_inspect(const baton_store *store, const char *ref, struct baton_report *ret,
                           struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_TRY(bt_api_open(store, ref, &bundle, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "digest", &bundle.manifest.digest);
    bt_json_member_str(&w, "format", bundle.format);
    bt_json_member_str(&w, "name", bundle.name);
    put_parts(&w, &bundle);
    BT_TRY(put_model(&w, &bundle, err));
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}
