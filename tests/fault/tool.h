/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_FAULT_TOOL_H
#define BT_TESTS_FAULT_TOOL_H
/* Programs of a few verbs, which are killed while they work. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"

struct tool_verb {
    const char *name;
    int args;
    baton_status (*run)(char **args, struct baton_error *err);
};

/* The list ends with a NULL name. Returns the exit code. */
static inline int tool_main(int argc, char **argv, const struct tool_verb *verbs, const char *usage)
{
    struct baton_error err = BATON_ERROR_INIT;
    for (const struct tool_verb *verb = verbs; verb->name; verb++) {
        if (argc != verb->args + 2 || strcmp(argv[1], verb->name) != 0)
            continue;
        if (verb->run(argv + 2, &err) == BATON_OK)
            return 0;
        (void)fprintf(stderr, "%s: %s\n", argv[0], err.text);
        return 1;
    }
    (void)fprintf(stderr, "usage: %s\n", usage);
    return 2;
}

#endif
