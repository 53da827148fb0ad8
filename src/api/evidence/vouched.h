/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_VOUCHED_H
#define BT_API_VOUCHED_H
/*
 * Whom an auditor believes: keys of signers and of logs, and a policy for witnesses. Either what
 * was named on the command line, or what the ledger of a store says now; never both, so that what
 * somebody did not name cannot count.
 */
#include "api/api_int.h"
#include "ledger/quorum.h"
#include "registry/registry.h"

#define BT_VOUCHED_LOGS_MAX (BT_QUORUM_LOGS_MAX + 1)

struct bt_vouched {
    struct bt_arena arena;
    struct bt_public_key *keys;
    const char **names; /* whose they are: a name and roles, or the file */
    size_t key_count;
    struct bt_note_key logs[BT_VOUCHED_LOGS_MAX];
    size_t log_count;
    const struct bt_quorum *quorum; /* NULL: no witnesses are asked for */
    struct bt_registry *registry;   /* of the store; NULL: none */
    struct bt_log *copy;            /* of the folder that was named */
    /* The log to compare with: the copy or the registry's; NULL: none. */
    struct bt_log *log;
    const struct bt_note_key *log_key;
};

#define BT_VOUCHED_INIT                                                                            \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }

BT_CHECK baton_status bt_vouched_open(const baton_store *store,
                                      const struct baton_evidence_options *options,
                                      struct bt_vouched *ret, struct baton_error *err);
/* Compare with the log in the folder `path` from now on. */
BT_CHECK baton_status bt_vouched_open_copy(struct bt_vouched *vouched, const char *path,
                                           struct baton_error *err);
void bt_vouched_release(struct bt_vouched *vouched);
/* Whose id this is, as 64 digits; BATON_ERR_NOT_FOUND. */
BT_CHECK baton_status bt_vouched_find(const struct bt_vouched *vouched, struct bt_bytes id,
                                      size_t *ret, struct baton_error *err);
/* The log whose name is a checkpoint's origin. Of several of that name the one that signed;
 * BATON_ERR_CANNOT_TELL when there is none. Nothing is verified yet. */
BT_CHECK baton_status bt_vouched_log(const struct bt_vouched *vouched, struct bt_bytes checkpoint,
                                     const struct bt_note_key **ret, struct baton_error *err);

#endif
