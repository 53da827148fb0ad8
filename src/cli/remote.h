/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_REMOTE_H
#define BT_CLI_REMOTE_H
/*
 * Registries are spoken to by a program of their own, baton-remote, which lies beside baton: it is
 * linked with libcurl and the thirty libraries behind it, which would cost every other command its
 * start in one millisecond, and every machine that never talks to a registry the room for mistakes
 * they bring. baton hands its own command line over and is replaced by it, so there is one process
 * and one exit code.
 *
 * Both programs are made of the same verbs. What differs is linked in: the table of verbs, and the
 * two functions below, which hand over in baton (remote_exec.c) and do the work in baton-remote
 * (remote/).
 */
#include "cli/command.h"

/* Options of push and pull that only registries know. */
#define REMOTE_OPTIONS                                                                             \
    {"plain-http", NULL, "speak http to a registry that is not this machine", false},              \
        {"ca", "FILE", "PEM file of the authorities to trust, instead of the system's", false},    \
    {                                                                                              \
        "parallel", "N", "blobs at a time (default 4)", false                                      \
    }

bool is_registry_address(const char *text);
/* 0, or the complaint about an option that makes sense for registries only. */
int refuse_remote_options(const struct args *args);

int push_remote(struct args *args);
int pull_remote(struct args *args);
/* `baton witness ask`: witnesses are spoken to with the same client. */
int ask_remote(struct args *args);

#endif
