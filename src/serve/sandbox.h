/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_SANDBOX_H
#define BT_SERVE_SANDBOX_H
/*
 * What a process that answers strangers gives away, for good, before the first one comes: whoever
 * should get hold of it finds the files of the store to read, its decisions to write, and no other
 * file, no program to start, no connection to make, no process to touch.
 *
 * Two steps, for the first holds for this thread and those it starts, and the second for all
 * threads that there are.
 */
#include "base/error.h"

/* Nothing under it can be opened, made or removed that no entry allows. */
struct bt_sandbox_path {
    int folder;       /* `path` is below it; AT_FDCWD: or absolute */
    const char *path; /* what is not there is left out */
    bool is_writable;
};

/* Files, by Landlock, and no new privileges. `*ret` is false where the kernel has none (Linux 5.13
 * has it) or this build is one with sanitizers. */
BT_CHECK baton_status bt_sandbox_files(const struct bt_sandbox_path *paths, size_t count, bool *ret,
                                       struct baton_error *err);
/* System calls, by seccomp: those that a server that listens already needs; others fail with EPERM,
 * those of another architecture end the process. `*ret` is false where there is no such list
 * (it is there for x86-64 and 64-bit ARM), no seccomp, or for sanitizers. */
BT_CHECK baton_status bt_sandbox_calls(bool *ret, struct baton_error *err);

#endif
