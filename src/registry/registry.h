/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REGISTRY_REGISTRY_H
#define BT_REGISTRY_REGISTRY_H
/*
 * Models, versions, aliases, keys and policies: what follows from the statements in the ledger, in
 * their order, and from nothing else. docs/formats/registry.md is normative.
 *
 * Every leaf gives one row: who said what of which bundle, and whether it is in effect or why not.
 * A statement without effect (of a key nobody trusts, entered twice, against the policy) stays in
 * the ledger and changes nothing. All questions are asked of the rows.
 *
 * The rows are kept in an SQLite file, which is an index: each row is chained to the one before,
 * and the end of the chain is signed with the log's key together with the size and root of the tree
 * that it was made from. A row that was edited, removed or added is found when the registry is
 * opened, before anything is answered (BATON_ERR_CORRUPT). bt_registry_rebuild() makes the file
 * again from the ledger.
 *
 *     BT_AUTO_REGISTRY registry = NULL;
 *     BT_TRY(bt_registry_open(store, &registry, err));
 *     BT_TRY(bt_registry_alias(registry, "credit", "production", &arena, &row, err));
 */
#include "crypto/key.h"
#include "ledger/log.h"
#include "registry/said.h"
#include "store/store.h"

struct bt_registry;

/* One statement as the registry took it. Texts are never NULL. */
struct bt_row {
    uint64_t leaf;
    struct bt_digest pae;    /* of what was signed: names the statement */
    struct bt_digest signer; /* the key's id */
    const char *who;         /* the signer's name, as it was trusted then; "" when it was not */
    unsigned roles;          /* the signer's, then */
    enum bt_said_kind kind;
    const char *effect; /* "": it is in effect; else why it is not */
    struct bt_digest subject;
    const char *model;
    uint64_t version;
    const char *alias;
    bool good;       /* as in struct bt_said */
    unsigned detail; /* role bits: of HANDOFF to whom, of KEY what it may do */
    const char *name;
    int64_t time; /* the signer's clock, seconds since 1970 */
    const char *note;
    bool is_ours; /* said for this ledger: it has no other, or this one's origin */
};

/* ---- open and close ---- */
/* Make the ledger of a store that has none: its log key, and the first two statements, by `secret`:
 * the policy for one person, and that this key belongs to `name` and may do everything. */
BT_CHECK baton_status bt_registry_create(const struct bt_store *store,
                                         const struct bt_secret_key *secret, const char *name,
                                         struct baton_error *err);
/* Whether the store has a ledger at all. */
BT_CHECK baton_status bt_registry_exists(const struct bt_store *store, bool *ret,
                                         struct baton_error *err);
/* The index is checked, and brought up to the ledger's newest leaf. BATON_ERR_NOT_FOUND when the
 * store has no ledger. */
BT_CHECK baton_status bt_registry_open(const struct bt_store *store, struct bt_registry **ret,
                                       struct baton_error *err);
void bt_registry_close(struct bt_registry *registry);
static inline void bt_registry_close_p(struct bt_registry **registry)
{
    bt_registry_close(*registry);
}
#define BT_AUTO_REGISTRY BT_CLEANUP(bt_registry_close_p) struct bt_registry *
/* Throw the index away and make it again. `ret_rows` counts the statements. */
BT_CHECK baton_status bt_registry_rebuild(const struct bt_store *store,
                                          const struct baton_progress *progress, uint64_t *ret_rows,
                                          struct baton_error *err);

/* Judge every statement again, from the first on, and compare with the rows: BATON_ERR_DIFFERS when
 * they are not the same. */
BT_CHECK baton_status bt_registry_replay(const struct bt_registry *registry,
                                         const struct baton_progress *progress,
                                         struct baton_error *err);

struct bt_log *bt_registry_log(const struct bt_registry *registry);
const struct bt_note_key *bt_registry_log_key(const struct bt_registry *registry);
/* The log's name. */
const char *bt_registry_origin(const struct bt_registry *registry);
/* The one in effect. It lives until the next turn begins or the next statement is entered. */
const struct bt_policy *bt_registry_policy(const struct bt_registry *registry);

/* ---- asking ---- */
/* Texts of rows live in `arena`. */
BT_CHECK baton_status bt_registry_row(const struct bt_registry *registry, uint64_t leaf,
                                      struct bt_arena *arena, struct bt_row *ret,
                                      struct baton_error *err);
/* The statement that numbered this version; BATON_ERR_NOT_FOUND. Version 0: the highest. */
BT_CHECK baton_status bt_registry_version(const struct bt_registry *registry, const char *model,
                                          uint64_t version, struct bt_arena *arena,
                                          struct bt_row *ret, struct baton_error *err);
/* The same by the bundle's digest; `model` may be NULL: any. */
BT_CHECK baton_status bt_registry_bundle(const struct bt_registry *registry, const char *model,
                                         const struct bt_digest *bundle, struct bt_arena *arena,
                                         struct bt_row *ret, struct baton_error *err);
/* The statement that put the alias where it stands; BATON_ERR_NOT_FOUND. */
BT_CHECK baton_status bt_registry_alias(const struct bt_registry *registry, const char *model,
                                        const char *alias, struct bt_arena *arena,
                                        struct bt_row *ret, struct baton_error *err);
/* What makes `key` trusted now; BATON_ERR_NOT_FOUND when it never was or is revoked. */
BT_CHECK baton_status bt_registry_key(const struct bt_registry *registry,
                                      const struct bt_digest *key, struct bt_arena *arena,
                                      struct bt_row *ret, struct baton_error *err);

