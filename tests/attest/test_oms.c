/* SPDX-License-Identifier: Apache-2.0 */
/* Model signatures: ours, and those of model_signing and its specification. */
#include "unit/unit.h"

#include <stdio.h>

#include "attest/keys.h"
#include "attest/oms.h"
#include "attest/sigstore.h"
#include "base/fs.h"

#define BUNDLE_MAX ((size_t)1 << 20)

static struct bt_oms_file file_of(const char *path, uint8_t byte)
{
    struct bt_oms_file file = {.path = bt_bytes_of(path)};
    memset(file.digest.bytes, byte, sizeof file.digest.bytes);
    return file;
}

static void the_bytes_of_a_statement(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    /* Sorted as bytes, not by component: "-" is before "/". */
    const struct bt_oms_file files[] = {file_of("a/b", 1), file_of("a-b", 2)};
    assert_ok(bt_oms_format("m", files, 2, &out, &err), err);
    assert_string_equal(
        bt_buf_str(&out),
        "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"resources\":["
        "{\"algorithm\":\"sha256\",\"digest\":"
        "\"0202020202020202020202020202020202020202020202020202020202020202\",\"name\":\"a-b\"},"
        "{\"algorithm\":\"sha256\",\"digest\":"
        "\"0101010101010101010101010101010101010101010101010101010101010101\",\"name\":\"a/b\"}],"
        "\"serialization\":{\"allow_symlinks\":false,\"hash_type\":\"sha256\",\"method\":"
        "\"files\"}},\"predicateType\":\"https://model_signing/signature/v1.0\",\"subject\":["
        "{\"digest\":{\"sha256\":"
        "\"c57d4f59c961b13e406cd991b0f342ec79e571dc2c1415ff72c6550645a3b198\"},\"name\":"
        "\"m\"}]}");
}

static baton_status open_payload(struct bt_bytes payload, struct bt_arena *arena,
                                 struct bt_oms *ret, struct baton_error *err)
{
    const struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), payload};
    return bt_oms_open(&message, arena, ret, err);
}

static void what_is_no_list_of_files_is_not_written(void **state)
{
    (void)state;
    static const char *const paths[] = {"",    "/a",   "../a", "a/../b", "a//b",
                                        "a/.", "a\\b", "a\n",  "\xff",   "twice"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        BT_AUTO_BUF out = BT_BUF_INIT(4096);
        const struct bt_oms_file files[] = {file_of("twice", 1), file_of(paths[i], 1)};
        assert_int_equal(bt_oms_format("m", files, 2, &out, NULL), BATON_ERR_INVALID);
    }
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    assert_int_equal(bt_oms_format("m", NULL, 0, &out, NULL), BATON_ERR_USAGE);
}

/* ---- comparing ---- */

struct findings {
    char text[256];
};

static void note_finding(void *user, enum bt_oms_finding finding, struct bt_bytes path)
{
    struct findings *findings = user;
    size_t len = strlen(findings->text);
    (void)snprintf(findings->text + len, sizeof findings->text - len, "%c%.*s ", "-!+~"[finding],
                   (int)path.len, (const char *)path.ptr);
}

static void every_difference_is_reported(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    struct bt_oms oms;
    struct findings findings = {""};
    struct bt_oms_tally tally = {.report = note_finding, .user = &findings};
    const struct bt_oms_file files[] = {file_of("b", 1), file_of("c", 2), file_of("e", 3)};
    struct bt_oms_file found[] = {file_of("e", 3), file_of("a", 4), file_of("c", 5),
                                  file_of("f", 6)};
    assert_ok(bt_oms_format("m", files, 3, &out, &err), err);
    assert_ok(open_payload(bt_buf_bytes(&out), &arena, &oms, &err), err);
    assert_ok(bt_oms_compare(&oms, files, 3, &tally, &err), err);
    assert_string_equal(findings.text, "");
    assert_int_equal(bt_oms_compare(&oms, found, 4, &tally, &err), BATON_ERR_DIFFERS);
    assert_string_equal(findings.text, "+a -b !c +f ");
    assert_string_equal(err.text,
                        "not the files that were signed: 1 missing, 1 different, 2 extra");
    found[0] = found[1];
    assert_int_equal(bt_oms_compare(&oms, found, 4, &tally, &err), BATON_ERR_INVALID);
}

