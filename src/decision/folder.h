/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_FOLDER_H
#define BT_DECISION_FOLDER_H
/*
 * STORE/decisions/INSTANCE/: a log of decisions and its key.
 *
 *     vkey              the log's name and public key, as signed notes have it
 *     key               its secret half; only the server's user may read it
 *     ledger/, ledger.journal   as docs/formats/ledger.md has it
 */
#include "base/fs.h"
#include "decision/id.h"
#include "ledger/log.h"

struct bt_decision_folder {
    struct bt_fd fd;
    char instance[BT_INSTANCE_MAX + 1];
    struct bt_log_signer signer; /* its secret only after bt_decision_folder_own() */
};

#define BT_DECISION_FOLDER_INIT                                                                    \
    {                                                                                              \
        .fd = BT_FD_INIT                                                                           \
    }

void bt_decision_folder_release(struct bt_decision_folder *folder);
/* BATON_ERR_NOT_FOUND: no such server has ever written here. */
BT_CHECK baton_status bt_decision_folder_open(int store_fd, const char *instance,
                                              struct bt_decision_folder *ret,
                                              struct baton_error *err);
/* With its secret, which only the server's user can read; the server may be running. */
BT_CHECK baton_status bt_decision_folder_open_secret(int store_fd, const char *instance,
                                                     struct bt_decision_folder *ret,
                                                     struct baton_error *err);
/* For the one process that writes: made if need be, locked, with its secret. BATON_ERR_EXISTS when
 * another process has it. */
BT_CHECK baton_status bt_decision_folder_own(int store_fd, const char *instance,
                                             struct bt_decision_folder *ret,
                                             struct baton_error *err);

#endif
