/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle/diff_int.h"
#include "bundle/metrics.h"
#include "codec/text/rule.h"

/* ---- parts ---- */

static baton_status compare_parts(const struct bt_bundle *a, const struct bt_bundle *b,
                                  struct bt_checks *checks, struct baton_error *err)
{
    size_t differences = 0;
    for (size_t i = 0; i < a->part_count; i++) {
        char what[BT_PART_PATH_MAX + 16];
        const struct bt_part *part = &a->parts[i];
        const struct bt_part *other = bt_bundle_find(b, part->path);
        (void)snprintf(what, sizeof what, "part %s", part->path);
        if (other && bt_digest_equal(&part->blob.digest, &other->blob.digest))
            continue;
        differences++;
        BT_TRY(bt_checks_add(checks, what, BATON_DIFFERS, err, "%s",
                             other ? "other bytes" : "only in the first"));
    }
    for (size_t i = 0; i < b->part_count; i++) {
        char what[BT_PART_PATH_MAX + 16];
        (void)snprintf(what, sizeof what, "part %s", b->parts[i].path);
        if (bt_bundle_find(a, b->parts[i].path))
            continue;
        differences++;
        BT_TRY(bt_checks_add(checks, what, BATON_DIFFERS, err, "only in the second"));
    }
    if (differences)
        return BATON_OK;
    return bt_checks_add(checks, "parts", BATON_IDENTICAL, err, "%zu part%s", a->part_count,
                         bt_plural(a->part_count));
}

/* ---- metrics ---- */

static void metric_text(const struct bt_metrics *m, int i, char text[BT_NUMBER_TEXT_MAX])
{
    if (m->known[i])
        (void)bt_f64_format(m->value[i], text);
    else
        (void)snprintf(text, BT_NUMBER_TEXT_MAX, "not measured");
}

static baton_status compare_metrics(const struct bt_bundle *a, const struct bt_bundle *b,
                                    struct bt_checks *checks, struct baton_error *err)
{
    struct bt_metrics x = {0};
    struct bt_metrics y = {0};
    BT_TRY(bt_metrics_read(a, &x, err));
    BT_TRY(bt_metrics_read(b, &y, err));
    for (int i = 0; i < BT_METRIC_COUNT; i++) {
        char what[64];
        char before[BT_NUMBER_TEXT_MAX];
        char after[BT_NUMBER_TEXT_MAX];
        bool same =
            x.known[i] == y.known[i] && bt_bits_equal(&x.value[i], &y.value[i], sizeof x.value[i]);
        if (!x.known[i] && !y.known[i])
            continue;
        (void)snprintf(what, sizeof what, "metric %s", bt_metric_name((enum bt_metric)i));
        metric_text(&x, i, before);
        metric_text(&y, i, after);
        BT_TRY(bt_checks_add(checks, what, same ? BATON_IDENTICAL : BATON_DIFFERS, err,
                             same ? "%s" : "%s is now %s", before, after));
    }
    return BATON_OK;
}

/* ---- predictions ---- */

struct tally {
    size_t cases;
    size_t changed_cases;
    uint64_t elements;
    uint64_t changed;
    double abs_max;
};

static void count_outputs(const struct bt_values *got, const struct bt_values *expected,
                          struct tally *t)
{
    static const struct bt_rule bits = BT_RULE_INIT;
    bool changed = false;
    for (size_t i = 0; i < expected->count; i++) {
        struct bt_comparison c;
        const struct bt_value *ours = bt_values_find(got, expected->items[i].name);
        static const struct bt_value nothing = BT_VALUE_INIT;
        bt_compare(ours ? ours : &nothing, &expected->items[i].value, &bits, &c);
        changed = changed || !bt_comparison_identical(&c);
        t->elements += c.elements;
        t->changed += c.different_bits;
        t->abs_max = c.abs_max > t->abs_max ? c.abs_max : t->abs_max;
    }
    t->cases++;
    t->changed_cases += changed;
}

static baton_status run_cases(const struct bt_golden *golden, const struct bt_loaded *b,
                              struct bt_session *session, struct tally *t, struct baton_error *err)
{
    for (size_t i = 0; i < golden->count; i++) {
        BT_AUTO_VALUES outputs = BT_VALUES_INIT;
        BT_TRY(bt_loaded_run(b, session, &golden->cases[i].inputs, NULL, &outputs, err));
        count_outputs(&outputs, &golden->cases[i].outputs, t);
    }
    return BATON_OK;
}

