/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "bundle/verify_int.h"
#include "codec/text/element.h"

/* Row by row is for proving that a batch does not matter; this many rows of a case prove it. */
#define SINGLE_ROWS_MAX ((size_t)64)

/* One way of running all cases. */
struct setting {
    enum bt_isa isa;
    unsigned threads;
    bool by_row;
};

struct outcome {
    baton_verdict verdict;
    uint64_t compared; /* elements */
    uint64_t different;
    size_t runs;
};

/* ---- naming the first difference ---- */

/* The words about a difference are not worth failing for: without memory they are empty. */
static const char *keep_text(struct bt_arena *arena, const char *text, size_t len)
{
    const char *kept = bt_arena_strndup(arena, text, len);
    return kept ? kept : "";
}

static const char *keep(struct bt_arena *arena, const struct bt_buf *text)
{
    return keep_text(arena, bt_buf_str(text), text->len);
}

static const char *element_text(struct bt_arena *arena, const struct bt_tensor *t, uint64_t i)
{
    BT_AUTO_BUF text = BT_BUF_INIT(256);
    bt_element_format(t, (size_t)i, &text);
    return keep(arena, &text);
}

static const char *shape_text(struct bt_arena *arena, const struct bt_tensor *t)
{
    BT_AUTO_BUF text = BT_BUF_INIT(256);
    bt_buf_printf(&text, "%s ", bt_dtype_name(t->dtype));
    bt_dims_format(t->rank, t->dims, &text);
    return keep(arena, &text);
}

static void describe_values(struct bt_arena *arena, const struct bt_pair *pair,
                            const struct bt_comparison *c, struct bt_difference *d)
{
    const struct bt_tensor *got = NULL;
    const struct bt_tensor *expected = NULL;
    d->ulps = UINT64_MAX;
    if (!bt_pair_elements(pair, c, &got, &expected)) {
        d->index = "";
        d->expected = shape_text(arena, &pair->expected->tensor);
        d->got = shape_text(arena, &pair->got->tensor);
        return;
    }
    size_t first = (size_t)c->first;
    BT_AUTO_BUF index = BT_BUF_INIT(256);
    bt_position_format(got, first, &index);
    d->index = keep(arena, &index);
    d->expected = element_text(arena, expected, first);
    d->got = element_text(arena, got, first);
    if (got->dtype == BT_F32)
        d->ulps = bt_ulps_f32(bt_f32(got)[first], bt_f32(expected)[first]);
    else if (got->dtype == BT_F64)
        d->ulps = bt_ulps_f64(bt_element_f64(got, first), bt_element_f64(expected, first));
}

static void note_difference(struct bt_verifier *v, const struct setting *s,
                            const struct bt_pair *pair, const struct bt_comparison *c)
{
    struct bt_difference *d = &v->result->difference;
    if (d->found)
        return;
    *d = (struct bt_difference){
        .found = true,
        .case_index = pair->case_index,
        .isa = bt_isa_name(s->isa),
        .threads = s->threads,
        .output = keep_text(&v->result->arena, pair->output, strlen(pair->output)),
        .different = c->different_bits,
        .elements = c->elements};
    describe_values(&v->result->arena, pair, c, d);
}

bool bt_values_differ(const char *output, const struct bt_value *got,
                      const struct bt_value *expected, struct bt_arena *arena,
                      struct bt_difference *ret)
{
    static const struct bt_rule bits = BT_RULE_INIT;
    const struct bt_pair pair = {0, output, got, expected};
    struct bt_comparison c;
    bt_compare(got, expected, &bits, &c);
    if (bt_comparison_identical(&c))
        return false;
    *ret = (struct bt_difference){.found = true,
                                  .output = keep_text(arena, output, strlen(output)),
                                  .different = c.different_bits,
                                  .elements = c.elements};
    describe_values(arena, &pair, &c, ret);
    return true;
}

/* ---- comparing ---- */

static baton_verdict judge(const struct bt_comparison *c)
{
    if (bt_comparison_identical(c))
        return BATON_IDENTICAL;
    return bt_comparison_within(c) ? BATON_WITHIN_CONTRACT : BATON_DIFFERS;
}

static void compare_outputs(struct bt_verifier *v, const struct setting *s, size_t case_index,
                            const struct bt_values *got, const struct bt_values *expected,
                            struct outcome *outcome)
{
    static const struct bt_value nothing = BT_VALUE_INIT;
    for (size_t i = 0; i < expected->count; i++) {
        const char *name = expected->items[i].name;
        const struct bt_value *ours = bt_values_find(got, name);
        struct bt_pair pair = {case_index, name, ours ? ours : &nothing, &expected->items[i].value};
        struct bt_comparison c;
        bt_compare(pair.got, pair.expected, bt_contract_rule(&v->contract, name), &c);
        outcome->verdict = bt_verdict_worse(outcome->verdict, judge(&c));
        outcome->compared += c.elements;
        outcome->different += c.different_bits;
        if (judge(&c) != BATON_IDENTICAL)
            note_difference(v, s, &pair, &c);
    }
}

/* ---- running ---- */

static baton_status run_whole(struct bt_verifier *v, const struct setting *s,
                              struct bt_session *session, size_t case_index,
                              struct outcome *outcome, struct baton_error *err)
{
    const struct bt_case *golden = &v->golden.cases[case_index];
    const struct bt_watcher watcher = {.progress = v->options->progress};
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    BT_TRY(bt_loaded_run(&v->loaded, session, &golden->inputs, &watcher, &outputs, err));
    compare_outputs(v, s, case_index, &outputs, &golden->outputs, outcome);
    outcome->runs++;
    return BATON_OK;
}

