/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_REGISTRY_FIXTURE_H
#define BT_TESTS_UNIT_REGISTRY_FIXTURE_H
/* How the people of the world say something: as baton does it, and past all rules. */
#include "unit/world.h"

static inline uint64_t world_size(struct world *w)
{
    struct bt_merkle_head head;
    assert_ok(bt_log_head(w->registry->log, &head, &w->err), w->err);
    return head.size;
}

/* As baton does it. */
static inline baton_status world_enter(struct world *w, const struct bt_secret_key *by,
                                       const struct bt_said *said, struct bt_row *ret)
{
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    assert_ok(bt_registry_turn_begin(w->registry, &turn, &w->err), w->err);
    return bt_registry_enter(w->registry, by, said, &w->arena, ret, &w->err);
}

/* It is in effect. Returns its leaf. */
static inline uint64_t world_say(struct world *w, const struct bt_secret_key *by,
                                 const struct bt_said *said)
{
    struct bt_row row;
    assert_ok(world_enter(w, by, said, &row), w->err);
    assert_string_equal(row.effect, "");
    return row.leaf;
}

/* Any leaf with any content, past all rules. The row that everybody then sees. */
static inline struct bt_row world_append(struct world *w, struct bt_bytes leaf,
                                         struct bt_bytes content)
{
    struct bt_log_entry entry = {leaf, content};
    struct bt_row row;
    uint64_t index = 0;
    assert_ok(bt_log_append(w->registry->log, &entry, 1, &index, &w->err), w->err);
    world_close(w);
    world_open(w);
    assert_ok(bt_registry_row(w->registry, index, &w->arena, &row, &w->err), w->err);
    return row;
}

/* A payload of a type, properly signed, past all rules. */
static inline struct bt_row world_force_payload(struct world *w, const struct bt_secret_key *by,
                                                const char *type, struct bt_bytes payload)
{
    struct bt_dsse_message message = {bt_bytes_of(type), payload};
    struct bt_rekor_entry entry = {.kind = BT_REKOR_HASHEDREKORD, .key = *bt_key_public_of(by)};
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    bt_dsse_pae(&message, &pae);
    assert_ok(bt_sha256_bytes(bt_buf_bytes(&pae), &entry.digest, &w->err), w->err);
    assert_ok(bt_key_sign(by, bt_buf_bytes(&pae), &entry.signature, &w->err), w->err);
    bt_rekor_format(&entry, &leaf);
    return world_append(w, bt_buf_bytes(&leaf), bt_buf_bytes(&pae));
}

static inline struct bt_row world_force(struct world *w, const struct bt_secret_key *by,
                                        const struct bt_said *said)
{
    BT_AUTO_BUF payload = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    assert_ok(bt_said_write(said, &payload, &w->err), w->err);
    return world_force_payload(w, by, BT_DSSE_IN_TOTO, bt_buf_bytes(&payload));
}

/* Refused before anything is entered; and entered past the rules, without effect: `why`. */
static inline void world_refused(struct world *w, const struct bt_secret_key *by,
                                 const struct bt_said *said, const char *why)
{
    struct bt_row row;
    uint64_t size = world_size(w);
    baton_status status = world_enter(w, by, said, &row);
    if (status != BATON_ERR_REFUSED || !strstr(w->err.text, why))
        fail_msg("status %d, \"%s\": expected \"%s\"", (int)status, w->err.text, why);
    assert_int_equal(world_size(w), size);
    row = world_force(w, by, said);
    if (!strstr(row.effect, why))
        fail_msg("effect \"%s\": expected \"%s\"", row.effect, why);
    assert_int_equal(world_size(w), size + 1);
}

/* Where the alias stands; 0: nowhere. */
static inline uint64_t world_stands(struct world *w)
{
    struct bt_row row;
    baton_status status =
        bt_registry_alias(w->registry, "credit", "production", &w->arena, &row, &w->err);
    return status == BATON_OK ? row.version : 0;
}

/* Versions 1 to `count` by alice. */
static inline void world_versions(struct world *w, unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        struct bt_said said = world_said(w, BT_SAID_VERSION, i);
        (void)world_say(w, &w->alice, &said);
    }
}

/* bob validates and carol operates, under the policy for several. */
static inline void world_team(struct world *w)
{
    struct bt_policy root = world_root(w);
    struct bt_policy team = bt_policy_team(&root);
    struct bt_said said = world_trust(w, &w->bob, "bob", BT_ROLE_VALIDATOR);
    (void)world_say(w, &w->alice, &said);
    said = world_trust(w, &w->carol, "carol", BT_ROLE_OPERATOR);
    (void)world_say(w, &w->alice, &said);
    said = world_policy(w, &team);
    (void)world_say(w, &w->alice, &said);
}

static inline void world_hand_off(struct world *w, unsigned bundle)
{
    struct bt_said said = world_said(w, BT_SAID_HANDOFF, bundle);
    (void)world_say(w, &w->alice, &said);
}

static inline void world_accept(struct world *w, const struct bt_secret_key *by, unsigned bundle,
                                bool good)
{
    struct bt_said said = world_acceptance(w, by, bundle, good);
    (void)world_say(w, by, &said);
}

#endif
