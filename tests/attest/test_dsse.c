/* SPDX-License-Identifier: Apache-2.0 */
/* DSSE: the vector of its specification, both alphabets, who signed. */
#include "unit/unit.h"

#include "attest/dsse.h"
#include "attest/keys.h"

/* secure-systems-lab/dsse protocol.md; its signature is verified in test_key.c. */
#define VECTOR_PAE "DSSEv1 29 http://example.com/HelloWorld 11 hello world"

static struct bt_dsse_message message_of(const char *type, const char *payload)
{
    return (struct bt_dsse_message){bt_bytes_of(type), bt_bytes_of(payload)};
}

static void the_encoding_is_that_of_the_specification(void **state)
{
    (void)state;
    BT_AUTO_BUF pae = BT_BUF_INIT(4096);
    struct bt_dsse_message message = message_of("http://example.com/HelloWorld", "hello world");
    bt_dsse_pae(&message, &pae);
    assert_string_equal(bt_buf_str(&pae), VECTOR_PAE);
    bt_buf_clear(&pae);
    message = message_of("", "");
    bt_dsse_pae(&message, &pae);
    assert_string_equal(bt_buf_str(&pae), "DSSEv1 0  0 ");
}

static void what_is_encoded_is_read_back(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    static const char *const payloads[] = {"", "x", " 1 y", "0123456789", "\n"};
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        BT_AUTO_BUF pae = BT_BUF_INIT(4096);
        struct bt_dsse_message message = message_of("a 3 b", payloads[i]);
        struct bt_dsse_message read;
        bt_dsse_pae(&message, &pae);
        assert_ok(bt_dsse_pae_parse(bt_buf_bytes(&pae), &read, &err), err);
        assert_true(bt_bytes_equal(read.type, message.type));
        assert_true(bt_bytes_equal(read.payload, message.payload));
    }
}

static void only_one_encoding_is_read(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "DSSEv1",
        "DSSEV1 1 a 1 b",
        "DSSEv2 1 a 1 b",
        "DSSEv1  1 a 1 b",
        "DSSEv1 01 a 1 b",
        "DSSEv1 00 1 b",
        "DSSEv1 +1 a 1 b",
        "DSSEv1 -1 a 1 b",
        "DSSEv1 1 a 1 b ",
        "DSSEv1 1 a 1 bc",
        "DSSEv1 1 a 2 b",
        "DSSEv1 1 a 1",
        "DSSEv1 1 a  1 b",
        "DSSEv1 1 a\t1 b",
        "DSSEv1 2 a 1 b",
        "DSSEv1 18446744073709551617 a 1 b",
        "DSSEv1 1 a 99999999 b",
        "DSSEv1 1 a 1\nb",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct bt_dsse_message message;
        assert_int_equal(bt_dsse_pae_parse(bt_bytes_of(wrong[i]), &message, NULL),
                         BATON_ERR_INVALID);
    }
}

