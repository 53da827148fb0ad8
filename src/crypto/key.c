/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <sodium.h>
#include <string.h>

#include "crypto/ecdsa_int.h"
#include "crypto/pem.h"

#define PUBLIC_LABEL "PUBLIC KEY"

/* What DER says before the key itself. There is one way to say it, so that comparing is parsing.
 * The last byte of the curves says that the point is not compressed. */
static const uint8_t ed25519_head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
static const uint8_t p256_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
static const uint8_t p384_head[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                    0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04};

_Static_assert(sizeof p384_head + 96 == BT_KEY_SPKI_MAX, "the largest of them");

static const struct {
    const char *name;
    const uint8_t *head;
    size_t head_len;
    size_t key_len;
} forms[] = {
    [BT_KEY_ED25519] = {"Ed25519", ed25519_head, sizeof ed25519_head, BT_ED25519_KEY_BYTES},
    [BT_KEY_P256] = {"P-256", p256_head, sizeof p256_head, 64},
    [BT_KEY_P384] = {"P-384", p384_head, sizeof p384_head, 96},
};

void bt_secret_key_release(struct bt_secret_key *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

const struct bt_public_key *bt_key_public_of(const struct bt_secret_key *secret)
{
    return &secret->public;
}

const char *bt_key_algorithm_name(enum bt_key_algorithm algorithm)
{
    return forms[algorithm].name;
}

struct bt_bytes bt_key_spki(const struct bt_public_key *key)
{
    return (struct bt_bytes){key->spki, key->spki_len};
}

bool bt_key_equal(const struct bt_public_key *a, const struct bt_public_key *b)
{
    return bt_bytes_equal(bt_key_spki(a), bt_key_spki(b));
}

/* ---- reading and writing ---- */

static bool find_form(struct bt_bytes der, enum bt_key_algorithm *ret)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (der.len == forms[i].head_len + forms[i].key_len &&
            memcmp(der.ptr, forms[i].head, forms[i].head_len) == 0) {
            *ret = (enum bt_key_algorithm)i;
            return true;
        }
    return false;
}

/* Ed25519 inside of the general form. */
static struct bt_ed25519_public ed25519_of(const struct bt_public_key *key)
{
    struct bt_ed25519_public public;
    memcpy(public.bytes, key->spki + sizeof ed25519_head, sizeof public.bytes);
    return public;
}

struct bt_public_key bt_key_of_ed25519(const struct bt_ed25519_public *key)
{
    struct bt_public_key made = {.algorithm = BT_KEY_ED25519};
    memcpy(made.spki, ed25519_head, sizeof ed25519_head);
    memcpy(made.spki + sizeof ed25519_head, key->bytes, sizeof key->bytes);
    made.spki_len = sizeof ed25519_head + sizeof key->bytes;
    return made;
}

static baton_status check_point(const struct bt_public_key *key, struct baton_error *err)
{
    if (key->algorithm != BT_KEY_ED25519)
        return bt_ecdsa_check(key, err);
    struct bt_ed25519_public public = ed25519_of(key);
    return bt_ed25519_public_check(&public, err);
}

baton_status bt_key_parse_spki(struct bt_bytes der, struct bt_public_key *ret,
                               struct baton_error *err)
{
    struct bt_public_key key = {.spki_len = der.len};
    if (!find_form(der, &key.algorithm))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "a public key that is neither P-256 nor P-384, uncompressed, nor Ed25519");
    memcpy(key.spki, der.ptr, der.len);
    BT_TRY(check_point(&key, err));
    *ret = key;
    return BATON_OK;
}

baton_status bt_key_parse_pem(struct bt_bytes text, struct bt_public_key *ret,
                              struct baton_error *err)
{
    BT_AUTO_BUF der = BT_BUF_INIT(4096);
    BT_TRY(bt_pem_parse(text, PUBLIC_LABEL, &der, err));
    return bt_key_parse_spki(bt_buf_bytes(&der), ret, err);
}

void bt_key_format_pem(const struct bt_public_key *key, struct bt_buf *out)
{
    bt_pem_format(PUBLIC_LABEL, bt_key_spki(key), out);
}

