/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_UTF8_H
#define BT_CODEC_UTF8_H
/* UTF-8 as RFC 3629 has it: shortest form only, no surrogates, nothing above U+10FFFF. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Length (1 to 4) of the well-formed sequence at the start of `text` and its code point; 0 when
 * there is none. */
size_t bt_utf8_decode(struct bt_bytes text, uint32_t *ret_point);
/* Writes 1 to 4 bytes; `point` is no surrogate and at most 0x10FFFF. Returns how many. */
size_t bt_utf8_encode(uint32_t point, uint8_t out[4]);
/* Offset of the first byte that does not belong to a well-formed sequence; text.len when all do. */
size_t bt_utf8_valid_prefix(struct bt_bytes text);

#endif
