/* SPDX-License-Identifier: Apache-2.0 */
#include "op/text/case.h"

/* Capitals `first`, first + step, ... up to `last`; the small letter is `to_lower` further. */
struct letters {
    uint32_t first;
    uint32_t last;
    uint32_t step;
    uint32_t to_lower;
};

/* Left out: U+0130, U+0131 (the Turkish i) and U+0178, whose counterparts are elsewhere. */
static const struct letters alphabets[] = {
    {0x41, 0x5A, 1, 32},    {0xC0, 0xD6, 1, 32},    {0xD8, 0xDE, 1, 32},   {0x100, 0x12E, 2, 1},
    {0x132, 0x136, 2, 1},   {0x139, 0x147, 2, 1},   {0x14A, 0x176, 2, 1},  {0x179, 0x17D, 2, 1},
    {0x386, 0x386, 1, 38},  {0x388, 0x38A, 1, 37},  {0x38C, 0x38C, 1, 64}, {0x38E, 0x38F, 1, 63},
    {0x391, 0x3A1, 1, 32},  {0x3A3, 0x3AB, 1, 32},  {0x400, 0x40F, 1, 80}, {0x410, 0x42F, 1, 32},
    {0x460, 0x480, 2, 1},   {0x48A, 0x4BE, 2, 1},   {0x4D0, 0x52E, 2, 1},  {0x531, 0x556, 1, 48},
    {0x1E00, 0x1E94, 2, 1}, {0x1EA0, 0x1EFE, 2, 1},
};

static uint32_t change(enum bt_case which, uint32_t code)
{
    for (size_t i = 0; i < sizeof alphabets / sizeof alphabets[0]; i++) {
        const struct letters *a = &alphabets[i];
        uint32_t capital = which == BT_CASE_UPPER ? code - a->to_lower : code;
        if (capital >= a->first && capital <= a->last && (capital - a->first) % a->step == 0)
            return which == BT_CASE_UPPER ? capital : capital + a->to_lower;
    }
    return code;
}

/* Bytes of the letter at `text`, of two or three bytes; 0: not such a letter. No letter above has
 * fewer or more bytes than its counterpart. */
static size_t decode(struct bt_bytes text, uint32_t *ret)
{
    const uint8_t *p = text.ptr;
    if (text.len >= 2 && p[0] >= 0xC2 && p[0] <= 0xDF && (p[1] & 0xC0) == 0x80) {
        *ret = ((uint32_t)(p[0] & 0x1F) << 6) | (p[1] & 0x3FU);
        return 2;
    }
    if (text.len >= 3 && (p[0] & 0xF0) == 0xE0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
        *ret = ((uint32_t)(p[0] & 0x0F) << 12) | ((p[1] & 0x3FU) << 6) | (p[2] & 0x3FU);
        return *ret >= 0x800 ? 3 : 0;
    }
    return 0;
}

static void put_code(uint32_t code, size_t length, struct bt_buf *out)
{
    if (length == 2) {
        bt_buf_put_byte(out, (uint8_t)(0xC0 | (code >> 6)));
    } else {
        bt_buf_put_byte(out, (uint8_t)(0xE0 | (code >> 12)));
        bt_buf_put_byte(out, (uint8_t)(0x80 | ((code >> 6) & 0x3F)));
    }
    bt_buf_put_byte(out, (uint8_t)(0x80 | (code & 0x3F)));
}

void bt_case_put(enum bt_case which, struct bt_bytes text, struct bt_buf *out)
{
    if (which == BT_CASE_KEEP) {
        bt_buf_put(out, text.ptr, text.len);
        return;
    }
    for (size_t at = 0; at < text.len;) {
        uint32_t code = 0;
        size_t length = decode((struct bt_bytes){text.ptr + at, text.len - at}, &code);
        if (length)
            put_code(change(which, code), length, out);
        else
            bt_buf_put_byte(out, text.ptr[at] < 0x80 ? (uint8_t)change(which, text.ptr[at])
                                                     : text.ptr[at]);
        at += length ? length : 1;
    }
}
