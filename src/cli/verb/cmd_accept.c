/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static void show(struct args *args, struct shown_report *shown)
{
    printf("%s  %s\n", report_str(shown, shown->root, "ref"),
           report_str(shown, shown->root, "bundle"));
    print_checks(shown, report_list(shown->root, "checks"));
    print_difference(shown, bt_json_find(shown->root, "difference"));
    show_statements(shown);
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    if (code)
        return code;
    if (baton_accept(store, args->operands[0], &who, progress_start(), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_accept = {
    .name = "accept",
    .operands = "REF",
    .summary = "Verify a version here, and sign what was seen",
    .details =
        "Runs everything `baton verify` runs, on this machine, and enters the result as a signed\n"
        "statement: an acceptance when it is identical or within its contract, a refusal when it\n"
        "differs. When that cannot be told nothing is signed.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton accept credit:3\n  baton accept credit:3 --key validator\n",
};
