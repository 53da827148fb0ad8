/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

static int run(struct args *args)
{
    if (print_completion(args->operands[0]) == 0)
        return 0;
    return usage_error(args->command, "\"%s\": expected bash, zsh or fish", args->operands[0]);
}

const struct command cmd_completion = {
    .name = "completion",
    .operands = "bash|zsh|fish",
    .summary = "Print the shell completion script",
    .details = "Verbs and options come from the table that --help is made from.\n",
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  source <(baton completion bash)\n",
};
