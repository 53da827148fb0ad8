/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/print.h"
#include "cli/run_options.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    RUN_OPTION_SPECS,
    {"against", "FILE", "compare with an earlier trace (what --json printed)", false},
    {NULL, NULL, NULL, false},
};

static void show_node(struct shown_report *shown, const struct bt_json *node)
{
    const struct bt_json *outputs = report_list(node, "outputs");
    for (size_t i = 0; i < outputs->count; i++) {
        const struct bt_json *output = &outputs->items[i];
        printf("%5s  %-22s %.16s  %s %s\n", report_str(shown, node, "index"),
               report_str(shown, node, "op"), report_str(shown, output, "sha256"),
               report_str(shown, output, "dtype"), report_str(shown, output, "name"));
    }
}

static void show_answer(struct shown_report *shown)
{
    const struct bt_json *node = bt_json_find(shown->root, "firstDifference");
    if (node)
        printf("first diverging node: node %s (%s \"%s\")\n", report_str(shown, node, "index"),
               report_str(shown, node, "op"), report_str(shown, node, "name"));
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

static void show(struct args *args, struct shown_report *shown)
{
    if (args_str(args, "against")) {
        show_answer(shown);
        return;
    }
    const struct bt_json *nodes = report_list(bt_json_find(shown->root, "trace"), "nodes");
    for (size_t i = 0; i < nodes->count; i++)
        show_node(shown, &nodes->items[i]);
    printf("outputs  %s\n", report_str(shown, shown->root, "digest"));
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_run_options o = BATON_RUN_OPTIONS_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = read_run_options(args, &o, &store);
    if (code)
        return code;
    o.against = args_str(args, "against");
    if (baton_trace(args->operands[0], &o, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_trace = {
    .name = "trace",
    .operands = "REF|MODEL.onnx",
    .summary = "Print the digest of every intermediate value of one run",
    .details =
        "Run it on two machines with --json and compare with --against: the first node that\n"
        "differs is where their arithmetic parted.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton trace credit:3 --input case.npz --json > here.json\n"
                "  baton trace credit:3 --input case.npz --against there.json\n",
};
