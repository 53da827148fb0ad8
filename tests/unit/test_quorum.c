/* SPDX-License-Identifier: Apache-2.0 */
/* Policies say yes to exactly the sets of witnesses they ask for, while their cosignatures are
 * young. What must be refused is in tests/golden/should-fail/quorum. */
#include "unit/small_log.h"

#include "ledger/quorum.h"

#define LOG_NAME "example.com/baton-audit"
#define WITNESSES 6
#define NOW 1767225600

static const char *const names[WITNESSES] = {"x1.example", "x2.example", "x3.example",
                                             "y1.example", "y2.example", "y3.example"};
static const struct bt_quorum_clock now = {NOW, 3600};

static struct bt_ed25519_secret witness_secret(size_t i)
{
    return (struct bt_ed25519_secret){{(uint8_t)(100 + i)}};
}

/* The log and the witnesses, each named as its key is, and then `rest`. */
static const struct bt_quorum *make_policy(const struct small_log *log, const char *rest,
                                           struct bt_arena *arena)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(16000);
    const struct bt_quorum *made = NULL;
    bt_buf_put_str(&text, "# whom to believe\n\nlog ");
    bt_note_key_format(&log->key, &text);
    for (size_t i = 0; i < WITNESSES; i++) {
        struct bt_ed25519_secret secret = witness_secret(i);
        struct bt_note_key key = signer_key(names[i], BT_NOTE_COSIGNATURE, &secret);
        bt_buf_printf(&text, "\n\twitness  %s ", names[i]);
        bt_note_key_format(&key, &text);
    }
    bt_buf_printf(&text, " https://y3.example/\n%s", rest);
    char *kept = bt_arena_strndup(arena, bt_buf_str(&text), text.len);
    assert_non_null(kept);
    assert_ok(bt_quorum_parse(bt_bytes_of(kept), arena, &made, &err), err);
    return made;
}

/* The log's checkpoint of 5 entries, cosigned by the witnesses of the set at `time`. */
static void make_checkpoint(struct small_log *log, unsigned set, uint64_t time, struct bt_buf *out)
{
    struct bt_merkle_head head = small_log_head(log, 5);
    small_log_sign(log, &head, out);
    for (size_t i = 0; i < WITNESSES; i++) {
        struct bt_ed25519_secret secret = witness_secret(i);
        if (set >> i & 1)
            small_log_cosign(names[i], &secret, time, out);
    }
}

static baton_status judge(const struct bt_quorum *policy, const struct bt_buf *checkpoint)
{
    struct bt_checkpoint opened;
    const struct bt_note_key *log = NULL;
    baton_status status =
        bt_quorum_open(policy, bt_buf_bytes(checkpoint), &now, &opened, &log, NULL);
    assert_true(status != BATON_OK || (log == &policy->logs[0] && opened.head.size == 5));
    return status;
}

/* 2 of the first three and any of the others, by hand. */
static bool asked_for(unsigned set)
{
    return __builtin_popcount(set & 7) >= 2 && set >> 3;
}

static void the_example_of_the_specification_asks_for_its_sets_alone(void **state)
{
    (void)state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 5, 5);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_quorum *policy =
        make_policy(log,
                    "group X-witnesses 2 x1.example x2.example x3.example\n"
                    "group Y-witnesses any y1.example y2.example y3.example\n"
                    "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
                    &arena);
    assert_int_equal(policy->witness_count, WITNESSES);
    assert_true(bt_bytes_equal(policy->witness_urls[5], bt_bytes_of("https://y3.example/")));
    for (unsigned set = 0; set < 1u << WITNESSES; set++) {
        BT_AUTO_BUF checkpoint = BT_BUF_INIT(4000);
        make_checkpoint(log, set, NOW - 60, &checkpoint);
        assert_int_equal(judge(policy, &checkpoint),
                         asked_for(set) ? BATON_OK : BATON_ERR_CANNOT_TELL);
    }
}

static void one_witness_or_none_can_be_the_quorum(void **state)
{
    (void)state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 5, 5);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF bare = BT_BUF_INIT(4000);
    BT_AUTO_BUF by_x2 = BT_BUF_INIT(4000);
    make_checkpoint(log, 0, 0, &bare);
    make_checkpoint(log, 1u << 1, NOW, &by_x2);
    const struct bt_quorum *none = make_policy(log, "quorum none\n", &arena);
    const struct bt_quorum *one = make_policy(log, "quorum x2.example\n", &arena);
    const struct bt_quorum *other = make_policy(log, "quorum x1.example\n", &arena);
    assert_int_equal(judge(none, &bare), BATON_OK);
    assert_int_equal(judge(one, &bare), BATON_ERR_CANNOT_TELL);
    assert_int_equal(judge(one, &by_x2), BATON_OK);
    assert_int_equal(judge(other, &by_x2), BATON_ERR_CANNOT_TELL);
}

