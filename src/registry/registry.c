/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies beside the OCI layout of a store that has a ledger:
 *
 *   ledger/, ledger.journal   the log (ledger/log.h)
 *   ledger.key                the log's own secret key; who has it may enter statements
 *   ledger.vkey               its public half, with the log's name, as C2SP writes verifier keys
 *   registry.db               the index over the statements (rows.c)
 */
#include "registry/registry_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/found.h"

#define LOG_VKEY_FILE "ledger.vkey"

struct bt_log *bt_registry_log(const struct bt_registry *registry)
{
    return registry->log;
}

const struct bt_note_key *bt_registry_log_key(const struct bt_registry *registry)
{
    return &registry->signer.key;
}

const char *bt_registry_origin(const struct bt_registry *registry)
{
    return registry->signer.key.name;
}

const struct bt_policy *bt_registry_policy(const struct bt_registry *registry)
{
    return &registry->policy;
}

/* ---- the log's key ---- */

static const struct bt_log_files files = {
    .vkey = LOG_VKEY_FILE,
    .key = BT_LOG_KEY_FILE,
    .prefix = "ledger-",
};

static baton_status read_vkey(const struct bt_store *store, struct bt_note_key *ret,
                              struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    baton_status status = bt_log_read_vkey(bt_store_folder(store), &files, ret, &why);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, status, "store %s has no ledger (`baton init` makes one)",
                       bt_store_path(store));
    return status == BATON_OK
               ? BATON_OK
               : bt_fail(err, status, "store %s: %s", bt_store_path(store), why.text);
}

/* Without the secret the ledger can be read. */
static baton_status read_signer(struct bt_registry *registry, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    int folder = bt_store_folder(registry->store);
    BT_TRY(read_vkey(registry->store, &registry->signer.key, err));
    baton_status status = bt_log_read_signer(folder, &files, &registry->signer, &why);
    bool is_readers = status == BATON_ERR_NOT_FOUND || why.os_errno == EACCES;
    registry->may_write = status == BATON_OK;
    return status == BATON_OK || is_readers
               ? BATON_OK
               : bt_fail(err, status, "store %s: %s", bt_store_path(registry->store), why.text);
}

/* ---- open and close ---- */

baton_status bt_registry_exists(const struct bt_store *store, bool *ret, struct baton_error *err)
{
    struct bt_note_key key;
    *ret = false;
    if (bt_store_folder(store) < 0)
        return BATON_OK;
    baton_status status = read_vkey(store, &key, err);
    *ret = status == BATON_OK;
    return status == BATON_ERR_NOT_FOUND ? BATON_OK : status;
}

void bt_registry_close(struct bt_registry *registry)
{
    if (!registry)
        return;
    bt_db_close(registry->db);
    bt_log_close(registry->log);
    bt_arena_release(&registry->policy_arena);
    bt_log_signer_release(&registry->signer);
    bt_free(registry);
}

void bt_registry_make_read_only(struct bt_registry *registry, const struct baton_error *why)
{
    registry->may_write = false;
    registry->read_only = *why;
}

static baton_status fail_read_only(const struct bt_registry *registry, struct baton_error *err)
{
    const struct baton_error *why = &registry->read_only;
    bool may_not = why->os_errno == EACCES || why->os_errno == EROFS || why->os_errno == EPERM;
    if (why->status == BATON_ERR_IO && !may_not)
        return bt_fail(err, why->status, "nothing can be entered into ledger %s: %s",
                       bt_registry_origin(registry), why->text);
    return bt_fail(err, BATON_ERR_REFUSED,
                   "nothing can be entered into ledger %s: it takes its key (%s/" BT_LOG_KEY_FILE
                   ") and the right to write there",
                   bt_registry_origin(registry), bt_store_path(registry->store));
}

