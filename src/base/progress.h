/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_PROGRESS_H
#define BT_BASE_PROGRESS_H
/*
 * How long work tells the caller where it is, and hears that it should stop. The report comes on
 * the thread that called, never more often than once per megabyte or so. NULL is accepted
 * everywhere and means: silent, cannot be interrupted.
 *
 * Work that sees the flag returns BATON_ERR_INTERRUPTED and leaves what an ordinary failure at that
 * point would have left.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct bt_progress {
    /* `total` is 0 when it is not known. May be NULL. */
    void (*report)(void *user, uint64_t done, uint64_t total, const char *what);
    void *user;
    const volatile sig_atomic_t *interrupted; /* may be NULL */
};

static inline void bt_progress_report(const struct bt_progress *progress, uint64_t done,
                                      uint64_t total, const char *what)
{
    if (progress && progress->report)
        progress->report(progress->user, done, total, what);
}

static inline bool bt_progress_stopped(const struct bt_progress *progress)
{
    return progress && progress->interrupted && *progress->interrupted;
}

/* BATON_ERR_INTERRUPTED when the flag is up. `what` is the thing that was worked on. */
BT_CHECK static inline baton_status bt_progress_check(const struct bt_progress *progress,
                                                      const char *what, struct baton_error *err)
{
    if (!bt_progress_stopped(progress))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INTERRUPTED, "%s: interrupted", what);
}

#endif
