/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ecdsa_int.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/pkcs8_int.h"

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

#define AUTO_KEY BT_CLEANUP(free_key) EVP_PKEY
#define AUTO_CONTEXT BT_CLEANUP(free_context) EVP_MD_CTX

baton_status bt_p256_generate(struct bt_secret_key *ret, struct baton_error *err)
{
    AUTO_KEY *key = EVP_EC_gen("P-256");
    if (!key)
        return bt_fail(err, BATON_ERR_INTERNAL, "the crypto library makes no P-256 key");
    return bt_pkcs8_take(key, ret, err);
}

/* NULL when the bytes are no key: OpenSSL checks that the point is on the curve. */
static EVP_PKEY *load_public(const struct bt_public_key *key)
{
    const uint8_t *at = key->spki;
    return d2i_PUBKEY(NULL, &at, (long)key->spki_len);
}

static EVP_PKEY *load_secret(const struct bt_secret_key *secret)
{
    BT_AUTO_PKCS8 der = BT_PKCS8_INIT;
    bt_pkcs8_format(secret, &der);
    const uint8_t *at = der.bytes;
    return d2i_AutoPrivateKey(NULL, &at, (long)der.len);
}

baton_status bt_ecdsa_check(const struct bt_public_key *key, struct baton_error *err)
{
    AUTO_KEY *loaded = load_public(key);
    return loaded ? BATON_OK
                  : bt_fail(err, BATON_ERR_REFUSED, "not a %s key: no point of the curve",
                            bt_key_algorithm_name(key->algorithm));
}

baton_status bt_p256_sign(const struct bt_secret_key *secret, struct bt_bytes message,
                          struct bt_signature *ret, struct baton_error *err)
{
    AUTO_KEY *key = load_secret(secret);
    AUTO_CONTEXT *context = EVP_MD_CTX_new();
    size_t len = sizeof ret->bytes;
    if (!key || !context ||
        EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) != 1 ||
        EVP_DigestSign(context, ret->bytes, &len, message.ptr, message.len) != 1)
        return bt_fail(err, BATON_ERR_INTERNAL, "cannot sign with P-256");
    ret->len = len;
    return BATON_OK;
}

/* The hash goes with the curve: nobody says another one. */
static const char *hash_of(enum bt_key_algorithm algorithm)
{
    return algorithm == BT_KEY_P384 ? "SHA384" : "SHA256";
}

baton_status bt_ecdsa_verify(const struct bt_public_key *key, struct bt_bytes message,
                             const struct bt_signature *signature, struct baton_error *err)
{
    AUTO_KEY *loaded = load_public(key);
    AUTO_CONTEXT *context = EVP_MD_CTX_new();
    const char *hash = hash_of(key->algorithm);
    if (!loaded || !context ||
        EVP_DigestVerifyInit_ex(context, NULL, hash, NULL, NULL, loaded, NULL) != 1)
        return bt_fail(err, BATON_ERR_INTERNAL, "cannot verify with ECDSA");
    if (EVP_DigestVerify(context, signature->bytes, signature->len, message.ptr, message.len) != 1)
        return bt_fail(err, BATON_ERR_DIFFERS, "the %s signature is not by this key",
                       bt_key_algorithm_name(key->algorithm));
    return BATON_OK;
}
