/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/moved.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"to", "N", "the version to go back to (where the alias stood before)", false},
    {"reason", "TEXT", "why", false},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static int run(struct args *args)
{
    struct baton_move_options o = BATON_MOVE_OPTIONS_INIT;
    int code = args_u64(args, "to", 0, 999999999, &o.to_version);
    return code ? code : run_move(args, baton_rollback, &o);
}

const struct command cmd_rollback = {
    .name = "rollback",
    .operands = "MODEL@ALIAS",
    .summary = "Move an alias back, once the older version is proved here again",
    .details =
        "The version it goes back to runs its golden cases on this machine first. Where they\n"
        "differ nothing moves, and the first diverging node is named. Going back is a new signed\n"
        "statement, newer than the one it undoes. Without --to a second rollback undoes the\n"
        "first; with it, given again after a crash, it says that the alias stands there already.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton rollback credit@production\n"
                "  baton rollback credit@production --to 2 --reason \"complaints of 3 March\"\n",
};
