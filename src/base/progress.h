/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_PROGRESS_H
#define BT_BASE_PROGRESS_H
/*
 * The library's side of baton/progress.h: telling and asking. NULL is accepted everywhere. The
 * report is made on the thread that called, never more often than once per megabyte or so; work
 * that sees the flag leaves what an ordinary failure at that point would have left.
 */
#include <stdbool.h>

#include "base/error.h"
#include "baton/progress.h"

static inline void bt_progress_report(const struct baton_progress *progress, uint64_t done,
                                      uint64_t total, const char *what)
{
    if (progress && progress->report)
        progress->report(progress->user, done, total, what);
}

/* The flag may go up in a signal handler and in another thread. */
static inline bool bt_flag_is_up(const volatile sig_atomic_t *flag)
{
    return flag && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
}

static inline void bt_flag_raise(volatile sig_atomic_t *flag)
{
    __atomic_store_n(flag, 1, __ATOMIC_RELAXED);
}

static inline bool bt_progress_stopped(const struct baton_progress *progress)
{
    return progress && bt_flag_is_up(progress->interrupted);
}

/* BATON_ERR_INTERRUPTED when the flag is up. `what` is the thing that was worked on. */
BT_CHECK static inline baton_status bt_progress_check(const struct baton_progress *progress,
                                                      const char *what, struct baton_error *err)
{
    if (!bt_progress_stopped(progress))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INTERRUPTED, "%s: interrupted", what);
}

#endif
