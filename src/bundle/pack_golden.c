/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "bundle/pack_int.h"
#include "bundle/trace.h"
#include "codec/text/element.h"
#include "codec/text/rule.h"
#include "data/read.h"

/* ---- what the framework said ---- */

static struct bt_rule rule_for(const struct bt_tensor *expected, const struct bt_rule *fidelity)
{
    static const struct bt_rule bits = BT_RULE_INIT;
    return bt_dtype_is_float(expected->dtype) ? *fidelity : bits;
}

static baton_status outside_fidelity(const struct bt_pair *pair, const struct bt_comparison *c,
                                     const struct bt_rule *rule, struct baton_error *err)
{
    const struct bt_tensor *ours = NULL;
    const struct bt_tensor *theirs = NULL;
    BT_AUTO_BUF text = BT_BUF_INIT(1024);
    if (!bt_pair_elements(pair, c, &ours, &theirs))
        return bt_fail(err, BATON_ERR_REFUSED,
                       "case %zu, output \"%s\": type or shape is not what was expected",
                       pair->case_index, pair->output);
    bt_position_format(ours, (size_t)c->first_outside, &text);
    bt_buf_put_str(&text, ": the exact engine gives ");
    bt_element_format(ours, (size_t)c->first_outside, &text);
    bt_buf_put_str(&text, ", expected ");
    bt_element_format(theirs, (size_t)c->first_outside, &text);
    bt_buf_put_str(&text, ", outside ");
    bt_rule_format(rule, &text);
    return bt_fail(err, BATON_ERR_REFUSED,
                   "case %zu, output \"%s\"%s (%" PRIu64 " of %" PRIu64
                   " elements are); loosen it with --fidelity if that is right",
                   pair->case_index, pair->output, bt_buf_str(&text), c->outside, c->elements);
}

static void widen(struct bt_fidelity *f, const struct bt_comparison *c)
{
    f->elements += c->elements;
    f->different += c->different_bits;
    f->worst.ulps_max = c->ulps_max > f->worst.ulps_max ? c->ulps_max : f->worst.ulps_max;
    f->worst.abs_max = c->abs_max > f->worst.abs_max ? c->abs_max : f->worst.abs_max;
    f->worst.rel_max = c->rel_max > f->worst.rel_max ? c->rel_max : f->worst.rel_max;
}

static baton_status start_fidelity(struct bt_packer *p, struct baton_error *err)
{
    struct bt_ports ports = bt_loaded_outputs(&p->loaded);
    if (p->result->fidelity)
        return BATON_OK;
    p->result->fidelity =
        bt_arena_calloc(&p->result->arena, ports.count, sizeof *p->result->fidelity);
    if (!p->result->fidelity)
        return bt_fail_no_memory(err, "the fidelity of the outputs");
    p->result->fidelity_count = ports.count;
    for (size_t i = 0; i < ports.count; i++) {
        const char *name = ports.ports[i].name;
        p->result->fidelity[i].output = bt_arena_strndup(&p->result->arena, name, strlen(name));
        if (!p->result->fidelity[i].output)
            return bt_fail_no_memory(err, "the fidelity of the outputs");
    }
    return BATON_OK;
}

static baton_status compare_case(struct bt_packer *p, size_t case_index,
                                 const struct bt_values *expected, struct baton_error *err)
{
    const struct bt_values *ours = &p->golden.cases[case_index].outputs;
    BT_TRY(start_fidelity(p, err));
    for (size_t i = 0; i < expected->count; i++) {
        const struct bt_value *theirs = &expected->items[i].value;
        struct bt_comparison c;
        if (theirs->kind == BT_VALUE_NONE)
            continue;
        struct bt_rule rule = rule_for(&theirs->tensor, &p->fidelity);
        bt_compare(&ours->items[i].value, theirs, &rule, &c);
        p->result->fidelity[i].is_label = !bt_dtype_is_float(theirs->tensor.dtype);
        struct bt_pair pair = {case_index, expected->items[i].name, &ours->items[i].value, theirs};
        if (!bt_comparison_within(&c))
            return outside_fidelity(&pair, &c, &rule, err);
        widen(&p->result->fidelity[i], &c);
    }
    return BATON_OK;
}

