/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/identity.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"name", "NAME", "the model's name (required)", false},
    {"golden", "FILE", "inputs of a golden case (.npz .npy .csv .safetensors .json, ONNX folder)",
     true},
    {"expect", "FILE", "what the training framework gave for it, in the same order", true},
    {"fidelity", "RULE", "how close the exact engine must be to it (abs:1e-05,rel:0.0001)", false},
    {"random-golden", "N", "N golden cases made from the model's signature", false},
    {"seed", "N", "the first seed of those (0)", false},
    {"contract", "FILE", "what \"the same\" means, as JSON", false},
    {"same", "OUTPUT=RULE", "bits, ulp:N, abs:A,rel:R, argmax or topk:K for one output", true},
    {"gate", "METRIC=BOUND", "refuse unless the metric keeps the bound", true},
    {"labelled", "FILE", "labelled rows to measure metrics on", false},
    {"label", "COLUMN", "where the truth is in them (label)", false},
    {"ignore", "COLUMNS", "CSV columns that are no inputs, with commas between", false},
    {"doc", "FILE", "carry a document along", true},
    {"code", "FILE", "carry code along", true},
    {"data", "FILE", "carry data along", true},
    {"parent", "REF", "a version that this one was made from", true},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static void show_fidelity(struct shown_report *shown, const struct bt_json *row)
{
    const char *output = report_str(shown, row, "output");
    const struct bt_json *label = bt_json_find(row, "label");
    if (report_u64(row, "elements") == 0)
        return;
    if (label && label->kind == BT_JSON_TRUE)
        printf("  %-20s %s of %s labels changed\n", output, report_str(shown, row, "changed"),
               report_str(shown, row, "elements"));
    else
        printf("  %-20s at most %s ulps, %.3g absolute, %.3g relative\n", output,
               report_str(shown, row, "ulpsMax"), report_f64(row, "absMax"),
               report_f64(row, "relMax"));
}

static void show_metrics(struct shown_report *shown, const struct bt_json *metrics)
{
    printf("Measured on %s labelled rows:\n", report_str(shown, metrics, "rows"));
    for (size_t i = 0; i < metrics->count; i++) {
        const struct bt_json *item = &metrics->items[i];
        if (item->key.len == 4 && memcmp(item->key.ptr, "rows", 4) == 0)
            continue;
        printf("  %-20.*s %.*s\n", (int)item->key.len, (const char *)item->key.ptr,
               (int)item->text.len, (const char *)item->text.ptr);
    }
}

static void show(struct args *args, struct shown_report *shown)
{
    char size[32];
    const struct bt_json *fidelity = report_list(shown->root, "fidelity");
    format_bytes(report_u64(shown->root, "bytes"), size);
    uint64_t parts = report_u64(shown->root, "parts");
    uint64_t cases = report_u64(shown->root, "golden");
    printf("%s  %s\n%" PRIu64 " part%s, %s, %" PRIu64 " golden case%s\n",
           report_str(shown, shown->root, "ref"), report_str(shown, shown->root, "digest"), parts,
           bt_plural(parts), size, cases, bt_plural(cases));
    if (fidelity->count)
        puts("The exact engine against the training framework:");
    for (size_t i = 0; i < fidelity->count; i++)
        show_fidelity(shown, &fidelity->items[i]);
    if (bt_json_find(shown->root, "metrics"))
        show_metrics(shown, bt_json_find(shown->root, "metrics"));
}

static int read_options(struct args *args, struct baton_pack_options *o)
{
    uint64_t cases = 0;
    int code = args_u64(args, "random-golden", 0, 1000, &cases);
    if (!code)
        code = args_u64(args, "seed", 0, INT64_MAX, &o->random_seed);
    if (code)
        return code;
    o->random_cases = (size_t)cases;
    o->name = args_str(args, "name");
    o->golden = args_list(args, "golden");
    o->expect = args_list(args, "expect");
    o->fidelity = args_str(args, "fidelity");
    o->contract = args_str(args, "contract");
    o->same = args_list(args, "same");
    o->gates = args_list(args, "gate");
    o->labelled = args_str(args, "labelled");
    o->label = args_str(args, "label");
    o->ignore = args_str(args, "ignore");
    o->docs = args_list(args, "doc");
    o->code = args_list(args, "code");
    o->data = args_list(args, "data");
    o->parents = args_list(args, "parent");
    o->progress = progress_start();
    return o->name ? 0 : usage_error(args->command, "--name is missing");
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_pack_options o = BATON_PACK_OPTIONS_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    struct baton_identity who = identity_of(args);
    o.who = &who;
    int code = read_options(args, &o);
    if (!code)
        code = open_store(args, &store);
    if (code)
        return code;
    if (baton_pack(store, args->operands[0], &o, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_pack = {
    .name = "pack",
    .operands = "MODEL",
    .summary = "Make a bundle of a model, its golden cases and its contract",
    .details =
        "MODEL is an ONNX file (external data beside it is taken along), or weights alone as\n"
        ".safetensors. The golden cases are run here by the exact engine; its outputs are what\n"
        "`baton verify` compares with, bit for bit, on any other machine. With --expect the\n"
        "engine's outputs are first compared with the training framework's, and the bundle is\n"
        "refused when they are further apart than --fidelity allows.\n\n"
        "The same inputs give the same digest, whoever packs them, wherever and whenever. In a\n"
        "store with a ledger you sign that this bundle is the model's next version.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton pack credit.onnx --name credit --golden cases.csv --expect expected.csv\n"
                "  baton pack net.onnx --name faces --random-golden 2\n"
                "  baton pack credit.onnx --name credit --golden cases.npz \\\n"
                "      --labelled test.csv --label defaulted --gate accuracy=0.75\n",
};
