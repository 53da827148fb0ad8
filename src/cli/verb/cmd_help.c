/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"man", NULL, "as a man page (roff)", false},
    {NULL, NULL, NULL, false},
};

static int run(struct args *args)
{
    if (args->operand_count == 0) {
        if (args_flag(args, "man"))
            print_man_overview();
        else
            print_overview();
        return 0;
    }
    const struct command *command = command_find(args->operands[0]);
    if (!command)
        return usage_error(args->command, "there is no verb \"%s\"", args->operands[0]);
    if (args_flag(args, "man"))
        print_man(command);
    else
        print_help(command);
    return 0;
}

const struct command cmd_help = {
    .name = "help",
    .operands = "[VERB]",
    .summary = "Explain a verb",
    .details = "Without a verb, the list of all. With --man the same as a page for man(1).\n",
    .options = options,
    .operands_max = 1,
    .run = run,
    .examples = "  baton help pack\n  baton help --man verify | man -l -\n",
};