struct bt_row_filter {
    const char *model;              /* NULL: any */
    const char *alias;              /* NULL: any */
    const struct bt_digest *bundle; /* NULL: any */
    const struct bt_digest *signer; /* NULL: any */
    bool by_kind;
    enum bt_said_kind kind; /* when by_kind */
    bool in_effect;         /* only those */
    bool newest_first;
    uint64_t limit; /* 0: all */
};
BT_CHECK baton_status bt_registry_rows(const struct bt_registry *registry,
                                       const struct bt_row_filter *filter, struct bt_arena *arena,
                                       struct bt_row **ret, size_t *ret_count,
                                       struct baton_error *err);
/* The keys that are trusted now, each by the statement that makes it so, the newest first. */
BT_CHECK baton_status bt_registry_keys(const struct bt_registry *registry, struct bt_arena *arena,
                                       struct bt_row **ret, size_t *ret_count,
                                       struct baton_error *err);
/* Where the aliases of `model` (NULL: of all) stand, by name. */
BT_CHECK baton_status bt_registry_aliases(const struct bt_registry *registry, const char *model,
                                          struct bt_arena *arena, struct bt_row **ret,
                                          size_t *ret_count, struct baton_error *err);
/* Whether a later row of the list (the oldest first) is by the same key: then that is its word now.
 */
bool bt_row_is_superseded(const struct bt_row *rows, size_t count, size_t at);
/* What the leaf stands for, proved to be in the ledger: the statement's fields. */
BT_CHECK baton_status bt_registry_said(const struct bt_registry *registry, uint64_t leaf,
                                       struct bt_arena *arena, struct bt_said *ret,
                                       struct baton_error *err);

/* ---- gates ---- */
/* What the policy asks before `said` (an ALIAS) by `signer` may move: a row for each demand.
 * IDENTICAL: it is met. BATON_OK whatever the answers. */
BT_CHECK baton_status bt_registry_gates(const struct bt_registry *registry,
                                        const struct bt_said *said, const struct bt_digest *signer,
                                        struct bt_checks *ret, struct baton_error *err);

/* Whether the ledger's published head has the cosignatures that the policy asks for, at the time
 * `now_s`: a row "witnessed", or none when it asks for none. They are no leaves, so this is asked
 * by who promotes and by who verifies, and not when statements are judged. `otherwise` is the
 * verdict when they are missing or too old. */
BT_CHECK baton_status bt_registry_witnessed(const struct bt_registry *registry, uint64_t now_s,
                                            baton_verdict otherwise, struct bt_checks *ret,
                                            struct baton_error *err);

/* ---- saying ---- */
/* While it is held nobody else enters statements: what was asked stays true until something is
 * entered. Brings the registry up to date. */
struct bt_registry_turn {
    struct bt_fd lock;
};
#define BT_REGISTRY_TURN_INIT                                                                      \
    {                                                                                              \
        .lock = BT_FD_INIT                                                                         \
    }
#define BT_AUTO_REGISTRY_TURN BT_CLEANUP(bt_registry_turn_end) struct bt_registry_turn
BT_CHECK baton_status bt_registry_turn_begin(struct bt_registry *registry,
                                             struct bt_registry_turn *ret, struct baton_error *err);
void bt_registry_turn_end(struct bt_registry_turn *turn);

/* Sign and enter; durable when it returns. A statement that would have no effect is
 * BATON_ERR_REFUSED, with the reason, and is not entered; but one on keys or policy that waits for
 * other root keys' signatures is. `ret` is its row, texts in `arena`. Inside a turn. The ledger's
 * name and the time are filled in where they are NULL; with its own time it is entered once, and
 * entered again is success. */
BT_CHECK baton_status bt_registry_enter(struct bt_registry *registry,
                                        const struct bt_secret_key *secret,
                                        const struct bt_said *said, struct bt_arena *arena,
                                        struct bt_row *ret, struct baton_error *err);
/* The same for a statement that was written elsewhere; one that this key has signed already is not
 * entered twice. */
BT_CHECK baton_status bt_registry_enter_payload(struct bt_registry *registry,
                                                const struct bt_secret_key *secret,
                                                struct bt_bytes payload, struct bt_arena *arena,
                                                struct bt_row *ret, struct baton_error *err);
/* Sign a statement that is in the ledger already, and enter that. */
BT_CHECK baton_status bt_registry_join(struct bt_registry *registry,
                                       const struct bt_secret_key *secret, uint64_t leaf,
                                       struct bt_arena *arena, struct bt_row *ret,
                                       struct baton_error *err);
/* Enter a statement that somebody else signed, as it came: the leaf, and the PAE it is of. The same
 * rules; one that is there already is success, and its row. */
BT_CHECK baton_status bt_registry_import(struct bt_registry *registry,
                                         const struct bt_log_entry *entry, struct bt_arena *arena,
                                         struct bt_row *ret, struct baton_error *err);

/* The bundle `entry` as the next version of said->model, with said->digests as its parents, signed
 * with `secret`; or as the version it is already: said->version. Takes its own turn, and enters the
 * name in the store's index, where other tools look. */
BT_CHECK baton_status bt_registry_publish(struct bt_registry *registry,
                                          const struct bt_store_session *session,
                                          const struct bt_secret_key *secret, struct bt_said *said,
                                          const struct bt_store_entry *entry,
                                          struct baton_error *err);

#endif
