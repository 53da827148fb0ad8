/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"reason", "TEXT", "why", false},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static void show(struct args *args, struct shown_report *shown)
{
    printf("%s  %s\nretired\n", report_str(shown, shown->root, "ref"),
           report_str(shown, shown->root, "bundle"));
    show_statements(shown);
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
    if (baton_retire(store, args->operands[0], args_str(args, "reason"), &who, &report, &err) !=
        BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_retire = {
    .name = "retire",
    .operands = "REF",
    .summary = "Sign that a version is not to be promoted any more",
    .details = "No alias can be moved to a retired version. Aliases that stand at it stay.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton retire credit:2 --reason \"trained on the wrong year\"\n",
};
