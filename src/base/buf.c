/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

struct bt_bytes bt_bytes_of(const char *text)
{
    return (struct bt_bytes){(const uint8_t *)text, strlen(text)};
}

bool bt_bytes_equal(struct bt_bytes a, struct bt_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool bt_bits_equal(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

void bt_buf_release(struct bt_buf *buf)
{
    bt_free(buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->capacity = 0;
    buf->state = BT_BUF_GOOD;
}

void bt_buf_clear(struct bt_buf *buf)
{
    buf->len = 0;
    buf->state = BT_BUF_GOOD;
    if (buf->data)
        buf->data[0] = 0;
}

/* One byte more than asked for is kept, for the NUL. */
static bool reserve(struct bt_buf *buf, size_t extra)
{
    size_t needed;
    if (buf->state != BT_BUF_GOOD)
        return false;
    if (!bt_add(buf->len, extra, &needed) || needed > buf->bytes_max || needed == SIZE_MAX) {
        buf->state = BT_BUF_OVER_LIMIT;
        return false;
    }
    if (needed < buf->capacity)
        return true;
    size_t doubled = buf->capacity <= buf->bytes_max / 2 ? buf->capacity * 2 : buf->bytes_max;
    size_t capacity = bt_max(bt_max(needed, doubled), 63) + 1;
    uint8_t *grown = bt_realloc(buf->data, capacity, 1);
    if (!grown) {
        buf->state = BT_BUF_NO_MEMORY;
        return false;
    }
    buf->data = grown;
    buf->capacity = capacity;
    return true;
}

uint8_t *bt_buf_extend(struct bt_buf *buf, size_t len)
{
    if (!reserve(buf, len))
        return NULL;
    uint8_t *start = buf->data + buf->len;
    buf->len += len;
    buf->data[buf->len] = 0;
    return start;
}

void bt_buf_put(struct bt_buf *buf, const void *bytes, size_t len)
{
    uint8_t *room = bt_buf_extend(buf, len);
    if (room && len)
        memcpy(room, bytes, len);
}

void bt_buf_put_byte(struct bt_buf *buf, uint8_t byte)
{
    bt_buf_put(buf, &byte, 1);
}

void bt_buf_put_str(struct bt_buf *buf, const char *text)
{
    bt_buf_put(buf, text, strlen(text));
}

void bt_buf_put_u64(struct bt_buf *buf, uint64_t value)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (uint8_t)('0' + value % 10);
    while (value /= 10);
    bt_buf_put(buf, digits + at, sizeof digits - at);
}

void bt_buf_printf(struct bt_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    /* vsnprintf also writes its NUL, for which reserve() keeps room. */
    uint8_t *room = len < 0 ? NULL : bt_buf_extend(buf, (size_t)len);
    if (room)
        (void)vsnprintf((char *)room, (size_t)len + 1, fmt, again);
    va_end(again);
}

void bt_buf_inherit(struct bt_buf *buf, const struct bt_buf *from)
{
    if (from->state != BT_BUF_GOOD)
        buf->state = from->state;
}

baton_status bt_buf_finish(const struct bt_buf *buf, const char *what, struct baton_error *err)
{
    switch (buf->state) {
    case BT_BUF_GOOD:
        return BATON_OK;
    case BT_BUF_OVER_LIMIT:
        return bt_fail(err, BATON_ERR_LIMIT, "%s would be larger than its limit of %zu bytes", what,
                       buf->bytes_max);
    case BT_BUF_NO_MEMORY:
        return bt_fail_no_memory(err, what);
    }
    return BATON_ERR_INTERNAL;
}

struct bt_bytes bt_buf_bytes(const struct bt_buf *buf)
{
    return (struct bt_bytes){buf->data, buf->len};
}

const char *bt_buf_str(const struct bt_buf *buf)
{
    return buf->data ? (const char *)buf->data : "";
}
