/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_ED25519_H
#define BT_CRYPTO_ED25519_H
/*
 * Ed25519 (RFC 8032) as libsodium does it: signatures have one encoding, keys of small order are no
 * keys. Under such a key one signature fits every message, and other libraries take it.
 */
#include "base/buf.h"
#include "base/error.h"

#define BT_ED25519_KEY_BYTES 32
#define BT_ED25519_SIGNATURE_BYTES 64

struct bt_ed25519_public {
    uint8_t bytes[BT_ED25519_KEY_BYTES];
};

/* The 32-byte seed of RFC 8032; wiped when it is released. */
struct bt_ed25519_secret {
    uint8_t seed[BT_ED25519_KEY_BYTES];
};

struct bt_ed25519_signature {
    uint8_t bytes[BT_ED25519_SIGNATURE_BYTES];
};

#define BT_ED25519_SECRET_INIT                                                                     \
    {                                                                                              \
        .seed = { 0 }                                                                              \
    }
#define BT_AUTO_ED25519_SECRET BT_CLEANUP(bt_ed25519_secret_release) struct bt_ed25519_secret

void bt_ed25519_secret_release(struct bt_ed25519_secret *secret);
/* A new key from the system's random numbers. */
BT_CHECK baton_status bt_ed25519_generate(struct bt_ed25519_secret *ret, struct baton_error *err);
BT_CHECK baton_status bt_ed25519_public_of(const struct bt_ed25519_secret *secret,
                                           struct bt_ed25519_public *ret, struct baton_error *err);
/* A point of the prime-order group in its one encoding; BATON_ERR_REFUSED otherwise. Every key that
 * comes from outside goes through here. */
BT_CHECK baton_status bt_ed25519_public_check(const struct bt_ed25519_public *key,
                                              struct baton_error *err);

BT_CHECK baton_status bt_ed25519_sign(const struct bt_ed25519_secret *secret,
                                      struct bt_bytes message, struct bt_ed25519_signature *ret,
                                      struct baton_error *err);
/* BATON_ERR_DIFFERS when it is not a signature of `message` under `key`. */
BT_CHECK baton_status bt_ed25519_verify(const struct bt_ed25519_public *key,
                                        struct bt_bytes message,
                                        const struct bt_ed25519_signature *signature,
                                        struct baton_error *err);

#endif
