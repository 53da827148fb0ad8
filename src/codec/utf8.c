/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/utf8.h"

#include <string.h>

/* Bytes that follow a lead byte, and the smallest code point that needs so many. */
static size_t followers(uint8_t lead, uint32_t *ret_least)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    size_t count = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    *ret_least = least[count];
    return count;
}

size_t bt_utf8_decode(struct bt_bytes text, uint32_t *ret_point)
{
    uint32_t least = 0;
    if (text.len == 0)
        return 0;
    uint8_t lead = text.ptr[0];
    if (lead < 0x80) {
        *ret_point = lead;
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    size_t count = followers(lead, &least);
    if (text.len <= count)
        return 0;
    uint32_t point = lead & (0x3fu >> count);
    for (size_t i = 1; i <= count; i++) {
        if ((text.ptr[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (text.ptr[i] & 0x3fu);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return count + 1;
}

size_t bt_utf8_encode(uint32_t point, uint8_t out[4])
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    size_t count = point >= 0x10000 ? 3 : point >= 0x800 ? 2 : 1;
    for (size_t i = count; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (uint8_t)(0xff00u >> (count + 1) | point);
    return count + 1;
}

/* Eight ASCII bytes at a time: nearly all of what we read is ASCII. */
static size_t skip_ascii(struct bt_bytes text, size_t at)
{
    uint64_t eight;
    while (text.len - at >= sizeof eight) {
        memcpy(&eight, text.ptr + at, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080))
            break;
        at += sizeof eight;
    }
    return at;
}

size_t bt_utf8_valid_prefix(struct bt_bytes text)
{
    size_t at = 0;
    uint32_t point;
    while (at < text.len) {
        at = skip_ascii(text, at);
        size_t len = bt_utf8_decode((struct bt_bytes){text.ptr + at, text.len - at}, &point);
        if (len == 0)
            break;
        at += len;
    }
    return at;
}
