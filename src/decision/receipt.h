/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_RECEIPT_H
#define BT_DECISION_RECEIPT_H
/*
 * The promise that a decision is in the log, signed by the log's key when it is answered: a note
 * (C2SP signed-note) of these lines, which nobody can take for a checkpoint, whose second line is a
 * number:
 *
 *     baton-receipt/v1
 *     LOG                        its name
 *     serve-17-9f3c2a1b          the decision
 *     BASE64                     hash of its leaf, as in the tree
 *     2026-11-24T15:04:06Z       when it is in the log at the latest
 */
#include "decision/book.h"

#define BT_RECEIPT_BYTES_MAX ((size_t)2048)

struct bt_receipt {
    struct bt_decision_id id;
    struct bt_digest leaf;
    uint64_t by_s; /* seconds since 1970 */
};

BT_CHECK baton_status bt_receipt_sign(const struct bt_receipt *receipt,
                                      const struct bt_log_signer *signer, struct bt_buf *out,
                                      struct baton_error *err);
/* BATON_ERR_INVALID: it is no receipt; BATON_ERR_DIFFERS: not this key's. */
BT_CHECK baton_status bt_receipt_open(struct bt_bytes note, const struct bt_note_key *key,
                                      struct bt_receipt *ret, struct baton_error *err);
/* The decision that it names, before anything is checked: to know which log to ask. */
BT_CHECK baton_status bt_receipt_peek(struct bt_bytes note, struct bt_decision_id *ret,
                                      struct baton_error *err);

#endif