baton_status bt_key_id(const struct bt_public_key *key, struct bt_digest *ret,
                       struct baton_error *err)
{
    BT_AUTO_BUF pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    bt_key_format_pem(key, &pem);
    BT_TRY(bt_buf_finish(&pem, "the public key", err));
    return bt_sha256_bytes(bt_buf_bytes(&pem), ret, err);
}

/* ---- signing ---- */

static baton_status generate_ed25519(struct bt_secret_key *ret, struct baton_error *err)
{
    BT_AUTO_ED25519_SECRET seed = BT_ED25519_SECRET_INIT;
    struct bt_ed25519_public public;
    BT_TRY(bt_ed25519_generate(&seed, err));
    BT_TRY(bt_ed25519_public_of(&seed, &public, err));
    ret->public = bt_key_of_ed25519(&public);
    memcpy(ret->secret, seed.seed, sizeof ret->secret);
    return BATON_OK;
}

baton_status bt_key_generate(enum bt_key_algorithm algorithm, struct bt_secret_key *ret,
                             struct baton_error *err)
{
    switch (algorithm) {
    case BT_KEY_P256:
        return bt_p256_generate(ret, err);
    case BT_KEY_ED25519:
        return generate_ed25519(ret, err);
    case BT_KEY_P384:
        break;
    }
    return bt_fail(err, BATON_ERR_UNSUPPORTED, "no keys are made on %s", forms[algorithm].name);
}

static baton_status sign_ed25519(const struct bt_secret_key *secret, struct bt_bytes message,
                                 struct bt_signature *ret, struct baton_error *err)
{
    BT_AUTO_ED25519_SECRET seed = BT_ED25519_SECRET_INIT;
    struct bt_ed25519_signature signature;
    memcpy(seed.seed, secret->secret, sizeof seed.seed);
    BT_TRY(bt_ed25519_sign(&seed, message, &signature, err));
    memcpy(ret->bytes, signature.bytes, sizeof signature.bytes);
    ret->len = sizeof signature.bytes;
    return BATON_OK;
}

baton_status bt_key_sign(const struct bt_secret_key *secret, struct bt_bytes message,
                         struct bt_signature *ret, struct baton_error *err)
{
    return secret->public.algorithm == BT_KEY_P256 ? bt_p256_sign(secret, message, ret, err)
                                                   : sign_ed25519(secret, message, ret, err);
}

static baton_status verify_ed25519(const struct bt_public_key *key, struct bt_bytes message,
                                   const struct bt_signature *signature, struct baton_error *err)
{
    struct bt_ed25519_public public = ed25519_of(key);
    struct bt_ed25519_signature fixed;
    if (signature->len != sizeof fixed.bytes)
        return bt_fail(err, BATON_ERR_DIFFERS, "an Ed25519 signature has %zu bytes, not %zu",
                       sizeof fixed.bytes, signature->len);
    memcpy(fixed.bytes, signature->bytes, sizeof fixed.bytes);
    return bt_ed25519_verify(&public, message, &fixed, err);
}

baton_status bt_key_verify(const struct bt_public_key *key, struct bt_bytes message,
                           const struct bt_signature *signature, struct baton_error *err)
{
    return key->algorithm == BT_KEY_ED25519 ? verify_ed25519(key, message, signature, err)
                                            : bt_ecdsa_verify(key, message, signature, err);
}

baton_status bt_signature_of(struct bt_bytes bytes, struct bt_signature *ret,
                             struct baton_error *err)
{
    if (bytes.len == 0 || bytes.len > sizeof ret->bytes)
        return bt_fail(err, BATON_ERR_INVALID, "a signature of %zu bytes: expected 1 to %zu",
                       bytes.len, sizeof ret->bytes);
    memcpy(ret->bytes, bytes.ptr, bytes.len);
    ret->len = bytes.len;
    return BATON_OK;
}

struct bt_bytes bt_signature_bytes(const struct bt_signature *signature)
{
    return (struct bt_bytes){signature->bytes, signature->len};
}