static baton_status run_rows(struct bt_verifier *v, const struct setting *s,
                             struct bt_session *session, size_t case_index, struct outcome *outcome,
                             struct baton_error *err)
{
    const struct bt_case *golden = &v->golden.cases[case_index];
    const struct bt_watcher watcher = {.progress = v->options->progress};
    size_t rows = bt_min(bt_values_row_count(&golden->inputs), SINGLE_ROWS_MAX);
    for (size_t row = 0; row < rows; row++) {
        BT_AUTO_VALUES inputs = BT_VALUES_INIT;
        BT_AUTO_VALUES expected = BT_VALUES_INIT;
        BT_AUTO_VALUES outputs = BT_VALUES_INIT;
        BT_TRY(bt_values_rows(&golden->inputs, row, 1, &inputs, err));
        BT_TRY(bt_values_rows(&golden->outputs, row, 1, &expected, err));
        BT_TRY(bt_loaded_run(&v->loaded, session, &inputs, &watcher, &outputs, err));
        compare_outputs(v, s, case_index, &outputs, &expected, outcome);
        outcome->runs++;
    }
    return BATON_OK;
}

/* A case is a batch of rows when the model leaves dimension 0 of every input open and every value
 * of the case has the same length there. */
static bool is_batch(const struct bt_verifier *v, const struct bt_case *golden)
{
    struct bt_ports ports = bt_loaded_inputs(&v->loaded);
    size_t rows = bt_values_row_count(&golden->inputs);
    for (size_t i = 0; i < ports.count; i++)
        if (!ports.ports[i].type.has_shape || ports.ports[i].type.rank == 0 ||
            ports.ports[i].type.dims[0] != BT_DIM_UNKNOWN)
            return false;
    return rows > 1 && bt_values_row_count(&golden->outputs) == rows;
}

static baton_status run_setting(struct bt_verifier *v, const struct setting *s,
                                struct bt_session *session, struct outcome *ret,
                                struct baton_error *err)
{
    struct outcome outcome = {.verdict = BATON_IDENTICAL};
    for (size_t i = 0; i < v->golden.count; i++) {
        if (!s->by_row)
            BT_TRY(run_whole(v, s, session, i, &outcome, err));
        else if (is_batch(v, &v->golden.cases[i]))
            BT_TRY(run_rows(v, s, session, i, &outcome, err));
    }
    *ret = outcome;
    return BATON_OK;
}

static baton_status report_setting(struct bt_verifier *v, const struct setting *s,
                                   const struct outcome *outcome, struct baton_error *err)
{
    char what[96];
    (void)snprintf(what, sizeof what, "golden cases, %s, %u thread%s, %s", bt_isa_name(s->isa),
                   s->threads, bt_plural(s->threads), s->by_row ? "row by row" : "as stored");
    if (outcome->different == 0 && outcome->verdict == BATON_IDENTICAL)
        return bt_checks_add(&v->result->checks, what, BATON_IDENTICAL, err,
                             "%zu run%s, %" PRIu64 " elements equal in every bit", outcome->runs,
                             bt_plural(outcome->runs), outcome->compared);
    return bt_checks_add(&v->result->checks, what, outcome->verdict, err,
                         "%zu run%s, %" PRIu64 " of %" PRIu64 " elements differ", outcome->runs,
                         bt_plural(outcome->runs), outcome->different, outcome->compared);
}

static baton_status run_level(struct bt_verifier *v, enum bt_isa isa, unsigned threads,
                              struct baton_error *err)
{
    struct bt_session_options options = {.isa = isa, .threads = threads};
    struct bt_session *session = NULL;
    struct setting s = {isa, threads, false};
    struct outcome whole = {0};
    struct outcome rows = {0};
    BT_TRY(bt_session_new(&v->loaded.model, &options, &session, err));
    baton_status status = run_setting(v, &s, session, &whole, err);
    if (status == BATON_OK)
        status = report_setting(v, &s, &whole, err);
    s.by_row = true;
    if (status == BATON_OK)
        status = run_setting(v, &s, session, &rows, err);
    if (status == BATON_OK && rows.runs)
        status = report_setting(v, &s, &rows, err);
    bt_session_free(session);
    return status;
}

/* ---- all of it ---- */

static baton_status run_all_threads(struct bt_verifier *v, enum bt_isa isa, struct baton_error *err)
{
    const unsigned defaults[] = {1, (unsigned)bt_max(2, bt_usable_cpus())};
    const unsigned *threads = v->options->threads ? v->options->threads : defaults;
    size_t count = v->options->threads ? v->options->thread_count : 2;
    for (size_t i = 0; i < count; i++)
        BT_TRY(run_level(v, isa, threads[i], err));
    return BATON_OK;
}

baton_status bt_verify_golden(struct bt_verifier *v, struct baton_error *err)
{
    if (v->golden.count == 0)
        return bt_checks_add(&v->result->checks, "golden cases", BATON_CANNOT_TELL, err,
                             "the bundle has none, so predictions cannot be compared");
    /* The best level first: it is the one that will serve. */
    for (int isa = BT_ISA_COUNT - 1; isa >= 0 && !v->options->isas; isa--)
        if (bt_isa_usable((enum bt_isa)isa))
            BT_TRY(run_all_threads(v, (enum bt_isa)isa, err));
    for (size_t i = 0; v->options->isas && i < v->options->isa_count; i++)
        BT_TRY(run_all_threads(v, v->options->isas[i], err));
    if (v->result->difference.found)
        bt_verify_name_node(v);
    return BATON_OK;
}
