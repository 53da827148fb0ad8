/* SPDX-License-Identifier: Apache-2.0 */
/* Log entries: the one text they have, and that no bit of it can differ. */
#include "unit/unit.h"

#include "attest/keys.h"
#include "attest/rekor.h"

static const char golden[] =
    "{\"apiVersion\":\"0.0.2\",\"kind\":\"hashedrekord\",\"spec\":{\"hashedRekordV002\":{\"data\":"
    "{\"algorithm\":\"SHA2_256\",\"digest\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"},"
    "\"signature\":{\"content\":\"AQID\",\"verifier\":{\"keyDetails\":\"PKIX_ED25519\","
    "\"publicKey\":{\"rawBytes\":\"MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\"}"
    "}}}}}";

static struct bt_rekor_entry entry_of(enum bt_rekor_kind kind)
{
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    key_of_byte(1, &secret);
    return (struct bt_rekor_entry){kind, {{0}}, {{1, 2, 3}, 3}, secret.public};
}

static void an_entry_has_one_text(void **state)
{
    (void)state;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REKOR_ENTRY_MAX);
    struct bt_rekor_entry entry = entry_of(BT_REKOR_HASHEDREKORD);
    bt_rekor_format(&entry, &out);
    assert_string_equal(bt_buf_str(&out), golden);
}

static void both_kinds_are_read_back(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    for (int kind = BT_REKOR_HASHEDREKORD; kind <= BT_REKOR_DSSE; kind++) {
        BT_AUTO_BUF out = BT_BUF_INIT(BT_REKOR_ENTRY_MAX);
        struct bt_rekor_entry entry = entry_of((enum bt_rekor_kind)kind);
        struct bt_rekor_entry read;
        bt_rekor_format(&entry, &out);
        assert_ok(bt_rekor_parse(bt_buf_bytes(&out), &read, &err), err);
        assert_int_equal(read.kind, kind);
        assert_true(bt_key_equal(&read.key, &entry.key));
        assert_true(bt_digest_equal(&read.digest, &entry.digest));
        assert_int_equal(read.signature.len, 3);
    }
}

/* A flipped bit is refused, or changes the digest, the signature or the key. */
static void no_bit_is_without_meaning(void **state)
{
    (void)state;
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_REKOR_ENTRY_MAX);
    struct bt_rekor_entry entry = entry_of(BT_REKOR_HASHEDREKORD);
    bt_buf_put_str(&leaf, golden);
    for (size_t bit = 0; bit < 8 * leaf.len; bit++) {
        struct bt_rekor_entry read;
        leaf.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (bt_rekor_parse(bt_buf_bytes(&leaf), &read, NULL) == BATON_OK)
            assert_true(!bt_digest_equal(&read.digest, &entry.digest) ||
                        !bt_bytes_equal(bt_signature_bytes(&read.signature),
                                        bt_signature_bytes(&entry.signature)) ||
                        !bt_key_equal(&read.key, &entry.key));
        leaf.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

UNIT_MAIN(cmocka_unit_test(an_entry_has_one_text), cmocka_unit_test(both_kinds_are_read_back),
          cmocka_unit_test(no_bit_is_without_meaning))
