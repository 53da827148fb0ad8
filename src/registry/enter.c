/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what somebody wants to say to a leaf of the ledger. It is judged first, as the fold will
 * judge it, so that nothing is entered that would have no effect; inside a turn nothing can come
 * between.
 */
#include "registry/registry_int.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "attest/rekor.h"

struct made {
    struct bt_buf pae;
    struct bt_buf leaf;
};

#define MADE_INIT                                                                                  \
    {                                                                                              \
        BT_BUF_INIT(BT_LOG_CONTENT_MAX), BT_BUF_INIT(BT_REKOR_ENTRY_MAX)                           \
    }

static void release_made(struct made *made)
{
    bt_buf_release(&made->pae);
    bt_buf_release(&made->leaf);
}

static struct bt_log_entry entry_of(const struct made *made)
{
    return (struct bt_log_entry){bt_buf_bytes(&made->leaf), bt_buf_bytes(&made->pae)};
}

/* Sign the PAE that is in `made` already. */
static baton_status sign(const struct bt_secret_key *secret, struct made *made,
                         struct baton_error *err)
{
    struct bt_rekor_entry entry = {.kind = BT_REKOR_HASHEDREKORD, .key = *bt_key_public_of(secret)};
    BT_TRY(bt_buf_finish(&made->pae, "the statement", err));
    BT_TRY(bt_sha256_bytes(bt_buf_bytes(&made->pae), &entry.digest, err));
    BT_TRY(bt_key_sign(secret, bt_buf_bytes(&made->pae), &entry.signature, err));
    bt_rekor_format(&entry, &made->leaf);
    return bt_buf_finish(&made->leaf, "the entry of a statement", err);
}

static void fill_in(const struct bt_registry *registry, const char *now, struct bt_said *said)
{
    if (!said->ledger)
        said->ledger = bt_registry_origin(registry);
    if (!said->time)
        said->time = now;
    if (!said->note)
        said->note = "";
}

static bool may_wait(const struct bt_row *row)
{
    return (row->kind == BT_SAID_KEY || row->kind == BT_SAID_POLICY) &&
           strncmp(row->effect, "waits", 5) == 0;
}

/* Read it back as everybody will, and see whether it would count as the next leaf. */
static baton_status rehearse(const struct bt_registry *registry, const struct bt_log_entry *entry,
                             struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    struct bt_heard heard;
    BT_TRY(bt_fold_hear(entry, arena, &heard, err));
    BT_TRY(bt_judge(registry, &heard, registry->frontier.size, arena, ret, err));
    if (!ret->effect[0] || may_wait(ret))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_REFUSED, "%s %s%s%s: %s", bt_said_kind_name(ret->kind),
                   ret->model, ret->alias[0] ? "@" : "", ret->alias, ret->effect);
}

static baton_status append_one(struct bt_registry *registry, const struct bt_log_entry *entry,
                               struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    uint64_t leaf = 0;
    BT_TRY(rehearse(registry, entry, arena, ret, err));
    BT_TRY(bt_log_append(registry->log, entry, 1, &leaf, err));
    BT_TRY(bt_fold_catch_up(registry, NULL, err));
    return bt_registry_row(registry, leaf, arena, ret, err);
}

/* One that is there already is not entered twice. */
static baton_status enter_made(struct bt_registry *registry, const struct made *made,
                               struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    struct bt_log_entry entry = entry_of(made);
    struct bt_rekor_entry rekor;
    struct bt_digest signer;
    BT_TRY(bt_rekor_parse(entry.leaf, &rekor, err));
    BT_TRY(bt_key_id(&rekor.key, &signer, err));
    baton_status status = bt_rows_find(registry, &rekor.digest, &signer, arena, ret, err);
    return status == BATON_ERR_NOT_FOUND ? append_one(registry, &entry, arena, ret, err) : status;
}

baton_status bt_registry_enter_payload(struct bt_registry *registry,
                                       const struct bt_secret_key *secret, struct bt_bytes payload,
                                       struct bt_arena *arena, struct bt_row *ret,
                                       struct baton_error *err)
{
    BT_CLEANUP(release_made) struct made made = MADE_INIT;
    struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), payload};
    bt_dsse_pae(&message, &made.pae);
    BT_TRY(sign(secret, &made, err));
    return enter_made(registry, &made, arena, ret, err);
}

baton_status bt_registry_enter(struct bt_registry *registry, const struct bt_secret_key *secret,
                               const struct bt_said *said, struct bt_arena *arena,
                               struct bt_row *ret, struct baton_error *err)
{
    BT_AUTO_BUF payload = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    char now[BT_TIME_TEXT_MAX];
    bt_time_format((int64_t)time(NULL), now);
    struct bt_said filled = *said;
    fill_in(registry, now, &filled);
    BT_TRY(bt_said_write(&filled, &payload, err));
    return bt_registry_enter_payload(registry, secret, bt_buf_bytes(&payload), arena, ret, err);
}

baton_status bt_registry_join(struct bt_registry *registry, const struct bt_secret_key *secret,
                              uint64_t leaf, struct bt_arena *arena, struct bt_row *ret,
                              struct baton_error *err)
{
    BT_CLEANUP(release_made) struct made made = MADE_INIT;
    BT_AUTO_BUF old = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    BT_TRY(bt_log_read(registry->log, leaf, &old, &made.pae, err));
    BT_TRY(sign(secret, &made, err));
    struct bt_log_entry entry = entry_of(&made);
    return append_one(registry, &entry, arena, ret, err);
}

baton_status bt_registry_import(struct bt_registry *registry, const struct bt_log_entry *entry,
                                struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    struct bt_heard heard;
    BT_TRY(bt_fold_hear(entry, arena, &heard, err));
    baton_status status = bt_rows_find(registry, &heard.pae, &heard.signer, arena, ret, err);
    return status == BATON_ERR_NOT_FOUND ? append_one(registry, entry, arena, ret, err) : status;
}

/* ---- versions ---- */

static baton_status number(struct bt_registry *registry, const struct bt_secret_key *secret,
                           struct bt_said *said, uint64_t *ret_version, struct baton_error *err)
{
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_row row;
    BT_TRY(bt_registry_turn_begin(registry, &turn, err));
    baton_status status =
        bt_registry_bundle(registry, said->model, &said->subject, &arena, &row, err);
    if (status == BATON_OK) {
        *ret_version = row.version;
        return BATON_OK;
    }
    if (status != BATON_ERR_NOT_FOUND)
        return status;
    status = bt_registry_version(registry, said->model, 0, &arena, &row, err);
    if (status != BATON_OK && status != BATON_ERR_NOT_FOUND)
        return status;
    said->version = status == BATON_OK ? row.version + 1 : 1;
    BT_TRY(bt_registry_enter(registry, secret, said, &arena, &row, err));
    *ret_version = said->version;
    return BATON_OK;
}

baton_status bt_registry_publish(struct bt_registry *registry,
                                 const struct bt_store_session *session,
                                 const struct bt_secret_key *secret, struct bt_said *said,
                                 const struct bt_store_entry *entry, struct baton_error *err)
{
    said->kind = BT_SAID_VERSION;
    said->subject = entry->blob.digest;
    BT_TRY(bt_model_name_check(said->model, err));
    BT_TRY(number(registry, secret, said, &said->version, err));
    char name[BT_REF_TEXT_MAX];
    (void)snprintf(name, sizeof name, "%s:%llu", said->model, (unsigned long long)said->version);
    /* Where tools look that know nothing of the ledger. */
    return bt_store_tag(session, name, entry, err);
}
