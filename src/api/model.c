/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/model.h"

#include <string.h>

#include "api/api_int.h"
#include "bundle/trace.h"
#include "data/oip.h"
#include "data/read.h"

#define REPORTED_ELEMENTS_MAX ((size_t)1000000)
#define TRACE_BYTES_MAX ((uint64_t)1 << 30)

/* A model that is ready to run, with its inputs. */
struct ready {
    struct bt_bundle bundle;
    struct bt_loaded loaded;
    struct bt_session_options options;
    struct bt_values inputs;
};

#define READY_INIT                                                                                 \
    {                                                                                              \
        .bundle = BT_BUNDLE_INIT, .loaded = BT_LOADED_INIT, .inputs = BT_VALUES_INIT               \
    }

static void ready_release(struct ready *r)
{
    bt_values_release(&r->inputs);
    bt_loaded_release(&r->loaded);
    bt_bundle_release(&r->bundle);
}

static baton_status read_inputs(const struct baton_run_options *options, struct ready *r,
                                struct baton_error *err)
{
    struct bt_ports ports = bt_loaded_inputs(&r->loaded);
    struct bt_read_options reading = {.mode = BT_BIND_EXACT, .ignore = options->ignore};
    if (options->input)
        return bt_values_read(options->input, ports, &reading, &r->inputs, err);
    if (options->batch > INT32_MAX)
        return bt_fail(err, BATON_ERR_USAGE, "a batch of %llu rows",
                       (unsigned long long)options->batch);
    BT_TRY(bt_values_random(ports, options->random_seed,
                            options->batch ? (int64_t)options->batch : 1, &r->inputs, err));
    return bt_values_bind(&r->inputs, ports, BT_BIND_EXACT, "random inputs", err);
}

static baton_status make_ready(const char *model, const struct baton_run_options *options,
                               struct ready *r, struct baton_error *err)
{
    r->options = (struct bt_session_options){.isa = bt_isa_best(), .threads = options->threads};
    if (options->isa)
        BT_TRY(bt_isa_find(options->isa, &r->options.isa, err));
    if (!bt_isa_usable(r->options.isa))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "this machine cannot run instruction level %s; `baton doctor` lists those "
                       "it can",
                       options->isa);
    if (options->store) {
        BT_TRY(bt_api_open(options->store, model, &r->bundle, err));
        BT_TRY(bt_loaded_open_bundle(&r->bundle, &r->loaded, err));
    } else {
        BT_TRY(bt_loaded_open_file(model, &r->loaded, err));
    }
    return read_inputs(options, r, err);
}

/* ---- predict ---- */

static baton_status run_once(struct ready *r, struct bt_values *ret, struct baton_error *err)
{
    struct bt_session *session = NULL;
    BT_TRY(bt_session_new(&r->loaded.model, &r->options, &session, err));
    baton_status status = bt_loaded_run(&r->loaded, session, &r->inputs, NULL, ret, err);
    bt_session_free(session);
    return status;
}

static size_t element_count(const struct bt_values *values)
{
    size_t count = 0;
    for (size_t i = 0; i < values->count; i++)
        count += bt_tensor_count(&values->items[i].value.tensor);
    return count;
}

/* The protocol's "outputs" list, moved into our document. */
static baton_status put_outputs(const struct bt_values *outputs, struct bt_json_writer *w,
                                struct baton_error *err)
{
    if (element_count(outputs) > REPORTED_ELEMENTS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT,
                       "%zu output elements are too many to print: use --output FILE or --digest",
                       element_count(outputs));
    bt_json_key(w, "outputs");
    return bt_oip_put(outputs, w, err);
}

baton_status baton_predict(const char *model, const struct baton_run_options *options,
                           struct baton_report *ret, struct baton_error *err)
{
    BT_CLEANUP(ready_release) struct ready r = READY_INIT;
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct baton_run_options o = BATON_RUN_OPTIONS_INIT;
    struct bt_digest digest;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    if (o.output)
        BT_TRY(bt_values_check_path(o.output, err));
    BT_TRY(make_ready(model, &o, &r, err));
    BT_TRY(run_once(&r, &outputs, err));
    BT_TRY(bt_values_digest(&outputs, &digest, err));
    if (o.output)
        BT_TRY(bt_values_write(o.output, &outputs, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "digest", &digest);
    bt_json_member_str(&w, "isa", bt_isa_name(r.options.isa));
    bt_json_member_str(&w, "numerics", BT_NUMERICS_VERSION);
    if (o.with_outputs)
        BT_TRY(put_outputs(&outputs, &w, err));
    bt_json_member_u64(&w, "rows", bt_values_row_count(&outputs));
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- trace ---- */

/* A file may hold a bare trace or the report that an earlier trace printed. */
static baton_status read_trace(const char *path, struct bt_trace *ret, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_map_user_file(path, TRACE_BYTES_MAX, &map, err));
    BT_TRY(bt_json_parse(bt_map_bytes(&map), path, NULL, &arena, &root, err));
    const struct bt_json *inner = bt_json_find(root, "trace");
    if (bt_trace_parse(inner ? inner : root, ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s", path);
    return BATON_OK;
}

static void put_difference(struct bt_json_writer *w, const struct bt_trace_node *node)
{
    bt_json_key(w, "firstDifference");
    bt_json_begin_object(w);
    bt_json_member_u64(w, "index", node->index);
    bt_json_member_str(w, "name", node->name);
    bt_json_member_str(w, "op", node->op);
    bt_json_end_object(w);
}

static baton_status compare_traces(const char *against, const struct bt_trace *ours,
                                   struct bt_json_writer *w, baton_verdict *ret_verdict,
                                   struct baton_error *err)
{
    BT_AUTO_TRACE theirs = BT_TRACE_INIT;
    const struct bt_trace_node *other = NULL;
    BT_TRY(read_trace(against, &theirs, err));
    const struct bt_trace_node *node = bt_trace_first_difference(ours, &theirs, &other);
    if (node)
        put_difference(w, node);
    *ret_verdict = node ? BATON_DIFFERS : BATON_IDENTICAL;
    /* Traces that share no node say nothing about each other. */
    if (!node && (theirs.count == 0 || theirs.count != ours->count))
        *ret_verdict = BATON_CANNOT_TELL;
    return BATON_OK;
}

baton_status baton_trace(const char *model, const struct baton_run_options *options,
                         struct baton_report *ret, struct baton_error *err)
{
    BT_CLEANUP(ready_release) struct ready r = READY_INIT;
    BT_AUTO_TRACE trace = BT_TRACE_INIT;
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_digest digest;
    struct baton_run_options o = BATON_RUN_OPTIONS_INIT;
    baton_verdict verdict = BATON_IDENTICAL;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    BT_TRY(make_ready(model, &o, &r, err));
    BT_TRY(bt_trace_run(&r.loaded, &r.options, &r.inputs, &trace, &outputs, err));
    BT_TRY(bt_values_digest(&outputs, &digest, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "digest", &digest);
    if (o.against)
        BT_TRY(compare_traces(o.against, &trace, &w, &verdict, err));
    bt_json_key(&w, "trace");
    bt_trace_put(&trace, &w);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}