static baton_status compare_predictions(const struct bt_bundle *a, const struct bt_loaded *b,
                                        const struct bt_loaded *a_loaded, struct bt_checks *checks,
                                        struct baton_error *err)
{
    BT_AUTO_GOLDEN golden = BT_GOLDEN_INIT;
    struct bt_session_options options = {.isa = bt_isa_best()};
    struct bt_session *session = NULL;
    struct baton_error why = BATON_ERROR_INIT;
    struct tally t = {0};
    if (!bt_bundle_find(a, BT_PART_GOLDEN))
        return BATON_OK;
    BT_TRY(bt_golden_read(a, a_loaded, &golden, err));
    BT_TRY(bt_session_new(&b->model, &options, &session, err));
    /* A second model that cannot take the first one's inputs has changed its interface. */
    baton_status status = run_cases(&golden, b, session, &t, &why);
    bt_session_free(session);
    if (status != BATON_OK)
        return bt_checks_add(checks, "predictions", BATON_CANNOT_TELL, err,
                             "the second does not take the first one's cases: %s", why.text);
    return bt_checks_add(
        checks, "predictions", t.changed ? BATON_DIFFERS : BATON_IDENTICAL, err,
        "%zu of %zu golden case%s change, %" PRIu64 " of %" PRIu64 " elements, largest by %.3g",
        t.changed_cases, t.cases, bt_plural(t.cases), t.changed, t.elements, t.abs_max);
}

/* ---- all of it ---- */

/* A list of changes in words, "what: before -> after, …". */
static void put_change(struct bt_buf *out, const char *what, const char *before, const char *after)
{
    bt_buf_printf(out, "%s%s: %s -> %s", out->len ? ", " : "", what, before, after);
}

static void put_rule_changes(const struct bt_contract *a, const struct bt_contract *b,
                             struct bt_buf *out)
{
    for (size_t i = 0; i < b->output_count; i++) {
        BT_AUTO_BUF before = BT_BUF_INIT(256);
        BT_AUTO_BUF after = BT_BUF_INIT(256);
        bt_rule_format(bt_contract_rule(a, b->outputs[i].name), &before);
        bt_rule_format(&b->outputs[i].rule, &after);
        bt_buf_inherit(out, &before);
        bt_buf_inherit(out, &after);
        if (!bt_bytes_equal(bt_buf_bytes(&before), bt_buf_bytes(&after)))
            put_change(out, b->outputs[i].name, bt_buf_str(&before), bt_buf_str(&after));
    }
}

static void bound_text(const struct bt_contract *contract, int i, char text[BT_NUMBER_TEXT_MAX])
{
    if (contract->gated[i])
        bt_f64_format(contract->bound[i], text);
    else
        memcpy(text, "none", sizeof "none");
}

static void put_bound_changes(const struct bt_contract *a, const struct bt_contract *b,
                              struct bt_buf *out)
{
    for (int i = 0; i < BT_METRIC_COUNT; i++) {
        char before[BT_NUMBER_TEXT_MAX];
        char after[BT_NUMBER_TEXT_MAX];
        bound_text(a, i, before);
        bound_text(b, i, after);
        if (strcmp(before, after) != 0)
            put_change(out, bt_metric_name((enum bt_metric)i), before, after);
    }
}

static baton_status compare_contracts(const struct bt_bundle *a, const struct bt_loaded *x,
                                      const struct bt_bundle *b, const struct bt_loaded *y,
                                      struct bt_checks *checks, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF changes = BT_BUF_INIT((size_t)1 << 20);
    struct bt_contract first;
    struct bt_contract second;
    BT_TRY(bt_contract_read(a, x, &arena, &first, err));
    BT_TRY(bt_contract_read(b, y, &arena, &second, err));
    put_rule_changes(&first, &second, &changes);
    put_bound_changes(&first, &second, &changes);
    BT_TRY(bt_buf_finish(&changes, "what differs between the contracts", err));
    if (changes.len == 0)
        return bt_checks_add(checks, "contract", BATON_IDENTICAL, err, "%zu output%s",
                             second.output_count, bt_plural(second.output_count));
    return bt_checks_add(checks, "contract", BATON_DIFFERS, err, "%.400s", bt_buf_str(&changes));
}

baton_status bt_diff(const struct bt_bundle *a, const struct bt_bundle *b, struct bt_checks *checks,
                     struct baton_error *err)
{
    BT_AUTO_LOADED x = BT_LOADED_INIT;
    BT_AUTO_LOADED y = BT_LOADED_INIT;
    BT_TRY(compare_parts(a, b, checks, err));
    if (strcmp(a->format, "onnx") != 0 || strcmp(b->format, "onnx") != 0)
        return BATON_OK;
    BT_TRY(bt_loaded_open_bundle(a, &x, err));
    BT_TRY(bt_loaded_open_bundle(b, &y, err));
    BT_TRY(bt_diff_graph(&x, &y, checks, err));
    BT_TRY(compare_contracts(a, &x, b, &y, checks, err));
    BT_TRY(compare_metrics(a, b, checks, err));
    return compare_predictions(a, &y, &x, checks, err);
}
