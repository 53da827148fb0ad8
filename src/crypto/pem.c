/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pem.h"

#include <string.h>

#include "base/checked.h"
#include "codec/text/base64.h"

#define COLUMNS ((size_t)64)
#define TEXT_MAX ((size_t)64 << 10)
#define DASHES "-----"
#define BEGIN DASHES "BEGIN "
#define END DASHES "END "

void bt_pem_format(const char *label, struct bt_bytes der, struct bt_buf *out)
{
    const size_t step = COLUMNS / 4 * 3;
    bt_buf_printf(out, BEGIN "%s" DASHES "\n", label);
    for (size_t at = 0; at < der.len; at += step) {
        bt_base64_format((struct bt_bytes){der.ptr + at, bt_min(step, der.len - at)}, out);
        bt_buf_put_str(out, "\n");
    }
    bt_buf_printf(out, END "%s" DASHES "\n", label);
}

static bool starts_with(struct bt_bytes text, const char *start)
{
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.ptr, start, len) == 0;
}

/* The next line without its end, "\n" or "\r\n"; false when nothing is left. */
static bool take_line(struct bt_bytes *rest, struct bt_bytes *ret)
{
    if (rest->len == 0)
        return false;
    const uint8_t *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
    size_t used = len + (end ? 1 : 0);
    *ret = (struct bt_bytes){rest->ptr, len && rest->ptr[len - 1] == '\r' ? len - 1 : len};
    rest->ptr += used;
    rest->len -= used;
    return true;
}

/* Whether `line` is `start`, the label, dashes. */
static bool is_border(struct bt_bytes line, const char *start, const char *label)
{
    size_t before = strlen(start);
    size_t len = strlen(label);
    size_t after = strlen(DASHES);
    return line.len == before + len + after && memcmp(line.ptr, start, before) == 0 &&
           memcmp(line.ptr + before, label, len) == 0 &&
           memcmp(line.ptr + before + len, DASHES, after) == 0;
}

bool bt_pem_has(struct bt_bytes text, const char *label)
{
    struct bt_bytes line;
    while (take_line(&text, &line))
        if (is_border(line, BEGIN, label))
            return true;
    return false;
}

static baton_status bad_pem(const char *label, const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "not a PEM text of a %s: %s", label, what);
}

/* Decoded line by line, so that no copy of a secret lies about: each line holds whole groups of
 * four letters, and only the last one padding. */
static baton_status take_body(struct bt_bytes *rest, const char *label, struct bt_buf *out,
                              struct baton_error *err)
{
    bool padded = false;
    struct bt_bytes line;
    while (take_line(rest, &line)) {
        if (is_border(line, END, label))
            return bt_buf_finish(out, "the PEM text", err);
        if (padded || line.len == 0 || !bt_base64_parse(line, out))
            return bad_pem(label, "a line is not base 64", err);
        padded = line.ptr[line.len - 1] == '=';
    }
    return bad_pem(label, "its last line is missing", err);
}

baton_status bt_pem_parse(struct bt_bytes text, const char *label, struct bt_buf *out,
                          struct baton_error *err)
{
    bool found = false;
    struct bt_bytes line;
    if (text.len > TEXT_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a PEM text of %zu bytes: the limit is %zu", text.len,
                       TEXT_MAX);
    while (take_line(&text, &line)) {
        if (!starts_with(line, BEGIN))
            continue;
        if (found)
            return bad_pem(label, "more than one block", err);
        if (!is_border(line, BEGIN, label))
            return bad_pem(label, "another kind of block", err);
        BT_TRY(take_body(&text, label, out, err));
        found = true;
    }
    return found ? BATON_OK : bad_pem(label, "no line begins it", err);
}
