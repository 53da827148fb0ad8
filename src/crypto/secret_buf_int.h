/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_SECRET_BUF_INT_H
#define BT_CRYPTO_SECRET_BUF_INT_H
/* A bt_buf for secrets: it has all its memory from the start, so that it never moves and leaves no
 * copy behind, and is wiped when it is released. */
#include "base/buf.h"

#define BT_AUTO_SECRET_BUF BT_CLEANUP(bt_secret_buf_release) struct bt_buf

BT_CHECK baton_status bt_secret_buf_reserve(struct bt_buf *buf, struct baton_error *err);
void bt_secret_buf_release(struct bt_buf *buf);

#endif
