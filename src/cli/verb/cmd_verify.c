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

static void show(struct args *args, struct shown_report *shown)
{
    printf("%s  %s\n", args->operands[0], report_str(shown, shown->root, "bundle"));
    print_checks(shown, report_list(shown->root, "checks"));
    print_difference(shown, bt_json_find(shown->root, "difference"));
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
        "element and the first diverging node.\n"
        "\n"
        "Where there is a ledger it says who signed for the version and who accepted or refused\n"
        "it. Of an alias (credit@production) the gates of the policy are asked again as they "
        "stand\n"
        "now: a refusal, a retirement or a revoked key since the promotion is a difference.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton verify credit:3\n  baton verify credit@production\n  baton verify "
                "credit:4 --against credit:3\n"
                "  baton verify credit:3 --isa ref --threads 1 --json\n",
};
