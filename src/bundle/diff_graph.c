/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle/diff_int.h"
#include "codec/text/element.h"
#include "tensor/compare.h"

/* More rows than a person reads; the rest is counted. */
#define ROWS_MAX ((size_t)50)

struct counter {
    struct bt_checks *checks;
    size_t rows;
    size_t unsaid;
};

static baton_status say(struct counter *c, const char *what, struct baton_error *err,
                        const char *fmt, ...) BT_PRINTF(4, 5);

static baton_status say(struct counter *c, const char *what, struct baton_error *err,
                        const char *fmt, ...)
{
    char detail[BATON_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    if (c->rows++ < ROWS_MAX)
        return bt_checks_add(c->checks, what, BATON_DIFFERS, err, "%s", detail);
    c->unsaid++;
    return BATON_OK;
}

/* ---- tensors ---- */

static baton_status compare_tensors(struct counter *c, const char *what, const struct bt_tensor *a,
                                    const struct bt_tensor *b, struct baton_error *err)
{
    static const struct bt_rule bits = BT_RULE_INIT;
    struct bt_value x = {.kind = BT_VALUE_TENSOR, .tensor = *a};
    struct bt_value y = {.kind = BT_VALUE_TENSOR, .tensor = *b};
    struct bt_comparison cmp;
    bt_compare(&y, &x, &bits, &cmp);
    if (bt_comparison_identical(&cmp))
        return BATON_OK;
    if (cmp.shape_differs)
        return say(c, what, err, "type or shape changed");
    BT_AUTO_BUF where = BT_BUF_INIT(512);
    bt_position_format(a, (size_t)cmp.first, &where);
    bt_buf_put_str(&where, ": ");
    bt_element_format(a, (size_t)cmp.first, &where);
    bt_buf_put_str(&where, " is now ");
    bt_element_format(b, (size_t)cmp.first, &where);
    return say(c, what, err,
               "%" PRIu64 " of %" PRIu64 " elements changed, largest by %.3g; first %s",
               cmp.different_bits, cmp.elements, cmp.abs_max, bt_buf_str(&where));
}

static const struct bt_initializer *find_initializer(const struct bt_graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->initializer_count; i++)
        if (strcmp(graph->value_names[graph->initializers[i].value], name) == 0)
            return &graph->initializers[i];
    return NULL;
}

/* Initializers mostly keep their place; looking there first keeps the whole comparison linear. */
static const struct bt_initializer *counterpart(const struct bt_graph *from, uint32_t i,
                                                const struct bt_graph *in)
{
    const char *name = from->value_names[from->initializers[i].value];
    if (i < in->initializer_count && strcmp(in->value_names[in->initializers[i].value], name) == 0)
        return &in->initializers[i];
    return find_initializer(in, name);
}

static baton_status compare_initializers(struct counter *c, const struct bt_graph *a,
                                         const struct bt_graph *b, struct baton_error *err)
{
    for (uint32_t i = 0; i < a->initializer_count; i++) {
        char what[256];
        const struct bt_initializer *other = counterpart(a, i, b);
        (void)snprintf(what, sizeof what, "tensor %s", a->value_names[a->initializers[i].value]);
        if (other)
            BT_TRY(compare_tensors(c, what, &a->initializers[i].tensor, &other->tensor, err));
        else
            BT_TRY(say(c, what, err, "only in the first"));
    }
    for (uint32_t i = 0; i < b->initializer_count; i++) {
        char what[256];
        (void)snprintf(what, sizeof what, "tensor %s", b->value_names[b->initializers[i].value]);
        if (!counterpart(b, i, a))
            BT_TRY(say(c, what, err, "only in the second"));
    }
    return BATON_OK;
}

/* ---- attributes ---- */

static size_t changed_floats(const float *a, const float *b, size_t count, size_t *ret_first)
{
    size_t changed = 0;
    for (size_t i = 0; i < count; i++) {
        if (bt_bits_equal(&a[i], &b[i], sizeof a[i]))
            continue;
        if (changed++ == 0)
            *ret_first = i;
    }
    return changed;
}

static bool same_strings(const struct bt_attr *a, const struct bt_attr *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!bt_bytes_equal(a->strings[i], b->strings[i]))
            return false;
    return true;
}

static bool same_scalar(const struct bt_attr *a, const struct bt_attr *b)
{
    switch (a->kind) {
    case BT_ATTR_FLOAT:
        return bt_bits_equal(&a->f, &b->f, sizeof a->f);
    case BT_ATTR_INT:
        return a->i == b->i;
    case BT_ATTR_STRING:
        return bt_bytes_equal(a->s, b->s);
    case BT_ATTR_INTS:
        return a->count == 0 || memcmp(a->ints, b->ints, a->count * sizeof *a->ints) == 0;
    case BT_ATTR_STRINGS:
        return same_strings(a, b);
    default:
        return true;
    }
}

