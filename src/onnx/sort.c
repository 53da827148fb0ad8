/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

/*
 * Topological order of one graph's nodes. ONNX wants files to be sorted and most are: then the
 * file's order is kept. Otherwise nodes run as soon as what they read is there, first in the file
 * first (Kahn), which is one order and always the same.
 *
 * A node depends on the producers of its inputs and of what its subgraphs capture.
 */
#include <string.h>

struct edges {
    const struct bt_load *load;
    const struct bt_draft_graph *graph;
    uint32_t *waiting; /* per node: inputs whose producer has not run */
    uint32_t *first;   /* per node: where its readers begin in `readers`; node_count + 1 */
    uint32_t *readers; /* one entry per dependency */
    uint32_t *filled;  /* per node: how many of its readers are written */
};

/* BT_ABSENT when no node of this graph makes the value. */
static uint32_t producer_of(const struct edges *e, uint32_t value)
{
    if (value == BT_ABSENT)
        return BT_ABSENT;
    const struct bt_definition *d = e->load->by_value[value];
    return d->graph == e->graph && d->kind == BT_DEFINED_OUTPUT ? d->index : BT_ABSENT;
}

typedef void visit(struct edges *e, uint32_t producer, uint32_t reader);

static void each_dependency(struct edges *e, uint32_t reader, visit *fn)
{
    const struct bt_draft_node *draft = &e->graph->nodes[reader];
    for (uint32_t i = 0; i < draft->node.input_count; i++) {
        uint32_t producer = producer_of(e, draft->inputs[i]);
        if (producer != BT_ABSENT)
            fn(e, producer, reader);
    }
    for (const struct bt_draft_graph *s = draft->subgraphs; s; s = s->sibling)
        for (uint32_t i = 0; i < s->capture_count; i++) {
            uint32_t producer = producer_of(e, s->captures[i]);
            if (producer != BT_ABSENT)
                fn(e, producer, reader);
        }
}

static void count_edge(struct edges *e, uint32_t producer, uint32_t reader)
{
    e->waiting[reader]++;
    e->first[producer + 1]++;
}

static void add_edge(struct edges *e, uint32_t producer, uint32_t reader)
{
    e->readers[e->first[producer] + e->filled[producer]++] = reader;
}

static baton_status make_edges(struct bt_load *load, struct edges *e, struct baton_error *err)
{
    uint32_t n = e->graph->node_count;
    e->waiting = bt_load_scratch(load, n, sizeof *e->waiting);
    e->filled = bt_load_scratch(load, n, sizeof *e->filled);
    e->first = bt_load_scratch(load, (size_t)n + 1, sizeof *e->first);
    if (!e->waiting || !e->filled || !e->first)
        return bt_load_no_room(load, err);
    for (uint32_t i = 0; i < n; i++)
        each_dependency(e, i, count_edge);
    for (uint32_t i = 0; i < n; i++)
        e->first[i + 1] += e->first[i];
    e->readers = bt_load_scratch(load, e->first[n], sizeof *e->readers);
    if (!e->readers)
        return bt_load_no_room(load, err);
    for (uint32_t i = 0; i < n; i++)
        each_dependency(e, i, add_edge);
    return BATON_OK;
}

static void find_disorder(struct edges *e, uint32_t producer, uint32_t reader)
{
    if (producer >= reader)
        e->waiting[reader] = 1;
}

/* Cheap, and true of nearly every file. */
static baton_status is_sorted(struct bt_load *load, struct edges *e, bool *ret,
                              struct baton_error *err)
{
    uint32_t n = e->graph->node_count;
    bool sorted = true;
    e->waiting = bt_load_scratch(load, n, sizeof *e->waiting);
    if (!e->waiting)
        return bt_load_no_room(load, err);
    for (uint32_t i = 0; i < n && sorted; i++) {
        each_dependency(e, i, find_disorder);
        sorted = !e->waiting[i];
    }
    *ret = sorted;
    return BATON_OK;
}

static void find_blocker(struct edges *e, uint32_t producer, uint32_t reader)
{
    if (e->waiting[producer])
        e->filled[reader] = producer;
}

/* Each waiting node waits for a waiting node, so following that often enough ends on a cycle. */
static baton_status cycle(struct edges *e, struct baton_error *err)
{
    uint32_t n = e->graph->node_count;
    uint32_t at = 0;
    char label[256];
    while (!e->waiting[at])
        at++;
    for (uint32_t i = 0; i < n; i++)
        each_dependency(e, i, find_blocker);
    for (uint32_t i = 0; i < n; i++)
        at = e->filled[at];
    (void)bt_fail(err, BATON_ERR_INVALID, "%s depends on its own output (a cycle)",
                  bt_node_label(&e->graph->nodes[at].node, label, sizeof label));
    (void)bt_load_in_graph(e->graph, err);
    return BATON_ERR_INVALID;
}

static baton_status run_kahn(struct edges *e, uint32_t *order, struct baton_error *err)
{
    uint32_t n = e->graph->node_count;
    uint32_t ready = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!e->waiting[i])
            order[ready++] = i;
    for (uint32_t done = 0; done < ready; done++) {
        uint32_t at = order[done];
        for (uint32_t i = e->first[at]; i < e->first[at + 1]; i++)
            if (--e->waiting[e->readers[i]] == 0)
                order[ready++] = e->readers[i];
    }
    return ready == n ? BATON_OK : cycle(e, err);
}

baton_status bt_load_sort(struct bt_load *load, struct bt_draft_graph *draft, uint32_t *ret_order,
                          struct baton_error *err)
{
    struct edges e = {.load = load, .graph = draft};
    bool sorted = false;
    BT_TRY(is_sorted(load, &e, &sorted, err));
    for (uint32_t i = 0; sorted && i < draft->node_count; i++)
        ret_order[i] = i;
    if (sorted)
        return BATON_OK;
    BT_TRY(make_edges(load, &e, err));
    return run_kahn(&e, ret_order, err);
}
