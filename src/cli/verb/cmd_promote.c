/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "cli/moved.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"to", "ALIAS", "the alias that shall stand at it (required)", false},
    {"reason", "TEXT", "why", false},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    struct baton_move_options o = BATON_MOVE_OPTIONS_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    o.alias = args_str(args, "to");
    if (!o.alias)
        return usage_error(args->command, "--to is missing");
    int code = open_store(args, &store);
    if (code)
        return code;
    o.reason = args_str(args, "reason");
    o.progress = progress_start();
    if (baton_promote(store, args->operands[0], &o, &who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_moved(args, &report);
}

const struct command cmd_promote = {
    .name = "promote",
    .operands = "REF",
    .summary = "Move an alias to a version, through the gates of the policy",
    .details =
        "Every demand of the policy is printed with its answer; the alias moves only when all of\n"
        "them are met (exit code 5 when not). What moves it is a signed statement, and everybody\n"
        "who reads the ledger judges it by the same gates.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton promote credit:3 --to production\n",
};
