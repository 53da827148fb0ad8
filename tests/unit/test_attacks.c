/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operator who holds the log's key and lies. Each lie is caught by three who know little: a
 * client with one old checkpoint, a witness, and somebody with an anchor on paper (a checkpoint or
 * a proof that was put away). Rows of the threat model: 4 rollback, 5 freeze, 11 truncated and
 * rewritten, 12 split view. tests/foreign/run.py shows the same lies, as ledgers on disk, to tools
 * that are not ours.
 */
#include "unit/witness_fixture.h"

#include "ledger/proof.h"
#include "ledger/quorum.h"

#define LOG_NAME "example.com/baton-audit"
#define NOW 1767225600
#define HOUR 3600

static void start(const struct witness_fixture *f, const struct small_log *log)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
}

/* What a client does with the tree it believed until now and the one it is shown, whatever proof
 * the operator's own tree gives. */
static baton_status follow(struct small_log *log, const struct bt_merkle_head *known, uint64_t size)
{
    struct bt_merkle_source source = small_log_source(log);
    struct bt_merkle_head shown = small_log_head(log, size);
    struct bt_merkle_proof proof = {.count = 0};
    if (known->size <= size)
        assert_int_equal(
            bt_merkle_prove_consistency(&source, &log->hash, known->size, size, &proof, NULL),
            BATON_OK);
    return bt_merkle_check_consistency(&log->hash, known, &shown, &proof, NULL);
}

/* A checkpoint with the fixture's witness's signature at `time`. */
static void cosigned(const struct witness_fixture *f, struct small_log *log, uint64_t size,
                     uint64_t time, struct bt_buf *out)
{
    struct bt_merkle_head head = small_log_head(log, size);
    small_log_sign(log, &head, out);
    small_log_cosign(f->witness.key.name, &f->witness.secret, time, out);
}

static baton_status judge(const struct witness_fixture *f, const struct small_log *log,
                          const struct bt_buf *checkpoint, uint64_t now)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(4000);
    const struct bt_quorum *policy = NULL;
    struct bt_checkpoint opened;
    const struct bt_quorum_clock clock = {now, HOUR};
    bt_buf_put_str(&text, "log ");
    bt_note_key_format(&log->key, &text);
    bt_buf_put_str(&text, "\nwitness w ");
    bt_note_key_format(&f->witness.key, &text);
    bt_buf_put_str(&text, "\nquorum w\n");
    assert_int_equal(bt_quorum_parse(bt_buf_bytes(&text), &arena, &policy, NULL), BATON_OK);
    return bt_quorum_open(policy, bt_buf_bytes(checkpoint), &clock, &opened, NULL, NULL);
}

/* Row 4: the tree of yesterday, in which today's version is not yet, with its true signatures. */
static void a_rollback_is_caught(void **state)
{
    struct witness_fixture *f = *state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 60, 60);
    BT_AUTO_BUF yesterday = BT_BUF_INIT(4000);
    BT_AUTO_BUF today = BT_BUF_INIT(4000);
    struct bt_merkle_head known = small_log_head(log, 50);
    start(f, log);
    assert_int_equal(witness_ask(&f->witness, log, 0, 50), BT_WITNESS_SIGNED);
    cosigned(f, log, 40, NOW - 24 * HOUR, &yesterday);
    cosigned(f, log, 50, NOW, &today);
    /* The client. */
    assert_int_equal(follow(log, &known, 40), BATON_ERR_DIFFERS);
    assert_int_equal(follow(log, &known, 60), BATON_OK);
    /* The witness, from whatever size it is asked. */
    for (uint64_t old = 0; old <= 40; old++)
        assert_int_equal(witness_ask(&f->witness, log, old, 40), BT_WITNESS_OTHER_SIZE);
    assert_int_equal(witness_ask(&f->witness, log, 50, 40), BT_WITNESS_MALFORMED);
    /* Who has never seen the log, but has a clock. */
    assert_int_equal(judge(f, log, &yesterday, NOW), BATON_ERR_CANNOT_TELL);
    assert_int_equal(judge(f, log, &today, NOW), BATON_OK);
}

/* Row 5: nothing new is told any more. The signatures that were there grow old, and no fresh one
 * is to be had for a tree that the witness knows to be an old one. */
