/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_KEY_H
#define BT_CRYPTO_KEY_H
/*
 * The keys that sign statements: ECDSA on P-256 with SHA-256, which every tool around Sigstore and
 * OpenSSF Model Signing verifies, or Ed25519. P-384 with SHA-384 is read, so that what others
 * signed with it can be verified; nothing here makes such a key or signs with it.
 *
 * A public key is its SubjectPublicKeyInfo in DER (RFC 5480, RFC 8410), and of that the one form in
 * use: the named curve, the point uncompressed and on the curve; for Ed25519 a point of the
 * prime-order group. So two keys are the same key exactly when their bytes are.
 *
 * An ECDSA signature is DER (RFC 3279), and differs from run to run; an Ed25519 signature is its 64
 * bytes. Nothing here keeps state; any number of threads may use one key.
 */
#include "base/buf.h"
#include "crypto/digest.h"
#include "crypto/ed25519.h"

#define BT_KEY_SPKI_MAX 120
#define BT_KEY_PEM_MAX ((size_t)256)
/* A DER signature on P-384 has at most 104 bytes, one on P-256 72. */
#define BT_SIGNATURE_MAX 104

enum bt_key_algorithm {
    BT_KEY_ED25519,
    BT_KEY_P256,
    BT_KEY_P384, /* only to verify */
};

struct bt_public_key {
    enum bt_key_algorithm algorithm;
    uint8_t spki[BT_KEY_SPKI_MAX];
    size_t spki_len;
};

/* The seed of RFC 8032, or the scalar of P-256, big-endian; wiped when it is released. */
struct bt_secret_key {
    struct bt_public_key public;
    uint8_t secret[32];
};

struct bt_signature {
    uint8_t bytes[BT_SIGNATURE_MAX];
    size_t len;
};

#define BT_SECRET_KEY_INIT                                                                         \
    {                                                                                              \
        .secret = { 0 }                                                                            \
    }
#define BT_AUTO_SECRET_KEY BT_CLEANUP(bt_secret_key_release) struct bt_secret_key

void bt_secret_key_release(struct bt_secret_key *secret);
/* A new key from the system's random numbers; BATON_ERR_UNSUPPORTED for P-384. */
BT_CHECK baton_status bt_key_generate(enum bt_key_algorithm algorithm, struct bt_secret_key *ret,
                                      struct baton_error *err);
/* Without a copy. */
const struct bt_public_key *bt_key_public_of(const struct bt_secret_key *secret);

/* "P-256" and so on, for people. */
const char *bt_key_algorithm_name(enum bt_key_algorithm algorithm);
bool bt_key_equal(const struct bt_public_key *a, const struct bt_public_key *b);
struct bt_bytes bt_key_spki(const struct bt_public_key *key);
/* BATON_ERR_UNSUPPORTED for another algorithm, curve or form; BATON_ERR_REFUSED when the point is
 * none. */
BT_CHECK baton_status bt_key_parse_spki(struct bt_bytes der, struct bt_public_key *ret,
                                        struct baton_error *err);
BT_CHECK baton_status bt_key_parse_pem(struct bt_bytes text, struct bt_public_key *ret,
                                       struct baton_error *err);
void bt_key_format_pem(const struct bt_public_key *key, struct bt_buf *out);
/* SHA-256 of what bt_key_format_pem() writes: what OpenSSF Model Signing calls the hint, and
 * `openssl pkey -pubin -in KEY | sha256sum` prints. */
BT_CHECK baton_status bt_key_id(const struct bt_public_key *key, struct bt_digest *ret,
                                struct baton_error *err);

/* The same key in the form that logs and notes use; only for Ed25519. */
struct bt_public_key bt_key_of_ed25519(const struct bt_ed25519_public *key);

BT_CHECK baton_status bt_key_sign(const struct bt_secret_key *secret, struct bt_bytes message,
                                  struct bt_signature *ret, struct baton_error *err);
/* BATON_ERR_DIFFERS when it is not a signature of `message` by `key`. */
BT_CHECK baton_status bt_key_verify(const struct bt_public_key *key, struct bt_bytes message,
                                    const struct bt_signature *signature, struct baton_error *err);
/* BATON_ERR_INVALID for more bytes than any signature has. */
BT_CHECK baton_status bt_signature_of(struct bt_bytes bytes, struct bt_signature *ret,
                                      struct baton_error *err);
struct bt_bytes bt_signature_bytes(const struct bt_signature *signature);

#endif
