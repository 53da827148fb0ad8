/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REGISTRY_REGISTRY_INT_H
#define BT_REGISTRY_REGISTRY_INT_H
/* What the files of this room share. */
#include "db/db.h"
#include "registry/registry.h"

#define BT_REGISTRY_FILE "registry.db"
#define BT_LOG_KEY_FILE "ledger.key"

struct bt_registry {
    const struct bt_store *store;
    struct bt_log *log;
    struct bt_log_signer signer;
    bool may_write; /* there is a signer; without, the rows are in memory only */
    struct baton_error
        read_only; /* what the disk said to a signer who may not write, or BATON_OK */
    struct bt_db *db;
    /* What the rows were made from. */
    struct bt_merkle_frontier frontier;
    struct bt_digest chain;
    /* The policy in effect. */
    bool has_policy;
    uint64_t policy_leaf;
    struct bt_policy policy;
    struct bt_arena policy_arena;
};

/* From now on it can only be asked, because of `why`. */
void bt_registry_make_read_only(struct bt_registry *registry, const struct baton_error *why);

/* A leaf and what it stands for, owned. */
struct bt_entry_buf {
    struct bt_buf leaf;
    struct bt_buf content;
};

#define BT_ENTRY_BUF_INIT                                                                          \
    {                                                                                              \
        BT_BUF_INIT(BT_LOG_LEAF_MAX), BT_BUF_INIT(BT_LOG_CONTENT_MAX)                              \
    }
#define BT_AUTO_ENTRY_BUF BT_CLEANUP(bt_entry_buf_release) struct bt_entry_buf

void bt_entry_buf_release(struct bt_entry_buf *entry);
/* Points into it. */
struct bt_log_entry bt_entry_buf_view(const struct bt_entry_buf *entry);
/* Proved to be in the ledger. */
BT_CHECK baton_status bt_entry_buf_read(const struct bt_registry *registry, uint64_t leaf,
                                        struct bt_entry_buf *ret, struct baton_error *err);

/* ---- rows.c: the table, its chain and its seal ---- */
/* Open the file and check all of it; made when it is missing. Sets frontier and chain. */
BT_CHECK baton_status bt_rows_open(struct bt_registry *registry, struct baton_error *err);
/* Take over what another process has added since. Inside a turn: seal and rows are read one after
 * the other. */
BT_CHECK baton_status bt_rows_refresh(struct bt_registry *registry, struct baton_error *err);
/* Throw the file away, whatever is in it, and begin with an empty one. */
BT_CHECK baton_status bt_rows_start_over(struct bt_registry *registry, struct baton_error *err);
/* An empty table in memory. */
BT_CHECK baton_status bt_rows_open_memory(struct bt_registry *registry, struct baton_error *err);
BT_CHECK baton_status bt_rows_add(struct bt_registry *registry, const struct bt_row *row,
                                  struct baton_error *err);
BT_CHECK baton_status bt_rows_seal(struct bt_registry *registry, struct baton_error *err);
/* A question for whole rows: what comes after FROM in SQL; and the row that was stepped to. */
BT_CHECK baton_status bt_rows_prepare(const struct bt_registry *registry, const char *condition,
                                      struct bt_db_query *ret, struct baton_error *err);
BT_CHECK baton_status bt_rows_take(const struct bt_db_query *query, struct bt_arena *arena,
                                   struct bt_row *ret, struct baton_error *err);

/* ---- look.c ---- */
/* How many different keys of `policy`'s root have signed `pae`, `also` counted in. */
BT_CHECK baton_status bt_rows_count_root(const struct bt_registry *registry,
                                         const struct bt_digest *pae,
                                         const struct bt_policy *policy,
                                         const struct bt_digest *also, uint64_t *ret,
                                         struct baton_error *err);
/* The row of this statement by this key; BATON_ERR_NOT_FOUND. */
BT_CHECK baton_status bt_rows_find(const struct bt_registry *registry, const struct bt_digest *pae,
                                   const struct bt_digest *signer, struct bt_arena *arena,
                                   struct bt_row *ret, struct baton_error *err);
/* Whether some statement `pae` is in effect, and speaks of `subject`. */
BT_CHECK baton_status bt_rows_relies(const struct bt_registry *registry,
                                     const struct bt_digest *pae, const struct bt_digest *subject,
                                     bool *ret, struct baton_error *err);

/* ---- fold.c ---- */
/* Rows for the leaves from where the rows end to `head`. Adds rows inside a turn only; when there
 * are none to add it only sees that the rows are of this ledger. */
BT_CHECK baton_status bt_fold_to(struct bt_registry *registry, const struct bt_merkle_head *head,
                                 const struct baton_progress *progress, struct baton_error *err);
/* The same to the ledger's newest leaf. */
BT_CHECK baton_status bt_fold_catch_up(struct bt_registry *registry,
                                       const struct baton_progress *progress,
                                       struct baton_error *err);
/* What a leaf and the PAE it stands for say; who signed, and whether that signature is right. */
struct bt_heard {
    struct bt_digest pae;
    struct bt_digest signer;
    struct bt_said said;
};
BT_CHECK baton_status bt_fold_hear(const struct bt_log_entry *entry, struct bt_arena *arena,
                                   struct bt_heard *ret, struct baton_error *err);
/* A bt_log_binding: a leaf is a Rekor entry, its content the PAE of that digest. */
baton_status bt_fold_binding(struct bt_bytes leaf, struct bt_bytes content,
                             struct baton_error *err);
/* Read the policy that the rows say is in effect. */
BT_CHECK baton_status bt_fold_load_policy(struct bt_registry *registry, struct baton_error *err);

/* ---- judge.c ---- */
/* How the reason begins of a statement that has no effect only because other root keys have not
 * signed it yet. */
#define BT_EFFECT_WAITS "waits: "
/* The row that the statement gives as leaf `leaf` of this ledger. */
BT_CHECK baton_status bt_judge(const struct bt_registry *registry, const struct bt_heard *heard,
                               uint64_t leaf, struct bt_arena *arena, struct bt_row *ret,
                               struct baton_error *err);

#endif
