/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_WITNESS_INT_H
#define BT_LEDGER_WITNESS_INT_H
/* Private to the witness: the small files of its folder. */
#include "base/fs.h"
#include "ledger/witness.h"

BT_CHECK baton_status bt_witness_read_file(int dir_fd, const char *name, struct bt_buf *out,
                                           struct baton_error *err);

/* A file that is one verifier key, in a line. */
BT_CHECK baton_status bt_witness_read_key(int dir_fd, const char *name, struct bt_note_key *ret,
                                          struct baton_error *err);
BT_CHECK baton_status bt_witness_write_key(int dir_fd, const char *name,
                                           const struct bt_note_key *key, struct baton_error *err);

#endif
