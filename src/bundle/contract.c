/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "codec/text/rule.h"
#include "engine/engine.h"

#define FORMAT "baton/contract/1"

void bt_hex_float_format(double value, char text[BT_HEX_FLOAT_MAX])
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const char *sign = bits >> 63 ? "-" : "";
    int biased = (int)((bits >> 52) & 0x7FF);
    uint64_t fraction = bits & UINT64_C(0xFFFFFFFFFFFFF);
    if (biased == 0x7FF) {
        (void)snprintf(text, BT_HEX_FLOAT_MAX, "%s", fraction ? "nan" : *sign ? "-inf" : "inf");
        return;
    }
    if (biased == 0 && fraction == 0) {
        (void)snprintf(text, BT_HEX_FLOAT_MAX, "%s0x0p+0", sign);
        return;
    }
    /* 13 hexadecimal digits of fraction without the zeros at the end. */
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%013" PRIx64, fraction);
    int kept = 13;
    while (kept > 0 && digits[kept - 1] == '0')
        kept--;
    (void)snprintf(text, BT_HEX_FLOAT_MAX, "%s0x%d%s%.*sp%+d", sign, biased != 0, kept ? "." : "",
                   kept, digits, (biased ? biased : 1) - 1023);
}

baton_status bt_contract_default(struct bt_ports ports, struct bt_arena *arena,
                                 struct bt_contract *ret, struct baton_error *err)
{
    struct bt_contract contract = {.numerics = BT_NUMERICS_VERSION, .output_count = ports.count};
    contract.outputs = bt_arena_calloc(arena, ports.count, sizeof *contract.outputs);
    if (!contract.outputs)
        return bt_fail_no_memory(err, "the contract");
    for (size_t i = 0; i < ports.count; i++) {
        contract.outputs[i].name =
            bt_arena_strndup(arena, ports.ports[i].name, strlen(ports.ports[i].name));
        if (!contract.outputs[i].name)
            return bt_fail_no_memory(err, "the contract");
    }
    *ret = contract;
    return BATON_OK;
}

static struct bt_contract_output *find_output(const struct bt_contract *contract, const char *name,
                                              size_t len)
{
    for (size_t i = 0; i < contract->output_count; i++)
        if (strlen(contract->outputs[i].name) == len &&
            memcmp(contract->outputs[i].name, name, len) == 0)
            return &contract->outputs[i];
    return NULL;
}

const struct bt_rule *bt_contract_rule(const struct bt_contract *contract, const char *output)
{
    static const struct bt_rule bits = BT_RULE_INIT;
    const struct bt_contract_output *found = find_output(contract, output, strlen(output));
    return found ? &found->rule : &bits;
}

static baton_status set_rule(struct bt_contract *contract, const char *name, size_t len,
                             const char *rule, struct baton_error *err)
{
    struct bt_contract_output *output = find_output(contract, name, len);
    if (!output)
        return bt_fail(err, BATON_ERR_INVALID,
                       "\"%.*s\" is not an output of the model (first: "
                       "\"%s\")",
                       (int)len, name, contract->output_count ? contract->outputs[0].name : "");
    return bt_rule_parse(rule, &output->rule, err);
}

static baton_status set_gate(struct bt_contract *contract, const char *name, double bound,
                             struct baton_error *err)
{
    enum bt_metric metric = bt_metric_find(name);
    if (metric == BT_METRIC_COUNT)
        return bt_fail(err, BATON_ERR_USAGE,
                       "\"%s\" is not a metric: expected accuracy, balanced_accuracy, f1, roc_auc, "
                       "log_loss, rmse, mae or r2",
                       name);
    if (__builtin_isnan(bound))
        return bt_fail(err, BATON_ERR_USAGE, "the bound of %s is not a number", name);
    contract->gated[metric] = true;
    contract->bound[metric] = bound;
    return BATON_OK;
}

baton_status bt_contract_apply_rule(const char *text, struct bt_contract *contract,
                                    struct baton_error *err)
{
    const char *equals = strrchr(text, '=');
    if (!equals)
        return bt_fail(err, BATON_ERR_USAGE, "\"%s\": expected OUTPUT=RULE", text);
    return set_rule(contract, text, (size_t)(equals - text), equals + 1, err);
}

