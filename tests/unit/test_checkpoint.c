/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints read back, and are opened only for the log that signed them under its own name. What
 * must be refused is in tests/golden/should-fail/checkpoint. */
#include "unit/signers.h"

#include "ledger/checkpoint.h"

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 300, INT64_MAX};
    struct baton_error err = BATON_ERROR_INIT;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        BT_AUTO_BUF text = BT_BUF_INIT(1000);
        const struct bt_merkle_head head = {sizes[i], {{1, 2, 3}}};
        struct bt_checkpoint read;
        assert_ok(bt_checkpoint_format("log.example", &head, &text, &err), err);
        assert_ok(bt_checkpoint_parse(bt_buf_bytes(&text), &read, &err), err);
        assert_true(bt_bytes_equal(read.origin, bt_bytes_of("log.example")));
        assert_int_equal(read.head.size, sizes[i]);
        assert_true(bt_digest_equal(&read.head.root, &head.root));
        assert_int_equal(read.extensions.len, 0);
    }
}

static void extensions_are_kept_and_passed_over(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_checkpoint read;
    assert_ok(bt_checkpoint_parse(
                  bt_bytes_of("log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
                              "extra 1\nextra 2\n"),
                  &read, &err),
              err);
    assert_true(bt_bytes_equal(read.extensions, bt_bytes_of("extra 1\nextra 2\n")));
}

/* A signed checkpoint of `origin` by the key of `signer`. */
static void sign(const char *origin, const char *signer, const struct bt_ed25519_secret *secret,
                 struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(1000);
    const struct bt_merkle_head head = {5, {{7}}};
    struct bt_note_key key = signer_key(signer, BT_NOTE_ED25519, secret);
    assert_ok(bt_checkpoint_format(origin, &head, &text, &err), err);
    bt_buf_put_str(out, bt_buf_str(&text));
    bt_buf_put_str(out, "\n");
    assert_ok(bt_note_sign(bt_buf_bytes(&text), &key, secret, 0, out, &err), err);
}

static void only_the_logs_own_checkpoint_opens(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_ed25519_secret secret = {{1}};
    const struct bt_ed25519_secret other = {{2}};
    struct bt_note_key log = signer_key("log.example", BT_NOTE_ED25519, &secret);
    struct bt_note_key stranger = signer_key("log.example", BT_NOTE_ED25519, &other);
    BT_AUTO_BUF own = BT_BUF_INIT(2000);
    BT_AUTO_BUF of_another = BT_BUF_INIT(2000);
    struct bt_checkpoint read;
    sign("log.example", "log.example", &secret, &own);
    sign("another.example", "log.example", &secret, &of_another);
    assert_ok(bt_checkpoint_open(bt_buf_bytes(&own), &log, &read, &err), err);
    assert_int_equal(read.head.size, 5);
    assert_int_equal(bt_checkpoint_open(bt_buf_bytes(&own), &stranger, &read, NULL),
                     BATON_ERR_DIFFERS);
    assert_int_equal(bt_checkpoint_open(bt_buf_bytes(&of_another), &log, &read, NULL),
                     BATON_ERR_DIFFERS);
}

UNIT_MAIN(cmocka_unit_test(what_is_written_reads_back),
          cmocka_unit_test(extensions_are_kept_and_passed_over),
          cmocka_unit_test(only_the_logs_own_checkpoint_opens))