/* ---- running ---- */

static baton_status add_case(struct bt_packer *p, struct bt_values *steal_inputs,
                             struct baton_error *err)
{
    const struct bt_watcher watcher = {.progress = p->options->progress};
    struct bt_case *made = NULL;
    BT_TRY(bt_golden_add(&p->golden, &made, err));
    made->inputs = *steal_inputs;
    *steal_inputs = (struct bt_values)BT_VALUES_INIT;
    baton_status status =
        bt_loaded_run(&p->loaded, p->engine, &made->inputs, &watcher, &made->outputs, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "golden case %zu", p->golden.count - 1);
    return status;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static baton_status add_file(struct bt_packer *p, size_t i, struct baton_error *err)
{
    const char *path = p->options->golden[i];
    const char *expect = p->options->expect_count ? p->options->expect[i] : NULL;
    struct bt_read_options inputs = {
        .mode = BT_BIND_EXACT, .ignore = p->options->ignore, .label = p->options->label};
    struct bt_read_options outputs = {.mode = BT_BIND_ROUNDED, .outputs = true};
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_AUTO_VALUES expected = BT_VALUES_INIT;
    BT_TRY(bt_values_read(path, bt_loaded_inputs(&p->loaded), &inputs, &values, err));
    BT_TRY(add_case(p, &values, err));
    /* A folder of ONNX test data brings its expected outputs along. */
    if (!expect && is_folder(path))
        expect = path;
    if (!expect)
        return BATON_OK;
    BT_TRY(bt_values_read(expect, bt_loaded_outputs(&p->loaded), &outputs, &expected, err));
    return compare_case(p, p->golden.count - 1, &expected, err);
}

baton_status bt_pack_golden(struct bt_packer *p, struct baton_error *err)
{
    const struct bt_pack_options *o = p->options;
    BT_TRY(bt_rule_parse(o->fidelity ? o->fidelity : BT_FIDELITY_DEFAULT, &p->fidelity, err));
    if (o->expect_count && o->expect_count != o->golden_count)
        return bt_fail(err, BATON_ERR_USAGE, "%zu --expect for %zu --golden: give one for each",
                       o->expect_count, o->golden_count);
    for (size_t i = 0; i < o->golden_count; i++)
        BT_TRY(add_file(p, i, err));
    for (size_t i = 0; i < o->random_count; i++) {
        BT_AUTO_VALUES values = BT_VALUES_INIT;
        BT_TRY(bt_values_random(bt_loaded_inputs(&p->loaded), o->random_seed + i, 1, &values, err));
        BT_TRY(add_case(p, &values, err));
    }
    p->result->golden_count = p->golden.count;
    return BATON_OK;
}

static baton_status put_trace(struct bt_packer *p, size_t i, struct bt_json_writer *w,
                              struct baton_error *err)
{
    BT_AUTO_TRACE trace = BT_TRACE_INIT;
    struct bt_session_options options = {.isa = bt_isa_best()};
    BT_TRY(bt_trace_run(&p->loaded, &options, &p->golden.cases[i].inputs, &trace, NULL, err));
    bt_trace_put(&trace, w);
    return BATON_OK;
}

baton_status bt_pack_traces(struct bt_packer *p, struct bt_buf *out, struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, "cases");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < bt_min(p->golden.count, BT_TRACED_CASES_MAX); i++)
        BT_TRY(put_trace(p, i, &w, err));
    bt_json_end_array(&w);
    bt_json_member_str(&w, "format", "baton/traces/1");
    bt_json_end_object(&w);
    return bt_buf_finish(out, "the traces", err);
}