/* research/trust.md section 2, row 2: the root does not bind names; the list does. */
static void attack_2_exchanged_files_are_noticed(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    struct bt_oms oms;
    struct bt_oms_tally tally = {.report = NULL};
    const struct bt_oms_file files[] = {file_of("a.onnx", 1), file_of("z.onnx", 2)};
    const struct bt_oms_file exchanged[] = {file_of("a.onnx", 2), file_of("z.onnx", 1)};
    assert_ok(bt_oms_format("m", files, 2, &out, &err), err);
    assert_ok(open_payload(bt_buf_bytes(&out), &arena, &oms, &err), err);
    assert_int_equal(bt_oms_compare(&oms, exchanged, 2, &tally, &err), BATON_ERR_DIFFERS);
    assert_int_equal(tally.counts[BT_OMS_DIFFERENT], 2);
}

static void every_flipped_bit_of_a_statement_is_noticed(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    const struct bt_oms_file files[] = {file_of("a", 1), file_of("b", 2)};
    size_t taken = 0;
    assert_ok(bt_oms_format("m", files, 2, &out, &err), err);
    for (size_t bit = 0; bit < 8 * out.len; bit++) {
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        struct bt_oms oms;
        struct bt_oms_tally tally = {.report = NULL};
        out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        /* What is left over when nobody checks the signature: the subject's name. */
        if (open_payload(bt_buf_bytes(&out), &arena, &oms, NULL) == BATON_OK &&
            bt_oms_compare(&oms, files, 2, &tally, NULL) == BATON_OK)
            taken++;
        out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    print_message("# %zu bits that only the signature holds\n", taken);
    assert_in_range(taken, 1, 8 * sizeof "name" + 8);
}

/* ---- a whole round ---- */

static void a_model_is_signed_and_verified(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    BT_AUTO_BUF payload = BT_BUF_INIT(4096);
    BT_AUTO_BUF bundle = BT_BUF_INIT(BUNDLE_MAX);
    struct bt_sigstore_verdict verdict;
    struct bt_oms oms;
    const struct bt_oms_file file = file_of("model.onnx", 7);
    key_of_p256(1, &secret);
    assert_ok(bt_oms_format("credit", &file, 1, &payload, &err), err);
    struct bt_sigstore_fields fields = {
        .message = {bt_bytes_of(BT_DSSE_IN_TOTO), bt_buf_bytes(&payload)}, .key = secret.public};
    assert_ok(bt_dsse_sign(&secret, &fields.message, &fields.signature, &err), err);
    assert_ok(bt_sigstore_format(&fields, &bundle, &err), err);
    const struct bt_sigstore_trust trust = {&secret.public, 1, NULL};
    assert_ok(bt_sigstore_verify(bt_buf_bytes(&bundle), &trust, &arena, &verdict, &err), err);
    assert_ok(bt_oms_open(&verdict.bundle.message, &arena, &oms, &err), err);
    assert_true(bt_bytes_equal(oms.name, bt_bytes_of("credit")));
}

/* ---- samples of others ---- */

struct sample {
    char folder[4096];
    struct bt_public_key key;
    struct bt_arena arena;
};

static struct bt_bytes read_file(struct sample *sample, const char *path)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    const char *full = bt_arena_printf(&sample->arena, "%s/%s", sample->folder, path);
    assert_ok(bt_map_user_file(full, 1 << 24, &map, &err), err);
    const char *kept = bt_arena_strndup(&sample->arena, (const char *)map.ptr, map.len);
    return (struct bt_bytes){(const uint8_t *)kept, map.len};
}

/* They are all signed with one key, on P-384. */
static void open_samples(struct sample *sample)
{
    struct baton_error err = BATON_ERROR_INIT;
    const char *data = unit_data_folder();
    unit_skip_without_data(data);
    *sample = (struct sample){.arena = BT_ARENA_INIT};
    (void)snprintf(sample->folder, sizeof sample->folder, "%s/vectors/model-signing", data);
    assert_ok(bt_key_parse_pem(read_file(sample, "releases/keys/certificate/signing-key-pub.pem"),
                               &sample->key, &err),
              err);
}

static baton_status open_sample(struct sample *sample, const char *path, struct bt_oms *ret,
                                struct baton_error *err)
{
    const struct bt_sigstore_trust trust = {&sample->key, 1, NULL};
    struct bt_sigstore_verdict verdict;
    BT_TRY(bt_sigstore_verify(read_file(sample, path), &trust, &sample->arena, &verdict, err));
    return bt_oms_open(&verdict.bundle.message, &sample->arena, ret, err);
}

