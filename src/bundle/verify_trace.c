/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The traces stored with the golden cases, used twice: they must be what the nodes compute here, or
 * somebody who debugs with them is led astray; and where an output differs, they tell the node at
 * which the arithmetic parted.
 */
#include <string.h>

#include "bundle/trace.h"
#include "bundle/verify_int.h"

static baton_status read_traces(const struct bt_bundle *bundle, struct bt_arena *arena,
                                const struct bt_json **ret_traces, struct baton_error *err)
{
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_bundle_read(bundle, BT_PART_TRACE, &blob, err));
    BT_TRY(bt_json_parse(blob.bytes, BT_PART_TRACE, NULL, arena, &root, err));
    return bt_json_need(root, "cases", BT_JSON_ARRAY, ret_traces, err);
}

/* ---- are they true ---- */

struct confirmation {
    size_t nodes;                             /* equal in every bit */
    const struct bt_trace_node *contradicted; /* or NULL */
};

static baton_status confirm_case(struct bt_verifier *v, const struct bt_trace *stored,
                                 size_t case_index, struct confirmation *c, struct baton_error *err)
{
    const struct bt_session_options options = {
        .isa = v->options->isas ? v->options->isas[0] : bt_isa_best(), .threads = 1};
    BT_AUTO_TRACE ours = BT_TRACE_INIT;
    size_t confirmed = 0;
    if (stored->count > v->loaded.model.graph->node_count)
        return bt_fail(err, BATON_ERR_INVALID,
                       "the stored trace of case %zu has %zu nodes, the model has %u", case_index,
                       stored->count, v->loaded.model.graph->node_count);
    BT_TRY(
        bt_trace_run(&v->loaded, &options, &v->golden.cases[case_index].inputs, &ours, NULL, err));
    c->contradicted = bt_trace_contradicted(stored, &ours, &confirmed);
    c->nodes += confirmed;
    /* A model without nodes has an empty trace; any other names at least one that we run. */
    if (!c->contradicted && confirmed == 0 && ours.count)
        return bt_fail(err, BATON_ERR_CANNOT_TELL,
                       "the stored trace of case %zu names no node that the engine runs",
                       case_index);
    return BATON_OK;
}

static baton_status confirm_traces(struct bt_verifier *v, const struct bt_json *traces,
                                   struct baton_error *err)
{
    struct confirmation c = {0};
    if (traces->count > v->golden.count)
        return bt_fail(err, BATON_ERR_INVALID, "golden cases: %zu, traces of them: %zu",
                       v->golden.count, traces->count);
    for (size_t i = 0; i < traces->count; i++) {
        BT_AUTO_TRACE stored = BT_TRACE_INIT;
        BT_TRY(bt_trace_parse(&traces->items[i], &stored, err));
        BT_TRY(confirm_case(v, &stored, i, &c, err));
        if (c.contradicted)
            return bt_checks_add(&v->result->checks, "traces", BATON_DIFFERS, err,
                                 "case %zu: node %u (%s \"%s\") is not what was stored", i,
                                 c.contradicted->index, c.contradicted->op, c.contradicted->name);
    }
    return bt_checks_add(&v->result->checks, "traces", BATON_IDENTICAL, err,
                         "%zu case%s, %zu node%s equal in every bit", traces->count,
                         bt_plural(traces->count), c.nodes, bt_plural(c.nodes));
}

baton_status bt_verify_traces(struct bt_verifier *v, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *traces = NULL;
    if (v->reference != v->bundle || !bt_bundle_find(v->bundle, BT_PART_TRACE))
        return BATON_OK;
    BT_TRY(read_traces(v->bundle, &arena, &traces, err));
    return confirm_traces(v, traces, err);
}

/* ---- where it parted ---- */

static baton_status first_diverging_node(struct bt_verifier *v, const char **ret,
                                         struct baton_error *err)
{
    struct bt_difference *d = &v->result->difference;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_TRACE stored = BT_TRACE_INIT;
    BT_AUTO_TRACE ours = BT_TRACE_INIT;
    const struct bt_json *traces = NULL;
    struct bt_session_options options = {.threads = d->threads};
    BT_TRY(bt_isa_find(d->isa, &options.isa, err));
    BT_TRY(read_traces(v->reference, &arena, &traces, err));
    if (d->case_index >= traces->count)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "the bundle has no trace of case %zu",
                       d->case_index);
    BT_TRY(bt_trace_parse(&traces->items[d->case_index], &stored, err));
    BT_TRY(bt_trace_run(&v->loaded, &options, &v->golden.cases[d->case_index].inputs, &ours, NULL,
                        err));
    const struct bt_trace_node *theirs = NULL;
    const struct bt_trace_node *node = bt_trace_first_difference(&ours, &stored, &theirs);
    if (!node)
        *ret = "no node differs when they are run one at a time";
    else
        *ret = bt_arena_printf(&v->result->arena, "node %u (%s \"%s\")", node->index, node->op,
                               node->name);
    return BATON_OK;
}

void bt_verify_name_node(struct bt_verifier *v)
{
    struct bt_difference *d = &v->result->difference;
    struct baton_error why = BATON_ERROR_INIT;
    const char *node = NULL;
    if (first_diverging_node(v, &node, &why) != BATON_OK)
        node = bt_arena_printf(&v->result->arena, "not known: %s", why.text);
    d->node = node ? node : "not known";
}
