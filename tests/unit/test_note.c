/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes against a vector that Go's x/mod note and tlog made (research/trust.md 1.16) and the
 * example of the specification. What must be refused is in tests/golden/should-fail/note. */
#include "unit/signers.h"

#include <stdio.h>

#include "ledger/merkle.h"
#include "ledger/note.h"

#define LOG_NAME "example.com/baton-audit"
#define LOG_KEY LOG_NAME "+e885c79b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define LOG_LINE                                                                                   \
    "\xe2\x80\x94 " LOG_NAME                                                                       \
    " 6IXHm2p7PIGVvQjgi8NcRYzMewaP4p+44iGbJNCTJTLjMNXJZpBWB/wih3pmx9R3tc294P1vY3RrPhY+n1aeHBAclgE" \
    "=\n"
#define WITNESS_LINE                                                                               \
    "\xe2\x80\x94 witness.example/w1 "                                                             \
    "IDJKvgAAAABpVbkA1XIMfalkGcncWbRnJgmMi1Xf+WaD3mG0MUcNna48UtjmdBrUTNA3hCFqeEiIp84pBZCb5SK+"     \
    "P0UMi"                                                                                        \
    "9K75XVnDg==\n"
#define TEXT LOG_NAME "\n300\n4BsONTxLnszPUag63lJOdu1sTqFEed8GnTMm7B4r98M=\n"
#define WITNESS_TIME 1767225600

static struct bt_ed25519_secret seed_from(uint8_t first)
{
    struct bt_ed25519_secret secret;
    for (size_t i = 0; i < sizeof secret.seed; i++)
        secret.seed[i] = (uint8_t)(first + i);
    return secret;
}

static void the_log_signs_as_go_does(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF written = BT_BUF_INIT(1000);
    BT_AUTO_BUF line = BT_BUF_INIT(1000);
    struct bt_ed25519_secret secret = seed_from(0x00);
    struct bt_note_key key = signer_key(LOG_NAME, BT_NOTE_ED25519, &secret);
    bt_note_key_format(&key, &written);
    assert_string_equal(bt_buf_str(&written), LOG_KEY);
    assert_ok(bt_note_sign(bt_bytes_of(TEXT), &key, &secret, 0, &line, &err), err);
    assert_string_equal(bt_buf_str(&line), LOG_LINE);
}

static void the_witness_signs_with_its_time(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF line = BT_BUF_INIT(1000);
    struct bt_ed25519_secret secret = seed_from(0x20);
    struct bt_note_key key = signer_key("witness.example/w1", BT_NOTE_COSIGNATURE, &secret);
    assert_ok(bt_note_sign(bt_bytes_of(TEXT), &key, &secret, WITNESS_TIME, &line, &err), err);
    assert_string_equal(bt_buf_str(&line), WITNESS_LINE);
}

static void the_root_is_that_of_the_leaves(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_merkle_frontier frontier = BT_MERKLE_FRONTIER_INIT;
    struct bt_digest digest;
    char text[BT_DIGEST_TEXT_MAX];
    assert_ok(bt_sha256_init(&hash, &err), err);
    for (int i = 0; i < 300; i++) {
        char entry[32];
        (void)snprintf(entry, sizeof entry, "entry %d\n", i);
        assert_ok(bt_merkle_leaf(&hash, bt_bytes_of(entry), &digest, &err), err);
        assert_ok(bt_merkle_append(&frontier, &hash, &digest, NULL, NULL, &err), err);
    }
    assert_ok(bt_merkle_root(&frontier, &hash, &digest, &err), err);
    bt_digest_format(&digest, text);
    assert_string_equal(bt_digest_hex(text),
                        "e01b0e353c4b9ecccf51a83ade524e76ed6c4ea14479df069d3326ec1e2bf7c3");
}

static void both_are_verified_and_strangers_passed_over(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    static const char stranger[] = "\xe2\x80\x94 somebody AAAAAAAAAAA=\n";
    char text[1000];
    struct bt_ed25519_secret log = seed_from(0x00);
    struct bt_ed25519_secret witness = seed_from(0x20);
    struct bt_note_key keys[] = {signer_key(LOG_NAME, BT_NOTE_ED25519, &log),
                                 signer_key("witness.example/w1", BT_NOTE_COSIGNATURE, &witness),
                                 signer_key("witness.example/w2", BT_NOTE_COSIGNATURE, &witness)};
    struct bt_note_signed by[3];
    struct bt_note note;
    (void)snprintf(text, sizeof text, "%s\n%s%s%s", TEXT, stranger, LOG_LINE, WITNESS_LINE);
    assert_ok(bt_note_parse(bt_bytes_of(text), &note, &err), err);
    assert_int_equal(note.count, 3);
    assert_true(bt_bytes_equal(note.text, bt_bytes_of(TEXT)));
    assert_ok(bt_note_verify(&note, keys, 3, by, &err), err);
    assert_true(by[0].by && by[1].by && !by[2].by);
    assert_int_equal(by[1].time, WITNESS_TIME);
    assert_int_equal(bt_note_verify(&note, &keys[2], 1, by, NULL), BATON_ERR_DIFFERS);
}

/* Any bit of the text or of a known signature: refused, or the line is another signer's. */
static void no_flipped_bit_keeps_a_signature(void **state)
{
    (void)state;
    char good[1000];
    int len = snprintf(good, sizeof good, "%s\n%s", TEXT, LOG_LINE);
    struct bt_ed25519_secret log = seed_from(0x00);
    struct bt_note_key key = signer_key(LOG_NAME, BT_NOTE_ED25519, &log);
    for (size_t i = 0; i < 8 * (size_t)len; i++) {
        char bad[1000];
        struct bt_note note;
        struct bt_note_signed by;
        memcpy(bad, good, sizeof bad);
        bad[i / 8] = (char)(bad[i / 8] ^ (1 << i % 8));
        struct bt_bytes bytes = {(const uint8_t *)bad, (size_t)len};
        assert_true(bt_note_parse(bytes, &note, NULL) != BATON_OK ||
                    bt_note_verify(&note, &key, 1, &by, NULL) != BATON_OK);
    }
}

static void keys_read_back(void **state)
{
    (void)state;
    static const char *const good[] = {
        LOG_KEY, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"};
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_note_key key;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        BT_AUTO_BUF written = BT_BUF_INIT(1000);
        assert_ok(bt_note_key_parse(bt_bytes_of(good[i]), &key, &err), err);
        bt_note_key_format(&key, &written);
        assert_string_equal(bt_buf_str(&written), good[i]);
    }
}

UNIT_MAIN(cmocka_unit_test(the_log_signs_as_go_does),
          cmocka_unit_test(the_witness_signs_with_its_time),
          cmocka_unit_test(the_root_is_that_of_the_leaves),
          cmocka_unit_test(both_are_verified_and_strangers_passed_over),
          cmocka_unit_test(no_flipped_bit_keeps_a_signature), cmocka_unit_test(keys_read_back))
