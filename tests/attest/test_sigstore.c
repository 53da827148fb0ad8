/* SPDX-License-Identifier: Apache-2.0 */
/* Sigstore bundles: what is written is verified, and nothing that differs from it in one bit. */
#include "attest/evidence.h"

#define BUNDLE_MAX ((size_t)1 << 20)

static void a_bundle_is_verified(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    for (int algorithm = BT_KEY_ED25519; algorithm <= BT_KEY_P256; algorithm++) {
        AUTO_EVIDENCE evidence;
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
        struct bt_sigstore_verdict verdict;
        struct bt_statement statement;
        evidence_make((enum bt_key_algorithm)algorithm, 1, 5, 7, &evidence);
        evidence_bundle(&evidence, &bundle);
        const struct bt_sigstore_trust trust = evidence_trust(&evidence);
        assert_ok(bt_sigstore_verify(bt_buf_bytes(&bundle), &trust, &arena, &verdict, &err), err);
        assert_int_equal(verdict.bundle.entry.proof.index, 5);
        assert_int_equal(verdict.checkpoint.head.size, 13);
        assert_ok(
            bt_statement_open(&verdict.bundle.message, EVIDENCE_KIND, &arena, &statement, &err),
            err);
    }
}

/* A log of one leaf: no hashes, index 0. */
static void the_smallest_log_will_do(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_EVIDENCE evidence;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    evidence_make(BT_KEY_ED25519, 1, 0, 0, &evidence);
    evidence_bundle(&evidence, &bundle);
    assert_ok(evidence_verify(&evidence, bt_buf_bytes(&bundle), &err), err);
}

static void a_proof_that_does_not_hold_is_not_written(void **state)
{
    (void)state;
    AUTO_EVIDENCE evidence;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    evidence_make(BT_KEY_ED25519, 1, 2, 2, &evidence);
    struct bt_sigstore_fields fields = evidence_fields(&evidence);
    evidence.proof.index = 3;
    assert_int_equal(bt_sigstore_format(&fields, &bundle, NULL), BATON_ERR_DIFFERS);
}

/* One form is written: the fields in this order, integers as strings, no blanks. Golden because
 * others verify such bundles (tests/scenario) and will in ten years. */
static void the_bytes_of_a_bundle(void **state)
{
    (void)state;
    AUTO_EVIDENCE evidence;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    struct bt_digest digest;
    char text[BT_DIGEST_TEXT_MAX];
    struct baton_error err = BATON_ERROR_INIT;
    evidence_make(BT_KEY_ED25519, 1, 5, 7, &evidence);
    evidence_bundle(&evidence, &bundle);
    assert_ok(bt_sha256_bytes(bt_buf_bytes(&bundle), &digest, &err), err);
    bt_digest_format(&digest, text);
    assert_string_equal(text,
                        "sha256:270c179f85ff27b4c7dca20ea82550ebe8dee2503cdf0e837df5f4252116a994");
}

/* ---- attacks ---- */