baton_status bt_contract_apply_gate(const char *text, struct bt_contract *contract,
                                    struct baton_error *err)
{
    const char *equals = strchr(text, '=');
    char name[64];
    double bound = 0;
    if (!equals || (size_t)(equals - text) >= sizeof name ||
        !bt_f64_parse(bt_bytes_of(equals + 1), &bound))
        return bt_fail(err, BATON_ERR_USAGE, "\"%s\": expected METRIC=NUMBER", text);
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    return set_gate(contract, name, bound, err);
}

/* ---- JSON ---- */

/* NULL when a NUL would hide what comes after it, or there is no memory. */
static const char *c_string(struct bt_bytes text, struct bt_arena *arena)
{
    if (text.len && memchr(text.ptr, 0, text.len))
        return NULL;
    return bt_arena_strndup(arena, (const char *)text.ptr, text.len);
}

/* A bad rule on the command line is wrong usage; in a document it is a bad document. */
static baton_status in_document(baton_status status, struct baton_error *err)
{
    if (status != BATON_ERR_USAGE)
        return status;
    if (err)
        err->status = BATON_ERR_INVALID;
    return BATON_ERR_INVALID;
}

static baton_status apply_outputs(const struct bt_json *outputs, struct bt_arena *arena,
                                  struct bt_contract *contract, struct baton_error *err)
{
    for (size_t i = 0; outputs && i < outputs->count; i++) {
        const struct bt_json *item = &outputs->items[i];
        const char *rule = item->kind == BT_JSON_STRING ? c_string(item->text, arena) : NULL;
        if (!rule)
            return bt_fail(err, BATON_ERR_INVALID, "outputs: \"%.*s\": the rule must be a string",
                           (int)item->key.len, (const char *)item->key.ptr);
        BT_TRY(in_document(
            set_rule(contract, (const char *)item->key.ptr, item->key.len, rule, err), err));
    }
    return BATON_OK;
}

static baton_status apply_metrics(const struct bt_json *metrics, struct bt_arena *arena,
                                  struct bt_contract *contract, struct baton_error *err)
{
    for (size_t i = 0; metrics && i < metrics->count; i++) {
        const struct bt_json *item = &metrics->items[i];
        const char *name = c_string(item->key, arena);
        double bound = 0;
        bool good = item->kind == BT_JSON_STRING || item->kind == BT_JSON_NUMBER;
        if (!good || !name || !bt_f64_parse(item->text, &bound))
            return bt_fail(err, BATON_ERR_INVALID, "metrics: \"%.*s\": the bound must be a number",
                           (int)item->key.len, (const char *)item->key.ptr);
        BT_TRY(in_document(set_gate(contract, name, bound, err), err));
    }
    return BATON_OK;
}

static baton_status want(const struct bt_json *root, const char *key, const char *value,
                         struct baton_error *err)
{
    const struct bt_json *found = bt_json_find(root, key);
    if (!found || bt_json_is_str(found, value))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "\"%s\" is \"%.*s\": this baton knows \"%s\"; a newer one may know it", key,
                   (int)found->text.len, (const char *)found->text.ptr, value);
}

static baton_status optional_object(const struct bt_json *root, const char *key,
                                    const struct bt_json **ret, struct baton_error *err)
{
    const struct bt_json *found = bt_json_find(root, key);
    if (found && found->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" must be an object", key);
    *ret = found;
    return BATON_OK;
}

static const char *const keys[] = {"engine", "format", "metrics", "numerics", "outputs", NULL};

static baton_status apply_root(const struct bt_json *root, struct bt_arena *arena,
                               struct bt_contract *contract, struct baton_error *err)
{
    const struct bt_json *outputs = NULL;
    const struct bt_json *metrics = NULL;
    BT_TRY(bt_json_only(root, keys, err));
    BT_TRY(want(root, "format", FORMAT, err));
    BT_TRY(want(root, "engine", "exact", err));
    BT_TRY(want(root, "numerics", BT_NUMERICS_VERSION, err));
    BT_TRY(optional_object(root, "outputs", &outputs, err));
    BT_TRY(optional_object(root, "metrics", &metrics, err));
    BT_TRY(apply_outputs(outputs, arena, contract, err));
    return apply_metrics(metrics, arena, contract, err);
}

/* Of the stored form nothing may be missing: what an absent member meant when it was packed would
 * be for each later version to guess. */
