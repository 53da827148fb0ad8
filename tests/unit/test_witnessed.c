/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the witnesses that a policy asks for have seen the ledger's head: what they sign counts
 * for that head, by their own keys, and as long as the policy says. */
#include "unit/registry_fixture.h"

#include "unit/signers.h"

#define HOUR 3600
#define W1 "w1.example"
#define W2 "w2.example"

static struct bt_ed25519_secret secret_of(const char *name)
{
    return (struct bt_ed25519_secret){{(uint8_t)(100 + name[1])}};
}

static struct bt_note_key key_of(const char *name)
{
    struct bt_ed25519_secret secret = secret_of(name);
    return signer_key(name, BT_NOTE_COSIGNATURE, &secret);
}

/* Both witnesses, and then `rest`. */
static void ask_for(struct world *w, const char *before, const char *rest, uint64_t hours)
{
    BT_AUTO_BUF text = BT_BUF_INIT(4096);
    struct bt_note_key w1 = key_of(W1);
    struct bt_note_key w2 = key_of(W2);
    struct bt_policy root = world_root(w);
    struct bt_policy policy = bt_policy_lone(&root);
    bt_buf_printf(&text, "%switness 1 ", before);
    bt_note_key_format(&w1, &text);
    bt_buf_put_str(&text, "\nwitness 2 ");
    bt_note_key_format(&w2, &text);
    bt_buf_printf(&text, "\n%s", rest);
    assert_ok(bt_policy_witnesses_parse(world_keep(w, bt_buf_str(&text)), hours, &w->arena,
                                        &policy.witnesses, &w->err),
              w->err);
    struct bt_said said = world_policy(w, &policy);
    (void)world_say(w, &w->alice, &said);
}

/* The head as it is now, signed by a witness at `time`. */
static void cosign(struct world *w, const char *name, uint64_t time)
{
    BT_AUTO_BUF checkpoint = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_AUTO_BUF line = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    struct bt_ed25519_secret secret = secret_of(name);
    struct bt_note_key key = key_of(name);
    struct bt_log *log = bt_registry_log(w->registry);
    struct bt_note note;
    assert_ok(bt_log_checkpoint(log, &checkpoint, &w->err), w->err);
    assert_ok(bt_note_parse(bt_buf_bytes(&checkpoint), &note, &w->err), w->err);
    assert_ok(bt_note_sign(note.text, &key, &secret, time, &line, &w->err), w->err);
    assert_ok(bt_log_cosign(log, &key, 1, bt_buf_bytes(&line), &w->err), w->err);
}

/* The one row; its verdict. */
static baton_verdict witnessed(struct world *w, uint64_t now_s, const char **ret_detail)
{
    struct bt_checks checks = {.arena = &w->arena};
    assert_ok(bt_registry_witnessed(w->registry, now_s, BATON_CANNOT_TELL, &checks, &w->err),
              w->err);
    assert_int_equal(checks.count, 1);
    assert_string_equal(checks.rows[0].what, "witnessed");
    if (ret_detail)
        *ret_detail = checks.rows[0].detail;
    return checks.rows[0].verdict;
}

static void a_policy_without_witnesses_asks_nobody(void **state)
{
    WORLD(w);
    struct bt_checks checks = {.arena = &w.arena};
    assert_ok(bt_registry_witnessed(w.registry, WORLD_EPOCH, BATON_DIFFERS, &checks, &w.err),
              w.err);
    assert_int_equal(checks.count, 0);
}

static void a_cosignature_counts_for_the_hours_that_the_policy_says(void **state)
{
    const char *detail = NULL;
    WORLD(w);
    ask_for(&w, "", "quorum 1\n", 2);
    uint64_t then = WORLD_EPOCH + 1000;
    assert_int_equal(witnessed(&w, then, &detail), BATON_CANNOT_TELL);
    assert_non_null(strstr(detail, W1 " has not signed, " W2 " has not signed"));
    cosign(&w, W2, then);
    assert_int_equal(witnessed(&w, then, NULL), BATON_CANNOT_TELL);
    cosign(&w, W1, then);
    assert_int_equal(witnessed(&w, then, &detail), BATON_IDENTICAL);
    assert_non_null(strstr(detail, W1 " signed (2026-09-21T"));
    assert_int_equal(witnessed(&w, then + 2 * HOUR, NULL), BATON_IDENTICAL);
    assert_int_equal(witnessed(&w, then + 2 * HOUR + 1, &detail), BATON_CANNOT_TELL);
    assert_non_null(strstr(detail, W1 " signed too long ago (2026-09-21T"));
    assert_int_equal(witnessed(&w, then - BT_QUORUM_SKEW_S, NULL), BATON_IDENTICAL);
    assert_int_equal(witnessed(&w, then - BT_QUORUM_SKEW_S - 1, NULL), BATON_CANNOT_TELL);
    /* A newer one of the same witness takes its place. */
    cosign(&w, W1, then + 3 * HOUR);
    assert_int_equal(witnessed(&w, then + 4 * HOUR, NULL), BATON_IDENTICAL);
}

