/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/metrics.h"

#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "data/npz_values.h"

#define FORMAT "baton/metrics/1"
#define LABEL "label"
#define INPUT "input/"

void bt_labelled_release(struct bt_labelled *labelled)
{
    bt_values_release(&labelled->inputs);
    bt_tensor_release(&labelled->labels);
}

/* ---- the labelled rows ---- */

baton_status bt_labelled_format(const struct bt_labelled *labelled, struct bt_buf *out,
                                struct baton_error *err)
{
    BT_AUTO_VALUES all = BT_VALUES_INIT;
    BT_AUTO_VALUE label = {.kind = BT_VALUE_TENSOR, .tensor = bt_tensor_ref(&labelled->labels)};
    BT_TRY(bt_values_add_prefixed(&all, INPUT, &labelled->inputs, err));
    BT_TRY(bt_values_add(&all, LABEL, &label, err));
    return bt_values_format_npz(&all, out, err);
}

baton_status bt_labelled_parse(struct bt_bytes npz, struct bt_ports inputs, struct bt_labelled *ret,
                               struct baton_error *err)
{
    BT_AUTO_LABELLED labelled = BT_LABELLED_INIT;
    BT_AUTO_VALUES all = BT_VALUES_INIT;
    BT_TRY(bt_values_parse_npz(npz, BT_PART_LABELLED, &all, err));
    const struct bt_value *label = bt_values_find(&all, LABEL);
    if (!label || label->kind != BT_VALUE_TENSOR)
        return bt_fail(err, BATON_ERR_INVALID, "%s has no array \"%s\"", BT_PART_LABELLED, LABEL);
    labelled.labels = bt_tensor_ref(&label->tensor);
    BT_TRY(bt_values_take_prefixed(&all, INPUT, &labelled.inputs, err));
    BT_TRY(bt_values_bind(&labelled.inputs, inputs, BT_BIND_STORED, BT_PART_LABELLED, err));
    *ret = labelled;
    labelled = (struct bt_labelled)BT_LABELLED_INIT;
    return BATON_OK;
}

baton_status bt_metrics_measure(const struct bt_loaded *loaded, struct bt_session *session,
                                const struct bt_labelled *labelled, struct bt_metrics *ret,
                                struct baton_error *err)
{
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    BT_TRY(bt_loaded_run(loaded, session, &labelled->inputs, NULL, &outputs, err));
    return bt_metrics_compute(&labelled->labels, &outputs, ret, err);
}

/* ---- the values ---- */

static void put_values(struct bt_json_writer *w, const struct bt_metrics *metrics)
{
    /* In the alphabetical order of the canonical form. */
    static const enum bt_metric order[] = {BT_METRIC_ACCURACY, BT_METRIC_BALANCED_ACCURACY,
                                           BT_METRIC_F1,       BT_METRIC_LOG_LOSS,
                                           BT_METRIC_MAE,      BT_METRIC_R2,
                                           BT_METRIC_RMSE,     BT_METRIC_ROC_AUC};
    bt_json_begin_object(w);
    for (size_t i = 0; i < BT_METRIC_COUNT; i++) {
        char text[BT_HEX_FLOAT_MAX];
        if (!metrics->known[order[i]])
            continue;
        bt_hex_float_format(metrics->value[order[i]], text);
        bt_json_member_str(w, bt_metric_name(order[i]), text);
    }
    bt_json_end_object(w);
}

void bt_metrics_put(const struct bt_metrics *metrics, struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    for (int i = 0; i < BT_METRIC_COUNT; i++) {
        if (!metrics->known[i])
            continue;
        bt_json_key(w, bt_metric_name((enum bt_metric)i));
        bt_json_put_f64(w, metrics->value[i]);
    }
    bt_json_member_u64(w, "rows", metrics->rows);
    bt_json_end_object(w);
}

baton_status bt_metrics_format(const struct bt_metrics *metrics, struct bt_buf *out,
                               struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "format", FORMAT);
    bt_json_member_u64(&w, "rows", metrics->rows);
    bt_json_key(&w, "values");
    put_values(&w, metrics);
    bt_json_end_object(&w);
    return bt_buf_finish(out, "the metrics", err);
}

/* Only the one written form: what is hashed has no other spelling. */
static bool hex_float_parse(struct bt_bytes text, double *ret)
{
    char again[BT_HEX_FLOAT_MAX];
    if (!bt_f64_parse(text, ret))
        return false;
    bt_hex_float_format(*ret, again);
    return bt_bytes_equal(text, bt_bytes_of(again));
}

static baton_status parse_values(const struct bt_json *values, struct bt_metrics *metrics,
                                 struct baton_error *err)
{
    for (int i = 0; i < BT_METRIC_COUNT; i++) {
        const struct bt_json *found = bt_json_find(values, bt_metric_name((enum bt_metric)i));
        if (!found)
            continue;
        if (found->kind != BT_JSON_STRING || !hex_float_parse(found->text, &metrics->value[i]))
            return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a hexadecimal float",
                           bt_metric_name((enum bt_metric)i));
        metrics->known[i] = true;
    }
    return BATON_OK;
}

