/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on the registry by those who may enter statements, and by who holds the log's key: each
 * is refused before anything is entered, and entered past the rules it changes nothing. */
#include "unit/registry_fixture.h"

#define YEAR_SECONDS ((int64_t)366 * BT_DAY_SECONDS)

/* Two versions, both handed off and accepted by bob, under the team's policy. */
static void begin_team(struct world *w)
{
    world_versions(w, 2);
    world_team(w);
    for (unsigned i = 1; i <= 2; i++) {
        world_hand_off(w, i);
        world_accept(w, &w->bob, i, true);
    }
}

static void promote(struct world *w, unsigned version)
{
    struct bt_said said = world_move(w, version, true);
    (void)world_say(w, &w->carol, &said);
    assert_int_equal(world_stands(w), version);
}

static void the_way_of_a_team(void **state)
{
    WORLD(w);
    begin_team(&w);
    promote(&w, 1);
    promote(&w, 2);
    struct bt_said back = world_move(&w, 1, false);
    (void)world_say(&w, &w.carol, &back);
    assert_int_equal(world_stands(&w), 1);
}

/* ---- acceptances ---- */

static void an_acceptance_by_a_key_nobody_trusts_is_none(void **state)
{
    WORLD(w);
    world_versions(&w, 1);
    world_team(&w);
    world_hand_off(&w, 1);
    struct bt_said said = world_acceptance(&w, &w.eve, 1, true);
    world_refused(&w, &w.eve, &said, "not trusted");
    said = world_move(&w, 1, true);
    world_refused(&w, &w.carol, &said, "acceptance by validator");
    assert_int_equal(world_stands(&w), 0);
}

/* All within a second or two, which is as exact as times are. */
static void each_of_three_words_is_entered(void **state)
{
    WORLD(w);
    begin_team(&w);
    uint64_t size = world_size(&w);
    for (unsigned i = 0; i < 3; i++) {
        struct bt_said said = world_acceptance(&w, &w.bob, 1, i != 1);
        said.time = NULL;
        assert_int_equal(world_say(&w, &w.bob, &said), size + i);
    }
}

static void an_acceptance_in_another_name_is_none(void **state)
{
    WORLD(w);
    world_versions(&w, 1);
    world_team(&w);
    struct bt_said said = world_acceptance(&w, &w.alice, 1, true);
    world_refused(&w, &w.bob, &said, "names another key");
}

static void an_acceptance_by_who_is_no_validator_is_none(void **state)
{
    WORLD(w);
    world_versions(&w, 1);
    world_team(&w);
    struct bt_said said = world_acceptance(&w, &w.carol, 1, true);
    world_refused(&w, &w.carol, &said, "has not the role validator");
}

static void a_refusal_turned_into_an_acceptance_has_no_signature(void **state)
{
    static const char failed[] = "\"verificationResult\":\"FAILED\",\"verifiedLevels\":[]";
    static const char passed[] =
        "\"verificationResult\":\"PASSED\",\"verifiedLevels\":[\"BATON_IDENTICAL\"]";
    WORLD(w);
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    BT_AUTO_BUF payload = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    BT_AUTO_BUF changed = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    BT_AUTO_BUF forged = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    struct bt_dsse_message message;
    struct bt_rekor_entry entry;
    world_versions(&w, 1);
    world_team(&w);
    struct bt_said said = world_acceptance(&w, &w.bob, 1, false);
    uint64_t at = world_say(&w, &w.bob, &said);
    assert_ok(bt_log_read(w.registry->log, at, &leaf, &pae, &w.err), w.err);
    assert_ok(bt_dsse_pae_parse(bt_buf_bytes(&pae), &message, &w.err), w.err);
    bt_buf_put(&payload, message.payload.ptr, message.payload.len);
    const char *text = bt_buf_str(&payload);
    const char *cut = strstr(text, failed);
    assert_non_null(cut);
    BT_AUTO_BUF edited = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    bt_buf_printf(&edited, "%.*s%s%s", (int)(cut - text), text, passed, cut + strlen(failed));
    message.payload = bt_buf_bytes(&edited);
    bt_dsse_pae(&message, &changed);
    assert_ok(bt_rekor_parse(bt_buf_bytes(&leaf), &entry, &w.err), w.err);
    assert_ok(bt_sha256_bytes(bt_buf_bytes(&changed), &entry.digest, &w.err), w.err);
    bt_rekor_format(&entry, &forged);
    struct bt_log_entry given = {bt_buf_bytes(&forged), bt_buf_bytes(&changed)};
    struct bt_row row;
    assert_int_equal(bt_registry_import(w.registry, &given, &w.arena, &row, &w.err),
                     BATON_ERR_DIFFERS);
    row = world_append(&w, given.leaf, given.content);
    assert_true(row.effect[0] != '\0');
    assert_false(row.good);
    assert_int_equal(row.kind, BT_SAID_OTHER);
}

