/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_TLOG_ENTRY_H
#define BT_ATTEST_TLOG_ENTRY_H
/*
 * That a log has an entry, as a Sigstore bundle says it (TransparencyLogEntry of
 * sigstore/protobuf-specs, in the form that Rekor v2 gives it): the leaf itself and its proof.
 *
 * What the JSON says of the size and the root of the tree, of the log and of the kind of the leaf
 * is signed by nobody. It is taken from the checkpoint and the leaf, and the JSON must agree.
 */
#include "codec/json.h"
#include "ledger/proof.h"

struct bt_tlog_entry {
    struct bt_bytes leaf;
    struct bt_tlog_proof proof;
    struct bt_bytes kind;         /* stated */
    struct bt_digest log_id;      /* stated */
    struct bt_merkle_head stated; /* of the tree */
};

/* The result lives in `arena`. */
BT_CHECK baton_status bt_tlog_entry_of_json(const struct bt_json *object, struct bt_arena *arena,
                                            struct bt_tlog_entry *ret, struct baton_error *err);
/* One object. `leaf`, `proof`, `kind` are written as they are; the rest comes from the checkpoint
 * and `log`, whose entry it must be. */
BT_CHECK baton_status bt_tlog_entry_put(const struct bt_tlog_entry *entry,
                                        const struct bt_note_key *log, struct bt_json_writer *w,
                                        struct baton_error *err);
/* That `log` has the leaf, and nothing stated says otherwise; BATON_ERR_DIFFERS when not. What the
 * leaf says is not looked at. */
BT_CHECK baton_status bt_tlog_entry_check(const struct bt_tlog_entry *entry,
                                          const struct bt_note_key *log, struct bt_checkpoint *ret,
                                          struct baton_error *err);

#endif
