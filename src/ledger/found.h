/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_FOUND_H
#define BT_LEDGER_FOUND_H
/*
 * A log and its key, in one folder. The log's name is made of its key, so that no two logs meet
 * under one name.
 *
 *     <vkey>   name and public key, one line, as notes have it: the log is there when this is
 *     <key>    its secret half, readable by its owner alone: who has it may append
 */
#include "ledger/log.h"

struct bt_log_files {
    const char *vkey;
    const char *key;
    const char *prefix; /* of the log's name: "ledger-" */
};

/* Killed half-way, it is finished by the next call; what is there already stays. */
BT_CHECK baton_status bt_log_found(int dir_fd, const struct bt_log_files *files,
                                   struct baton_error *err);
/* BATON_ERR_NOT_FOUND when there is no log. */
BT_CHECK baton_status bt_log_read_vkey(int dir_fd, const struct bt_log_files *files,
                                       struct bt_note_key *ret, struct baton_error *err);
/* Both halves, which must fit. BATON_ERR_NOT_FOUND, or BATON_ERR_IO with EACCES, when the secret is
 * not ours to read. */
BT_CHECK baton_status bt_log_read_signer(int dir_fd, const struct bt_log_files *files,
                                         struct bt_log_signer *ret, struct baton_error *err);
void bt_log_signer_release(struct bt_log_signer *signer);

#endif
