/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ed25519.h"

#include <sodium.h>
#include <string.h>

_Static_assert(BT_ED25519_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "as libsodium has them");
_Static_assert(BT_ED25519_KEY_BYTES == crypto_sign_SEEDBYTES, "as libsodium has them");
_Static_assert(BT_ED25519_SIGNATURE_BYTES == crypto_sign_BYTES, "as libsodium has them");

/* Picks its random source and its fastest code once; cheap and thread-safe after that. */
static baton_status start(struct baton_error *err)
{
    return sodium_init() < 0 ? bt_fail(err, BATON_ERR_INTERNAL, "libsodium does not start")
                             : BATON_OK;
}

void bt_ed25519_secret_release(struct bt_ed25519_secret *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

baton_status bt_ed25519_generate(struct bt_ed25519_secret *ret, struct baton_error *err)
{
    BT_TRY(start(err));
    randombytes_buf(ret->seed, sizeof ret->seed);
    return BATON_OK;
}

/* libsodium's secret key: the seed, then the public key. */
struct expanded {
    uint8_t bytes[crypto_sign_SECRETKEYBYTES];
    struct bt_ed25519_public public;
};

static void expanded_release(struct expanded *expanded)
{
    sodium_memzero(expanded, sizeof *expanded);
}

static baton_status expand(const struct bt_ed25519_secret *secret, struct expanded *ret,
                           struct baton_error *err)
{
    BT_TRY(start(err));
    if (crypto_sign_seed_keypair(ret->public.bytes, ret->bytes, secret->seed) != 0)
        return bt_fail(err, BATON_ERR_INTERNAL, "no Ed25519 key comes of the seed");
    return BATON_OK;
}

baton_status bt_ed25519_public_of(const struct bt_ed25519_secret *secret,
                                  struct bt_ed25519_public *ret, struct baton_error *err)
{
    BT_CLEANUP(expanded_release) struct expanded expanded;
    BT_TRY(expand(secret, &expanded, err));
    *ret = expanded.public;
    return BATON_OK;
}

baton_status bt_ed25519_public_check(const struct bt_ed25519_public *key, struct baton_error *err)
{
    BT_TRY(start(err));
    if (!crypto_core_ed25519_is_valid_point(key->bytes))
        return bt_fail(err, BATON_ERR_REFUSED,
                       "not an Ed25519 key: no point of the prime-order group");
    return BATON_OK;
}

baton_status bt_ed25519_sign(const struct bt_ed25519_secret *secret, struct bt_bytes message,
                             struct bt_ed25519_signature *ret, struct baton_error *err)
{
    BT_CLEANUP(expanded_release) struct expanded expanded;
    BT_TRY(expand(secret, &expanded, err));
    if (crypto_sign_detached(ret->bytes, NULL, message.ptr, message.len, expanded.bytes) != 0)
        return bt_fail(err, BATON_ERR_INTERNAL, "cannot sign with Ed25519");
    return BATON_OK;
}

baton_status bt_ed25519_verify(const struct bt_ed25519_public *key, struct bt_bytes message,
                               const struct bt_ed25519_signature *signature,
                               struct baton_error *err)
{
    BT_TRY(start(err));
    if (crypto_sign_verify_detached(signature->bytes, message.ptr, message.len, key->bytes) != 0)
        return bt_fail(err, BATON_ERR_DIFFERS, "the Ed25519 signature is not by this key");
    return BATON_OK;
}
