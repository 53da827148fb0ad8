/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ecdsa_int.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/pkcs8_int.h"

#define SCALAR_BYTES 32
/* An uncompressed one: a byte and two coordinates. */
#define POINT_MAX 97

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void free_maker(EVP_PKEY_CTX **maker)
{
    EVP_PKEY_CTX_free(*maker);
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

/* Into the form that OpenSSL's parameters have, which is the machine's. */
static bool to_native(const uint8_t scalar[SCALAR_BYTES], uint8_t ret[SCALAR_BYTES])
{
    BIGNUM *number = BN_bin2bn(scalar, SCALAR_BYTES, NULL);
    bool good = number && BN_bn2nativepad(number, ret, SCALAR_BYTES) == SCALAR_BYTES;
    BN_clear_free(number);
    return good;
}

/* From its parts: through DER it takes OpenSSL 3.0 six times as long, longer than to verify. NULL
 * when they are no key: OpenSSL checks that the point is on the curve. `scalar` is NULL for a
 * public key. */
static EVP_PKEY *load_parts(const struct bt_public_key *key, uint8_t *scalar)
{
    BT_CLEANUP(free_maker) EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    char curve[16] = "prime256v1";
    uint8_t point[POINT_MAX];
    size_t point_len = key->algorithm == BT_KEY_P384 ? POINT_MAX : 65;
    OSSL_PARAM parts[4];
    size_t count = 0;
    EVP_PKEY *made = NULL;
    if (key->algorithm == BT_KEY_P384)
        memcpy(curve, "secp384r1", sizeof "secp384r1");
    memcpy(point, key->spki + key->spki_len - point_len, point_len);
    parts[count++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
    parts[count++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, point_len);
    if (scalar)
        parts[count++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, SCALAR_BYTES);
    parts[count] = OSSL_PARAM_construct_end();
    int kind = scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (!maker || EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &made, kind, parts) != 1)
        return NULL;
    return made;
}

static EVP_PKEY *load_public(const struct bt_public_key *key)
{
    return load_parts(key, NULL);
}

static EVP_PKEY *load_secret(const struct bt_secret_key *secret)
{
    uint8_t scalar[SCALAR_BYTES];
    EVP_PKEY *made = to_native(secret->secret, scalar) ? load_parts(&secret->public, scalar) : NULL;
    OPENSSL_cleanse(scalar, sizeof scalar);
    return made;
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