static void an_acceptance_of_another_model_or_bundle_counts_for_that_only(void **state)
{
    WORLD(w);
    begin_team(&w);
    struct bt_said said = world_acceptance(&w, &w.bob, 1, true);
    said.model = "fraud";
    world_refused(&w, &w.bob, &said, "no version of model fraud");
    said = world_acceptance(&w, &w.bob, 77, true);
    world_refused(&w, &w.bob, &said, "no version of model credit");
    /* The bundle of the one, the number of the other. */
    said = world_move(&w, 1, true);
    said.version = 2;
    world_refused(&w, &w.carol, &said, "gate \"version\"");
}

static void an_acceptance_that_relies_on_what_is_not_in_effect_is_none(void **state)
{
    WORLD(w);
    world_versions(&w, 2);
    world_team(&w);
    struct bt_said handoff = world_said(&w, BT_SAID_HANDOFF, 2);
    struct bt_row other;
    assert_ok(world_enter(&w, &w.alice, &handoff, &other), w.err);
    struct bt_digest made_up = world_bundle(99);
    const struct bt_digest *inputs[] = {&made_up, &other.pae};
    for (size_t i = 0; i < 2; i++) {
        struct bt_said said = world_acceptance(&w, &w.bob, 1, true);
        said.digests = inputs[i];
        said.digest_count = 1;
        world_refused(&w, &w.bob, &said, "relies on a statement");
    }
}

static void an_old_acceptance_entered_again_takes_no_refusal_back(void **state)
{
    WORLD(w);
    world_versions(&w, 1);
    world_team(&w);
    world_hand_off(&w, 1);
    struct bt_said yes = world_acceptance(&w, &w.bob, 1, true);
    uint64_t first = world_say(&w, &w.bob, &yes);
    world_accept(&w, &w.bob, 1, false);
    /* As baton does it, the statement that is there already is found. */
    struct bt_row row;
    uint64_t size = world_size(&w);
    assert_ok(world_enter(&w, &w.bob, &yes, &row), w.err);
    assert_int_equal(row.leaf, first);
    assert_int_equal(world_size(&w), size);
    struct bt_said said = world_move(&w, 1, true);
    world_refused(&w, &w.carol, &said, "bob refused it");
    /* The very leaf once more, too. */
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    assert_ok(bt_log_read(w.registry->log, first, &leaf, &pae, &w.err), w.err);
    row = world_append(&w, bt_buf_bytes(&leaf), bt_buf_bytes(&pae));
    assert_non_null(strstr(row.effect, "entered before"));
    said = world_move(&w, 1, true);
    world_refused(&w, &w.carol, &said, "bob refused it");
}

