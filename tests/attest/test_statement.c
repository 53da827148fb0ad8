/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: the bytes that are written, what counts as a subject, the attacks on parsers. */
#include "unit/unit.h"

#include "attest/statement.h"

#define KIND "urn:baton:handoff:v1"
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX512 HEX HEX
#define HEAD "{\"_type\":\"https://in-toto.io/Statement/v1\","
#define SUBJECT "\"subject\":[{\"digest\":{\"sha256\":\"" HEX "\"}}],"

static struct bt_digest counting(void)
{
    struct bt_digest digest;
    for (size_t i = 0; i < sizeof digest.bytes; i++)
        digest.bytes[i] = (uint8_t)i;
    return digest;
}

static void a_statement_is_canonical_json(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    const struct bt_subject subject = {.name = bt_bytes_of("credit"), .sha256 = counting()};
    const struct bt_statement_fields fields = {
        &subject, 1, KIND, bt_bytes_of("{ \"z\": [1, true],\n \"a\": \"\\u00e9/\" }")};
    assert_ok(bt_statement_format(&fields, &out, &err), err);
    assert_string_equal(bt_buf_str(&out),
                        HEAD "\"predicate\":{\"a\":\"\u00e9/\",\"z\":[1,true]},"
                             "\"predicateType\":\"" KIND "\",\"subject\":[{\"digest\":{\"sha256\":"
                             "\"" HEX "\"},\"name\":\"credit\"}]}");
}

static void what_would_be_refused_is_not_written(void **state)
{
    (void)state;
    const struct bt_subject subject = {.sha256 = counting()};
    static const char *const predicates[] = {
        "1", "{\"a\":0.5}", "{\"a\":\"\\u0000\"}", "{},\"subject\":[]", "{\"a\":1,\"a\":2}", "{",
    };
    for (size_t i = 0; i < sizeof predicates / sizeof *predicates; i++) {
        BT_AUTO_BUF out = BT_BUF_INIT(4096);
        const struct bt_statement_fields fields = {&subject, 1, KIND, bt_bytes_of(predicates[i])};
        assert_int_equal(bt_statement_format(&fields, &out, NULL), BATON_ERR_INVALID);
        assert_int_equal(out.len, 0);
    }
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    const struct bt_statement_fields nobody = {&subject, 0, KIND, bt_bytes_of("{}")};
    assert_int_equal(bt_statement_format(&nobody, &out, NULL), BATON_ERR_INVALID);
}

static void a_statement_is_read_back(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_statement statement;
    struct bt_artifact artifact = {counting(), NULL};
    assert_ok(bt_statement_parse(bt_bytes_of(HEAD SUBJECT "\"predicateType\":\"" KIND "\"}"),
                                 &arena, &statement, &err),
              err);
    assert_int_equal(statement.count, 1);
    assert_null(statement.predicate);
    assert_ok(bt_statement_about(&statement, &artifact, &err), err);
    artifact.sha256.bytes[31] ^= 1;
    assert_int_equal(bt_statement_about(&statement, &artifact, &err), BATON_ERR_DIFFERS);
}

/* in-toto lets any one digest decide; here every one must. */
static void every_digest_of_a_subject_must_fit(void **state)
{
    (void)state;
    struct bt_artifact artifact = {counting(), NULL};
    struct bt_subject subject = {.has_sha256 = true, .sha256 = counting()};
    uint8_t sha512[BT_SHA512_BYTES] = {7};
    assert_true(bt_subject_is(&subject, &artifact));
    subject.has_sha512 = true;
    memcpy(subject.sha512, sha512, sizeof sha512);
    assert_false(bt_subject_is(&subject, &artifact));
    artifact.sha512 = sha512;
    assert_true(bt_subject_is(&subject, &artifact));
    sha512[63] = 1;
    assert_false(bt_subject_is(&subject, &artifact));
    subject.has_sha256 = false;
    memcpy(subject.sha512, sha512, sizeof sha512);
    assert_true(bt_subject_is(&subject, &artifact));
    subject.has_sha512 = false;
    assert_false(bt_subject_is(&subject, &artifact));
}

