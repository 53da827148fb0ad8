/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const status_names[] = {
    [BATON_OK] = "ok",
    [BATON_ERR_DIFFERS] = "differs",
    [BATON_ERR_USAGE] = "usage",
    [BATON_ERR_CANNOT_TELL] = "cannot-tell",
    [BATON_ERR_NOT_FOUND] = "not-found",
    [BATON_ERR_REFUSED] = "refused",
    [BATON_ERR_EXISTS] = "exists",
    [BATON_ERR_CORRUPT] = "corrupt",
    [BATON_ERR_INVALID] = "invalid",
    [BATON_ERR_UNSUPPORTED] = "unsupported",
    [BATON_ERR_LIMIT] = "limit",
    [BATON_ERR_IO] = "io",
    [BATON_ERR_NO_MEMORY] = "no-memory",
    [BATON_ERR_INTERRUPTED] = "interrupted",
    [BATON_ERR_INTERNAL] = "internal",
    [BATON_ERR_NETWORK] = "network",
    [BATON_ERR_CREDENTIALS] = "credentials",
};

const char *baton_status_name(baton_status status)
{
    size_t i = (size_t)status;
    return i < sizeof status_names / sizeof status_names[0] ? status_names[i] : "unknown";
}

/* How many bytes of a control character are here: of U+0080 to U+009F, which some terminals obey,
 * two. */
static size_t control_len(const unsigned char *p)
{
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
        return 2;
    return (p[0] && p[0] < 0x20) || p[0] == 0x7f;
}

bool bt_text_has_control(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (control_len(p))
            return true;
    return false;
}

void bt_error_scrub(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        memset(p, '?', control_len(p));
}

static BT_PRINTF(2, 0) void set_text(struct baton_error *err, const char *fmt, va_list args)
{
    (void)vsnprintf(err->text, sizeof err->text, fmt, args);
    bt_error_scrub(err->text);
}

baton_status(bt_fail)(struct baton_error *err, baton_status status, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        err->status = status;
        err->os_errno = 0;
        set_text(err, fmt, args);
        va_end(args);
    }
    return status;
}

static baton_status status_of_errno(int os_errno)
{
    if (os_errno == ENOENT || os_errno == ENOTDIR)
        return BATON_ERR_NOT_FOUND;
    if (os_errno == ENOMEM)
        return BATON_ERR_NO_MEMORY;
    if (os_errno == EEXIST)
        return BATON_ERR_EXISTS;
    return BATON_ERR_IO;
}

baton_status(bt_fail_os)(struct baton_error *err, int os_errno, const char *fmt, ...)
{
    baton_status status = status_of_errno(os_errno);
    if (err) {
        va_list args;
        va_start(args, fmt);
        err->status = status;
        err->os_errno = os_errno;
        set_text(err, fmt, args);
        va_end(args);

        char reason[96] = "";
        /* GNU strerror_r may return a static string instead of filling the buffer. */
        const char *why = strerror_r(os_errno, reason, sizeof reason);
        size_t used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof err->text - used, ": %s", why);
    }
    return status;
}

baton_status(bt_error_prepend)(struct baton_error *err, const char *fmt, ...)
{
    if (!err)
        return BATON_ERR_INTERNAL;
    char context[BATON_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    bt_error_scrub(context);

    char joined[2 * BATON_ERROR_TEXT_MAX + 2];
    (void)snprintf(joined, sizeof joined, "%s: %s", context, err->text);
    joined[sizeof err->text - 1] = '\0';
    memcpy(err->text, joined, strlen(joined) + 1);
    return err->status;
}

_Noreturn void bt_bug(const char *file, int line, const char *condition)
{
    char text[256];
    int len = snprintf(text, sizeof text, "baton: bug: %s:%d: %s\n", file, line, condition);
    if (len > 0) {
        size_t size = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
        /* Nothing is left to do when even this write is refused. */
        ssize_t ignored = write(STDERR_FILENO, text, size);
        (void)ignored;
    }
    abort();
}
