/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_DSSE_H
#define BT_ATTEST_DSSE_H
/*
 * DSSE v1 (secure-systems-lab/dsse): a payload, its type, signatures over both. What is signed is
 * the pre-authentication encoding (PAE)
 *
 *     "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload
 *
 * so that no signature over bytes of one type is a signature over bytes of another, nor over
 * anything that is no PAE. Order of checks: decode; verify; only then look at the type, only then
 * parse the payload, and parse the very bytes that were verified.
 *
 * An envelope is the JSON form. Its `keyid` is signed by nobody: it may help to find a key, and
 * decides nothing.
 */
#include "codec/json.h"
#include "crypto/key.h"

#define BT_DSSE_TYPE_MAX ((size_t)256)
#define BT_DSSE_PAYLOAD_MAX ((size_t)16 << 20)
#define BT_DSSE_PAE_MAX (BT_DSSE_PAYLOAD_MAX + BT_DSSE_TYPE_MAX + 64)
#define BT_DSSE_SIGNATURES_MAX 16
/* The payload of in-toto statements. */
#define BT_DSSE_IN_TOTO "application/vnd.in-toto+json"

struct bt_dsse_message {
    struct bt_bytes type;
    struct bt_bytes payload;
};

void bt_dsse_pae(const struct bt_dsse_message *message, struct bt_buf *out);
/* Only what bt_dsse_pae() writes. The result points into `pae`. */
BT_CHECK baton_status bt_dsse_pae_parse(struct bt_bytes pae, struct bt_dsse_message *ret,
                                        struct baton_error *err);
/* SHA-256 of the PAE: what a log entry commits to. */
BT_CHECK baton_status bt_dsse_digest(const struct bt_dsse_message *message, struct bt_digest *ret,
                                     struct baton_error *err);

BT_CHECK baton_status bt_dsse_sign(const struct bt_secret_key *secret,
                                   const struct bt_dsse_message *message, struct bt_signature *ret,
                                   struct baton_error *err);
/* BATON_ERR_DIFFERS when it is not signed by `key`. */
BT_CHECK baton_status bt_dsse_verify(const struct bt_public_key *key,
                                     const struct bt_dsse_message *message,
                                     const struct bt_signature *signature, struct baton_error *err);

struct bt_dsse_signature {
    struct bt_bytes keyid; /* empty when there is none */
    struct bt_signature signature;
};

struct bt_dsse_envelope {
    struct bt_dsse_message message;
    struct bt_dsse_signature signatures[BT_DSSE_SIGNATURES_MAX];
    size_t count; /* at least 1 */
};

/* Base 64 of either alphabet; members that DSSE does not know are passed over. The result lives in
 * `arena`. */
BT_CHECK baton_status bt_dsse_parse(struct bt_bytes bytes, struct bt_arena *arena,
                                    struct bt_dsse_envelope *ret, struct baton_error *err);
BT_CHECK baton_status bt_dsse_of_json(const struct bt_json *object, struct bt_arena *arena,
                                      struct bt_dsse_envelope *ret, struct baton_error *err);
/* One object, the value of a member or a document. */
void bt_dsse_put(const struct bt_dsse_envelope *envelope, struct bt_json_writer *w);
/* ret_by[i]: keys[i] signed it. Two signatures by one key count once; signatures of others are
 * passed over. Keys that are equal are the caller's mistake: they would count twice. */
BT_CHECK baton_status bt_dsse_signers(const struct bt_dsse_envelope *envelope,
                                      const struct bt_public_key *keys, size_t count, bool *ret_by,
                                      struct baton_error *err);

#endif
