/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_REGISTRY_FIXTURE_H
#define BT_TESTS_UNIT_REGISTRY_FIXTURE_H
/* A store with a ledger, four people, and two ways to say something: as baton does it, and as
 * somebody does who has the log's key and cares for no rule. */
#include "unit/store_fixture.h"

#include "attest/keys.h"
#include "attest/rekor.h"
#include "registry/registry_int.h"

/* Noon of the first day, and a second more with each statement. */
#define WORLD_EPOCH 1790000000

struct world {
    const struct fixture *fixture;
    struct bt_registry *registry;
    struct bt_arena arena;
    struct bt_secret_key alice; /* the root; may do everything */
    struct bt_secret_key bob;
    struct bt_secret_key carol;
    struct bt_secret_key eve; /* whom nobody trusts */
    int64_t clock;
    struct baton_error err;
};

static inline void world_open(struct world *w)
{
    assert_ok(bt_registry_of(w->fixture->store, &w->registry, &w->err), w->err);
}

static inline void world_close(struct world *w)
{
    bt_registry_close(w->registry);
    w->registry = NULL;
}

static inline void world_begin(struct world *w, void **state)
{
    *w = (struct world){
        .fixture = *state, .arena = BT_ARENA_INIT, .clock = WORLD_EPOCH, .err = BATON_ERROR_INIT};
    key_of_byte(1, &w->alice);
    key_of_byte(2, &w->bob);
    key_of_p256(3, &w->carol);
    key_of_byte(4, &w->eve);
    assert_ok(bt_registry_create(w->fixture->store, &w->alice, "alice", &w->err), w->err);
    world_open(w);
}

static inline void world_end(struct world *w)
{
    world_close(w);
    bt_arena_release(&w->arena);
}

static inline const char *world_keep(struct world *w, const char *text)
{
    return bt_arena_strndup(&w->arena, text, strlen(text));
}

static inline struct bt_digest world_key_id(const struct bt_secret_key *secret)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_digest id;
    assert_ok(bt_key_id(bt_key_public_of(secret), &id, &err), err);
    return id;
}

static inline struct bt_digest world_bundle(unsigned seed)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_digest digest;
    assert_ok(bt_sha256_bytes((struct bt_bytes){(uint8_t *)&seed, sizeof seed}, &digest, &err),
              err);
    return digest;
}

/* ---- what is said ---- */

static inline struct bt_said world_said(struct world *w, enum bt_said_kind kind, unsigned bundle)
{
    char time[BT_TIME_TEXT_MAX];
    bt_time_format(w->clock++, time);
    return (struct bt_said){.kind = kind,
                            .subject = world_bundle(bundle),
                            .time = world_keep(w, time),
                            .ledger = world_keep(w, bt_registry_origin(w->registry)),
                            .model = "credit",
                            .version = bundle,
                            .note = "",
                            .baton_version = "1",
                            .numerics = "1",
                            .good = true,
                            .to = BT_ROLE_VALIDATOR,
                            .alias = "production"};
}

static inline struct bt_said world_acceptance(struct world *w, const struct bt_secret_key *by,
                                              unsigned bundle, bool good)
{
    struct bt_said said = world_said(w, BT_SAID_ACCEPTANCE, bundle);
    said.verifier = world_key_id(by);
    said.good = good;
    return said;
}

/* The alias `production` moves from where it stands. */
static inline struct bt_said world_move(struct world *w, unsigned bundle, bool promote)
{
    struct bt_row row;
    struct bt_said said = world_said(w, BT_SAID_ALIAS, bundle);
    said.good = promote;
    said.has_previous =
        bt_registry_alias(w->registry, "credit", "production", &w->arena, &row, NULL) == BATON_OK;
    if (said.has_previous)
        said.previous = row.leaf;
    return said;
}

static inline struct bt_said world_trust(struct world *w, const struct bt_secret_key *whose,
                                         const char *name, unsigned roles)
{
    BT_AUTO_BUF pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    struct bt_said said = world_said(w, BT_SAID_KEY, 0);
    bt_key_format_pem(bt_key_public_of(whose), &pem);
    said.subject = world_key_id(whose);
    said.public_key = world_keep(w, bt_buf_str(&pem));
    said.name = name;
    said.roles = roles;
    said.model = NULL;
    said.alias = NULL;
    return said;
}

static inline struct bt_said world_revoke(struct world *w, const struct bt_secret_key *whose,
                                          const char *name)
{
    struct bt_said said = world_trust(w, whose, name, 0);
    said.good = false;
    said.note = "stolen";
    return said;
}

static inline struct bt_said world_policy(struct world *w, const struct bt_policy *policy)
{
    struct bt_said said = world_said(w, BT_SAID_POLICY, 0);
    said.model = NULL;
    said.alias = NULL;
    said.policy_text = *policy;
    assert_ok(bt_policy_digest(policy, &said.subject, &w->err), w->err);
    return said;
}

/* A policy without rules that has the present root. */
static inline struct bt_policy world_root(struct world *w)
{
    struct bt_policy root = *bt_registry_policy(w->registry);
    struct bt_digest *keys = bt_arena_calloc(&w->arena, root.root_key_count, sizeof *keys);
    assert_non_null(keys);
    memcpy(keys, root.root_keys, root.root_key_count * sizeof *keys);
    return (struct bt_policy){
        .root_keys = keys, .root_key_count = root.root_key_count, .threshold = root.threshold};
}

/* ---- and how ---- */

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
