/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_PKCS8_INT_H
#define BT_CRYPTO_PKCS8_INT_H
/* Secret keys in DER (PKCS #8, RFC 5958): what a key file holds. */
#include <openssl/evp.h>

#include "crypto/key.h"

#define BT_PKCS8_MAX 138

/* Wiped when it is released. */
struct bt_pkcs8 {
    uint8_t bytes[BT_PKCS8_MAX];
    size_t len;
};

#define BT_PKCS8_INIT                                                                              \
    {                                                                                              \
        .len = 0                                                                                   \
    }
#define BT_AUTO_PKCS8 BT_CLEANUP(bt_pkcs8_release) struct bt_pkcs8

void bt_pkcs8_release(struct bt_pkcs8 *der);
/* As `openssl pkey -outform DER` writes it. */
void bt_pkcs8_format(const struct bt_secret_key *secret, struct bt_pkcs8 *ret);
/* What OpenSSL holds, once it is known to be a key of ours; `key` stays the caller's. */
BT_CHECK baton_status bt_pkcs8_take(const EVP_PKEY *key, struct bt_secret_key *ret,
                                    struct baton_error *err);

#endif
