/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_WORLD_H
#define BT_TESTS_UNIT_WORLD_H
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
    assert_ok(bt_registry_open(w->fixture->store, &w->registry, &w->err), w->err);
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

#define WORLD(w)                                                                                   \
    BT_CLEANUP(world_end) struct world w;                                                          \
    world_begin(&w, state)

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

#endif
