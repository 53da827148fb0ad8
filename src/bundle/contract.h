/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_CONTRACT_H
#define BT_BUNDLE_CONTRACT_H
/*
 * What "the same" means for one bundle: the arithmetic, a rule of comparison for each output, and
 * bounds for metrics. docs/formats/contract.md is normative.
 *
 *     {"engine":"exact","format":"baton/contract/1","metrics":{"accuracy":"0x1.ccccccccccccdp-1"},
 *      "numerics":"exact/1","outputs":{"label":"bits","probabilities":"ulp:2"}}
 *
 * A bound is a minimum where larger is better and a maximum where smaller is. In the stored form
 * numbers are hexadecimal-float strings; a person's file may write them as JSON numbers.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "bundle/loaded.h"
#include "codec/json.h"
#include "data/metric.h"
#include "tensor/compare.h"

struct bt_contract_output {
    const char *name;
    struct bt_rule rule;
};

struct bt_contract {
    const char *numerics;
    struct bt_contract_output *outputs; /* in the order of the graph's outputs */
    size_t output_count;
    bool gated[BT_METRIC_COUNT];
    double bound[BT_METRIC_COUNT];
};

/* Every output of `ports` by `bits`, no bounds. */
BT_CHECK baton_status bt_contract_default(struct bt_ports ports, struct bt_arena *arena,
                                          struct bt_contract *ret, struct baton_error *err);
/* The stored form, all of it: every member, and a rule for each of `outputs`. */
BT_CHECK baton_status bt_contract_parse(struct bt_bytes json, struct bt_ports outputs,
                                        struct bt_arena *arena, struct bt_contract *ret,
                                        struct baton_error *err);
/* The contract of a bundle whose model is loaded. */
BT_CHECK baton_status bt_contract_read(const struct bt_bundle *bundle,
                                       const struct bt_loaded *loaded, struct bt_arena *arena,
                                       struct bt_contract *ret, struct baton_error *err);
/* Change `contract` (made by one of the functions above) as a JSON document says, which may leave
 * out what stays as it is. */
BT_CHECK baton_status bt_contract_apply_json(struct bt_bytes json, const char *what,
                                             struct bt_contract *contract, struct baton_error *err);
/* OUTPUT=RULE and METRIC=NUMBER, as on the command line. */
BT_CHECK baton_status bt_contract_apply_rule(const char *text, struct bt_contract *contract,
                                             struct baton_error *err);
BT_CHECK baton_status bt_contract_apply_gate(const char *text, struct bt_contract *contract,
                                             struct baton_error *err);
/* As the next value of a writer; canonical order only where the outputs' names happen to be. */
void bt_contract_put(const struct bt_contract *contract, struct bt_json_writer *w);
/* The stored form. */
BT_CHECK baton_status bt_contract_format(const struct bt_contract *contract, struct bt_buf *out,
                                         struct baton_error *err);
const struct bt_rule *bt_contract_rule(const struct bt_contract *contract, const char *output);
/* Whether `metrics` keep the bounds; the first that does not is named. A metric that is bounded but
 * not known breaks its bound. */
bool bt_contract_metrics_hold(const struct bt_contract *contract, const struct bt_metrics *metrics,
                              enum bt_metric *ret_first);

/* "0x1.8p+0": the one written form of a binary64 in everything that is signed or hashed. */
#define BT_HEX_FLOAT_MAX 32
void bt_hex_float_format(double value, char text[BT_HEX_FLOAT_MAX]);

#endif
