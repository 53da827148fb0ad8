/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_ENDIAN_H
#define BT_CODEC_ENDIAN_H
/* Little-endian fields of any alignment, and arrays between file and machine order. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_IS_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

static inline uint64_t load_le(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | from[i];
    return value;
}

static inline void store_le(uint8_t *to, size_t bytes, uint64_t value)
{
    for (size_t i = 0; i < bytes; i++, value >>= 8)
        to[i] = (uint8_t)value;
}

/* Reverse the bytes of each of `count` elements. */
static inline void swap_elements(uint8_t *data, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++, data += size)
        for (size_t j = 0; j < size / 2; j++) {
            uint8_t byte = data[j];
            data[j] = data[size - 1 - j];
            data[size - 1 - j] = byte;
        }
}

#endif
