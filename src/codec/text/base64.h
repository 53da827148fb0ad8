/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_BASE64_H
#define BT_CODEC_TEXT_BASE64_H
/* RFC 4648, both ways and strict: what is read is exactly what would be written, so that no two
 * texts mean the same bytes. */
#include <stdbool.h>

#include "base/buf.h"

/* Base 64, standard alphabet, with padding. */
void bt_base64_format(struct bt_bytes bytes, struct bt_buf *out);
/* False, and `out` partly written, on any other character, missing padding or leftover bits, and
 * where `out` has no room, of which bt_buf_finish() tells more. */
BT_CHECK bool bt_base64_parse(struct bt_bytes text, struct bt_buf *out);

/* Two small letters or digits per byte. */
void bt_hex_format(struct bt_bytes bytes, struct bt_buf *out);
BT_CHECK bool bt_hex_parse(struct bt_bytes text, struct bt_buf *out);

#endif
