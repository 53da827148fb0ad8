/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_PROGRESS_H
#define BATON_PROGRESS_H
/*
 * How long work tells the caller where it is, and hears that it should stop. The report comes on
 * the thread that called. Where an option takes a `struct baton_progress *`, NULL means: silent,
 * cannot be interrupted. Work that sees the flag returns BATON_ERR_INTERRUPTED, leaves nothing half
 * done that matters, and goes on where it stopped when it is called again.
 */
#include <signal.h>
#include <stdint.h>

struct baton_progress {
    /* `total` is 0 when it is not known. May be NULL. */
    void (*report)(void *user, uint64_t done, uint64_t total, const char *what);
    void *user;
    const volatile sig_atomic_t *interrupted; /* may be NULL */
};

#endif
