/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of statements: Wycheproof on P-256, the vector of the DSSE specification, and what is no
 * key. */
#include "unit/wycheproof.h"

#include "crypto/key.h"

static const char p256_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                               "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh\n"
                               "fwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==\n"
                               "-----END PUBLIC KEY-----\n";
static const char ed25519_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                  "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n"
                                  "-----END PUBLIC KEY-----\n";

static bool verify_vector(const struct bt_json *group, struct bt_bytes message,
                          struct bt_bytes signature)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF der = BT_BUF_INIT(4096);
    struct bt_public_key key;
    struct bt_signature fixed;
    assert_true(bt_hex_parse(wycheproof_need(group, "publicKeyDer")->text, &der));
    assert_ok(bt_key_parse_spki(bt_buf_bytes(&der), &key, &err), err);
    return bt_signature_of(signature, &fixed, NULL) == BATON_OK &&
           bt_key_verify(&key, message, &fixed, NULL) == BATON_OK;
}

static void wycheproof(void **state)
{
    (void)state;
    wycheproof_file("ecdsa_secp256r1_sha256_test.json", 484, verify_vector);
}

/* An INTEGER of DER: no zeros before it, but one where the first bit is set. */
static void put_integer(struct bt_buf *out, struct bt_bytes number)
{
    while (number.len > 1 && number.ptr[0] == 0) {
        number.ptr++;
        number.len--;
    }
    bool padded = number.ptr[0] >= 0x80;
    bt_buf_put_byte(out, 0x02);
    bt_buf_put_byte(out, (uint8_t)(number.len + padded));
    if (padded)
        bt_buf_put_byte(out, 0);
    bt_buf_put(out, number.ptr, number.len);
}

/* r and s, 32 bytes each, as DER. */
static struct bt_signature der_of(struct bt_bytes raw)
{
    struct bt_signature signature;
    BT_AUTO_BUF numbers = BT_BUF_INIT(80);
    BT_AUTO_BUF der = BT_BUF_INIT(80);
    assert_int_equal(raw.len, 64);
    put_integer(&numbers, (struct bt_bytes){raw.ptr, 32});
    put_integer(&numbers, (struct bt_bytes){raw.ptr + 32, 32});
    bt_buf_put_byte(&der, 0x30);
    bt_buf_put_byte(&der, (uint8_t)numbers.len);
    bt_buf_put(&der, numbers.data, numbers.len);
    assert_int_equal(bt_signature_of(bt_buf_bytes(&der), &signature, NULL), BATON_OK);
    return signature;
}

static struct bt_public_key parse(const char *pem)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_public_key key;
    assert_ok(bt_key_parse_pem(bt_bytes_of(pem), &key, &err), err);
    return key;
}