static void one_person_counts_once(void **state)
{
    struct bt_policy_need need = {BT_SAYS_ACCEPTANCE, BT_ROLE_VALIDATOR, 2};
    WORLD(w);
    struct bt_policy root = world_root(&w);
    struct bt_policy policy = bt_policy_lone(&root);
    struct bt_policy_rule rule = policy.rules[0];
    rule.needs = &need;
    policy.rules = &rule;
    struct bt_said said = world_policy(&w, &policy);
    world_versions(&w, 1);
    world_team(&w);
    (void)world_say(&w, &w.alice, &said);
    world_accept(&w, &w.bob, 1, true);
    world_accept(&w, &w.bob, 1, true);
    said = world_move(&w, 1, true);
    world_refused(&w, &w.carol, &said, "1 of 2");
    world_accept(&w, &w.alice, 1, true);
    promote(&w, 1);
}

static void the_author_cannot_accept_for_a_team(void **state)
{
    WORLD(w);
    world_versions(&w, 1);
    world_team(&w);
    world_hand_off(&w, 1);
    world_accept(&w, &w.alice, 1, true);
    struct bt_said said = world_move(&w, 1, true);
    world_refused(&w, &w.carol, &said, "alice is the author");
}

static void an_acceptance_ages(void **state)
{
    WORLD(w);
    begin_team(&w);
    promote(&w, 1);
    w.clock += YEAR_SECONDS;
    struct bt_said said = world_move(&w, 2, true);
    world_refused(&w, &w.carol, &said, "too long ago");
    /* Nor does calling it a rollback help, for it never stood there. */
    said = world_move(&w, 2, false);
    world_refused(&w, &w.carol, &said, "too long ago");
    world_hand_off(&w, 2);
    world_accept(&w, &w.bob, 2, true);
    promote(&w, 2);
    w.clock += YEAR_SECONDS;
    said = world_move(&w, 1, false);
    (void)world_say(&w, &w.carol, &said);
    assert_int_equal(world_stands(&w), 1);
}

static void an_acceptance_of_tomorrow_waits_for_the_clocks(void **state)
{
    WORLD(w);
    begin_team(&w);
    struct bt_said said = world_move(&w, 1, true);
    char time[BT_TIME_TEXT_MAX];
    bt_time_format(w.clock - 1000, time);
    said.time = time;
    world_refused(&w, &w.carol, &said, "alice dated it 16 minutes ahead of the mover's clock");
    /* As far as clocks are apart. */
    said = world_move(&w, 1, true);
    bt_time_format(w.clock - 300, time);
    said.time = time;
    (void)world_say(&w, &w.carol, &said);
    assert_int_equal(world_stands(&w), 1);
}

/* ---- aliases ---- */

static void only_the_role_of_the_policy_moves_an_alias(void **state)
{
    WORLD(w);
    begin_team(&w);
    struct bt_said said = world_move(&w, 1, true);
    world_refused(&w, &w.bob, &said, "moved by");
    world_refused(&w, &w.eve, &said, "not trusted");
    assert_int_equal(world_stands(&w), 0);
}

static void of_two_promotions_at_once_the_second_is_stale(void **state)
{
    WORLD(w);
    begin_team(&w);
    struct bt_said one = world_move(&w, 1, true);
    struct bt_said two = world_move(&w, 2, true);
    (void)world_say(&w, &w.carol, &one);
    world_refused(&w, &w.carol, &two, "moved meanwhile");
    two = world_move(&w, 2, true);
    two.previous++;
    world_refused(&w, &w.carol, &two, "moved meanwhile");
    assert_int_equal(world_stands(&w), 1);
}

static void a_retired_version_is_not_promoted(void **state)
{
    WORLD(w);
    begin_team(&w);
    promote(&w, 1);
    promote(&w, 2);
    struct bt_said said = world_said(&w, BT_SAID_RETIREMENT, 1);
    world_refused(&w, &w.bob, &said, "has not the role");
    (void)world_say(&w, &w.carol, &said);
    said = world_move(&w, 1, true);
    world_refused(&w, &w.carol, &said, "not retired");
    said = world_move(&w, 1, false);
    world_refused(&w, &w.carol, &said, "not retired");
    assert_int_equal(world_stands(&w), 2);
}