static baton_status parse_root(const struct bt_json *root, struct bt_metrics *ret,
                               struct baton_error *err)
{
    struct bt_metrics metrics = {0};
    const struct bt_json *rows = NULL;
    const struct bt_json *values = NULL;
    const struct bt_json *format = bt_json_find(root, "format");
    if (!format || !bt_json_is_str(format, FORMAT))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "\"format\" is not \"%s\"", FORMAT);
    BT_TRY(bt_json_need(root, "rows", BT_JSON_NUMBER, &rows, err));
    BT_TRY(bt_json_u64(rows, &metrics.rows, err));
    BT_TRY(bt_json_need(root, "values", BT_JSON_OBJECT, &values, err));
    BT_TRY(parse_values(values, &metrics, err));
    *ret = metrics;
    return BATON_OK;
}

baton_status bt_metrics_parse(struct bt_bytes json, const char *what, struct bt_metrics *ret,
                              struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(json, what, NULL, &arena, &root, err));
    baton_status status = parse_root(root, ret, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "%s", what);
    return status;
}

baton_status bt_metrics_read(const struct bt_bundle *bundle, struct bt_metrics *ret,
                             struct baton_error *err)
{
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    if (!bt_bundle_find(bundle, BT_PART_METRICS))
        return BATON_OK;
    BT_TRY(bt_bundle_read(bundle, BT_PART_METRICS, &blob, err));
    return bt_metrics_parse(blob.bytes, BT_PART_METRICS, ret, err);
}

/* ---- verification ---- */

static baton_status measure_again(struct bt_verifier *v, struct bt_metrics *ret_stored,
                                  struct bt_metrics *ret_ours, struct baton_error *err)
{
    BT_AUTO_BLOB values = BT_BLOB_INIT;
    BT_AUTO_BLOB rows = BT_BLOB_INIT;
    BT_AUTO_LABELLED labelled = BT_LABELLED_INIT;
    struct bt_session_options options = {.isa = bt_isa_best()};
    struct bt_session *session = NULL;
    BT_TRY(bt_bundle_read(v->reference, BT_PART_METRICS, &values, err));
    BT_TRY(bt_bundle_read(v->reference, BT_PART_LABELLED, &rows, err));
    BT_TRY(bt_metrics_parse(values.bytes, BT_PART_METRICS, ret_stored, err));
    BT_TRY(bt_labelled_parse(rows.bytes, bt_loaded_inputs(&v->loaded), &labelled, err));
    if (v->options->isas && v->options->isa_count)
        options.isa = v->options->isas[0];
    BT_TRY(bt_session_new(&v->loaded.model, &options, &session, err));
    baton_status status = bt_metrics_measure(&v->loaded, session, &labelled, ret_ours, err);
    bt_session_free(session);
    return status;
}

static bool same_metric(const struct bt_metrics *a, const struct bt_metrics *b, int i)
{
    return a->known[i] == b->known[i] &&
           (!a->known[i] || bt_bits_equal(&a->value[i], &b->value[i], sizeof a->value[i]));
}

static baton_status report_metric(struct bt_verifier *v, const struct bt_metrics *stored,
                                  const struct bt_metrics *ours, int i, struct baton_error *err)
{
    char what[64];
    char before[BT_NUMBER_TEXT_MAX];
    char now[BT_NUMBER_TEXT_MAX];
    if (!stored->known[i] && !ours->known[i])
        return BATON_OK;
    (void)snprintf(what, sizeof what, "metric %s", bt_metric_name((enum bt_metric)i));
    (void)bt_f64_format(stored->value[i], before);
    (void)bt_f64_format(ours->value[i], now);
    if (same_metric(stored, ours, i))
        return bt_checks_add(&v->result->checks, what, BATON_IDENTICAL, err, "%s over %llu rows",
                             now, (unsigned long long)ours->rows);
    return bt_checks_add(&v->result->checks, what, BATON_DIFFERS, err, "%s here, %s when packed",
                         now, before);
}

static baton_status report_rows(struct bt_verifier *v, const struct bt_metrics *stored,
                                const struct bt_metrics *ours, struct baton_error *err)
{
    if (stored->rows == ours->rows)
        return BATON_OK;
    return bt_checks_add(&v->result->checks, "labelled rows", BATON_DIFFERS, err,
                         "%llu here, %llu when packed", (unsigned long long)ours->rows,
                         (unsigned long long)stored->rows);
}

baton_status bt_verify_metrics(struct bt_verifier *v, struct baton_error *err)
{
    struct bt_metrics stored = {0};
    struct bt_metrics ours = {0};
    enum bt_metric broken = BT_METRIC_COUNT;
    if (!bt_bundle_find(v->reference, BT_PART_METRICS))
        return BATON_OK;
    BT_TRY(measure_again(v, &stored, &ours, err));
    BT_TRY(report_rows(v, &stored, &ours, err));
    for (int i = 0; i < BT_METRIC_COUNT; i++)
        BT_TRY(report_metric(v, &stored, &ours, i, err));
    if (bt_contract_metrics_hold(&v->contract, &ours, &broken))
        return BATON_OK;
    return bt_checks_add(&v->result->checks, "metric bounds", BATON_DIFFERS, err,
                         "%s does not keep the bound of the contract", bt_metric_name(broken));
}
