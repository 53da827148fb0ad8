/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving an alias, forward and back. Both are new statements in the ledger: going back is not an
 * old pointer served again, so nobody can be made to go back by showing him the past.
 */
#include "baton/registry.h"

#include <string.h>
#include <time.h>

#include "api/ledger/spoken.h"
#include "bundle/verify.h"
#include "store/copy.h"

struct move {
    struct bt_spoken spoken;
    const char *alias;
    bool stands; /* the alias is somewhere already */
    struct bt_row from;
    struct bt_verification proof; /* of a rollback */
    struct bt_checks gates;
    bool moved;
};

#define MOVE_INIT                                                                                  \
    {                                                                                              \
        .spoken = BT_SPOKEN_INIT, .proof = BT_VERIFICATION_INIT                                    \
    }
#define AUTO_MOVE BT_CLEANUP(release_move) struct move

static void release_move(struct move *move)
{
    bt_verification_release(&move->proof);
    bt_spoken_release(&move->spoken);
}

static baton_status find_from(struct move *move, const char *model, struct baton_error *err)
{
    baton_status status = bt_registry_alias(move->spoken.registry, model, move->alias,
                                            &move->spoken.arena, &move->from, err);
    move->stands = status == BATON_OK;
    return status == BATON_ERR_NOT_FOUND ? BATON_OK : status;
}

/* All its parts are here, of the right size: a pointer to something that cannot be loaded helps
 * nobody. */
static baton_status ask_whole(struct move *move, struct baton_error *err)
{
    struct bt_spoken *spoken = &move->spoken;
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_store_entry entry;
    struct baton_error why = BATON_ERROR_INIT;
    bt_digest_format(&spoken->version.subject, text);
    const struct bt_store *store = spoken->store->store;
    baton_status status = bt_store_resolve(store, text, &spoken->arena, &entry, &why);
    if (status == BATON_OK)
        status = bt_store_check_whole(store, &entry, 1, NULL, &why);
    if (status == BATON_OK)
        return bt_checks_add(&move->gates, "bundle", BATON_IDENTICAL, err, "all parts are here");
    return bt_checks_add(&move->gates, "bundle",
                         status == BATON_ERR_CORRUPT ? BATON_DIFFERS : BATON_CANNOT_TELL, err, "%s",
                         why.text);
}

/* Going back must not wait for strangers. */
static baton_status ask_gates(struct move *move, const struct bt_said *said, int64_t now,
                              struct baton_error *err)
{
    struct bt_registry *registry = move->spoken.registry;
    struct bt_digest signer;
    BT_TRY(bt_key_id(bt_key_public_of(&move->spoken.secret), &signer, err));
    BT_TRY(ask_whole(move, err));
    BT_TRY(bt_registry_gates(registry, said, &signer, &move->gates, err));
    return said->good
               ? bt_registry_witnessed(registry, (uint64_t)now, BATON_DIFFERS, &move->gates, err)
               : BATON_OK;
}

/* In one turn: where the alias stands, what the gates say, the statement. */
static baton_status try_move(struct move *move, bool forward, const char *reason,
                             struct baton_error *err)
{
    struct bt_spoken *spoken = &move->spoken;
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    char time_text[BT_TIME_TEXT_MAX];
    int64_t now = (int64_t)time(NULL);
    bt_time_format(now, time_text);
    BT_TRY(bt_registry_turn_begin(spoken->registry, &turn, err));
    BT_TRY(find_from(move, spoken->version.model, err));
    struct bt_said said = {.kind = BT_SAID_ALIAS,
                           .subject = spoken->version.subject,
                           .time = time_text,
                           .model = spoken->version.model,
                           .version = spoken->version.version,
                           .alias = move->alias,
                           .good = forward,
                           .note = reason,
                           .has_previous = move->stands,
                           .previous = move->stands ? move->from.leaf : 0};
    BT_TRY(ask_gates(move, &said, now, err));
    if (bt_checks_verdict(&move->gates) > BATON_WITHIN_CONTRACT)
        return BATON_OK;
    said.checks = move->gates.rows;
    said.check_count = move->gates.count;
    BT_TRY(bt_spoken_enter(spoken, &said, err));
    move->moved = true;
    return BATON_OK;
}

