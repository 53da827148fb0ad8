/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pkcs8_int.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <string.h>

/* Everything before the secret: the version, the algorithm, the wrapping. */
static const uint8_t ed25519_head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const uint8_t p256_head[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
                                    0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
                                    0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
/* What stands between the scalar of P-256 and the point. */
static const uint8_t p256_middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
#define POINT_BYTES ((size_t)65)

_Static_assert(sizeof p256_head + 32 + sizeof p256_middle + POINT_BYTES == BT_PKCS8_MAX,
               "the larger of the two");

void bt_pkcs8_release(struct bt_pkcs8 *der)
{
    OPENSSL_cleanse(der, sizeof *der);
}

static void put(struct bt_pkcs8 *der, const void *bytes, size_t len)
{
    memcpy(der->bytes + der->len, bytes, len);
    der->len += len;
}

void bt_pkcs8_format(const struct bt_secret_key *secret, struct bt_pkcs8 *ret)
{
    const struct bt_public_key *public = &secret->public;
    bool is_p256 = public->algorithm == BT_KEY_P256;
    ret->len = 0;
    put(ret, is_p256 ? p256_head : ed25519_head, is_p256 ? sizeof p256_head : sizeof ed25519_head);
    put(ret, secret->secret, sizeof secret->secret);
    if (!is_p256)
        return;
    put(ret, p256_middle, sizeof p256_middle);
    put(ret, public->spki + public->spki_len - POINT_BYTES, POINT_BYTES);
}

static void free_der(uint8_t **der)
{
    OPENSSL_free(*der);
}

static void free_number(BIGNUM **number)
{
    BN_clear_free(*number);
}

static bool take_scalar(const EVP_PKEY *key, uint8_t scalar[32])
{
    BT_CLEANUP(free_number) BIGNUM *number = NULL;
    return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
           BN_bn2binpad(number, scalar, 32) == 32;
}

static bool take_seed(const EVP_PKEY *key, uint8_t seed[32])
{
    size_t len = 32;
    return EVP_PKEY_get_raw_private_key(key, seed, &len) == 1 && len == 32;
}

baton_status bt_pkcs8_take(const EVP_PKEY *key, struct bt_secret_key *ret, struct baton_error *err)
{
    BT_AUTO_SECRET_KEY made = BT_SECRET_KEY_INIT;
    BT_CLEANUP(free_der) uint8_t *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    if (len <= 0)
        return bt_fail(err, BATON_ERR_INVALID, "the secret key has no public key");
    BT_TRY(bt_key_parse_spki((struct bt_bytes){der, (size_t)len}, &made.public, err));
    if (made.public.algorithm == BT_KEY_P384)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "nobody signs on P-384 here: use P-256");
    bool taken = made.public.algorithm == BT_KEY_P256 ? take_scalar(key, made.secret)
                                                      : take_seed(key, made.secret);
    if (!taken)
        return bt_fail(err, BATON_ERR_INVALID, "the key has no secret part");
    *ret = made;
    return BATON_OK;
}
