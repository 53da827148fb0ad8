/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_ACCESS_TOKEN_H
#define BT_SERVE_ACCESS_TOKEN_H
/*
 * A bearer token: "btn_", 256 random bits as 64 small hexadecimal digits, and 8 digits of their
 * CRC-32, by which a scanner for lost secrets knows a token from other text. Stores keep its hash.
 */
#include "base/buf.h"
#include "crypto/digest.h"

#define BT_TOKEN_LEN ((size_t)76)

/* With a NUL. */
BT_CHECK baton_status bt_token_make(char ret[BT_TOKEN_LEN + 1], struct baton_error *err);
/* Whether it is written like one. */
bool bt_token_is_one(struct bt_bytes text);
BT_CHECK baton_status bt_token_hash(struct bt_bytes token, struct bt_digest *ret,
                                    struct baton_error *err);

#endif
