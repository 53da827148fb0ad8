/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_SIGSTORE_H
#define BT_ATTEST_SIGSTORE_H
/*
 * A Sigstore bundle v0.3: a signed message, which key signed it, and, where there is a log, that
 * the log has it. One file that goes from hand to hand and that unrelated tools verify
 * (docs/formats/evidence.md).
 *
 * The key is named by its id (crypto/key.h), which is a hint: the verifier takes the key from those
 * it trusts, or refuses. Certificates, and signatures over files instead of messages, are refused
 * as unsupported.
 *
 * Everything in the file is either signed or compared with something that is. What nobody signed:
 * the hint and `keyid` (a wrong one finds no key), white space, and in the checkpoint the lines of
 * witnesses that the verifier does not know.
 */
#include "attest/dsse.h"
#include "attest/rekor.h"
#include "attest/tlog_entry.h"

#define BT_SIGSTORE_MEDIA_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
#define BT_SIGSTORE_BYTES_MAX (2 * BT_DSSE_PAYLOAD_MAX)

struct bt_sigstore_bundle {
    struct bt_dsse_message message;
    struct bt_signature signature;
    struct bt_bytes hint; /* the key's id in hexadecimal */
    bool logged;
    struct bt_tlog_entry entry; /* when it is logged */
};

/* What is to be written. */
struct bt_sigstore_fields {
    struct bt_dsse_message message;
    struct bt_signature signature;
    struct bt_public_key key;
    const struct bt_note_key *log;     /* NULL: not logged */
    const struct bt_tlog_proof *proof; /* of the entry that bt_sigstore_leaf() makes */
};

/* The leaf that a log takes for this message: hashedrekord over the PAE. */
BT_CHECK baton_status bt_sigstore_leaf(const struct bt_dsse_message *message,
                                       const struct bt_signature *signature,
                                       const struct bt_public_key *key, struct bt_buf *out,
                                       struct baton_error *err);
/* One line of JSON. The proof must hold. */
BT_CHECK baton_status bt_sigstore_format(const struct bt_sigstore_fields *fields,
                                         struct bt_buf *out, struct baton_error *err);

/* Only the form is checked. The result lives in `arena`. */
BT_CHECK baton_status bt_sigstore_parse(struct bt_bytes bytes, struct bt_arena *arena,
                                        struct bt_sigstore_bundle *ret, struct baton_error *err);

/* Whom to believe. */
struct bt_sigstore_trust {
    const struct bt_public_key *keys;
    size_t count;
    const struct bt_note_key *log; /* NULL: the signature is enough */
};

struct bt_sigstore_verdict {
    size_t key; /* which of the trusted ones signed it */
    struct bt_sigstore_bundle bundle;
    struct bt_checkpoint checkpoint; /* when a log was asked for */
};

/* The steps of bt_sigstore_verify(), for who wants an answer to each. */
/* The key that its log entry names, if that is the key of the hint: then the signature can be
 * checked, but nobody has vouched for the key. BATON_ERR_NOT_FOUND. */
BT_CHECK baton_status bt_sigstore_carried_key(const struct bt_sigstore_bundle *bundle,
                                              struct bt_public_key *ret, struct baton_error *err);
/* That `log` has an entry, and one of this message, this signature and this key. */
BT_CHECK baton_status bt_sigstore_check_logged(const struct bt_sigstore_bundle *bundle,
                                               const struct bt_public_key *key,
                                               const struct bt_note_key *log,
                                               struct bt_checkpoint *ret, struct baton_error *err);
/* BATON_ERR_REFUSED when no trusted key has the id, BATON_ERR_CANNOT_TELL when a log is asked for
 * and the bundle has no entry, BATON_ERR_DIFFERS when a signature, a proof or a field does not fit.
 * What the message says is for bt_statement_open(). */
BT_CHECK baton_status bt_sigstore_verify(struct bt_bytes bytes,
                                         const struct bt_sigstore_trust *trust,
                                         struct bt_arena *arena, struct bt_sigstore_verdict *ret,
                                         struct baton_error *err);

#endif
