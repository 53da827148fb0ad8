/* SPDX-License-Identifier: Apache-2.0 */
#include "op/text/case.h"

#include "codec/utf8.h"

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

void bt_case_put(enum bt_case which, struct bt_bytes text, struct bt_buf *out)
{
    if (which == BT_CASE_KEEP) {
        bt_buf_put(out, text.ptr, text.len);
        return;
    }
    while (text.len) {
        uint32_t code = 0;
        uint8_t letter[4];
        size_t used = bt_utf8_decode(text, &code);
        if (used)
            bt_buf_put(out, letter, bt_utf8_encode(change(which, code), letter));
        else
            bt_buf_put_byte(out, text.ptr[0]); /* not UTF-8: as it is */
        text.ptr += used ? used : 1;
        text.len -= used ? used : 1;
    }
}
