/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_ERROR_H
#define BT_BASE_ERROR_H
/*
 * Making and passing on errors inside the library.
 *
 *     return bt_fail(err, BATON_ERR_INVALID, "%s: offset %zu: tag 0 is not allowed", what, off);
 *
 *     BT_TRY(bt_pb_next(&r, &field, err));     // returns the status when it is not BATON_OK
 *
 * The first error wins: callers on the way up may only put context in front with
 * bt_error_prepend(). Rules for the text: what was expected, what was found, which object, what to
 * do next if known; one line; no "failed to"; numbers with units.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include "baton/error.h"

#define BT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define BT_CHECK __attribute__((warn_unused_result))
#define BT_CLEANUP(fn) __attribute__((cleanup(fn)))

#define BT_TRY(call)                                                                               \
    do {                                                                                           \
        baton_status bt_try_status_ = (call);                                                      \
        if (bt_try_status_ != BATON_OK)                                                            \
            return bt_try_status_;                                                                 \
    } while (0)

/* Impossible states only: user data can never reach this. */
#define BT_BUG_ON(condition)                                                                       \
    do {                                                                                           \
        if (__builtin_expect(!!(condition), 0))                                                    \
            bt_bug(__FILE__, __LINE__, #condition);                                                \
    } while (0)

/* Fill `err` (may be NULL) and return `status`. Control bytes in the text become '?', so that a
 * hostile name cannot write escape sequences to a terminal. */
baton_status bt_fail(struct baton_error *err, baton_status status, const char *fmt, ...)
    BT_PRINTF(3, 4);

/* The same for a system call: adds the text of `os_errno` and picks the status from it
 * (ENOENT becomes not-found, ENOMEM no-memory, everything else io). */
baton_status bt_fail_os(struct baton_error *err, int os_errno, const char *fmt, ...)
    BT_PRINTF(3, 4);

/* For texts that people read: control characters, which may come from data, become question marks.
 */
void bt_error_scrub(char *text);
/* Whether there is anything that would be scrubbed. */
bool bt_text_has_control(const char *text);

/* Put "context: " in front of the text, and return the status already there. */
baton_status bt_error_prepend(struct baton_error *err, const char *fmt, ...) BT_PRINTF(2, 3);

/* Tells the compiler and the analyzers, which see one file at a time, that what makes an
 * error never says OK. */
static inline baton_status bt_not_ok(baton_status status)
{
    if (status == BATON_OK)
        __builtin_unreachable();
    return status;
}

#define bt_fail(...) bt_not_ok(bt_fail(__VA_ARGS__))
#define bt_fail_os(...) bt_not_ok(bt_fail_os(__VA_ARGS__))
#define bt_error_prepend(...) bt_not_ok(bt_error_prepend(__VA_ARGS__))

_Noreturn void bt_bug(const char *file, int line, const char *condition);

#endif
