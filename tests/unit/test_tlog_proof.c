/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of a log: they hold for their entry alone, read back as they were written, and are small.
 * What must be refused is in tests/golden/should-fail/tlog-proof. */
#include "unit/small_log.h"

#include "ledger/proof.h"

#define LOG_NAME "example.com/baton-audit"

static void prove(struct small_log *log, uint64_t index, uint64_t size, struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF note = BT_BUF_INIT(2000);
    struct bt_merkle_source source = small_log_source(log);
    struct bt_merkle_head head = small_log_head(log, size);
    struct bt_tlog_proof proof = {.index = index};
    small_log_sign(log, &head, &note);
    proof.checkpoint = bt_buf_bytes(&note);
    assert_ok(bt_merkle_prove_inclusion(&source, &log->hash, index, size, &proof.path, &err), err);
    assert_ok(bt_tlog_proof_format(&proof, out, &err), err);
}

static baton_status check(struct bt_bytes bytes, const char *leaf, const struct bt_note_key *log)
{
    struct bt_tlog_proof proof;
    struct bt_checkpoint checkpoint;
    BT_TRY(bt_tlog_proof_parse(bytes, &proof, NULL));
    return bt_tlog_proof_check(&proof, bt_bytes_of(leaf), log, &checkpoint, NULL);
}

static void every_entry_is_proved_in_every_tree(void **state)
{
    (void)state;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 40, 40);
    for (uint64_t size = 1; size <= 40; size++)
        for (uint64_t index = 0; index < size; index++) {
            char leaf[32];
            char next[32];
            BT_AUTO_BUF text = BT_BUF_INIT(8000);
            prove(log, index, size, &text);
            small_log_leaf(log, index, leaf);
            small_log_leaf(log, index + 1, next);
            assert_int_equal(check(bt_buf_bytes(&text), leaf, &log->key), BATON_OK);
            assert_int_equal(check(bt_buf_bytes(&text), next, &log->key), BATON_ERR_DIFFERS);
        }
}

static void a_proof_reads_back_with_its_extra(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(8000);
    BT_AUTO_BUF with = BT_BUF_INIT(8000);
    BT_AUTO_BUF again = BT_BUF_INIT(8000);
    struct bt_tlog_proof proof;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 300, 300);
    prove(log, 255, 300, &text);
    assert_ok(bt_tlog_proof_parse(bt_buf_bytes(&text), &proof, &err), err);
    assert_int_equal(proof.index, 255);
    assert_int_equal(proof.path.count, 9);
    assert_int_equal(proof.extra.len, 0);
    proof.extra = bt_bytes_of("bW9kZWw=");
    assert_ok(bt_tlog_proof_format(&proof, &with, &err), err);
    assert_ok(bt_tlog_proof_parse(bt_buf_bytes(&with), &proof, &err), err);
    assert_true(bt_bytes_equal(proof.extra, bt_bytes_of("bW9kZWw=")));
    assert_int_equal(check(bt_buf_bytes(&with), "entry 255\n", &log->key), BATON_OK);
    assert_ok(bt_tlog_proof_format(&proof, &again, &err), err);
    assert_true(bt_bytes_equal(bt_buf_bytes(&again), bt_buf_bytes(&with)));
}

/* Every bit of a proof without extra data counts. */
static void no_flipped_bit_is_accepted(void **state)
{
    (void)state;
    BT_AUTO_BUF text = BT_BUF_INIT(8000);
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 37, 37);
    prove(log, 21, 37, &text);
    for (size_t i = 0; i < 8 * text.len; i++) {
        text.data[i / 8] ^= (uint8_t)(1u << i % 8);
        if (check(bt_buf_bytes(&text), "entry 21\n", &log->key) == BATON_OK)
            printf("AT %zu\n%s\n", i, bt_buf_str(&text));
        text.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t len = 0; len < text.len; len++)
        assert_int_not_equal(check((struct bt_bytes){text.data, len}, "entry 21\n", &log->key),
                             BATON_OK);
}

static void another_log_key_or_name_is_no_proof(void **state)
{
    (void)state;
    BT_AUTO_BUF text = BT_BUF_INIT(8000);
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 9, 9);
    prove(log, 8, 9, &text);
    const struct bt_ed25519_secret other = {{9}};
    struct bt_note_key same_name = signer_key(LOG_NAME, BT_NOTE_ED25519, &other);
    struct bt_note_key same_key = signer_key("example.com/other", BT_NOTE_ED25519, &log->secret);
    assert_int_equal(check(bt_buf_bytes(&text), "entry 8\n", &same_name), BATON_ERR_DIFFERS);
    assert_int_equal(check(bt_buf_bytes(&text), "entry 8\n", &same_key), BATON_ERR_DIFFERS);
}

/* A tree of 2^30 leaves: any 30 hashes beside the way of a leaf make one, and its root. */
static void a_proof_in_a_billion_with_three_witnesses_stays_below_2_kib(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF note = BT_BUF_INIT(4000);
    BT_AUTO_BUF text = BT_BUF_INIT(4000);
    const struct bt_ed25519_secret witness = {{3}};
    struct bt_tlog_proof proof = {.index = (1u << 30) - 1, .path = {.count = 30}};
    struct bt_merkle_head head = {1u << 30, {{0}}};
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 0, 0);
    assert_ok(bt_merkle_leaf(&log->hash, bt_bytes_of("leaf"), &head.root, &err), err);
    for (size_t i = 0; i < proof.path.count; i++) {
        memset(&proof.path.hashes[i], (int)i + 1, sizeof proof.path.hashes[i]);
        assert_ok(bt_merkle_node(&log->hash, &proof.path.hashes[i], &head.root, &head.root, &err),
                  err);
    }
    small_log_sign(log, &head, &note);
    small_log_cosign("witness.example.com/one", &witness, 1767225600, &note);
    small_log_cosign("witness.example.com/two", &witness, 1767225600, &note);
    small_log_cosign("witness.example.com/three", &witness, 1767225600, &note);
    proof.checkpoint = bt_buf_bytes(&note);
    assert_ok(bt_tlog_proof_format(&proof, &text, &err), err);
    assert_int_equal(check(bt_buf_bytes(&text), "leaf", &log->key), BATON_OK);
    print_message("# %zu bytes\n", text.len);
    assert_in_range(text.len, 1000, 2048);
}

UNIT_MAIN(cmocka_unit_test(every_entry_is_proved_in_every_tree),
          cmocka_unit_test(a_proof_reads_back_with_its_extra),
          cmocka_unit_test(no_flipped_bit_is_accepted),
          cmocka_unit_test(another_log_key_or_name_is_no_proof),
          cmocka_unit_test(a_proof_in_a_billion_with_three_witnesses_stays_below_2_kib))
