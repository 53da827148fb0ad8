/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/print.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"with-store", "PATH", "the store of B, when it is another one", false},
    {NULL, NULL, NULL, false},
};

static int show(struct args *args, const struct baton_report *report)
{
    AUTO_SHOWN shown = {0};
    int code = report_open(args, report, &shown);
    if (code)
        return code;
    printf("%s  %s\n%s  %s\n", args->operands[0], report_str(&shown, shown.root, "a"),
           args->operands[1], report_str(&shown, shown.root, "b"));
    print_checks(&shown, report_list(shown.root, "checks"));
    print_verdict(report_str(&shown, shown.root, "verdict"));
    putchar('\n');
    return 0;
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    AUTO_STORE other = NULL;
    const char *with = args_str(args, "with-store");
    int code = open_store(args, &store);
    if (code)
        return code;
    if (with && baton_store_open(with, &other, &err) != BATON_OK)
        return fail(args, &err);
    if (baton_diff(store, args->operands[0], other ? other : store, args->operands[1], &report,
                   &err) != BATON_OK)
        return fail(args, &err);
    if (args_flag(args, "json"))
        fputs(report.json, stdout);
    else
        code = show(args, &report);
    return code ? code : exit_of_verdict(report.verdict);
}

const struct command cmd_diff = {
    .name = "diff",
    .operands = "A B",
    .summary = "Show what differs between two bundles",
    .details = "Parts, graph, tensors and attributes, contract, metrics; and what it does to the\n"
               "predictions: A's golden inputs are run on B.\n",
    .options = options,
    .operands_min = 2,
    .operands_max = 2,
    .run = run,
    .examples = "  baton diff credit:3 credit:4\n",
};
