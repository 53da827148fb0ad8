/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_PEM_H
#define BT_CRYPTO_PEM_H
/*
 * The text form of keys (RFC 7468): base 64 in lines of 64 letters between "-----BEGIN LABEL-----"
 * and "-----END LABEL-----". Written in that one form; read also with lines of other lengths, with
 * carriage returns, and with text around it, as tools that explain their keys write it. Two blocks
 * in one file are refused: which one was meant is not ours to guess.
 */
#include <stdbool.h>

#include "base/buf.h"

void bt_pem_format(const char *label, struct bt_bytes der, struct bt_buf *out);
/* Whether a block with this label begins in `text`. */
bool bt_pem_has(struct bt_bytes text, const char *label);
/* The bytes of the one block, which must have this label. */
BT_CHECK baton_status bt_pem_parse(struct bt_bytes text, const char *label, struct bt_buf *out,
                                   struct baton_error *err);

#endif
