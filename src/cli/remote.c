/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/remote.h"

#include <string.h>

bool is_registry_address(const char *text)
{
    return strncmp(text, BATON_REMOTE_SCHEME, strlen(BATON_REMOTE_SCHEME)) == 0;
}

int refuse_remote_options(const struct args *args)
{
    static const char *const names[] = {"plain-http", "ca", "parallel", "mount", "as"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (args_flag(args, names[i]))
            return usage_error(args->command, "--%s is for registries: " BATON_REMOTE_SCHEME "…",
                               names[i]);
    return 0;
}
