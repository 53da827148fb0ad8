/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_TRUSTED_ROOT_H
#define BT_ATTEST_TRUSTED_ROOT_H
/*
 * What clients of Sigstore need to know before they believe a log: its key, in the form that they
 * read (TrustedRoot of sigstore/protobuf-specs). No authorities: the keys of signers are known
 * beforehand.
 */
#include "ledger/note.h"

/* `since`: from when on the log counts, as "2026-01-01T00:00:00Z". The log's address is made of its
 * name, which is what clients ask of it. */
BT_CHECK baton_status bt_trusted_root_format(const struct bt_note_key *log, const char *since,
                                             struct bt_buf *out, struct baton_error *err);

#endif