static void what_never_stood_cannot_roll_back(void **state)
{
    WORLD(w);
    begin_team(&w);
    struct bt_said said = world_move(&w, 1, false);
    world_refused(&w, &w.carol, &said, "never stood");
}

static void what_was_said_for_another_ledger_is_not_said_here(void **state)
{
    WORLD(w);
    begin_team(&w);
    struct bt_policy root = world_root(&w);
    struct bt_policy lone = bt_policy_lone(&root);
    struct bt_said said[] = {world_move(&w, 1, true), world_trust(&w, &w.eve, "eve", BT_ROLES_ALL),
                             world_revoke(&w, &w.bob, "bob"), world_policy(&w, &lone),
                             world_said(&w, BT_SAID_RETIREMENT, 1)};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        said[i].ledger = "ledger-0000000000000000";
        world_refused(&w, &w.alice, &said[i], "for ledger ledger-0000000000000000");
    }
    assert_int_equal(world_stands(&w), 0);
}

/* ---- versions ---- */

static void versions_are_numbered_one_after_the_other(void **state)
{
    WORLD(w);
    world_versions(&w, 2);
    struct bt_said said = world_said(&w, BT_SAID_VERSION, 4);
    world_refused(&w, &w.alice, &said, "next version of credit is 3, not 4");
    said.version = 2;
    said.time = "2026-11-24T00:00:00Z";
    world_refused(&w, &w.alice, &said, "another bundle already");
    said = world_said(&w, BT_SAID_VERSION, 1);
    said.version = 3;
    world_refused(&w, &w.alice, &said, "credit:1 already");
    said = world_said(&w, BT_SAID_VERSION, 3);
    world_refused(&w, &w.eve, &said, "not trusted");
}

static void another_ledger_cannot_use_up_the_numbers(void **state)
{
    WORLD(w);
    world_versions(&w, 1);
    struct bt_said said = world_said(&w, BT_SAID_VERSION, 5);
    said.ledger = "ledger-0000000000000000";
    said.version = BT_VERSION_MAX;
    world_refused(&w, &w.alice, &said, "too far above");
    said.version = 7;
    (void)world_say(&w, &w.alice, &said);
    said = world_said(&w, BT_SAID_VERSION, 8);
    (void)world_say(&w, &w.alice, &said);
}

/* ---- keys and policies ---- */

static void a_revoked_key_says_no_more_but_what_it_said_stays(void **state)
{
    WORLD(w);
    begin_team(&w);
    struct bt_said said = world_revoke(&w, &w.bob, "bob");
    (void)world_say(&w, &w.alice, &said);
    promote(&w, 1);
    said = world_acceptance(&w, &w.bob, 2, false);
    world_refused(&w, &w.bob, &said, "not trusted");
    said = world_trust(&w, &w.bob, "bob", BT_ROLES_ALL);
    world_refused(&w, &w.bob, &said, "takes a root key");
    said = world_revoke(&w, &w.bob, "bob");
    world_refused(&w, &w.alice, &said, "cannot be revoked");
    promote(&w, 2);
}

static void only_a_root_key_speaks_of_keys_and_policies(void **state)
{
    WORLD(w);
    world_team(&w);
    struct bt_policy root = world_root(&w);
    struct bt_policy lone = bt_policy_lone(&root);
    struct bt_digest eve = world_key_id(&w.eve);
    lone.root_keys = &eve;
    struct bt_said said[] = {world_trust(&w, &w.eve, "eve", BT_ROLES_ALL),
                             world_revoke(&w, &w.alice, "alice"), world_policy(&w, &lone)};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        world_refused(&w, &w.bob, &said[i], "takes a root key");
        said[i].time = "2026-11-24T00:00:00Z";
        world_refused(&w, &w.eve, &said[i], "takes a root key");
    }
}