/* Were there bits that nobody signs and nothing is compared with, they would be listed here. */
static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    const size_t step = unit_rounds(16) == 16 ? 1 : 17;
    for (int algorithm = BT_KEY_ED25519; algorithm <= BT_KEY_P256; algorithm++) {
        AUTO_EVIDENCE evidence;
        BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
        evidence_make((enum bt_key_algorithm)algorithm, 1, 5, 7, &evidence);
        evidence_bundle(&evidence, &bundle);
        assert_ok(evidence_verify(&evidence, bt_buf_bytes(&bundle), &err), err);
        for (size_t bit = 0; bit < 8 * bundle.len; bit += step) {
            bundle.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            if (evidence_verify(&evidence, bt_buf_bytes(&bundle), NULL) == BATON_OK)
                fail_msg("bit %zu of byte %zu does not matter: %.40s", bit % 8, bit / 8,
                         bt_buf_str(&bundle) + bit / 8);
            bundle.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

/* `text` with the first `from` replaced. */
static void replace(const struct bt_buf *text, const char *from, const char *to, struct bt_buf *ret)
{
    const char *all = bt_buf_str(text);
    const char *at = strstr(all, from);
    assert_non_null(at);
    bt_buf_clear(ret);
    bt_buf_put(ret, all, (size_t)(at - all));
    bt_buf_put_str(ret, to);
    bt_buf_put_str(ret, at + strlen(from));
}

static void what_readers_must_take(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_EVIDENCE evidence;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    BT_AUTO_BUF changed = BT_BUF_INIT(BUNDLE_MAX);
    static const char *const changes[][2] = {
        {"\"logIndex\":\"5\"", "\"logIndex\":5"},
        {"\"treeSize\":\"13\"", "\"treeSize\":13"},
        {"\"integratedTime\":\"0\",", ""},
        {"\"integratedTime\":\"0\"", "\"integratedTime\":0"},
        {"application/vnd.dev.sigstore.bundle.v0.3+json",
         "application/vnd.dev.sigstore.bundle+json;version=0.3"},
        {"\"tlogEntries\"", "\"timestampVerificationData\":{},\"tlogEntries\""},
        {",\"keyid\"", ",\n\t \"keyid\""},
    };
    evidence_make(BT_KEY_ED25519, 1, 5, 7, &evidence);
    evidence_bundle(&evidence, &bundle);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        replace(&bundle, changes[i][0], changes[i][1], &changed);
        assert_ok(evidence_verify(&evidence, bt_buf_bytes(&changed), &err), err);
    }
}

static void what_readers_must_not_take(void **state)
{
    (void)state;
    AUTO_EVIDENCE evidence;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    BT_AUTO_BUF changed = BT_BUF_INIT(BUNDLE_MAX);
    static const char *const changes[][2] = {
        {"v0.3", "v0.2"},
        {"\"logIndex\":\"5\"", "\"logIndex\":\"4\""},
        {"\"logIndex\":\"5\"", "\"logIndex\":\"05\""},
        {"\"logIndex\":\"5\"", "\"logIndex\":5.0"},
        {"\"logIndex\":\"5\"", "\"logIndex\":\"-1\""},
        {"\"logIndex\":\"5\"", "\"logIndex\":\"18446744073709551621\""},
        {"\"logIndex\":\"5\"", "\"logIndex\":\"9223372036854775808\""},
        {"\"logIndex\":\"5\"", "\"logIndex\":\"5\",\"log_index\":\"5\""},
        {"\"logIndex\":\"5\"", "\"logIndex\":\"5\",\"logIndex\":\"5\""},
        {"\"integratedTime\":\"0\"", "\"integratedTime\":\"1767225600\""},
        {"\"treeSize\":\"13\"", "\"treeSize\":\"14\""},
        {"\"treeSize\":\"13\",", ""},
        {"\"kind\":\"hashedrekord\"", "\"kind\":\"dsse\""},
        {"\"version\":\"0.0.2\"", "\"version\":\"0.0.1\""},
        {"\"hashes\":[", "\"hashes\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","},
        {"\"hashes\":[", "\"hashes\":[\"AAAA\","},
        {"\"keyid\":\"", "\"keyid\":\"0"},
        {",\"keyid\":\"", ",\"comment\":\""},
        {"\"payloadType\"", "\"comment\":1,\"payloadType\""},
        {"\"signatures\":[", "\"signatures\":[{\"sig\":\"AAAA\"},"},
        {"\"dsseEnvelope\"", "\"messageSignature\":{},\"dsseEnvelope\""},
        {"\"publicKey\"", "\"certificate\":{},\"publicKey\""},
        {"\"publicKey\"", "\"public_key\":{},\"publicKey\""},
        {"\"hint\"", "\"rawBytes\":\"AAAA\",\"hint\""},
        {"application/vnd.in-toto+json", "application/vnd.in-toto+JSON"},
    };
    evidence_make(BT_KEY_ED25519, 1, 5, 7, &evidence);
    evidence_bundle(&evidence, &bundle);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        replace(&bundle, changes[i][0], changes[i][1], &changed);
        if (evidence_verify(&evidence, bt_buf_bytes(&changed), NULL) == BATON_OK)
            fail_msg("taken with %s", changes[i][1]);
    }
}

/* ---- the log entry of something else ---- */

/* A bundle of the evidence's message, whatever its leaf says. */
static void write_bundle(const struct evidence *evidence, enum bt_rekor_kind kind,
                         struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_digest id;
    char text[BT_DIGEST_TEXT_MAX];
    const struct bt_tlog_entry entry = {.leaf = bt_buf_bytes(&evidence->leaf),
                                        .proof = evidence->proof,
                                        .kind = bt_bytes_of(bt_rekor_kind_name(kind))};
    const struct bt_dsse_envelope envelope = {
        evidence_message(evidence), {{bt_bytes_of(""), evidence->signature}}, 1};
    assert_ok(bt_key_id(&evidence->signer.public, &id, &err), err);
    bt_digest_format(&id, text);
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "mediaType", BT_SIGSTORE_MEDIA_TYPE);
    bt_json_key(&w, "verificationMaterial");
    bt_json_begin_object(&w);
    bt_json_key(&w, "publicKey");
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "hint", bt_digest_hex(text));
    bt_json_end_object(&w);
    bt_json_key(&w, "tlogEntries");
    bt_json_begin_array(&w);
    assert_ok(bt_tlog_entry_put(&entry, &evidence->log->key, &w, &err), err);
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    bt_json_key(&w, "dsseEnvelope");
    bt_dsse_put(&envelope, &w);
    bt_json_end_object(&w);
}

