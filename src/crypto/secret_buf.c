/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret_buf_int.h"

#include <openssl/crypto.h>

baton_status bt_secret_buf_reserve(struct bt_buf *buf, struct baton_error *err)
{
    (void)bt_buf_extend(buf, buf->bytes_max);
    BT_TRY(bt_buf_finish(buf, "room for a secret", err));
    bt_buf_clear(buf);
    return BATON_OK;
}

void bt_secret_buf_release(struct bt_buf *buf)
{
    if (buf->data)
        OPENSSL_cleanse(buf->data, buf->capacity);
    bt_buf_release(buf);
}
