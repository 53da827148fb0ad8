/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/print.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"with-store", "PATH", "the store of B, when it is another one", false},
    {NULL, NULL, NULL, false},
};

static void show(struct args *args, struct shown_report *shown)
{
    printf("%s  %s\n%s  %s\n", args->operands[0], report_str(shown, shown->root, "a"),
           args->operands[1], report_str(shown, shown->root, "b"));
    print_checks(shown, report_list(shown->root, "checks"));
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
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
    if (with && open_store_at(with, &other, &err) != BATON_OK)
        return fail(args, &err);
    if (baton_diff(store, args->operands[0], other ? other : store, args->operands[1], &report,
                   &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
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