static void a_freeze_is_caught(void **state)
{
    struct witness_fixture *f = *state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 60, 60);
    BT_AUTO_BUF frozen = BT_BUF_INIT(4000);
    BT_AUTO_BUF backdated = BT_BUF_INIT(4000);
    start(f, log);
    cosigned(f, log, 40, NOW, &frozen);
    assert_int_equal(judge(f, log, &frozen, NOW + HOUR), BATON_OK);
    assert_int_equal(judge(f, log, &frozen, NOW + HOUR + 1), BATON_ERR_CANNOT_TELL);
    assert_int_equal(witness_ask(&f->witness, log, 0, 60), BT_WITNESS_SIGNED);
    assert_int_equal(witness_ask(&f->witness, log, 60, 40), BT_WITNESS_MALFORMED);
    /* The time is under the signature: the operator cannot move it. */
    cosigned(f, log, 40, NOW, &backdated);
    char *line = strstr((char *)backdated.data, f->witness.key.name) + strlen(WITNESS_NAME) + 1;
    line[12] = line[12] == 'A' ? 'B' : 'A';
    assert_int_equal(judge(f, log, &backdated, NOW), BATON_ERR_DIFFERS);
}

/* What was put away: a proof that entry 12 is in the tree of 50. */
static void put_away(struct small_log *log, struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF note = BT_BUF_INIT(4000);
    struct bt_merkle_source source = small_log_source(log);
    struct bt_merkle_head head = small_log_head(log, 50);
    struct bt_tlog_proof proof = {.index = 12};
    small_log_sign(log, &head, &note);
    proof.checkpoint = bt_buf_bytes(&note);
    assert_ok(bt_merkle_prove_inclusion(&source, &log->hash, 12, 50, &proof.path, &err), err);
    assert_ok(bt_tlog_proof_format(&proof, out, &err), err);
}

/* The anchor: it still proves its entry with the log's own signature, and the log that is shown
 * does not continue its tree. */
static void expect_caught_by_anchor(struct small_log *log, struct small_log *shown,
                                    const struct bt_buf *anchor, uint64_t size)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_tlog_proof proof;
    struct bt_checkpoint opened;
    assert_ok(bt_tlog_proof_parse(bt_buf_bytes(anchor), &proof, &err), err);
    assert_ok(bt_tlog_proof_check(&proof, bt_bytes_of("entry 12\n"), &log->key, &opened, &err),
              err);
    assert_int_equal(follow(shown, &opened.head, size), BATON_ERR_DIFFERS);
}

/* Row 11: the last ten entries are gone, and it grows again from there. */
static void a_truncated_log_is_caught(void **state)
{
    struct witness_fixture *f = *state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 60, 60);
    AUTO_SMALL_LOG cut = small_log_new(LOG_NAME, 40, 90);
    BT_AUTO_BUF anchor = BT_BUF_INIT(8000);
    struct bt_merkle_head known = small_log_head(log, 50);
    put_away(log, &anchor);
    start(f, log);
    assert_int_equal(witness_ask(&f->witness, log, 0, 50), BT_WITNESS_SIGNED);
    for (uint64_t size = 40; size <= 90; size++) {
        assert_int_equal(follow(cut, &known, size), BATON_ERR_DIFFERS);
        assert_int_not_equal(witness_ask(&f->witness, cut, 50, size), BT_WITNESS_SIGNED);
        assert_int_not_equal(witness_ask(&f->witness, cut, 40, size), BT_WITNESS_SIGNED);
        expect_caught_by_anchor(log, cut, &anchor, size);
    }
    assert_int_equal(witness_ask(&f->witness, log, 50, 60), BT_WITNESS_SIGNED);
}

/* Row 11: from some entry on the past is another one, and all is signed anew. */
static void a_rewritten_log_is_caught(void **state)
{
    struct witness_fixture *f = *state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 60, 60);
    BT_AUTO_BUF anchor = BT_BUF_INIT(8000);
    struct bt_merkle_head known = small_log_head(log, 50);
    put_away(log, &anchor);
    start(f, log);
    assert_int_equal(witness_ask(&f->witness, log, 0, 50), BT_WITNESS_SIGNED);
    for (uint64_t from = 0; from < 50; from++) {
        AUTO_SMALL_LOG other = small_log_new(LOG_NAME, from, 60);
        assert_int_equal(follow(other, &known, 50), BATON_ERR_DIFFERS);
        assert_int_equal(follow(other, &known, 60), BATON_ERR_DIFFERS);
        assert_int_equal(witness_ask(&f->witness, other, 50, 50), BT_WITNESS_INCONSISTENT);
        assert_int_equal(witness_ask(&f->witness, other, 50, 60), BT_WITNESS_INCONSISTENT);
        expect_caught_by_anchor(log, other, &anchor, 60);
    }
}