static baton_status report_move(const struct move *move, struct baton_report *ret,
                                struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    baton_verdict verdict = bt_verdict_worse(bt_checks_verdict(&move->gates),
                                             move->moved ? BATON_IDENTICAL : BATON_CANNOT_TELL);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "alias", move->alias);
    bt_report_member_digest(&w, "bundle", &move->spoken.version.subject);
    bt_json_key(&w, "checks");
    bt_checks_put(&move->gates, &w);
    bt_report_member_difference(&w, &move->proof.difference);
    bt_json_key(&w, "from");
    if (move->stands)
        bt_json_put_u64(&w, move->from.version);
    else
        bt_json_put_null(&w);
    bt_json_member_bool(&w, "moved", move->moved);
    bt_spoken_put_ref(&move->spoken.version, "ref", &w);
    bt_spoken_put(&move->spoken, &w);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

baton_status baton_promote(const baton_store *store, const char *ref,
                           const struct baton_move_options *options,
                           const struct baton_identity *who, struct baton_report *ret,
                           struct baton_error *err)
{
    struct baton_move_options o = BATON_MOVE_OPTIONS_INIT;
    AUTO_MOVE move = MOVE_INIT;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    if (!o.alias)
        return bt_fail(err, BATON_ERR_USAGE, "a promotion needs the name of an alias");
    BT_TRY(bt_model_name_check(o.alias, err));
    move.alias = o.alias;
    move.gates.arena = &move.spoken.arena;
    BT_TRY(bt_spoken_open(store, who, &move.spoken, err));
    BT_TRY(bt_spoken_of(&move.spoken, ref, err));
    BT_TRY(try_move(&move, true, o.reason, err));
    return report_move(&move, ret, err);
}

/* ---- back ---- */

/* The newest version other than the present one that the alias stood at. */
static baton_status find_before(struct move *move, const char *model, struct baton_error *err)
{
    struct bt_spoken *spoken = &move->spoken;
    struct bt_row_filter filter = {.model = model,
                                   .alias = move->alias,
                                   .by_kind = true,
                                   .kind = BT_SAID_ALIAS,
                                   .in_effect = true,
                                   .newest_first = true};
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_rows(spoken->registry, &filter, &spoken->arena, &rows, &count, err));
    for (size_t i = 0; i < count; i++)
        if (rows[i].version != move->from.version)
            return bt_registry_version(spoken->registry, model, rows[i].version, &spoken->arena,
                                       &spoken->version, err);
    return bt_fail(err, BATON_ERR_REFUSED,
                   "%s@%s has always stood at version %llu: there is nothing to go back to (name "
                   "the version with --to)",
                   model, move->alias, (unsigned long long)move->from.version);
}

static baton_status find_target(struct move *move, const char *model, uint64_t to,
                                struct baton_error *err)
{
    struct bt_spoken *spoken = &move->spoken;
    BT_TRY(find_from(move, model, err));
    if (!move->stands)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "there is no alias %s@%s", model, move->alias);
    if (to == move->from.version)
        return bt_fail(err, BATON_ERR_REFUSED, "%s@%s stands at version %llu already", model,
                       move->alias, (unsigned long long)to);
    if (to == 0)
        return find_before(move, model, err);
    return bt_registry_version(spoken->registry, model, to, &spoken->arena, &spoken->version, err);
}

static baton_status prove(struct move *move, const struct baton_progress *progress,
                          struct baton_error *err)
{
    struct bt_verify_options options = {.progress = progress};
    BT_TRY(bt_api_verify(move->spoken.store, move->spoken.registry, &move->spoken.version.subject,
                         &options, &move->proof, err));
    const struct bt_checks *checks = &move->proof.checks;
    for (size_t i = 0; i < checks->count; i++)
        BT_TRY(bt_checks_add(&move->gates, checks->rows[i].what, checks->rows[i].verdict, err, "%s",
                             checks->rows[i].detail));
    return BATON_OK;
}

baton_status baton_rollback(const baton_store *store, const char *alias,
                            const struct baton_move_options *options,
                            const struct baton_identity *who, struct baton_report *ret,
                            struct baton_error *err)
{
    struct baton_move_options o = BATON_MOVE_OPTIONS_INIT;
    AUTO_MOVE move = MOVE_INIT;
    const char *model = NULL;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    move.gates.arena = &move.spoken.arena;
    BT_TRY(bt_spoken_open(store, who, &move.spoken, err));
    BT_TRY(bt_alias_parse(alias, &move.spoken.arena, &model, &move.alias, err));
    BT_TRY(find_target(&move, model, o.to_version, err));
    BT_TRY(prove(&move, o.progress, err));
    if (bt_checks_verdict(&move.gates) <= BATON_WITHIN_CONTRACT)
        BT_TRY(try_move(&move, false, o.reason, err));
    return report_move(&move, ret, err);
}
