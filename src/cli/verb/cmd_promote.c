/* SPDX-License-Identifier: Apache-2.0 */
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
    struct baton_move_options o = BATON_MOVE_OPTIONS_INIT;
    o.alias = args_str(args, "to");
    if (!o.alias)
        return usage_error(args->command, "--to is missing");
    return run_move(args, baton_promote, &o);
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
