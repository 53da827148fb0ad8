/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/verbs.h"

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    const char *path = args_str(args, "store");
    if (args->operand_count && path)
        return usage_error(args->command, "give either PATH or --store PATH");
    if (args->operand_count)
        path = args->operands[0];
    if (!path)
        path = ".baton";
    if (baton_store_init(path, &err) != BATON_OK)
        return fail(args, &err);
    if (args_flag(args, "json"))
        printf("{\"store\":\"ready\"}\n");
    else
        printf("%s is a store. Next: baton pack MODEL.onnx --name NAME --golden INPUTS\n", path);
    return 0;
}

const struct command cmd_init = {
    .name = "init",
    .operands = "[PATH]",
    .summary = "Make a store here (.baton)",
    .details =
        "A store is a folder in the OCI image layout; any OCI tool can read it. Other verbs\n"
        "find it from any folder below, as git does. A store that is there already is left\n"
        "as it is.\n",
    .operands_max = 1,
    .run = run,
    .examples = "  baton init\n  baton init /srv/models\n",
};
