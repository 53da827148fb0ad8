/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_BUF_H
#define BT_BASE_BUF_H
/*
 * Bytes somebody else owns (`struct bt_bytes`), and bytes we collect (`struct bt_buf`).
 *
 * A bt_buf has a maximum from birth, so that no input can make it grow without end, and a sticky
 * error: appends return nothing, the first one that does not fit marks the buffer, later ones do
 * nothing, and bt_buf_finish() reports it. Writers stay linear that way.
 *
 *     BT_AUTO_BUF out = BT_BUF_INIT(1 << 20);
 *     bt_buf_put(&out, "x", 1);
 *     bt_buf_printf(&out, "%zu", n);
 *     BT_TRY(bt_buf_finish(&out, "the manifest", err));
 *     use(out.data, out.len);           // data is NUL-terminated, the NUL is not counted
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bt_bytes {
    const uint8_t *ptr;
    size_t len;
};

/* The bytes of a C string, without its NUL. */
struct bt_bytes bt_bytes_of(const char *text);
bool bt_bytes_equal(struct bt_bytes a, struct bt_bytes b);
/* Two numbers, or arrays of them, by their bits: NaN equals itself, 0 is not -0. */
bool bt_bits_equal(const void *a, const void *b, size_t bytes);

enum bt_buf_state { BT_BUF_GOOD = 0, BT_BUF_OVER_LIMIT, BT_BUF_NO_MEMORY };

struct bt_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t bytes_max;
    enum bt_buf_state state;
};

#define BT_BUF_INIT(max)                                                                           \
    {                                                                                              \
        .bytes_max = (max)                                                                         \
    }
#define BT_AUTO_BUF BT_CLEANUP(bt_buf_release) struct bt_buf

void bt_buf_release(struct bt_buf *buf);
/* Empty it, keep the memory, forget the error. */
void bt_buf_clear(struct bt_buf *buf);
void bt_buf_put(struct bt_buf *buf, const void *bytes, size_t len);
void bt_buf_put_byte(struct bt_buf *buf, uint8_t byte);
void bt_buf_put_str(struct bt_buf *buf, const char *text);
/* In decimal, at a fraction of what printf costs. */
void bt_buf_put_u64(struct bt_buf *buf, uint64_t value);
void bt_buf_printf(struct bt_buf *buf, const char *fmt, ...) BT_PRINTF(2, 3);
/* What went wrong with `from`, of which `buf` is made, is then wrong with `buf`. */
void bt_buf_inherit(struct bt_buf *buf, const struct bt_buf *from);
/* Room for `len` bytes at the end, already counted, contents undefined; NULL when it does not fit.
 */
uint8_t *bt_buf_extend(struct bt_buf *buf, size_t len);
/* The first error of all appends, or BATON_OK. */
BT_CHECK baton_status bt_buf_finish(const struct bt_buf *buf, const char *what,
                                    struct baton_error *err);
struct bt_bytes bt_buf_bytes(const struct bt_buf *buf);
const char *bt_buf_str(const struct bt_buf *buf);

/* For messages that count: "%zu part%s". */
static inline const char *bt_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

#endif