/* A disk that is full or may only be read takes no new statement, but can be asked. */
static baton_status open_for(struct bt_registry *registry, struct baton_error *err)
{
    int folder = bt_store_folder(registry->store);
    if (registry->may_write) {
        struct baton_error why = BATON_ERROR_INIT;
        baton_status status =
            bt_log_open_to_append(folder, &registry->signer, bt_fold_binding, &registry->log, &why);
        if (status != BATON_ERR_IO)
            return status == BATON_OK ? BATON_OK : bt_fail(err, status, "%s", why.text);
        bt_registry_make_read_only(registry, &why);
    }
    return bt_log_open(folder, &registry->signer.key, bt_fold_binding, &registry->log, err);
}

/* Signer and log; no rows yet. */
static baton_status open_log(const struct bt_store *store, struct bt_registry **ret,
                             struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = bt_calloc(1, sizeof *registry);
    if (!registry)
        return bt_fail_no_memory(err, "the registry");
    if (bt_store_folder(store) < 0)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "archive %s has no ledger", bt_store_path(store));
    registry->store = store;
    BT_TRY(read_signer(registry, err));
    BT_TRY(open_for(registry, err));
    *ret = registry;
    registry = NULL;
    return BATON_OK;
}

/* Rows of others, then the leaves that nobody has made rows of yet. */
static baton_status catch_up(struct bt_registry *registry, struct baton_error *err)
{
    BT_TRY(bt_rows_refresh(registry, err));
    BT_TRY(bt_fold_load_policy(registry, err));
    return bt_fold_catch_up(registry, NULL, err);
}

/* Rows are changed inside a turn only, and most of the time there is nothing to change: then those
 * that were read are the answer, whatever is entered meanwhile. */
static baton_status catch_up_in_turn(struct bt_registry *registry, struct baton_error *err)
{
    BT_AUTO_FD lock = BT_FD_INIT;
    struct bt_merkle_head head;
    BT_TRY(bt_log_head(registry->log, &head, err));
    if (head.size == registry->frontier.size) {
        BT_TRY(bt_fold_load_policy(registry, err));
        return bt_fold_to(registry, &head, NULL, err);
    }
    if (registry->may_write)
        BT_TRY(bt_store_ledger_lock(registry->store, &lock, err));
    return catch_up(registry, err);
}

/* Rows that a full disk does not take are made in memory. */
static baton_status catch_up_or_read(struct bt_registry *registry, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    baton_status status = catch_up_in_turn(registry, &why);
    if (status != BATON_ERR_IO || !registry->may_write)
        return status == BATON_OK ? BATON_OK : bt_fail(err, status, "%s", why.text);
    bt_registry_make_read_only(registry, &why);
    BT_TRY(bt_rows_open_memory(registry, err));
    return catch_up_in_turn(registry, err);
}

baton_status bt_registry_open(const struct bt_store *store, struct bt_registry **ret,
                              struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    BT_TRY(open_log(store, &registry, err));
    BT_TRY(bt_rows_open(registry, err));
    BT_TRY(catch_up_or_read(registry, err));
    *ret = registry;
    registry = NULL;
    return BATON_OK;
}

/* Nothing is said yet, or its root was killed after the first of the two statements that make a
 * ledger of use. */
static bool is_begun_by(const struct bt_registry *registry, const struct bt_digest *key)
{
    return registry->frontier.size == 0 || (registry->frontier.size == 1 && registry->has_policy &&
                                            bt_policy_is_root(&registry->policy, key));
}