static baton_status compare_attr(struct counter *c, const char *what, const struct bt_attr *a,
                                 const struct bt_attr *b, struct baton_error *err)
{
    size_t first = 0;
    if (a->kind != b->kind || a->count != b->count)
        return say(c, what, err, "kind or length changed");
    if (a->kind == BT_ATTR_FLOATS) {
        size_t changed = changed_floats(a->floats, b->floats, a->count, &first);
        if (changed == 0)
            return BATON_OK;
        return say(c, what, err, "%zu of %zu numbers changed; first [%zu]: %.9g is now %.9g",
                   changed, a->count, first, (double)a->floats[first], (double)b->floats[first]);
    }
    for (size_t i = 0; a->kind == BT_ATTR_TENSORS && i < a->count; i++)
        BT_TRY(compare_tensors(c, what, &a->tensors[i], &b->tensors[i], err));
    if (a->kind == BT_ATTR_TENSOR)
        return compare_tensors(c, what, a->tensors, b->tensors, err);
    return same_scalar(a, b) ? BATON_OK : say(c, what, err, "changed");
}

static baton_status compare_attrs(struct counter *c, const struct bt_node *a,
                                  const struct bt_node *b, struct baton_error *err)
{
    char label[160];
    (void)bt_node_label(a, label, sizeof label);
    for (uint32_t i = 0; i < a->attr_count; i++) {
        char what[256];
        const struct bt_attr *other = bt_node_attr(b, a->attrs[i].name);
        (void)snprintf(what, sizeof what, "%s, %s", label, a->attrs[i].name);
        if (other)
            BT_TRY(compare_attr(c, what, &a->attrs[i], other, err));
        else
            BT_TRY(say(c, what, err, "only in the first"));
    }
    for (uint32_t i = 0; i < b->attr_count; i++) {
        char what[256];
        (void)snprintf(what, sizeof what, "%s, %s", label, b->attrs[i].name);
        if (!bt_node_attr(a, b->attrs[i].name))
            BT_TRY(say(c, what, err, "only in the second"));
    }
    return BATON_OK;
}

/* ---- nodes ---- */

static bool same_edges(const struct bt_graph *a, const uint32_t *x, const struct bt_graph *b,
                       const uint32_t *y, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if ((x[i] == BT_ABSENT) != (y[i] == BT_ABSENT))
            return false;
        if (x[i] != BT_ABSENT && strcmp(a->value_names[x[i]], b->value_names[y[i]]) != 0)
            return false;
    }
    return true;
}

static bool same_wiring(const struct bt_graph *a, const struct bt_node *x, const struct bt_graph *b,
                        const struct bt_node *y)
{
    return strcmp(x->op, y->op) == 0 && strcmp(x->domain, y->domain) == 0 && x->opset == y->opset &&
           x->input_count == y->input_count && x->output_count == y->output_count &&
           same_edges(a, x->inputs, b, y->inputs, x->input_count) &&
           same_edges(a, x->outputs, b, y->outputs, x->output_count);
}

static baton_status compare_nodes(struct counter *c, const struct bt_graph *a,
                                  const struct bt_graph *b, struct baton_error *err)
{
    if (a->node_count != b->node_count)
        return say(c, "graph", err, "%u nodes became %u", a->node_count, b->node_count);
    for (uint32_t i = 0; i < a->node_count; i++) {
        char label[160];
        (void)bt_node_label(&a->nodes[i], label, sizeof label);
        if (!same_wiring(a, &a->nodes[i], b, &b->nodes[i]))
            BT_TRY(say(c, label, err, "another operator, opset or connection"));
        else
            BT_TRY(compare_attrs(c, &a->nodes[i], &b->nodes[i], err));
    }
    return BATON_OK;
}

baton_status bt_diff_graph(const struct bt_loaded *a, const struct bt_loaded *b,
                           struct bt_checks *checks, struct baton_error *err)
{
    struct counter c = {.checks = checks};
    BT_TRY(compare_nodes(&c, a->model.graph, b->model.graph, err));
    BT_TRY(compare_initializers(&c, a->model.graph, b->model.graph, err));
    if (c.rows == 0)
        return bt_checks_add(checks, "graph and weights", BATON_IDENTICAL, err,
                             "%u nodes, %u tensors", a->model.graph->node_count,
                             a->model.graph->initializer_count);
    if (c.unsaid)
        return bt_checks_add(checks, "graph and weights", BATON_DIFFERS, err,
                             "%zu more differences", c.unsaid);
    return BATON_OK;
}