/* It would speak of keys and policies all the same. */
static void a_root_key_is_not_revoked(void **state)
{
    WORLD(w);
    world_team(&w);
    struct bt_said revoke = world_revoke(&w, &w.alice, "alice");
    world_refused(&w, &w.alice, &revoke, "alice is one of the root keys");
    world_versions(&w, 1);
    /* Once another is the root, it can be. */
    struct bt_digest bob = world_key_id(&w.bob);
    struct bt_policy root = world_root(&w);
    struct bt_policy policy = bt_policy_lone(&root);
    policy.root_keys = &bob;
    struct bt_said said = world_policy(&w, &policy);
    struct bt_row row;
    assert_ok(world_enter(&w, &w.alice, &said, &row), w.err);
    (void)world_say(&w, &w.bob, &said);
    revoke = world_revoke(&w, &w.alice, "alice");
    (void)world_say(&w, &w.bob, &revoke);
    said = world_said(&w, BT_SAID_VERSION, 2);
    world_refused(&w, &w.alice, &said, "not trusted");
}

/* Nobody is told that it is done when it has no effect. */
static void what_is_there_without_effect_is_refused_again(void **state)
{
    WORLD(w);
    struct bt_row row;
    struct bt_said said = world_said(&w, BT_SAID_HANDOFF, 1);
    row = world_force(&w, &w.alice, &said);
    assert_non_null(strstr(row.effect, "no version of model credit"));
    uint64_t size = world_size(&w);
    assert_int_equal(world_enter(&w, &w.alice, &said, &row), BATON_ERR_REFUSED);
    assert_non_null(strstr(w.err.text, "no version of model credit"));
    assert_int_equal(world_size(&w), size);
}

static void a_key_statement_is_about_the_key_in_it(void **state)
{
    WORLD(w);
    struct bt_said said = world_trust(&w, &w.bob, "bob", BT_ROLE_VALIDATOR);
    said.subject = world_key_id(&w.eve);
    world_refused(&w, &w.alice, &said, "not the key it names");
    /* The point of order one, on which anything verifies. */
    said = world_trust(&w, &w.bob, "bob", BT_ROLE_VALIDATOR);
    said.public_key = "-----BEGIN PUBLIC KEY-----\n"
                      "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                      "-----END PUBLIC KEY-----\n";
    world_refused(&w, &w.alice, &said, "public key is none");
}

static void two_of_three_root_keys(void **state)
{
    WORLD(w);
    struct bt_row row;
    struct bt_digest keys[] = {world_key_id(&w.alice), world_key_id(&w.bob),
                               world_key_id(&w.carol)};
    struct bt_policy root = world_root(&w);
    struct bt_policy policy = bt_policy_lone(&root);
    policy.root_keys = keys;
    policy.root_key_count = 3;
    policy.threshold = 2;
    struct bt_said said = world_policy(&w, &policy);
    assert_ok(world_enter(&w, &w.alice, &said, &row), w.err);
    assert_string_equal(row.effect, "waits: 1 of 2 root keys have signed");
    assert_int_equal(bt_registry_policy(w.registry)->threshold, 1);
    /* The same key again is no second one; nor is a stranger's. */
    (void)world_force(&w, &w.alice, &said);
    (void)world_force(&w, &w.eve, &said);
    assert_int_equal(bt_registry_policy(w.registry)->threshold, 1);
    /* The new root's other keys cannot begin; they can join what the old one began. */
    said = world_policy(&w, &policy);
    world_refused(&w, &w.bob, &said, "takes a root key");
    said = world_policy(&w, &policy);
    assert_ok(world_enter(&w, &w.alice, &said, &row), w.err);
    (void)world_say(&w, &w.bob, &said);
    assert_int_equal(bt_registry_policy(w.registry)->threshold, 2);
    /* From now on one is not enough for anything. */
    said = world_trust(&w, &w.eve, "eve", BT_ROLES_ALL);
    assert_ok(world_enter(&w, &w.alice, &said, &row), w.err);
    assert_string_equal(row.effect, "waits: 1 of 2 root keys have signed");
    world_refused(&w, &w.eve, &said, "takes a root key");
    (void)world_say(&w, &w.carol, &said);
}

