/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_CARRY_H
#define BT_CLI_CARRY_H
/* What push and pull say when they are done. */
#include "cli/command.h"

int show_carried(struct args *args, const struct baton_report *report, const char *where);

#endif
