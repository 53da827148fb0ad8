/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What llhttp lets pass and the next proxy might read otherwise. The bytes of a head go by here
 * first, for a parser no longer tells which ones it forgave: a line ends in CR LF and with nothing
 * else, goes on in no second line, and the first one ends in "HTTP/1.x" and not in another
 * protocol's name. Then the fields that say where a request ends, and whom it is for.
 */
#include "net/server_int.h"

#include <string.h>

#define LINE_BYTES_MAX ((size_t)8 << 10)
#define FIELDS_MAX 100
/* As numbers, the first byte on top. */
#define HTTP UINT64_C(0x485454502f)       /* "HTTP/" */
#define HTTP_1 UINT64_C(0x485454502f312e) /* "HTTP/1." */

/* ---- the lines of a head ---- */

static bool fail(struct bt_lines *lines, unsigned status, const char *why)
{
    lines->status = status;
    lines->why = why;
    return false;
}

static bool end_line(struct bt_lines *lines)
{
    lines->has_returned = false;
    if (lines->len == 0 && lines->count == 0)
        return fail(lines, 400, "an empty line before the request");
    if (lines->count == 0 && lines->last_8 >> 24 != HTTP)
        return fail(lines, 400, "the first line does not end in HTTP/1.1");
    if (lines->count == 0 && lines->last_8 >> 8 != HTTP_1)
        return fail(lines, 505, "another version than HTTP/1.1 or 1.0");
    lines->are_done = lines->len == 0;
    lines->len = 0;
    lines->count++;
    return true;
}

static bool take_byte(struct bt_lines *lines, uint8_t byte)
{
    if (lines->has_returned)
        return byte == '\n' ? end_line(lines)
                            : fail(lines, 400, "a carriage return without a line feed");
    if (byte == '\n')
        return fail(lines, 400, "a line feed without a carriage return");
    if (byte == '\r') {
        lines->has_returned = true;
        return true;
    }
    if (lines->len == 0 && lines->count > FIELDS_MAX)
        return fail(lines, 431, "too many fields");
    if (lines->len == 0 && (byte == ' ' || byte == '\t'))
        return fail(lines, 400, "a line that begins with a blank");
    lines->len++;
    lines->last_8 = lines->last_8 << 8 | byte;
    if (lines->count == 0 && lines->len > LINE_BYTES_MAX)
        return fail(lines, 414, "the target is over the limit");
    return true;
}

/* Bytes within a field that need no look one by one. */
static size_t skip(struct bt_lines *lines, const uint8_t *at, size_t len)
{
    if (lines->count == 0 || lines->len == 0 || lines->has_returned)
        return 0;
    const uint8_t *end = memchr(at, '\n', len);
    len = end ? (size_t)(end - at) : len;
    end = memchr(at, '\r', len);
    len = end ? (size_t)(end - at) : len;
    lines->len += len;
    return len;
}

size_t bt_lines_take(struct bt_lines *lines, struct bt_bytes bytes)
{
    size_t at = 0;
    while (at < bytes.len && !lines->are_done && take_byte(lines, bytes.ptr[at])) {
        at++;
        at += skip(lines, bytes.ptr + at, bytes.len - at);
    }
    return at;
}

/* ---- characters ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* RFC 3986 section 3.3 and 3.4; a NUL has no place in a path, however it is written. */
bool bt_strict_target(const char *target)
{
    static const char others[] = "-._~!$&'()*+,;=:@/?";
    if (target[0] != '/')
        return false;
    for (const char *at = target; *at; at++) {
        if (*at == '%') {
            if (!is_hex(at[1]) || !is_hex(at[2]) || (at[1] == '0' && at[2] == '0'))
                return false;
        } else if (!is_alphanumeric(*at) && !strchr(others, *at)) {
            return false;
        }
    }
    return true;
}

/* "", or ":" and a number below 65536. */
static bool is_port(const char *text)
{
    unsigned long port = 0;
    size_t digits = 0;
    if (*text == '\0')
        return true;
    while (is_digit(text[1 + digits]) && digits < 6)
        port = port * 10 + (unsigned long)(text[1 + digits++] - '0');
    return *text == ':' && digits > 0 && digits < 6 && text[1 + digits] == '\0' && port < 65536;
}

/* A name as DNS has them, or an address, and perhaps a port. */
bool bt_strict_host(const char *host)
{
    size_t len = 0;
    if (host[0] == '[') {
        len = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
        return len > 2 && host[len] == ']' && is_port(host + len + 1);
    }
    while (is_alphanumeric(host[len]) || (host[len] && strchr("-._", host[len])))
        len++;
    return len > 0 && is_port(host + len);
}