static void the_bundles_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        baton_status status;
    } cases[] = {
        {"valid/key", BATON_OK},
        /* Certificates are out of scope. */
        {"valid/certificate", BATON_ERR_UNSUPPORTED},
        {"valid/sigstore", BATON_ERR_UNSUPPORTED},
        {"invalid/empty", BATON_ERR_INVALID},
        {"invalid/missing-envelope", BATON_ERR_INVALID},
        {"invalid/missing-verification-material", BATON_ERR_INVALID},
        {"invalid/missing-tlog-entries", BATON_ERR_UNSUPPORTED},
        {"invalid-payload/wrong-predicate", BATON_ERR_DIFFERS},
    };
    struct sample sample;
    open_samples(&sample);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        struct bt_oms oms;
        const char *path =
            bt_arena_printf(&sample.arena, "test-vectors/v1.0/%s.bundle.json", cases[i].path);
        baton_status status = open_sample(&sample, path, &oms, &err);
        if (status != cases[i].status)
            fail_msg("%s: %s", path, err.text);
    }
    bt_arena_release(&sample.arena);
}

/* The files of a sample by their own digests; a model that is one file is ".". */
static size_t hash_files(struct sample *sample, const char *release, bool single,
                         struct bt_oms_file files[8])
{
    struct baton_error err = BATON_ERROR_INIT;
    static const char *const names[] = {"ignore-me", "signme-1", "signme-2"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = bt_arena_printf(&sample->arena, "releases/%s/%s", release, names[i]);
        const char *full = bt_arena_printf(&sample->arena, "%s/%s", sample->folder, path);
        BT_AUTO_MAP map = BT_MAP_INIT;
        if (bt_map_user_file(full, 1 << 20, &map, NULL) != BATON_OK)
            continue;
        files[count].path = bt_bytes_of(single ? "." : names[i]);
        assert_ok(bt_sha256_bytes(bt_map_bytes(&map), &files[count].digest, &err), err);
        count++;
    }
    return count;
}

/* What model_signing itself signed, from its first release with keys on. */
static void the_samples_of_model_signing(void **state)
{
    (void)state;
    static const struct {
        const char *release;
        bool single;
        size_t ignored;
        size_t extra;
    } samples[] = {
        {"v0.3.1-elliptic-key", true, 0, 0},
        {"v1.0.0-elliptic-key", true, 0, 0},
        /* It did not write down what it ignored. */
        {"v1.0.1-elliptic-key", false, 0, 1},
        {"v1.1.0-elliptic-key", false, 1, 0},
    };
    struct sample sample;
    open_samples(&sample);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        struct bt_oms oms;
        struct bt_oms_file files[8];
        struct bt_oms_tally tally = {.report = NULL};
        const char *path =
            bt_arena_printf(&sample.arena, "releases/%s/model.sig", samples[i].release);
        assert_ok(open_sample(&sample, path, &oms, &err), err);
        size_t count = hash_files(&sample, samples[i].release, samples[i].single, files);
        baton_status status = bt_oms_compare(&oms, files, count, &tally, &err);
        assert_int_equal(status, samples[i].extra ? BATON_ERR_DIFFERS : BATON_OK);
        assert_int_equal(tally.counts[BT_OMS_MISSING] + tally.counts[BT_OMS_DIFFERENT], 0);
        assert_int_equal(tally.counts[BT_OMS_EXTRA], samples[i].extra);
        assert_int_equal(tally.counts[BT_OMS_IGNORED], samples[i].ignored);
    }
    bt_arena_release(&sample.arena);
}

static void samples_with_certificates_are_refused(void **state)
{
    (void)state;
    static const char *const releases[] = {
        "v0.2.0-certificate", "v0.3.1-certificate", "v1.0.0-certificate",
        "v1.0.1-certificate", "v1.1.0-certificate", "v0.3.1-sigstore",
        "v1.0.0-sigstore",    "v1.0.1-sigstore",    "v1.1.0-sigstore"};
    struct sample sample;
    open_samples(&sample);
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
        struct bt_oms oms;
        const char *path = bt_arena_printf(&sample.arena, "releases/%s/model.sig", releases[i]);
        assert_int_equal(open_sample(&sample, path, &oms, NULL), BATON_ERR_UNSUPPORTED);
    }
    print_message("# 9 samples refused: they are signed with certificates\n");
    bt_arena_release(&sample.arena);
}

UNIT_MAIN(cmocka_unit_test(the_bytes_of_a_statement),
          cmocka_unit_test(what_is_no_list_of_files_is_not_written),
          cmocka_unit_test(every_difference_is_reported),
          cmocka_unit_test(attack_2_exchanged_files_are_noticed),
          cmocka_unit_test(every_flipped_bit_of_a_statement_is_noticed),
          cmocka_unit_test(a_model_is_signed_and_verified),
          cmocka_unit_test(the_bundles_of_the_specification),
          cmocka_unit_test(the_samples_of_model_signing),
          cmocka_unit_test(samples_with_certificates_are_refused))
