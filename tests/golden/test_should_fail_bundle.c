/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle is made of, and the Open Inference Protocol: nothing in
 * tests/golden/should-fail/<format>/ is accepted. */
#include "unit/should_fail.h"

#include "bundle/metrics.h"
#include "bundle/trace.h"
#include "data/oip.h"

static const struct bt_port inputs[] = {
    {.name = "x",
     .type = {.is_tensor = true,
              .has_shape = true,
              .dtype = BT_F32,
              .rank = 2,
              .dims = {BT_DIM_UNKNOWN, 4}}},
};
static const struct bt_port outputs[] = {
    {.name = "label",
     .type = {.is_tensor = true,
              .has_shape = true,
              .dtype = BT_I64,
              .rank = 1,
              .dims = {BT_DIM_UNKNOWN}}},
    {.name = "probabilities",
     .type = {.is_tensor = true,
              .has_shape = true,
              .dtype = BT_F32,
              .rank = 2,
              .dims = {BT_DIM_UNKNOWN, 3}}},
};

static baton_status read_oip(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    return bt_oip_parse(bytes, what, &values, err);
}

static baton_status read_contract(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_contract contract;
    (void)what;
    return bt_contract_parse(bytes, (struct bt_ports){outputs, 2}, &arena, &contract, err);
}

static baton_status read_bundle(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    if (strncmp(what, "configuration-", 14) == 0)
        return bt_bundle_parse_config(bytes, &bundle, err);
    return bt_bundle_parse_manifest(bytes, &bundle, err);
}

static baton_status read_trace(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_TRACE trace = BT_TRACE_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(bytes, what, NULL, &arena, &root, err));
    return bt_trace_parse(root, &trace, err);
}

static baton_status read_metrics(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_metrics metrics;
    return bt_metrics_parse(bytes, what, &metrics, err);
}

static baton_status read_golden(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_GOLDEN golden = BT_GOLDEN_INIT;
    (void)what;
    return bt_golden_parse(bytes, (struct bt_ports){inputs, 1}, (struct bt_ports){outputs, 2},
                           &golden, err);
}

static const struct {
    const char *folder;
    const char *suffix;
    should_fail_reader *read;
} formats[] = {
    {"bundle", "json", read_bundle}, {"contract", "json", read_contract},
    {"golden", "npz", read_golden},  {"metrics", "json", read_metrics},
    {"oip", "json", read_oip},       {"trace", "json", read_trace},
};

static void what_breaks_a_format_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        should_fail_folder(formats[i].folder, formats[i].suffix, formats[i].read);
}

UNIT_MAIN(cmocka_unit_test(what_breaks_a_format_is_refused))