/* ---- what is no statement of ours ---- */

static void what_makes_no_sense_changes_nothing(void **state)
{
    WORLD(w);
    begin_team(&w);
    BT_AUTO_BUF payload = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_AUTO_BUF twice = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_AUTO_BUF type = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    struct bt_said said = world_move(&w, 1, true);
    assert_ok(bt_said_write(&said, &payload, &w.err), w.err);
    const char *text = bt_buf_str(&payload);
    bt_buf_printf(&twice, "{\"_type\":\"https://in-toto.io/Statement/v1\",%s", text + 1);
    const char *at = strstr(text, "urn:baton:alias:v1");
    assert_non_null(at);
    bt_buf_printf(&type, "%.*surn:baton:alias:v2%s", (int)(at - text), text, at + 18);
    struct bt_row rows[] = {
        world_append(&w, bt_bytes_of("no entry at all"), (struct bt_bytes){NULL, 0}),
        world_force_payload(&w, &w.carol, "text/plain", bt_buf_bytes(&payload)),
        world_force_payload(&w, &w.carol, BT_DSSE_IN_TOTO, bt_bytes_of("")),
        world_force_payload(&w, &w.carol, BT_DSSE_IN_TOTO, bt_bytes_of("{}")),
        world_force_payload(&w, &w.carol, BT_DSSE_IN_TOTO, bt_buf_bytes(&twice)),
        world_force_payload(&w, &w.carol, BT_DSSE_IN_TOTO, bt_buf_bytes(&type)),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rows[i].kind, BT_SAID_OTHER);
        assert_true(rows[i].effect[0] != '\0');
    }
    assert_int_equal(world_stands(&w), 0);
}

UNIT_MAIN(fixture_test(the_way_of_a_team),
          fixture_test(an_acceptance_by_a_key_nobody_trusts_is_none),
          fixture_test(each_of_three_words_is_entered),
          fixture_test(an_acceptance_in_another_name_is_none),
          fixture_test(an_acceptance_by_who_is_no_validator_is_none),
          fixture_test(a_refusal_turned_into_an_acceptance_has_no_signature),
          fixture_test(an_acceptance_of_another_model_or_bundle_counts_for_that_only),
          fixture_test(an_acceptance_that_relies_on_what_is_not_in_effect_is_none),
          fixture_test(an_old_acceptance_entered_again_takes_no_refusal_back),
          fixture_test(one_person_counts_once), fixture_test(the_author_cannot_accept_for_a_team),
          fixture_test(an_acceptance_ages),
          fixture_test(an_acceptance_of_tomorrow_waits_for_the_clocks),
          fixture_test(a_root_key_is_not_revoked),
          fixture_test(what_is_there_without_effect_is_refused_again),
          fixture_test(only_the_role_of_the_policy_moves_an_alias),
          fixture_test(of_two_promotions_at_once_the_second_is_stale),
          fixture_test(a_retired_version_is_not_promoted),
          fixture_test(what_never_stood_cannot_roll_back),
          fixture_test(what_was_said_for_another_ledger_is_not_said_here),
          fixture_test(versions_are_numbered_one_after_the_other),
          fixture_test(another_ledger_cannot_use_up_the_numbers),
          fixture_test(a_revoked_key_says_no_more_but_what_it_said_stays),
          fixture_test(only_a_root_key_speaks_of_keys_and_policies),
          fixture_test(a_key_statement_is_about_the_key_in_it),
          fixture_test(two_of_three_root_keys), fixture_test(what_makes_no_sense_changes_nothing))
