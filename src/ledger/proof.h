/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_PROOF_H
#define BT_LEDGER_PROOF_H
/*
 * A proof that a log has an entry, in one small file that needs no network (C2SP tlog-proof.md,
 * docs/formats/tlog-proof.md): where the entry is, the hashes beside its way up, and the signed
 * checkpoint with the cosignatures of witnesses.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra BASE64            at most one; nobody signed it
 *     index 421
 *     BASE64                  a line per hash, the leaf's neighbour first
 *
 *     CHECKPOINT, a signed note
 *
 * The entry itself is not in it: who checks the proof has the entry.
 */
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"

/* Of the whole file: a note may be that long. */
#define BT_TLOG_PROOF_BYTES_MAX (BT_NOTE_BYTES_MAX + (64 << 10))
#define BT_TLOG_PROOF_EXTRA_MAX ((size_t)32 << 10)

struct bt_tlog_proof {
    struct bt_bytes extra; /* base 64 as it is written; empty when there is none. Not authenticated:
                            * at most a hint where to look for the entry. */
    uint64_t index;
    struct bt_merkle_proof path;
    struct bt_bytes checkpoint; /* the note, not yet looked into */
};

BT_CHECK baton_status bt_tlog_proof_format(const struct bt_tlog_proof *proof, struct bt_buf *out,
                                           struct baton_error *err);
/* Points into `bytes`. Only the form is checked. */
BT_CHECK baton_status bt_tlog_proof_parse(struct bt_bytes bytes, struct bt_tlog_proof *ret,
                                          struct baton_error *err);
/* That the tree has `leaf` (the bytes of the entry) at the index; whose tree it is,
 * bt_quorum_open() says of the checkpoint. BATON_ERR_DIFFERS when not. */
BT_CHECK baton_status bt_tlog_proof_includes(const struct bt_tlog_proof *proof,
                                             struct bt_bytes leaf,
                                             const struct bt_merkle_head *head,
                                             struct baton_error *err);
/* That `log` signed a tree with `leaf` at the index, whoever else saw it. */
BT_CHECK baton_status bt_tlog_proof_check(const struct bt_tlog_proof *proof, struct bt_bytes leaf,
                                          const struct bt_note_key *log, struct bt_checkpoint *ret,
                                          struct baton_error *err);

#endif