/* The verdict on a bundle whose log has `entry`. */
static baton_status verify_with(const struct bt_rekor_entry *entry, enum bt_rekor_kind stated,
                                const struct evidence *by, struct baton_error *err)
{
    AUTO_EVIDENCE evidence = {
        .signer = by->signer,
        .payload = BT_BUF_INIT(1 << 16),
        .signature = by->signature,
        .leaf = BT_BUF_INIT(BT_REKOR_ENTRY_MAX),
        .checkpoint = BT_BUF_INIT(1 << 16),
    };
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    bt_buf_put(&evidence.payload, by->payload.data, by->payload.len);
    bt_rekor_format(entry, &evidence.leaf);
    evidence_log(&evidence, 3, 3);
    write_bundle(&evidence, stated, &bundle);
    return evidence_verify(&evidence, bt_buf_bytes(&bundle), err);
}

static void assert_refused(const struct bt_rekor_entry *entry, enum bt_rekor_kind stated,
                           const struct evidence *by, const char *why)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_int_equal(verify_with(entry, stated, by, &err), BATON_ERR_DIFFERS);
    if (!strstr(err.text, why))
        fail_msg("%s", err.text);
}

/* research/trust.md section 2, row 19 (cosign took such bundles: GHSA-whqx-f9j3-ch6m). */
static void attack_19_the_entry_of_something_else_is_refused(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_EVIDENCE evidence;
    AUTO_EVIDENCE other;
    struct bt_rekor_entry entry;
    evidence_make(BT_KEY_P256, 1, 5, 7, &evidence);
    evidence_make(BT_KEY_P256, 2, 5, 7, &other);
    assert_ok(bt_rekor_parse(bt_buf_bytes(&evidence.leaf), &entry, &err), err);
    assert_ok(verify_with(&entry, BT_REKOR_HASHEDREKORD, &evidence, &err), err);
    struct bt_rekor_entry wrong = entry;
    wrong.digest.bytes[0] ^= 1;
    assert_refused(&wrong, BT_REKOR_HASHEDREKORD, &evidence, "another message");
    wrong = entry;
    wrong.signature = other.signature;
    assert_refused(&wrong, BT_REKOR_HASHEDREKORD, &evidence, "another signature");
    wrong = entry;
    wrong.key = other.signer.public;
    assert_refused(&wrong, BT_REKOR_HASHEDREKORD, &evidence, "another key");
    assert_refused(&entry, BT_REKOR_DSSE, &evidence, "another kind");
}

