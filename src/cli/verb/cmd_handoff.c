/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"to", "ROLE", "whose turn it is: validator, operator, auditor or author (validator)", false},
    {"note", "TEXT", "what the receiver should know", false},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static void show(struct args *args, struct shown_report *shown)
{
    printf("%s  %s\nhanded to %s\n", report_str(shown, shown->root, "ref"),
           report_str(shown, shown->root, "bundle"), report_str(shown, shown->root, "to"));
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
    struct baton_handoff_options o = BATON_HANDOFF_OPTIONS_INIT;
    o.to = args_str(args, "to");
    o.note = args_str(args, "note");
    if (baton_handoff(store, args->operands[0], &o, &who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_handoff = {
    .name = "handoff",
    .operands = "REF",
    .summary = "Sign a version over to whoever checks it next",
    .details = "The sender's half of a handover: a signed statement in the ledger that this very\n"
               "bundle is now somebody else's to judge. `baton accept` is the other half.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton handoff credit:3\n  baton handoff credit:3 --to operator --note "
                "\"retrained on October\"\n",
};
