/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_CARRY_H
#define BT_CLI_CARRY_H
/* What push and pull say when they are done. */
#include "cli/print.h"

void show_carried(struct args *args, struct shown_report *shown);

#endif
