/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_MOVED_H
#define BT_CLI_MOVED_H
/* What promote and rollback print. */
#include "cli/print.h"

/* Returns the exit code: 5 when a gate was closed. */
int print_moved(struct args *args, const struct baton_report *report);

#endif
