/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_CHECKPOINT_H
#define BT_LEDGER_CHECKPOINT_H
/*
 * The text of a checkpoint (C2SP tlog-checkpoint.md): the log's origin, the number of leaves, the
 * root in base 64, a line each; then lines of extensions, which nobody needs to understand. A log
 * signs it as a note whose signer has the origin's name.
 */
#include "ledger/merkle.h"
#include "ledger/note.h"

struct bt_checkpoint {
    struct bt_bytes origin; /* points into the text */
    struct bt_merkle_head head;
    struct bt_bytes extensions; /* with their newlines; mostly none */
};

/* The number as it is written, without zeros before it; at most 2^63 - 1. Where the root of an
 * empty tree is not the hash of nothing: BATON_ERR_DIFFERS. */
BT_CHECK baton_status bt_checkpoint_parse(struct bt_bytes text, struct bt_checkpoint *ret,
                                          struct baton_error *err);
/* Without extensions. */
BT_CHECK baton_status bt_checkpoint_format(const char *origin, const struct bt_merkle_head *head,
                                           struct bt_buf *out, struct baton_error *err);

/* The checkpoint in a signed note, once `log` is known to have signed it and to be its origin;
 * BATON_ERR_DIFFERS when not. */
BT_CHECK baton_status bt_checkpoint_open(struct bt_bytes bytes, const struct bt_note_key *log,
                                         struct bt_checkpoint *ret, struct baton_error *err);

#endif