static baton_status need_all(const struct bt_json *root, const struct bt_contract *contract,
                             struct baton_error *err)
{
    const struct bt_json *outputs = bt_json_find(root, "outputs");
    for (const char *const *key = keys; *key; key++)
        if (!bt_json_find(root, *key))
            return bt_fail(err, BATON_ERR_INVALID, "the contract lacks \"%s\"", *key);
    for (size_t i = 0; i < contract->output_count; i++)
        if (!bt_json_find(outputs, contract->outputs[i].name))
            return bt_fail(err, BATON_ERR_INVALID, "the contract has no rule for output \"%s\"",
                           contract->outputs[i].name);
    return BATON_OK;
}

static baton_status apply_bytes(struct bt_bytes json, const char *what, bool whole,
                                struct bt_contract *contract, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(json, what, NULL, &arena, &root, err));
    baton_status status = apply_root(root, &arena, contract, err);
    if (status == BATON_OK && whole)
        status = need_all(root, contract, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "%s", what);
    return status;
}

baton_status bt_contract_apply_json(struct bt_bytes json, const char *what,
                                    struct bt_contract *contract, struct baton_error *err)
{
    return apply_bytes(json, what, false, contract, err);
}

baton_status bt_contract_parse(struct bt_bytes json, struct bt_ports outputs,
                               struct bt_arena *arena, struct bt_contract *ret,
                               struct baton_error *err)
{
    struct bt_contract contract;
    BT_TRY(bt_contract_default(outputs, arena, &contract, err));
    BT_TRY(apply_bytes(json, BT_PART_CONTRACT, true, &contract, err));
    *ret = contract;
    return BATON_OK;
}

baton_status bt_contract_read(const struct bt_bundle *bundle, const struct bt_loaded *loaded,
                              struct bt_arena *arena, struct bt_contract *ret,
                              struct baton_error *err)
{
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    BT_TRY(bt_bundle_read(bundle, BT_PART_CONTRACT, &blob, err));
    return bt_contract_parse(blob.bytes, bt_loaded_outputs(loaded), arena, ret, err);
}

static void put_outputs(struct bt_json_writer *w, const struct bt_contract *contract)
{
    bt_json_begin_object(w);
    for (size_t i = 0; i < contract->output_count; i++) {
        BT_AUTO_BUF rule = BT_BUF_INIT(128);
        bt_rule_format(&contract->outputs[i].rule, &rule);
        bt_json_key(w, contract->outputs[i].name);
        bt_json_put_buf(w, &rule);
    }
    bt_json_end_object(w);
}

static void put_metrics(struct bt_json_writer *w, const struct bt_contract *contract)
{
    bt_json_begin_object(w);
    for (int i = 0; i < BT_METRIC_COUNT; i++) {
        char text[BT_HEX_FLOAT_MAX];
        if (!contract->gated[i])
            continue;
        bt_hex_float_format(contract->bound[i], text);
        bt_json_member_str(w, bt_metric_name((enum bt_metric)i), text);
    }
    bt_json_end_object(w);
}

void bt_contract_put(const struct bt_contract *contract, struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    bt_json_member_str(w, "engine", "exact");
    bt_json_member_str(w, "format", FORMAT);
    bt_json_key(w, "metrics");
    put_metrics(w, contract);
    bt_json_member_str(w, "numerics", contract->numerics);
    bt_json_key(w, "outputs");
    put_outputs(w, contract);
    bt_json_end_object(w);
}

/* Names come in any order, so the canonical form is made from the parsed document. */
baton_status bt_contract_format(const struct bt_contract *contract, struct bt_buf *out,
                                struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF draft = BT_BUF_INIT((size_t)1 << 24);
    const struct bt_json *root = NULL;
    struct bt_json_writer w = bt_json_writer(&draft, 0);
    bt_contract_put(contract, &w);
    BT_TRY(bt_buf_finish(&draft, "the contract", err));
    BT_TRY(bt_json_parse(bt_buf_bytes(&draft), "contract", NULL, &arena, &root, err));
    return bt_json_canonical(root, out, err);
}

bool bt_contract_metrics_hold(const struct bt_contract *contract, const struct bt_metrics *metrics,
                              enum bt_metric *ret_first)
{
    for (int i = 0; i < BT_METRIC_COUNT; i++) {
        enum bt_metric metric = (enum bt_metric)i;
        double value = metrics->value[i];
        double bound = contract->bound[i];
        bool holds = metrics->known[i] &&
                     (bt_metric_larger_is_better(metric) ? value >= bound : value <= bound);
        if (!contract->gated[i] || holds)
            continue;
        *ret_first = metric;
        return false;
    }
    return true;
}