static baton_status say_first(struct bt_registry *registry, const struct bt_secret_key *secret,
                              const char *name, struct baton_error *err)
{
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    struct bt_digest id;
    struct bt_row row;
    BT_TRY(bt_registry_turn_begin(registry, &turn, err));
    BT_TRY(bt_key_id(bt_key_public_of(secret), &id, err));
    if (!is_begun_by(registry, &id))
        return BATON_OK;
    bt_key_format_pem(bt_key_public_of(secret), &pem);
    BT_TRY(bt_buf_finish(&pem, "the public key", err));
    struct bt_policy root = {.root_keys = &id, .root_key_count = 1, .threshold = 1};
    struct bt_said said[2] = {
        {.kind = BT_SAID_POLICY, .policy_text = bt_policy_lone(&root)},
        {.kind = BT_SAID_KEY,
         .subject = id,
         .good = true,
         .name = name,
         .roles = BT_ROLES_ALL,
         .public_key = bt_buf_str(&pem)},
    };
    BT_TRY(bt_policy_digest(&said[0].policy_text, &said[0].subject, err));
    /* One after the other: the second is judged by what the first says. */
    if (registry->frontier.size == 0)
        BT_TRY(bt_registry_enter(registry, secret, &said[0], &arena, &row, err));
    return bt_registry_enter(registry, secret, &said[1], &arena, &row, err);
}

baton_status bt_registry_create(const struct bt_store *store, const struct bt_secret_key *secret,
                                const char *name, struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    bool there = false;
    BT_TRY(bt_registry_exists(store, &there, err));
    if (!there)
        BT_TRY(bt_log_found(bt_store_folder(store), &files, err));
    BT_TRY(bt_registry_open(store, &registry, err));
    return say_first(registry, secret, name, err);
}

baton_status bt_registry_rebuild(const struct bt_store *store,
                                 const struct baton_progress *progress, uint64_t *ret_rows,
                                 struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    BT_AUTO_FD lock = BT_FD_INIT;
    BT_TRY(open_log(store, &registry, err));
    if (!registry->may_write)
        return bt_fail(err, BATON_ERR_REFUSED,
                       "the index is sealed with %s/" BT_LOG_KEY_FILE ", which you cannot read",
                       bt_store_path(store));
    BT_TRY(bt_store_ledger_lock(store, &lock, err));
    BT_TRY(bt_rows_start_over(registry, err));
    BT_TRY(bt_fold_catch_up(registry, progress, err));
    *ret_rows = registry->frontier.size;
    return BATON_OK;
}

static void release_replay(struct bt_registry *replay)
{
    bt_db_close(replay->db);
    bt_arena_release(&replay->policy_arena);
}

static baton_status head_of_rows(const struct bt_registry *registry, struct bt_merkle_head *ret,
                                 struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    ret->size = registry->frontier.size;
    return bt_merkle_root(&registry->frontier, &hash, &ret->root, err);
}

/* The log and its key are borrowed; the rows are made in memory, as many as there were when the
 * registry was opened: others may have entered more since. */
baton_status bt_registry_replay(const struct bt_registry *registry,
                                const struct baton_progress *progress, struct baton_error *err)
{
    BT_CLEANUP(release_replay)
    struct bt_registry replay = {
        .store = registry->store, .log = registry->log, .signer.key = registry->signer.key};
    struct bt_merkle_head head;
    BT_TRY(head_of_rows(registry, &head, err));
    BT_TRY(bt_rows_open_memory(&replay, err));
    BT_TRY(bt_fold_to(&replay, &head, progress, err));
    if (replay.frontier.size != registry->frontier.size ||
        !bt_digest_equal(&replay.chain, &registry->chain))
        return bt_fail(err, BATON_ERR_DIFFERS,
                       "judged again, the statements of the ledger give other rows than the "
                       "registry has");
    return BATON_OK;
}

baton_status bt_registry_turn_begin(struct bt_registry *registry, struct bt_registry_turn *ret,
                                    struct baton_error *err)
{
    BT_AUTO_FD lock = BT_FD_INIT;
    if (!registry->may_write)
        return fail_read_only(registry, err);
    BT_TRY(bt_store_ledger_lock(registry->store, &lock, err));
    BT_TRY(catch_up(registry, err));
    ret->lock.fd = bt_fd_steal(&lock);
    return BATON_OK;
}

void bt_registry_turn_end(struct bt_registry_turn *turn)
{
    bt_fd_release(&turn->lock);
}
