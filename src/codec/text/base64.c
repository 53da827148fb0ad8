/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text/base64.h"

#include <string.h>

#include "base/checked.h"

static const char letters64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char letters16[] = "0123456789abcdef";

/* The place of `byte` in `letters`, -1 when it is not there (a NUL never is). */
static int digit_of(const char *letters, uint8_t byte)
{
    const char *found = byte ? strchr(letters, byte) : NULL;
    return found ? (int)(found - letters) : -1;
}

/* Three bytes to four letters; one or two bytes at the end to two or three and padding. */
void bt_base64_format(struct bt_bytes bytes, struct bt_buf *out)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t count = bt_min(bytes.len - i, 3);
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < count ? bytes.ptr[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            bt_buf_put_byte(out, j <= count ? (uint8_t)letters64[group >> (18 - 6 * j) & 63] : '=');
    }
}

/* Letters before the padding of a group of four; only the last group may have any. */
static size_t group_letters(const uint8_t *group, bool is_last)
{
    if (!is_last || group[3] != '=')
        return 4;
    return group[2] == '=' ? 2 : 3;
}

bool bt_base64_parse(struct bt_bytes text, struct bt_buf *out)
{
    if (text.len % 4)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        size_t count = group_letters(text.ptr + i, i + 4 == text.len);
        uint32_t group = 0;
        for (size_t j = 0; j < 4; j++) {
            int digit = j < count ? digit_of(letters64, text.ptr[i + j]) : 0;
            if (digit < 0)
                return false;
            group = group << 6 | (uint32_t)digit;
        }
        /* Bits that belong to no byte must be zero. */
        if (group & (0xffffffu >> 8 * (count - 1)))
            return false;
        for (size_t j = 0; j + 1 < count; j++)
            bt_buf_put_byte(out, (uint8_t)(group >> (16 - 8 * j)));
    }
    return out->state == BT_BUF_GOOD;
}

void bt_hex_format(struct bt_bytes bytes, struct bt_buf *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        bt_buf_put_byte(out, (uint8_t)letters16[bytes.ptr[i] >> 4]);
        bt_buf_put_byte(out, (uint8_t)letters16[bytes.ptr[i] & 15]);
    }
}

bool bt_hex_parse(struct bt_bytes text, struct bt_buf *out)
{
    if (text.len % 2)
        return false;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = digit_of(letters16, text.ptr[i]);
        int low = digit_of(letters16, text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bt_buf_put_byte(out, (uint8_t)(high << 4 | low));
    }
    return out->state == BT_BUF_GOOD;
}