/* secure-systems-lab/dsse protocol.md, whose signature is r and s in a row. */
static void the_vector_of_dsse(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_bytes message = bt_bytes_of("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    BT_AUTO_BUF spki = BT_BUF_INIT(BT_KEY_SPKI_MAX);
    BT_AUTO_BUF raw = BT_BUF_INIT(64);
    struct bt_public_key key;
    assert_true(bt_hex_parse(
        bt_bytes_of("3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                    "67cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238"
                    "0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74"),
        &spki));
    assert_true(
        bt_base64_parse(bt_bytes_of("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfU"
                                    "iHqJPcIAriEGAHTVeCUjW2JIZA=="),
                        &raw));
    assert_ok(bt_key_parse_spki(bt_buf_bytes(&spki), &key, &err), err);
    struct bt_signature signature = der_of(bt_buf_bytes(&raw));
    assert_ok(bt_key_verify(&key, message, &signature, &err), err);
    assert_ok(bt_signature_of(bt_buf_bytes(&raw), &signature, &err), err);
    assert_int_equal(bt_key_verify(&key, message, &signature, &err), BATON_ERR_DIFFERS);
}

static void a_key_is_written_as_it_was_read(void **state)
{
    (void)state;
    const char *const texts[] = {p256_pem, ed25519_pem};
    for (size_t i = 0; i < 2; i++) {
        BT_AUTO_BUF written = BT_BUF_INIT(BT_KEY_PEM_MAX);
        struct bt_public_key key = parse(texts[i]);
        bt_key_format_pem(&key, &written);
        assert_string_equal(bt_buf_str(&written), texts[i]);
    }
}

/* `openssl pkey -pubin -in KEY | sha256sum` */
static void the_id_is_the_hash_of_the_pem_text(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_digest id;
    struct bt_public_key key = parse(p256_pem);
    assert_ok(bt_key_id(&key, &id, &err), err);
    bt_digest_format(&id, text);
    assert_string_equal(text,
                        "sha256:be23225356911668bb870173733013d2211ec0ed0a3738ee7b74de1e20bcf5d7");
    key = parse(ed25519_pem);
    assert_ok(bt_key_id(&key, &id, &err), err);
    bt_digest_format(&id, text);
    assert_string_equal(text,
                        "sha256:f0ff50dacf109dea7f716d7c03eb7a821aa3a283fd3fa02f4c14dbba7d3c3322");
}

static void text_around_a_key_does_not_matter(void **state)
{
    (void)state;
    BT_AUTO_BUF text = BT_BUF_INIT(4096);
    bt_buf_put_str(&text, "Public-Key: (256 bit)\r\n");
    for (const char *at = p256_pem; *at; at++)
        bt_buf_put_str(&text, *at == '\n' ? "\r\n" : (const char[]){*at, '\0'});
    bt_buf_put_str(&text, "of Ada");
    struct bt_public_key plain = parse(p256_pem);
    struct bt_public_key around = parse(bt_buf_str(&text));
    assert_true(bt_key_equal(&plain, &around));
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct bt_bytes message = bt_bytes_of("handed over");
    for (int algorithm = BT_KEY_ED25519; algorithm <= BT_KEY_P256; algorithm++) {
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
        struct bt_signature signature;
        assert_ok(bt_key_generate((enum bt_key_algorithm)algorithm, &secret, &err), err);
        const struct bt_public_key *key = bt_key_public_of(&secret);
        assert_ok(bt_key_sign(&secret, message, &signature, &err), err);
        assert_ok(bt_key_verify(key, message, &signature, &err), err);
        assert_int_equal(bt_key_verify(key, bt_bytes_of("x"), &signature, NULL), BATON_ERR_DIFFERS);
        for (size_t i = 0; i < 8 * signature.len; i++) {
            signature.bytes[i / 8] ^= (uint8_t)(1U << i % 8);
            assert_int_equal(bt_key_verify(key, message, &signature, NULL), BATON_ERR_DIFFERS);
            signature.bytes[i / 8] ^= (uint8_t)(1U << i % 8);
        }
    }
}

/* A flipped bit is another algorithm, no point, or, for Ed25519, now and then another point. */
static void a_changed_key_is_no_key_or_another(void **state)
{
    (void)state;
    const char *const texts[] = {p256_pem, ed25519_pem};
    for (size_t i = 0; i < 2; i++) {
        struct bt_public_key right = parse(texts[i]);
        struct bt_public_key wrong = right;
        for (size_t bit = 0; bit < 8 * right.spki_len; bit++) {
            struct bt_public_key read;
            wrong.spki[bit / 8] ^= (uint8_t)(1U << bit % 8);
            baton_status status = bt_key_parse_spki(bt_key_spki(&wrong), &read, NULL);
            if (status == BATON_OK)
                assert_true(right.algorithm == BT_KEY_ED25519 && !bt_key_equal(&read, &right));
            wrong.spki[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

/* research/trust.md section 2, row 16: under such a key one signature fits every message. */
static void attack_16_a_key_of_small_order_is_refused(void **state)
{
    (void)state;
    static const char *const points[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        BT_AUTO_BUF spki = BT_BUF_INIT(BT_KEY_SPKI_MAX);
        struct bt_public_key key;
        assert_true(bt_hex_parse(bt_bytes_of("302a300506032b6570032100"), &spki));
        assert_true(bt_hex_parse(bt_bytes_of(points[i]), &spki));
        assert_int_equal(bt_key_parse_spki(bt_buf_bytes(&spki), &key, NULL), BATON_ERR_REFUSED);
    }
}

static void other_keys_and_forms_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "",
        "30",
        /* a point at infinity, a compressed point */
        "3019301306072a8648ce3d020106082a8648ce3d030107030200"
        "00",
        "3039301306072a8648ce3d020106082a8648ce3d0301070322000367cd390f77aa359cb08c2235f652270493"
        "a9ed832b0abcc01f70954c0390d238",
        /* secp256k1 */
        "3056301006072a8648ce3d020106052b8104000a03420004"
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
        /* X25519 */
        "302a300506032b656e032100a540d11dc7a3c60d53f54fd1b1a3ac8b4d7ae1c1fc9a4a7b2b2f1a4c6f3c1f47",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        BT_AUTO_BUF spki = BT_BUF_INIT(4096);
        struct bt_public_key key;
        assert_true(bt_hex_parse(bt_bytes_of(keys[i]), &spki));
        assert_int_equal(bt_key_parse_spki(bt_buf_bytes(&spki), &key, NULL), BATON_ERR_UNSUPPORTED);
    }
}

/* What others signed on it is verified in tests/attest/test_oms.c. */
static void nobody_makes_a_key_on_p384(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    assert_int_equal(bt_key_generate(BT_KEY_P384, &secret, &err), BATON_ERR_UNSUPPORTED);
    assert_string_equal(err.text, "no keys are made on P-384");
}

static void a_signature_has_a_largest_size(void **state)
{
    (void)state;
    const uint8_t bytes[BT_SIGNATURE_MAX + 1] = {0};
    struct bt_signature signature;
    assert_int_equal(bt_signature_of((struct bt_bytes){bytes, sizeof bytes}, &signature, NULL),
                     BATON_ERR_INVALID);
    assert_int_equal(bt_signature_of((struct bt_bytes){bytes, 0}, &signature, NULL),
                     BATON_ERR_INVALID);
}

UNIT_MAIN(cmocka_unit_test(wycheproof), cmocka_unit_test(the_vector_of_dsse),
          cmocka_unit_test(a_key_is_written_as_it_was_read),
          cmocka_unit_test(the_id_is_the_hash_of_the_pem_text),
          cmocka_unit_test(text_around_a_key_does_not_matter),
          cmocka_unit_test(every_flipped_bit_is_noticed),
          cmocka_unit_test(a_changed_key_is_no_key_or_another),
          cmocka_unit_test(attack_16_a_key_of_small_order_is_refused),
          cmocka_unit_test(other_keys_and_forms_are_refused),
          cmocka_unit_test(nobody_makes_a_key_on_p384),
          cmocka_unit_test(a_signature_has_a_largest_size))
