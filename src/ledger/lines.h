/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_LINES_H
#define BT_LEDGER_LINES_H
/*
 * The lines that the texts of a log are made of (checkpoints, proofs, requests to witnesses):
 * numbers in their one decimal form, hashes in base 64, an empty line where another part starts.
 */
#include "ledger/merkle.h"

/* More hashes than this no proof has whose tree has at most 2^63 - 1 leaves. */
#define BT_LINES_PROOF_MAX 63

/* The next line, without its newline; false when there is none, or it is empty. */
BT_CHECK bool bt_line_take(struct bt_bytes *rest, struct bt_bytes *ret);
/* The same for a line of `key`, a blank, and what is returned, which is not empty. */
BT_CHECK bool bt_line_take_keyed(struct bt_bytes *rest, const char *key, struct bt_bytes *ret);
/* A number without zeros before it, at most 2^63 - 1. */
BT_CHECK bool bt_line_number(struct bt_bytes text, uint64_t *ret);
BT_CHECK bool bt_line_hash(struct bt_bytes text, struct bt_digest *ret);

/* Lines of hashes, at most BT_LINES_PROOF_MAX, and the empty line behind them. */
BT_CHECK bool bt_lines_take_proof(struct bt_bytes *rest, struct bt_merkle_proof *ret);
void bt_lines_put_hash(const struct bt_digest *hash, struct bt_buf *out);
void bt_lines_put_proof(const struct bt_merkle_proof *proof, struct bt_buf *out);

#endif