/* ---- row 12 ---- */

#define WITNESSES 3

/* A policy of 2 of 3, and the checkpoint of each side with the lines of the witnesses shown it. */
struct views {
    struct bt_buf policy;
    struct bt_buf checkpoints[2];
};

static void show_view(struct small_log *sides[2], unsigned shown_second, struct views *ret)
{
    bt_buf_put_str(&ret->policy, "log ");
    bt_note_key_format(&sides[0]->key, &ret->policy);
    for (unsigned side = 0; side < 2; side++) {
        struct bt_merkle_head head = small_log_head(sides[side], 50);
        small_log_sign(sides[side], &head, &ret->checkpoints[side]);
    }
    for (unsigned i = 0; i < WITNESSES; i++) {
        char name[16];
        const struct bt_ed25519_secret secret = {{(uint8_t)(50 + i)}};
        struct bt_note_key key;
        (void)snprintf(name, sizeof name, "w%u.example", i);
        key = signer_key(name, BT_NOTE_COSIGNATURE, &secret);
        bt_buf_printf(&ret->policy, "\nwitness w%u ", i);
        bt_note_key_format(&key, &ret->policy);
        small_log_cosign(name, &secret, NOW, &ret->checkpoints[shown_second >> i & 1]);
    }
    bt_buf_put_str(&ret->policy, "\ngroup most 2 w0 w1 w2\nquorum most\n");
}

static bool is_believed(const struct views *views, unsigned side)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_quorum *policy = NULL;
    struct bt_checkpoint opened;
    const struct bt_quorum_clock clock = {NOW, HOUR};
    assert_int_equal(bt_quorum_parse(bt_buf_bytes(&views->policy), &arena, &policy, NULL),
                     BATON_OK);
    return bt_quorum_open(policy, bt_buf_bytes(&views->checkpoints[side]), &clock, &opened, NULL,
                          NULL) == BATON_OK;
}

/* Two trees of one size, one for the auditor and one for the user. A witness signs one of them, so
 * however they are divided, a majority of them makes one view believed, and never both. */
static void a_split_view_is_caught(void **state)
{
    struct witness_fixture *f = *state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 60, 60);
    AUTO_SMALL_LOG fork = small_log_new(LOG_NAME, 45, 60);
    struct small_log *sides[2] = {log, fork};
    struct bt_merkle_head known = small_log_head(log, 50);
    start(f, log);
    assert_int_equal(witness_ask(&f->witness, log, 0, 50), BT_WITNESS_SIGNED);
    assert_int_equal(witness_ask(&f->witness, fork, 50, 50), BT_WITNESS_INCONSISTENT);
    assert_int_equal(witness_ask(&f->witness, fork, 0, 50), BT_WITNESS_OTHER_SIZE);
    assert_int_equal(follow(fork, &known, 50), BATON_ERR_DIFFERS);
    for (unsigned divided = 0; divided < 1u << WITNESSES; divided++) {
        struct views views = {BT_BUF_INIT(4000), {BT_BUF_INIT(4000), BT_BUF_INIT(4000)}};
        show_view(sides, divided, &views);
        assert_int_equal(is_believed(&views, 0) + is_believed(&views, 1), 1);
        assert_int_equal(is_believed(&views, 1), __builtin_popcount(divided) >= 2);
        bt_buf_release(&views.policy);
        bt_buf_release(&views.checkpoints[0]);
        bt_buf_release(&views.checkpoints[1]);
    }
}

UNIT_MAIN(witness_test(a_rollback_is_caught), witness_test(a_freeze_is_caught),
          witness_test(a_truncated_log_is_caught), witness_test(a_rewritten_log_is_caught),
          witness_test(a_split_view_is_caught))
