/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

/*
 * From names to value numbers.
 *
 * A name belongs to the graph that defines it and is visible in that graph and in the graphs inside
 * its nodes. A definition further in hides one further out, whatever their order in the file: a use
 * means the innermost graph that defines the name. Within one graph a second definition is refused;
 * the one exception is an input with an initializer, which is the input's default: the input goes,
 * the initializer stays.
 *
 * The table is a sorted array, not a hash: no choice of names can make it slow.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

struct table {
    struct bt_definition *all; /* in file order */
    size_t count;
    struct bt_definition **sorted; /* by graph, then name, then file order */
    size_t sorted_count;
};

static int compare_keys(const struct bt_definition *a, const struct bt_definition *b)
{
    if (a->graph->id != b->graph->id)
        return a->graph->id < b->graph->id ? -1 : 1;
    size_t shorter = bt_min(a->name.len, b->name.len);
    int order = shorter ? memcmp(a->name.ptr, b->name.ptr, shorter) : 0;
    if (order)
        return order;
    return (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static int by_key(const void *left, const void *right)
{
    const struct bt_definition *a = *(struct bt_definition *const *)left;
    const struct bt_definition *b = *(struct bt_definition *const *)right;
    int order = compare_keys(a, b);
    return order ? order : (a > b) - (a < b);
}

static struct bt_definition *find_in(const struct table *table, const struct bt_draft_graph *graph,
                                     struct bt_bytes name)
{
    struct bt_definition wanted = {.name = name,
                                   .graph = (struct bt_draft_graph *)(uintptr_t)graph};
    size_t low = 0;
    size_t high = table->sorted_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_keys(table->sorted[middle], &wanted);
        if (order == 0)
            return table->sorted[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct bt_definition *find_visible(const struct table *table,
                                          const struct bt_draft_graph *graph, struct bt_bytes name)
{
    for (; graph; graph = graph->outer) {
        struct bt_definition *found = find_in(table, graph, name);
        if (found)
            return found;
    }
    return NULL;
}

/* ---- definitions ---- */

static void define(struct table *table, struct bt_draft_graph *graph, enum bt_definition_kind kind,
                   uint32_t index, struct bt_bytes name)
{
    struct bt_definition *d = &table->all[table->count];
    if (name.len == 0)
        return;
    *d = (struct bt_definition){.name = name, .graph = graph, .kind = kind, .index = index};
    table->sorted[table->count++] = d;
}

static void define_graph(struct table *table, struct bt_draft_graph *graph)
{
    for (uint32_t i = 0; i < graph->input_count; i++)
        define(table, graph, BT_DEFINED_INPUT, i, graph->inputs[i].name);
    for (uint32_t i = 0; i < graph->initializer_count; i++)
        define(table, graph, BT_DEFINED_INITIALIZER, i, graph->initializers[i].name);
    for (uint32_t i = 0; i < graph->node_count; i++)
        for (uint32_t o = 0; o < graph->nodes[i].node.output_count; o++)
            define(table, graph, BT_DEFINED_OUTPUT, i, graph->nodes[i].output_names[o]);
}

static size_t count_names(const struct bt_draft_graph *graph)
{
    size_t count = (size_t)graph->input_count + graph->initializer_count;
    for (uint32_t i = 0; i < graph->node_count; i++)
        count += graph->nodes[i].node.output_count;
    return count;
}

static baton_status make_table(struct bt_load *load, struct table *table, struct baton_error *err)
{
    size_t count = 0;
    for (const struct bt_draft_graph *g = load->first; g; g = g->next)
        count += count_names(g);
    if (count > load->limits.values_max || count >= BT_ABSENT)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu values: the limit is %zu", count,
                       bt_min(load->limits.values_max, BT_ABSENT - 1));
    table->all = bt_load_scratch(load, count, sizeof *table->all);
    table->sorted = bt_load_scratch(load, count, sizeof(struct bt_definition *));
    if (!table->all || !table->sorted)
        return bt_load_no_room(load, err);
    for (struct bt_draft_graph *g = load->first; g; g = g->next)
        define_graph(table, g);
    qsort(table->sorted, table->count, sizeof(struct bt_definition *), by_key);
    return BATON_OK;
}

static const char *describe(const struct bt_definition *d, char *buf, size_t size)
{
    if (d->kind == BT_DEFINED_INPUT)
        return "a graph input";
    if (d->kind == BT_DEFINED_INITIALIZER)
        return "an initializer";
    return bt_node_label(&d->graph->nodes[d->index].node, buf, size);
}

static baton_status defined_twice(const struct bt_definition *a, const struct bt_definition *b,
                                  struct baton_error *err)
{
    char first[128];
    char second[128];
    (void)bt_fail(err, BATON_ERR_INVALID, "value " BT_NAME_FMT " is defined twice: by %s and by %s",
                  BT_NAME_ARGS(a->name), describe(a, first, sizeof first),
                  describe(b, second, sizeof second));
    (void)bt_load_in_graph(a->graph, err);
    return BATON_ERR_INVALID;
}

/* Equal keys lie side by side, an input before its initializer. */
static baton_status drop_defaults(struct table *table, struct baton_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        struct bt_definition *d = table->sorted[i];
        struct bt_definition *last = kept ? table->sorted[kept - 1] : NULL;
        if (!last || compare_keys(last, d) != 0) {
            table->sorted[kept++] = d;
            continue;
        }
        if (last->kind != BT_DEFINED_INPUT || d->kind != BT_DEFINED_INITIALIZER)
            return defined_twice(last, d, err);
        last->graph->inputs[last->index].is_default = true;
        table->sorted[kept - 1] = d;
    }
    table->sorted_count = kept;
    return BATON_OK;
}

static bool is_default(const struct bt_definition *d)
{
    return d->kind == BT_DEFINED_INPUT && d->graph->inputs[d->index].is_default;
}

static baton_status number_values(struct bt_load *load, struct table *table,
                                  struct baton_error *err)
{
    load->by_value = bt_load_scratch(load, table->sorted_count, sizeof(struct bt_definition *));
    load->value_names = bt_load_keep(load, table->sorted_count, sizeof(const char *));
    if (!load->by_value || !load->value_names)
        return bt_load_no_room(load, err);
    for (size_t i = 0; i < table->count; i++) {
        struct bt_definition *d = &table->all[i];
        if (is_default(d))
            continue;
        d->value = load->value_count++;
        load->by_value[d->value] = d;
        load->value_names[d->value] = bt_load_str(load, d->name);
        if (!load->value_names[d->value])
            return bt_load_no_room(load, err);
    }
    return BATON_OK;
}

/* ---- uses ---- */

static baton_status resolve(const struct table *table, const struct bt_draft_graph *graph,
                            struct bt_bytes name, uint32_t *ret, struct baton_error *err)
{
    const struct bt_definition *d = find_visible(table, graph, name);
    if (!d)
        return bt_fail(err, BATON_ERR_INVALID, "no value is named " BT_NAME_FMT,
                       BT_NAME_ARGS(name));
    if (d->kind == BT_DEFINED_INITIALIZER) {
        const struct bt_tensor *tensor = &d->graph->initializers[d->index].initializer.tensor;
        if (!bt_load_tensor_is_held(tensor))
            return bt_load_tensor_unsupported(tensor, name, err);
    }
    *ret = d->value;
    return BATON_OK;
}

/* The value of a name that the graph itself defines. */
static uint32_t own_value(const struct table *table, const struct bt_draft_graph *graph,
                          struct bt_bytes name)
{
    const struct bt_definition *d = find_in(table, graph, name);
    BT_BUG_ON(!d);
    return d->value;
}

static baton_status resolve_node(struct bt_load *load, const struct table *table,
                                 struct bt_draft_graph *graph, struct bt_draft_node *draft,
                                 struct baton_error *err)
{
    struct bt_node *node = &draft->node;
    draft->inputs = bt_load_keep(load, node->input_count, sizeof *draft->inputs);
    draft->outputs = bt_load_keep(load, node->output_count, sizeof *draft->outputs);
    if (!draft->inputs || !draft->outputs)
        return bt_load_no_room(load, err);
    node->inputs = draft->inputs;
    node->outputs = draft->outputs;
    for (uint32_t i = 0; i < node->input_count; i++) {
        draft->inputs[i] = BT_ABSENT;
        if (draft->input_names[i].len &&
            resolve(table, graph, draft->input_names[i], &draft->inputs[i], err) != BATON_OK)
            return bt_error_prepend(err, "input %u", i);
    }
    for (uint32_t i = 0; i < node->output_count; i++) {
        struct bt_bytes name = draft->output_names[i];
        draft->outputs[i] = name.len ? own_value(table, graph, name) : BT_ABSENT;
    }
    return BATON_OK;
}

static baton_status resolve_outputs(const struct table *table, struct bt_draft_graph *graph,
                                    struct baton_error *err)
{
    for (uint32_t i = 0; i < graph->output_count; i++) {
        struct bt_draft_port *port = &graph->outputs[i];
        if (resolve(table, graph, port->name, &port->port.value, err) != BATON_OK)
            return bt_error_prepend(err, "graph output %u", i);
    }
    return BATON_OK;
}

static void place_inputs(const struct table *table, struct bt_draft_graph *graph)
{
    for (uint32_t i = 0; i < graph->input_count; i++)
        graph->inputs[i].port.value = own_value(table, graph, graph->inputs[i].name);
    for (uint32_t i = 0; i < graph->initializer_count; i++)
        graph->initializers[i].initializer.value =
            own_value(table, graph, graph->initializers[i].name);
}

static baton_status resolve_graph(struct bt_load *load, const struct table *table,
                                  struct bt_draft_graph *graph, struct baton_error *err)
{
    place_inputs(table, graph);
    for (uint32_t i = 0; i < graph->node_count; i++) {
        struct bt_draft_node *draft = &graph->nodes[i];
        if (resolve_node(load, table, graph, draft, err) != BATON_OK) {
            char label[256];
            (void)bt_error_prepend(err, "%s", bt_node_label(&draft->node, label, sizeof label));
            return bt_load_in_graph(graph, err);
        }
    }
    if (resolve_outputs(table, graph, err) != BATON_OK)
        return bt_load_in_graph(graph, err);
    return BATON_OK;
}

/* ---- captures ---- */

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Everything that the graph, its outputs and the graphs directly inside it read. */
static size_t count_uses(const struct bt_draft_graph *graph)
{
    size_t count = graph->output_count;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        count += graph->nodes[i].node.input_count;
        for (const struct bt_draft_graph *s = graph->nodes[i].subgraphs; s; s = s->sibling)
            count += s->capture_count;
    }
    return count;
}

static void note_use(const struct bt_load *load, struct bt_draft_graph *graph, uint32_t value)
{
    if (value != BT_ABSENT && load->by_value[value]->graph != graph)
        graph->captures[graph->capture_count++] = value;
}

static void note_node_uses(const struct bt_load *load, struct bt_draft_graph *graph,
                           const struct bt_draft_node *draft)
{
    for (uint32_t i = 0; i < draft->node.input_count; i++)
        note_use(load, graph, draft->inputs[i]);
    for (const struct bt_draft_graph *s = draft->subgraphs; s; s = s->sibling)
        for (uint32_t i = 0; i < s->capture_count; i++)
            note_use(load, graph, s->captures[i]);
}

/* The graphs inside must have theirs already. */
static baton_status find_captures(struct bt_load *load, struct bt_draft_graph *graph,
                                  struct baton_error *err)
{
    graph->captures = bt_load_keep(load, count_uses(graph), sizeof *graph->captures);
    if (!graph->captures)
        return bt_load_no_room(load, err);
    for (uint32_t i = 0; i < graph->node_count; i++)
        note_node_uses(load, graph, &graph->nodes[i]);
    for (uint32_t i = 0; i < graph->output_count; i++)
        note_use(load, graph, graph->outputs[i].port.value);

    qsort(graph->captures, graph->capture_count, sizeof *graph->captures, by_number);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < graph->capture_count; i++)
        if (kept == 0 || graph->captures[kept - 1] != graph->captures[i])
            graph->captures[kept++] = graph->captures[i];
    graph->capture_count = kept;
    return BATON_OK;
}

baton_status bt_load_names(struct bt_load *load, struct baton_error *err)
{
    struct table table = {NULL, 0, NULL, 0};
    BT_TRY(make_table(load, &table, err));
    BT_TRY(drop_defaults(&table, err));
    BT_TRY(number_values(load, &table, err));
    for (struct bt_draft_graph *g = load->first; g; g = g->next)
        BT_TRY(resolve_graph(load, &table, g, err));
    /* Backwards: a subgraph comes after the graph it is in. */
    for (struct bt_draft_graph *g = load->last; g; g = g->prev)
        if (g->outer)
            BT_TRY(find_captures(load, g, err));
    return BATON_OK;
}
