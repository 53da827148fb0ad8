/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, statements and evidence: nothing in tests/golden/should-fail/<format>/ is accepted, and
 * what it was made of, the golden evidence, is. */
#include "unit/should_fail.h"

#include "attest/oms.h"
#include "attest/sigstore.h"
#include "crypto/key_file.h"

/* ---- golden evidence ---- */

struct golden {
    struct bt_arena arena;
    struct bt_public_key keys[2];
    struct bt_note_key log;
};

static struct bt_bytes read_golden(struct golden *golden, const char *name)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    const char *source = getenv("BATON_TEST_SOURCE");
    assert_non_null(source);
    const char *path = bt_arena_printf(&golden->arena, "%s/tests/golden/evidence/%s", source, name);
    assert_ok(bt_map_user_file(path, 1 << 20, &map, &err), err);
    const char *kept = bt_arena_strndup(&golden->arena, (const char *)map.ptr, map.len);
    return (struct bt_bytes){(const uint8_t *)kept, map.len};
}

static void golden_open(struct golden *golden)
{
    struct baton_error err = BATON_ERROR_INIT;
    *golden = (struct golden){.arena = BT_ARENA_INIT};
    struct bt_bytes log = read_golden(golden, "log.vkey");
    log.len--;
    assert_ok(bt_note_key_parse(log, &golden->log, &err), err);
    assert_ok(bt_key_parse_pem(read_golden(golden, "p256.pem"), &golden->keys[0], &err), err);
    assert_ok(bt_key_parse_pem(read_golden(golden, "ed25519.pem"), &golden->keys[1], &err), err);
}

static void golden_release(struct golden *golden)
{
    bt_arena_release(&golden->arena);
}

#define AUTO_GOLDEN BT_CLEANUP(golden_release) struct golden

/* Read, verified, and written as it was. */
static void check_bundle(struct golden *golden, const char *name, size_t key, bool logged)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF again = BT_BUF_INIT(1 << 20);
    struct bt_bytes bytes = read_golden(golden, name);
    const struct bt_sigstore_trust trust = {golden->keys, 2, logged ? &golden->log : NULL};
    struct bt_sigstore_verdict verdict;
    assert_ok(bt_sigstore_verify(bytes, &trust, &golden->arena, &verdict, &err), err);
    assert_int_equal(verdict.key, key);
    const struct bt_sigstore_fields fields = {
        .message = verdict.bundle.message,
        .signature = verdict.bundle.signature,
        .key = golden->keys[key],
        .log = trust.log,
        .proof = &verdict.bundle.entry.proof,
    };
    assert_ok(bt_sigstore_format(&fields, &again, &err), err);
    assert_true(bt_bytes_equal(bt_buf_bytes(&again), bytes));
}

static void golden_evidence_is_still_taken(void **state)
{
    (void)state;
    AUTO_GOLDEN golden;
    golden_open(&golden);
    check_bundle(&golden, "handoff-p256.sigstore.json", 0, true);
    check_bundle(&golden, "handoff-ed25519.sigstore.json", 1, true);
    check_bundle(&golden, "model.sig", 0, false);
}

static void open_model(struct golden *golden, const char *name, const struct bt_public_key *key,
                       struct bt_oms *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_sigstore_trust trust = {key, 1, NULL};
    struct bt_sigstore_verdict verdict;
    assert_ok(bt_sigstore_verify(read_golden(golden, name), &trust, &golden->arena, &verdict, &err),
              err);
    assert_ok(bt_oms_open(&verdict.bundle.message, &golden->arena, ret, &err), err);
}

/* model_signing 1.1.1 signed the folder that ours is about, and lists it in another order. */
static void model_signing_and_we_list_the_same_files(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_GOLDEN golden;
    struct bt_public_key key;
    struct bt_oms ours;
    struct bt_oms theirs;
    struct bt_oms_tally tally = {.report = NULL};
    golden_open(&golden);
    assert_ok(bt_key_parse_pem(read_golden(&golden, "model_signing.pem"), &key, &err), err);
    open_model(&golden, "model.sig", &golden.keys[0], &ours);
    open_model(&golden, "model_signing-1.1.1.sig", &key, &theirs);
    assert_ok(bt_oms_compare(&theirs, ours.files, ours.count, &tally, &err), err);
    assert_true(bt_bytes_equal(ours.files[0].path, bt_bytes_of("a-b")));
    assert_true(bt_bytes_equal(theirs.files[0].path, bt_bytes_of("a/b")));
    assert_int_equal(theirs.ignored_count, 4);
}

/* ---- what is refused ---- */

static baton_status read_envelope(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_dsse_envelope envelope;
    (void)what;
    return bt_dsse_parse(bytes, &arena, &envelope, err);
}

static baton_status read_statement(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_statement statement;
    (void)what;
    return bt_statement_parse(bytes, &arena, &statement, err);
}

static baton_status read_leaf(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_rekor_entry entry;
    (void)what;
    return bt_rekor_parse(bytes, &entry, err);
}

static baton_status read_bundle(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    AUTO_GOLDEN golden;
    struct bt_sigstore_verdict verdict;
    (void)what;
    golden_open(&golden);
    const struct bt_sigstore_trust trust = {golden.keys, 2, &golden.log};
    return bt_sigstore_verify(bytes, &trust, &golden.arena, &verdict, err);
}

static baton_status read_model(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_oms oms;
    const struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), bytes};
    (void)what;
    return bt_oms_open(&message, &arena, &oms, err);
}

static baton_status read_public(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_public_key key;
    (void)what;
    return bt_key_parse_pem(bytes, &key, err);
}

static baton_status read_secret(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_SECRET_KEY key = BT_SECRET_KEY_INIT;
    (void)what;
    return bt_secret_key_parse(bytes, NULL, &key, err);
}

static void what_breaks_a_format_is_refused(void **state)
{
    (void)state;
    should_fail_folder("dsse", "json", read_envelope);
    should_fail_folder("statement", "json", read_statement);
    should_fail_folder("rekor", "json", read_leaf);
    should_fail_folder("sigstore", "json", read_bundle);
    should_fail_folder("oms", "json", read_model);
    should_fail_folder("key", "pub", read_public);
    should_fail_folder("key", "key", read_secret);
}

UNIT_MAIN(cmocka_unit_test(golden_evidence_is_still_taken),
          cmocka_unit_test(model_signing_and_we_list_the_same_files),
          cmocka_unit_test(what_breaks_a_format_is_refused))
