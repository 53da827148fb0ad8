/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_OIP_INT_H
#define BT_DATA_OIP_INT_H
/* Elements of a tensor in the protocol's two forms. Messages name the element. */
#include "data/oip.h"

/* ---- oip_data.c: JSON ---- */

/* From a BT_JSON_RAW: flat, or nested as the shape says. `is_base64`: strings stand for bytes. */
BT_CHECK baton_status bt_oip_fill(const struct bt_json *raw, bool is_base64,
                                  struct bt_tensor *tensor, struct baton_error *err);
void bt_oip_put_data(const struct bt_tensor *tensor, bool is_base64, struct bt_json_writer *w);

/* ---- oip_binary.c: little-endian, without padding; strings with their length in 4 bytes ---- */

BT_CHECK baton_status bt_oip_fill_binary(struct bt_bytes bytes, struct bt_tensor *tensor,
                                         struct baton_error *err);
/* How many strings are in `bytes`. */
BT_CHECK baton_status bt_oip_count_strings(struct bt_bytes bytes, size_t *ret,
                                           struct baton_error *err);
void bt_oip_put_binary(const struct bt_tensor *tensor, struct bt_buf *out);

#endif