static void every_flipped_bit_of_a_message_is_noticed(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    BT_AUTO_BUF pae = BT_BUF_INIT(4096);
    struct bt_signature signature;
    struct bt_dsse_message message = message_of(BT_DSSE_IN_TOTO, "{\"a\":1}");
    key_of_p256(1, &secret);
    assert_ok(bt_dsse_sign(&secret, &message, &signature, &err), err);
    assert_ok(bt_dsse_verify(&secret.public, &message, &signature, &err), err);
    bt_dsse_pae(&message, &pae);
    for (size_t bit = 0; bit < 8 * pae.len; bit++) {
        struct bt_dsse_message read;
        pae.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (bt_dsse_pae_parse(bt_buf_bytes(&pae), &read, NULL) == BATON_OK)
            assert_int_equal(bt_dsse_verify(&secret.public, &read, &signature, NULL),
                             BATON_ERR_DIFFERS);
        pae.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void parse(const char *text, struct bt_arena *arena, struct bt_dsse_envelope *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_dsse_parse(bt_bytes_of(text), arena, ret, &err), err);
}

static void both_alphabets_say_the_same(void **state)
{
    (void)state;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_dsse_envelope standard;
    struct bt_dsse_envelope url_safe;
    parse("{\"payload\":\"++//\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"/+8=\"}]}",
          &arena, &standard);
    parse("{\"payload\":\"--__\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"_-8=\","
          "\"keyid\":null,\"more\":1}],\"more\":{}}",
          &arena, &url_safe);
    assert_true(bt_bytes_equal(standard.message.payload, url_safe.message.payload));
    assert_int_equal(standard.message.payload.len, 3);
    assert_int_equal(url_safe.signatures[0].signature.bytes[0], 0xff);
    assert_int_equal(url_safe.signatures[0].keyid.len, 0);
}

/* A message by keys 1, 2, 1. */
static void make_envelope(struct bt_dsse_envelope *ret, struct bt_public_key keys[3])
{
    struct baton_error err = BATON_ERROR_INIT;
    static const uint8_t signers[] = {1, 2, 1};
    *ret = (struct bt_dsse_envelope){.message = message_of(BT_DSSE_IN_TOTO, "{}"), .count = 3};
    for (size_t i = 0; i < 3; i++) {
        BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
        key_of_byte((uint8_t)(i + 1), &secret);
        keys[i] = secret.public;
        key_of_byte(signers[i], &secret);
        ret->signatures[i].keyid = bt_bytes_of("somebody");
        assert_ok(bt_dsse_sign(&secret, &ret->message, &ret->signatures[i].signature, &err), err);
    }
}

static void a_key_counts_once(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_dsse_envelope envelope;
    struct bt_public_key keys[3];
    bool by[3];
    make_envelope(&envelope, keys);
    assert_ok(bt_dsse_signers(&envelope, keys, 3, by, &err), err);
    assert_true(by[0] && by[1] && !by[2]);
    envelope.message.type = bt_bytes_of("application/json");
    assert_ok(bt_dsse_signers(&envelope, keys, 3, by, &err), err);
    assert_true(!by[0] && !by[1] && !by[2]);
}

static void an_envelope_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct bt_dsse_envelope envelope;
    struct bt_dsse_envelope read;
    struct bt_public_key keys[3];
    BT_AUTO_BUF text = BT_BUF_INIT(1 << 20);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    make_envelope(&envelope, keys);
    struct bt_json_writer w = bt_json_writer(&text, 0);
    bt_dsse_put(&envelope, &w);
    parse(bt_buf_str(&text), &arena, &read);
    assert_int_equal(read.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(bt_bytes_equal(bt_signature_bytes(&envelope.signatures[i].signature),
                                   bt_signature_bytes(&read.signatures[i].signature)));
    assert_true(bt_bytes_equal(read.message.payload, envelope.message.payload));
    assert_true(bt_bytes_equal(read.signatures[2].keyid, bt_bytes_of("somebody")));
}

/* The bits that survive are in the one member that nobody signed. */
static void only_keyid_is_without_a_signature(void **state)
{
    (void)state;
    struct bt_dsse_envelope envelope;
    struct bt_public_key keys[3];
    BT_AUTO_BUF text = BT_BUF_INIT(1 << 20);
    make_envelope(&envelope, keys);
    envelope.count = 1;
    struct bt_json_writer w = bt_json_writer(&text, 0);
    bt_dsse_put(&envelope, &w);
    const char *keyid = strstr(bt_buf_str(&text), "keyid\":\"somebody");
    assert_non_null(keyid);
    const size_t first = (size_t)(keyid - bt_buf_str(&text));
    for (size_t bit = 0; bit < 8 * text.len; bit++) {
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        struct bt_dsse_envelope read;
        bool by = false;
        text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (bt_dsse_parse(bt_buf_bytes(&text), &arena, &read, NULL) == BATON_OK &&
            bt_dsse_signers(&read, keys, 1, &by, NULL) == BATON_OK && by)
            assert_in_range(bit / 8, first, first + strlen("keyid\":\"somebody") - 1);
        text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

UNIT_MAIN(cmocka_unit_test(the_encoding_is_that_of_the_specification),
          cmocka_unit_test(what_is_encoded_is_read_back),
          cmocka_unit_test(only_one_encoding_is_read),
          cmocka_unit_test(every_flipped_bit_of_a_message_is_noticed),
          cmocka_unit_test(both_alphabets_say_the_same), cmocka_unit_test(a_key_counts_once),
          cmocka_unit_test(an_envelope_is_read_as_it_was_written),
          cmocka_unit_test(only_keyid_is_without_a_signature))
