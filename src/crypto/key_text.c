/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys as text; key_file.c keeps them on disk. */
#include "crypto/key_file.h"

#include <openssl/crypto.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "crypto/pem.h"
#include "crypto/pkcs8_int.h"
#include "crypto/seal_cost_int.h"
#include "crypto/secret_buf_int.h"

#define PLAIN_LABEL "PRIVATE KEY"
#define SEALED_LABEL "ENCRYPTED PRIVATE KEY"
#define DER_MAX ((size_t)4096)
#define SALT_BYTES 16
/* What `openssl pkcs8 -scrypt` takes: 16 MiB of memory, a twentieth of a second. */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1

static void free_info(PKCS8_PRIV_KEY_INFO **info)
{
    PKCS8_PRIV_KEY_INFO_free(*info);
}

static void free_sealed(X509_SIG **sealed)
{
    X509_SIG_free(*sealed);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_test(EVP_PKEY_CTX **test)
{
    EVP_PKEY_CTX_free(*test);
}

static void free_der(uint8_t **der)
{
    OPENSSL_free(*der);
}

#define AUTO_INFO BT_CLEANUP(free_info) PKCS8_PRIV_KEY_INFO
#define AUTO_SEALED BT_CLEANUP(free_sealed) X509_SIG

struct phrase {
    uint8_t text[BT_PASSPHRASE_MAX];
    size_t len;
};

static void phrase_release(struct phrase *phrase)
{
    OPENSSL_cleanse(phrase, sizeof *phrase);
}

static baton_status ask(const struct bt_passphrase *passphrase, struct phrase *ret,
                        struct baton_error *err)
{
    BT_TRY(passphrase->ask(passphrase->user, ret->text, &ret->len, err));
    if (ret->len == 0 || ret->len > sizeof ret->text)
        return bt_fail(err, BATON_ERR_REFUSED, "a passphrase of %zu bytes: expected 1 to %zu",
                       ret->len, sizeof ret->text);
    return BATON_OK;
}

/* ---- reading ---- */

static baton_status bad_key(struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "the key file holds no PKCS #8 key");
}

/* That the public half, which a file may state, belongs to the secret one. */
static bool fits_together(EVP_PKEY *key)
{
    BT_CLEANUP(free_test) EVP_PKEY_CTX *test = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    return test && EVP_PKEY_pairwise_check(test) == 1;
}

static baton_status take_info(const PKCS8_PRIV_KEY_INFO *info, struct bt_secret_key *ret,
                              struct baton_error *err)
{
    BT_CLEANUP(free_key) EVP_PKEY *key = EVP_PKCS82PKEY(info);
    BT_AUTO_SECRET_KEY made = BT_SECRET_KEY_INIT;
    if (!key)
        return bad_key(err);
    BT_TRY(bt_pkcs8_take(key, &made, err));
    if (made.public.algorithm == BT_KEY_P256 && !fits_together(key))
        return bt_fail(err, BATON_ERR_INVALID, "the halves of the key do not fit together");
    *ret = made;
    return BATON_OK;
}

static baton_status parse_plain(struct bt_bytes der, struct bt_secret_key *ret,
                                struct baton_error *err)
{
    const uint8_t *at = der.ptr;
    AUTO_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (!info || at != der.ptr + der.len)
        return bad_key(err);
    return take_info(info, ret, err);
}

static baton_status parse_sealed(struct bt_bytes der, const struct bt_passphrase *passphrase,
                                 struct bt_secret_key *ret, struct baton_error *err)
{
    BT_CLEANUP(phrase_release) struct phrase phrase = {.len = 0};
    const uint8_t *at = der.ptr;
    AUTO_SEALED *sealed = d2i_X509_SIG(NULL, &at, (long)der.len);
    if (!sealed || at != der.ptr + der.len)
        return bad_key(err);
    BT_TRY(bt_seal_cost_check(sealed, err));
    if (!passphrase)
        return bt_fail(err, BATON_ERR_REFUSED, "the key is encrypted: it needs its passphrase");
    BT_TRY(ask(passphrase, &phrase, err));
    AUTO_INFO *info = PKCS8_decrypt(sealed, (const char *)phrase.text, (int)phrase.len);
    if (!info)
        return bt_fail(err, BATON_ERR_DIFFERS, "the key does not open: another passphrase?");
    return take_info(info, ret, err);
}

baton_status bt_secret_key_parse(struct bt_bytes text, const struct bt_passphrase *passphrase,
                                 struct bt_secret_key *ret, struct baton_error *err)
{
    BT_AUTO_SECRET_BUF der = BT_BUF_INIT(DER_MAX);
    bool is_sealed = bt_pem_has(text, SEALED_LABEL);
    BT_TRY(bt_secret_buf_reserve(&der, err));
    if (bt_pem_has(text, "EC PRIVATE KEY"))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "a key in the old form: convert it with openssl pkey -in KEY -out NEW");
    BT_TRY(bt_pem_parse(text, is_sealed ? SEALED_LABEL : PLAIN_LABEL, &der, err));
    return is_sealed ? parse_sealed(bt_buf_bytes(&der), passphrase, ret, err)
                     : parse_plain(bt_buf_bytes(&der), ret, err);
}

/* ---- writing ---- */

static baton_status seal(const struct bt_pkcs8 *der, const struct bt_passphrase *passphrase,
                         struct bt_buf *out, struct baton_error *err)
{
    BT_CLEANUP(phrase_release) struct phrase phrase = {.len = 0};
    BT_CLEANUP(free_der) uint8_t *bytes = NULL;
    const uint8_t *at = der->bytes;
    BT_TRY(ask(passphrase, &phrase, err));
    AUTO_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der->len);
    X509_ALGOR *method = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, SALT_BYTES, NULL, SCRYPT_N,
                                               SCRYPT_R, SCRYPT_P);
    /* It owns the method when it succeeds. */
    AUTO_SEALED *sealed =
        info && method ? PKCS8_set0_pbe((const char *)phrase.text, (int)phrase.len, info, method)
                       : NULL;
    if (!sealed)
        X509_ALGOR_free(method);
    int len = sealed ? i2d_X509_SIG(sealed, &bytes) : -1;
    if (len <= 0)
        return bt_fail(err, BATON_ERR_INTERNAL, "the crypto library does not encrypt the key");
    bt_pem_format(SEALED_LABEL, (struct bt_bytes){bytes, (size_t)len}, out);
    return BATON_OK;
}

baton_status bt_secret_key_format(const struct bt_secret_key *secret,
                                  const struct bt_passphrase *passphrase, struct bt_buf *out,
                                  struct baton_error *err)
{
    BT_AUTO_PKCS8 der = BT_PKCS8_INIT;
    bt_pkcs8_format(secret, &der);
    if (passphrase)
        BT_TRY(seal(&der, passphrase, out, err));
    else
        bt_pem_format(PLAIN_LABEL, (struct bt_bytes){der.bytes, der.len}, out);
    return bt_buf_finish(out, "the key", err);
}