static void the_older_kind_of_entry_is_read(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_EVIDENCE evidence;
    struct bt_rekor_entry entry;
    evidence_make(BT_KEY_ED25519, 1, 5, 7, &evidence);
    assert_ok(bt_rekor_parse(bt_buf_bytes(&evidence.leaf), &entry, &err), err);
    entry.kind = BT_REKOR_DSSE;
    assert_refused(&entry, BT_REKOR_DSSE, &evidence, "another message");
    assert_ok(bt_sha256_bytes(bt_buf_bytes(&evidence.payload), &entry.digest, &err), err);
    assert_ok(verify_with(&entry, BT_REKOR_DSSE, &evidence, &err), err);
}

static void who_is_not_trusted_is_refused(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    AUTO_EVIDENCE evidence;
    AUTO_EVIDENCE other;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    struct bt_sigstore_verdict verdict;
    evidence_make(BT_KEY_P256, 1, 5, 7, &evidence);
    evidence_make(BT_KEY_P256, 2, 5, 7, &other);
    evidence_bundle(&evidence, &bundle);
    struct bt_sigstore_trust trust = evidence_trust(&evidence);
    trust.keys = &other.signer.public;
    assert_int_equal(bt_sigstore_verify(bt_buf_bytes(&bundle), &trust, &arena, &verdict, &err),
                     BATON_ERR_REFUSED);
    trust = evidence_trust(&evidence);
    trust.count = 0;
    assert_int_equal(bt_sigstore_verify(bt_buf_bytes(&bundle), &trust, &arena, &verdict, &err),
                     BATON_ERR_REFUSED);
    struct bt_ed25519_secret secret = {{9}};
    struct bt_note_key log = signer_key(EVIDENCE_LOG, BT_NOTE_ED25519, &secret);
    trust = evidence_trust(&evidence);
    trust.log = &log;
    assert_int_equal(bt_sigstore_verify(bt_buf_bytes(&bundle), &trust, &arena, &verdict, &err),
                     BATON_ERR_DIFFERS);
}

static void a_log_that_is_asked_for_must_have_it(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    AUTO_EVIDENCE evidence;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    struct bt_sigstore_verdict verdict;
    evidence_make(BT_KEY_P256, 1, 5, 7, &evidence);
    struct bt_sigstore_fields fields = evidence_fields(&evidence);
    fields.log = NULL;
    assert_ok(bt_sigstore_format(&fields, &bundle, &err), err);
    struct bt_sigstore_trust trust = evidence_trust(&evidence);
    assert_int_equal(bt_sigstore_verify(bt_buf_bytes(&bundle), &trust, &arena, &verdict, &err),
                     BATON_ERR_CANNOT_TELL);
    trust.log = NULL;
    assert_ok(bt_sigstore_verify(bt_buf_bytes(&bundle), &trust, &arena, &verdict, &err), err);
    assert_false(verdict.bundle.logged);
}

UNIT_MAIN(cmocka_unit_test(a_bundle_is_verified), cmocka_unit_test(the_smallest_log_will_do),
          cmocka_unit_test(a_proof_that_does_not_hold_is_not_written),
          cmocka_unit_test(the_bytes_of_a_bundle), cmocka_unit_test(every_flipped_bit_is_noticed),
          cmocka_unit_test(what_readers_must_take), cmocka_unit_test(what_readers_must_not_take),
          cmocka_unit_test(attack_19_the_entry_of_something_else_is_refused),
          cmocka_unit_test(the_older_kind_of_entry_is_read),
          cmocka_unit_test(who_is_not_trusted_is_refused),
          cmocka_unit_test(a_log_that_is_asked_for_must_have_it))
