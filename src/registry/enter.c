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

/* Sign the PAE that is its content already. */
static baton_status sign(const struct bt_secret_key *secret, struct bt_entry_buf *made,
                         struct baton_error *err)
{
    struct bt_rekor_entry entry = {.kind = BT_REKOR_HASHEDREKORD, .key = *bt_key_public_of(secret)};
    BT_TRY(bt_buf_finish(&made->content, "the statement", err));
    BT_TRY(bt_sha256_bytes(bt_buf_bytes(&made->content), &entry.digest, err));
    BT_TRY(bt_key_sign(secret, bt_buf_bytes(&made->content), &entry.signature, err));
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
    return strncmp(row->effect, BT_EFFECT_WAITS, strlen(BT_EFFECT_WAITS)) == 0;
}

/* Refused, when it would have no effect or has none. */
static baton_status need_effect(const struct bt_row *row, struct baton_error *err)
{
    if (!row->effect[0] || may_wait(row))
        return BATON_OK;
    const char *what = row->kind == BT_SAID_KEY ? row->name : row->model;
    return bt_fail(err, BATON_ERR_REFUSED, "%s%s%s%s%s: %s", bt_said_kind_name(row->kind),
                   *what ? " " : "", what, row->alias[0] ? "@" : "", row->alias, row->effect);
}

/* Into the index, and out of it. */
static baton_status read_back(struct bt_registry *registry, uint64_t leaf, struct bt_arena *arena,
                              struct bt_row *ret, struct baton_error *err)
{
    BT_TRY(bt_fold_catch_up(registry, NULL, err));
    if (registry->frontier.size <= leaf)
        return bt_fail(err, BATON_ERR_IO, "the disk took its record, and nothing more");
    return bt_registry_row(registry, leaf, arena, ret, err);
}

/* See whether it would count as the next leaf, then make it that. */
static baton_status append(struct bt_registry *registry, const struct bt_log_entry *entry,
                           const struct bt_heard *heard, struct bt_arena *arena, struct bt_row *ret,
                           struct baton_error *err)
{
    uint64_t leaf = 0;
    BT_TRY(bt_judge(registry, heard, registry->frontier.size, arena, ret, err));
    BT_TRY(need_effect(ret, err));
    BT_TRY(bt_log_append(registry->log, entry, 1, &leaf, err));
    if (read_back(registry, leaf, arena, ret, err) != BATON_OK)
        return bt_error_prepend(err,
                                "statement %llu is in the ledger, and will be seen when there "
                                "is room",
                                (unsigned long long)leaf);
    return BATON_OK;
}

/* Read as everybody will read it. One that is there already is not entered twice. */
baton_status bt_registry_import(struct bt_registry *registry, const struct bt_log_entry *entry,
                                struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    struct bt_heard heard;
    BT_TRY(bt_fold_hear(entry, arena, &heard, err));
    baton_status status = bt_rows_find(registry, &heard.pae, &heard.signer, arena, ret, err);
    return status == BATON_ERR_NOT_FOUND ? append(registry, entry, &heard, arena, ret, err)
                                         : status;
}

baton_status bt_registry_enter_payload(struct bt_registry *registry,
                                       const struct bt_secret_key *secret, struct bt_bytes payload,
                                       struct bt_arena *arena, struct bt_row *ret,
                                       struct baton_error *err)
{
    BT_AUTO_ENTRY_BUF made = BT_ENTRY_BUF_INIT;
    struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), payload};
    bt_dsse_pae(&message, &made.content);
    BT_TRY(sign(secret, &made, err));
    struct bt_log_entry entry = bt_entry_buf_view(&made);
    BT_TRY(bt_registry_import(registry, &entry, arena, ret, err));
    return need_effect(ret, err);
}

static baton_status write_now(const struct bt_registry *registry, const struct bt_said *said,
                              struct bt_buf *out, struct baton_error *err)
{
    char now[BT_TIME_TEXT_MAX];
    bt_time_format((int64_t)time(NULL), now);
    struct bt_said filled = *said;
    fill_in(registry, now, &filled);
    bt_buf_clear(out);
    return bt_said_write(&filled, out, err);
}

static baton_status was_said(const struct bt_registry *registry, const struct bt_secret_key *secret,
                             struct bt_bytes payload, bool *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), payload};
    struct bt_digest digest;
    struct bt_digest signer;
    struct bt_row row;
    bt_dsse_pae(&message, &pae);
    BT_TRY(bt_buf_finish(&pae, "the statement", err));
    BT_TRY(bt_sha256_bytes(bt_buf_bytes(&pae), &digest, err));
    BT_TRY(bt_key_id(bt_key_public_of(secret), &signer, err));
    baton_status status = bt_rows_find(registry, &digest, &signer, &arena, &row, err);
    *ret = status == BATON_OK;
    return status == BATON_ERR_NOT_FOUND ? BATON_OK : status;
}

/* Times have seconds. Who accepts, refuses and accepts within one would say the first again, byte
 * for byte, which counts once: the third waits for the next second. */
baton_status bt_registry_enter(struct bt_registry *registry, const struct bt_secret_key *secret,
                               const struct bt_said *said, struct bt_arena *arena,
                               struct bt_row *ret, struct baton_error *err)
{
    BT_AUTO_BUF payload = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    const struct timespec a_while = {.tv_nsec = 50000000};
    for (bool is_old = true; is_old;) {
        BT_TRY(write_now(registry, said, &payload, err));
        if (said->time)
            break;
        BT_TRY(was_said(registry, secret, bt_buf_bytes(&payload), &is_old, err));
        if (is_old)
            (void)nanosleep(&a_while, NULL);
    }
    return bt_registry_enter_payload(registry, secret, bt_buf_bytes(&payload), arena, ret, err);
}

baton_status bt_registry_join(struct bt_registry *registry, const struct bt_secret_key *secret,
                              uint64_t leaf, struct bt_arena *arena, struct bt_row *ret,
                              struct baton_error *err)
{
    BT_AUTO_ENTRY_BUF made = BT_ENTRY_BUF_INIT;
    struct bt_heard heard;
    BT_TRY(bt_entry_buf_read(registry, leaf, &made, err));
    bt_buf_clear(&made.leaf);
    BT_TRY(sign(secret, &made, err));
    struct bt_log_entry entry = bt_entry_buf_view(&made);
    BT_TRY(bt_fold_hear(&entry, arena, &heard, err));
    return append(registry, &entry, &heard, arena, ret, err);
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
    /* Before its number: a version that the ledger knows can be found, whatever ends us. */
    BT_TRY(bt_store_keep(session, entry, err));
    BT_TRY(number(registry, secret, said, &said->version, err));
    char name[BT_REF_TEXT_MAX];
    (void)snprintf(name, sizeof name, "%s:%llu", said->model, (unsigned long long)said->version);
    /* Where tools look that know nothing of the ledger. */
    return bt_store_tag(session, name, entry, err);
}