static void old_and_future_cosignatures_do_not_count(void **state)
{
    (void)state;
    static const struct {
        uint64_t time;
        baton_status expected;
    } cases[] = {{NOW, BATON_OK},
                 {NOW - 3600, BATON_OK},
                 {NOW - 3601, BATON_ERR_CANNOT_TELL},
                 {0, BATON_ERR_CANNOT_TELL},
                 {NOW + BT_QUORUM_SKEW_S, BATON_OK},
                 {NOW + BT_QUORUM_SKEW_S + 1, BATON_ERR_CANNOT_TELL},
                 {INT64_MAX, BATON_ERR_CANNOT_TELL},
                 {(uint64_t)INT64_MAX + 1, BATON_ERR_DIFFERS}};
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 5, 5);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_quorum *policy = make_policy(log, "quorum x1.example\n", &arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_BUF checkpoint = BT_BUF_INIT(4000);
        make_checkpoint(log, 1, cases[i].time, &checkpoint);
        assert_int_equal(judge(policy, &checkpoint), cases[i].expected);
    }
}

/* An operator keeps the witness's old line and its new one; the new one counts, wherever it is. */
static void the_newest_of_two_lines_counts(void **state)
{
    (void)state;
    struct bt_ed25519_secret secret = witness_secret(0);
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 5, 5);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF checkpoint = BT_BUF_INIT(4000);
    const struct bt_quorum *policy = make_policy(log, "quorum x1.example\n", &arena);
    make_checkpoint(log, 1, NOW - 60, &checkpoint);
    small_log_cosign(names[0], &secret, NOW - 9999, &checkpoint);
    assert_int_equal(judge(policy, &checkpoint), BATON_OK);
}

static void a_forged_line_spoils_what_enough_others_signed(void **state)
{
    (void)state;
    const struct bt_ed25519_secret thief = {{77}};
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 5, 5);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF checkpoint = BT_BUF_INIT(4000);
    const struct bt_quorum *policy =
        make_policy(log, "group g any x1.example x2.example\nquorum g\n", &arena);
    make_checkpoint(log, 3, NOW, &checkpoint);
    /* A stranger who takes the name is only a stranger: the key id differs. */
    small_log_cosign(names[1], &thief, NOW, &checkpoint);
    assert_int_equal(judge(policy, &checkpoint), BATON_OK);
    char *line = strstr((char *)checkpoint.data, names[1]) + strlen(names[1]) + 40;
    *line = *line == 'A' ? 'B' : 'A';
    assert_int_equal(judge(policy, &checkpoint), BATON_ERR_DIFFERS);
}

static void a_checkpoint_of_no_listed_log_is_refused(void **state)
{
    (void)state;
    const struct bt_ed25519_secret thief = {{77}};
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 5, 5);
    AUTO_SMALL_LOG other = small_log_new("example.com/other", 5, 5);
    AUTO_SMALL_LOG same_name = small_log_new(LOG_NAME, 5, 5);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF of_other = BT_BUF_INIT(4000);
    BT_AUTO_BUF by_thief = BT_BUF_INIT(4000);
    const struct bt_quorum *policy = make_policy(log, "quorum none\n", &arena);
    same_name->secret = thief;
    same_name->key = signer_key(LOG_NAME, BT_NOTE_ED25519, &thief);
    make_checkpoint(other, 0, NOW, &of_other);
    make_checkpoint(same_name, 0, NOW, &by_thief);
    assert_int_equal(judge(policy, &of_other), BATON_ERR_DIFFERS);
    assert_int_equal(judge(policy, &by_thief), BATON_ERR_DIFFERS);
}

UNIT_MAIN(cmocka_unit_test(the_example_of_the_specification_asks_for_its_sets_alone),
          cmocka_unit_test(one_witness_or_none_can_be_the_quorum),
          cmocka_unit_test(old_and_future_cosignatures_do_not_count),
          cmocka_unit_test(the_newest_of_two_lines_counts),
          cmocka_unit_test(a_forged_line_spoils_what_enough_others_signed),
          cmocka_unit_test(a_checkpoint_of_no_listed_log_is_refused))