static baton_status parse(const char *text)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_statement statement;
    return bt_statement_parse(bt_bytes_of(text), &arena, &statement, NULL);
}

/* research/trust.md section 2, row 17. */
static void attack_17_no_two_readers_see_two_statements(void **state)
{
    (void)state;
#define REST "\"predicateType\":\"" KIND "\"}"
    assert_int_equal(parse(HEAD SUBJECT REST), BATON_OK);
    static const char *const wrong[] = {
        HEAD SUBJECT SUBJECT REST,
        HEAD SUBJECT "\"predicateType\":\"x\"," REST,
        HEAD "\"subject\":[{\"digest\":{\"sha256\":\"" HEX "\",\"sha256\":\"" HEX "\"}}]," REST,
        HEAD SUBJECT "\"\\u0070redicateType\":\"x\"," REST,
        HEAD SUBJECT "\"predicateType\":\"" KIND "\\u0000\"}",
        HEAD SUBJECT "\"predicate\":{\"\\u0000\":1}," REST,
        HEAD SUBJECT "\"predicate\":{\"a\":[[\"\\u0000\"]]}," REST,
        HEAD SUBJECT "\"predicate\":{\"a\":1.0}," REST,
        HEAD SUBJECT "\"predicate\":{\"a\":1e3}," REST,
        HEAD SUBJECT "\"predicate\":{\"a\":-0}," REST,
        HEAD SUBJECT "\"predicate\":{\"a\":9007199254740992}," REST,
        HEAD SUBJECT "\"predicate\":{\"a\":\"\\ud800\"}," REST,
        HEAD SUBJECT "\"predicate\":{\"a\":\"\xff\"}," REST,
        HEAD SUBJECT "\"predicate\":[]," REST,
        HEAD SUBJECT REST " x",
        "\xef\xbb\xbf" HEAD SUBJECT REST,
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(parse(wrong[i]), BATON_ERR_INVALID);
}

static void weaker_digests_do_not_count(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "\"subject\":[{\"digest\":{\"sha512\":\"" HEX512 "\"}}]," REST),
                     BATON_OK);
    static const char *const algorithms[] = {"sha1", "md5", "SHA256", "gitCommit", "sha256 "};
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        BT_AUTO_BUF text = BT_BUF_INIT(4096);
        bt_buf_printf(&text, HEAD "\"subject\":[{\"digest\":{\"%s\":\"" HEX "\"}}]," REST,
                      algorithms[i]);
        assert_int_equal(parse(bt_buf_str(&text)), BATON_ERR_UNSUPPORTED);
    }
}

/* research/trust.md section 2, row 18. */
static void attack_18_a_statement_of_another_type_is_refused(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_statement statement;
    const char *right = HEAD SUBJECT REST;
    struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), bt_bytes_of(right)};
    assert_ok(bt_statement_open(&message, KIND, &arena, &statement, &err), err);
    assert_ok(bt_statement_open(&message, NULL, &arena, &statement, &err), err);
    assert_int_equal(
        bt_statement_open(&message, "urn:baton:retirement:v1", &arena, &statement, &err),
        BATON_ERR_UNSUPPORTED);
    message.type = bt_bytes_of("application/vnd.in-toto+json; x");
    assert_int_equal(bt_statement_open(&message, KIND, &arena, &statement, &err),
                     BATON_ERR_UNSUPPORTED);
    message.type = bt_bytes_of(BT_DSSE_IN_TOTO);
    message.payload = bt_bytes_of("{\"_type\":\"https://in-toto.io/Statement/v0.1\"," SUBJECT REST);
    assert_int_equal(bt_statement_open(&message, KIND, &arena, &statement, &err),
                     BATON_ERR_UNSUPPORTED);
}

UNIT_MAIN(cmocka_unit_test(a_statement_is_canonical_json),
          cmocka_unit_test(what_would_be_refused_is_not_written),
          cmocka_unit_test(a_statement_is_read_back),
          cmocka_unit_test(every_digest_of_a_subject_must_fit),
          cmocka_unit_test(attack_17_no_two_readers_see_two_statements),
          cmocka_unit_test(weaker_digests_do_not_count),
          cmocka_unit_test(attack_18_a_statement_of_another_type_is_refused))