static void without_an_age_it_counts_for_ever(void **state)
{
    WORLD(w);
    ask_for(&w, "", "group both all 1 2\nquorum both\n", 0);
    cosign(&w, W1, WORLD_EPOCH);
    assert_int_equal(witnessed(&w, WORLD_EPOCH, NULL), BATON_CANNOT_TELL);
    cosign(&w, W2, 1);
    assert_int_equal(witnessed(&w, (uint64_t)4 * WORLD_EPOCH, NULL), BATON_IDENTICAL);
}

static void what_is_said_later_has_been_seen_by_nobody(void **state)
{
    WORLD(w);
    ask_for(&w, "", "quorum 1\n", 2);
    cosign(&w, W1, WORLD_EPOCH);
    assert_int_equal(witnessed(&w, WORLD_EPOCH, NULL), BATON_IDENTICAL);
    world_versions(&w, 1);
    assert_int_equal(witnessed(&w, WORLD_EPOCH, NULL), BATON_CANNOT_TELL);
}

static void witnesses_of_another_log_are_none(void **state)
{
    WORLD(w);
    BT_AUTO_BUF logs = BT_BUF_INIT(4096);
    struct bt_ed25519_secret secret = {{7}};
    struct bt_note_key other = signer_key(bt_registry_origin(w.registry), BT_NOTE_ED25519, &secret);
    bt_buf_put_str(&logs, "log ");
    bt_note_key_format(&other, &logs);
    bt_buf_put_str(&logs, "\n");
    ask_for(&w, bt_buf_str(&logs), "quorum 1\n", 0);
    cosign(&w, W1, WORLD_EPOCH);
    assert_int_equal(witnessed(&w, WORLD_EPOCH, NULL), BATON_DIFFERS);
    bt_buf_put_str(&logs, "log ");
    bt_note_key_format(bt_registry_log_key(w.registry), &logs);
    bt_buf_put_str(&logs, "\n");
    ask_for(&w, bt_buf_str(&logs), "quorum 1\n", 0);
    cosign(&w, W1, WORLD_EPOCH);
    assert_int_equal(witnessed(&w, WORLD_EPOCH, NULL), BATON_IDENTICAL);
}

/* The rows are a function of the leaves; cosignatures are none. */
static void statements_are_judged_without_witnesses(void **state)
{
    WORLD(w);
    world_versions(&w, 1);
    ask_for(&w, "", "quorum 1\n", 2);
    world_accept(&w, &w.alice, 1, true);
    struct bt_said said = world_move(&w, 1, true);
    (void)world_say(&w, &w.alice, &said);
    assert_int_equal(world_stands(&w), 1);
    assert_ok(bt_registry_replay(w.registry, NULL, &w.err), w.err);
}

static void the_policies_that_come_along_keep_the_witnesses(void **state)
{
    WORLD(w);
    ask_for(&w, "", "quorum 2\n", 5);
    struct bt_policy team = bt_policy_team(bt_registry_policy(w.registry));
    struct bt_said said = world_policy(&w, &team);
    (void)world_say(&w, &w.alice, &said);
    assert_int_equal(bt_registry_policy(w.registry)->witnesses.max_age_hours, 5);
    assert_int_equal(witnessed(&w, WORLD_EPOCH, NULL), BATON_CANNOT_TELL);
}

UNIT_MAIN(fixture_test(a_policy_without_witnesses_asks_nobody),
          fixture_test(a_cosignature_counts_for_the_hours_that_the_policy_says),
          fixture_test(without_an_age_it_counts_for_ever),
          fixture_test(what_is_said_later_has_been_seen_by_nobody),
          fixture_test(witnesses_of_another_log_are_none),
          fixture_test(statements_are_judged_without_witnesses),
          fixture_test(the_policies_that_come_along_keep_the_witnesses))
