/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_WITNESS_H
#define BT_LEDGER_WITNESS_H
/*
 * A witness remembers the newest tree of every log it knows, and signs another one only when that
 * one continues it (C2SP tlog-witness.md, docs/formats/witness.md). What two readers of a log both
 * find signed by one witness is one history, whatever the log's operator does.
 *
 * Its folder:
 *
 *     key.pem                its secret, for its owner alone
 *     verifier               its verifier key
 *     logs/HASH/key          the log's verifier key; HASH is SHA-256 of the log's name in hex
 *     logs/HASH/checkpoint   the newest checkpoint with the log's and the witness's signatures;
 *                            empty before the first
 *
 * All a witness is worth is that it never goes back. So a record is read, compared and replaced
 * under one lock (on the file `key`, which is never replaced); the new one is durable before
 * anybody sees the signature; and a record that is missing or does not carry both signatures stops
 * the witness, for that log, until a person has looked.
 */
#include "ledger/checkpoint.h"

#define BT_WITNESS_REQUEST_MAX ((size_t)64 << 10)
#define BT_WITNESS_SIZE_TYPE "text/x.tlog.size"

/* ---- what is asked ---- */

struct bt_witness_request {
    uint64_t old; /* leaves of the tree that the witness saw last, as the log thinks */
    struct bt_merkle_proof proof; /* from there to the checkpoint */
    struct bt_bytes checkpoint;   /* the signed note */
};

/* Points into `bytes`. */
BT_CHECK baton_status bt_witness_request_parse(struct bt_bytes bytes,
                                               struct bt_witness_request *ret,
                                               struct baton_error *err);
BT_CHECK baton_status bt_witness_request_format(const struct bt_witness_request *request,
                                                struct bt_buf *out, struct baton_error *err);

/* ---- what is answered: the numbers are those of HTTP ---- */

enum bt_witness_code {
    BT_WITNESS_SIGNED = 200,
    BT_WITNESS_MALFORMED = 400,
    BT_WITNESS_NOT_SIGNED_BY_LOG = 403,
    BT_WITNESS_UNKNOWN_LOG = 404,
    BT_WITNESS_OTHER_SIZE = 409,
    BT_WITNESS_INCONSISTENT = 422,
};

struct bt_witness {
    int dir_fd;
    struct bt_note_key key; /* a cosigner's */
    struct bt_ed25519_secret secret;
};

#define BT_WITNESS_INIT                                                                            \
    {                                                                                              \
        .dir_fd = -1                                                                               \
    }
#define BT_AUTO_WITNESS BT_CLEANUP(bt_witness_release) struct bt_witness

/* Make a folder a witness's, with a new key under `name`. BATON_ERR_EXISTS when it is one; killed
 * half-way, it is finished by the next call. */
BT_CHECK baton_status bt_witness_create(int dir_fd, const char *name, struct bt_note_key *ret,
                                        struct baton_error *err);
/* BATON_ERR_NOT_FOUND when the folder is none. `dir_fd` must stay open. */
BT_CHECK baton_status bt_witness_open(int dir_fd, struct bt_witness *ret, struct baton_error *err);
/* Only the verifier key, which is no secret. */
BT_CHECK baton_status bt_witness_verifier(int dir_fd, struct bt_note_key *ret,
                                          struct baton_error *err);
/* Wipes the secret; closes nothing. */
void bt_witness_release(struct bt_witness *witness);

/* Know a log from now on; once more is no change. BATON_ERR_EXISTS when another key has its name.
 */
BT_CHECK baton_status bt_witness_accept(const struct bt_witness *witness,
                                        const struct bt_note_key *log, struct baton_error *err);

/* Answer a request at the time `now_s`. BATON_OK for every answer: signature lines for 200, the
 * recorded size for 409, one line of explanation for the others. Anything else is the witness's own
 * trouble, and nothing was signed. Any number of threads and processes. */
BT_CHECK baton_status bt_witness_answer(const struct bt_witness *witness, struct bt_bytes request,
                                        uint64_t now_s, enum bt_witness_code *ret,
                                        struct bt_buf *body, struct baton_error *err);

/* The newest checkpoint recorded of the log whose name has this hash; BATON_ERR_NOT_FOUND when
 * there is none. */
BT_CHECK baton_status bt_witness_checkpoint(const struct bt_witness *witness,
                                            const struct bt_digest *origin, struct bt_buf *out,
                                            struct baton_error *err);

#endif
