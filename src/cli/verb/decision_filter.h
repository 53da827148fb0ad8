/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_DECISION_FILTER_H
#define BT_CLI_DECISION_FILTER_H
/* What the verbs about logged decisions have in common: which of them. */
#include "cli/command.h"

#define DECISION_FILTER_SPECS                                                                      \
    {"instance", "NAME", "of the server (serve)", false},                                          \
        {"model", "NAME", "only this model", false},                                               \
        {"since", "TIME", "only from 2026-11-24T15:04:05Z on", false},                             \
        {"until", "TIME", "only before", false},                                                   \
    {                                                                                              \
        "last", "N", "only among the newest N records", false                                      \
    }

/* 0, or an exit code. */
int read_decision_filter(struct args *args, struct baton_decision_filter *ret);

#endif
