/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_OR_DIE_H
#define BT_TESTS_OR_DIE_H
/* For programs that make samples: a call that fails ends them, with its words. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static struct baton_error err = BATON_ERROR_INIT;

static inline void die(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", what, err.text);
    exit(1);
}

#define OR_DIE(call)                                                                               \
    do {                                                                                           \
        if ((call) != BATON_OK)                                                                    \
            die(#call);                                                                            \
    } while (0)

#endif
