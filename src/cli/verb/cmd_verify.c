/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/print.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"isa", "LEVEL", "only this instruction level (every one this machine can run)", false},
    {"threads", "N", "only this many threads (one, and one per CPU)", false},
    {"against", "REF", "the golden cases and contract of another bundle", false},
    {NULL, NULL, NULL, false},
};

static void show_difference(struct shown_report *shown, const struct bt_json *d)
{
    printf("First difference: case %s, output \"%s\"%s, %s, threads: %s\n",
           report_str(shown, d, "case"), report_str(shown, d, "output"),
           report_str(shown, d, "index"), report_str(shown, d, "isa"),
           report_str(shown, d, "threads"));
    printf("  expected %s, got %s", report_str(shown, d, "expected"), report_str(shown, d, "got"));
    if (bt_json_find(d, "ulps"))
        printf(" (%s ulps apart)", report_str(shown, d, "ulps"));
    printf("\n  %s of %s elements of this output differ\n  first diverging node: %s\n",
           report_str(shown, d, "different"), report_str(shown, d, "elements"),
           report_str(shown, d, "node"));
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *difference = bt_json_find(shown->root, "difference");
    printf("%s  %s\n", args->operands[0], report_str(shown, shown->root, "bundle"));
    print_checks(shown, report_list(shown->root, "checks"));
    if (difference && difference->kind == BT_JSON_OBJECT)
        show_difference(shown, difference);
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_verify_options o = BATON_VERIFY_OPTIONS_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    uint64_t threads = 0;
    int code = args_u64(args, "threads", 0, 256, &threads);
    if (!code)
        code = open_store(args, &store);
    if (code)
        return code;
    o.isa = args_str(args, "isa");
    o.threads = (unsigned)threads;
    o.against = args_str(args, "against");
    o.progress = progress_start();
    if (baton_verify(store, args->operands[0], &o, &report, &err) != BATON_OK) {
        code = fail(args, &err);
        /* A damaged manifest is an answer to this question, and the answer is no. */
        return err.status == BATON_ERR_CORRUPT ? EXIT_NO : code;
    }
    return print_report(args, &report, show);
}

const struct command cmd_verify = {
    .name = "verify",
    .operands = "REF",
    .summary = "Prove on this machine that a bundle predicts what it did where it was packed",
    .details =
        "Checks the digest of every part on the bytes that are used, runs every golden case at\n"
        "each instruction level and thread count, as stored and row by row, holds the stored\n"
        "traces against what the nodes compute, and measures the metrics again. The verdict is\n"
        "identical, within-contract, differs or cannot-tell; a difference is named down to the\n"
        "element and the first diverging node.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton verify credit:3\n  baton verify credit:4 --against credit:3\n"
                "  baton verify credit:3 --isa ref --threads 1 --json\n",
};
