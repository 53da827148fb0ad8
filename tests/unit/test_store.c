/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store_fixture.h"

#include <sys/wait.h>

static void versions_are_dense_and_a_bundle_keeps_its_number(void **state)
{
    struct fixture *f = *state;
    struct bt_store_entry entry;
    assert_int_equal(fixture_publish(f->store, "credit", 1, &entry), 1);
    assert_int_equal(fixture_publish(f->store, "credit", 2, &entry), 2);
    assert_int_equal(fixture_publish(f->store, "risk/fraud", 2, &entry), 1);
    assert_int_equal(fixture_publish(f->store, "credit", 1, &entry), 1);
    assert_int_equal(fixture_publish(f->store, "credit", 3, &entry), 3);
}

static void references_resolve_in_every_written_form(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry first;
    struct bt_store_entry second;
    struct bt_store_entry found;
    char digest[BT_DIGEST_TEXT_MAX];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    (void)fixture_publish(f->store, "credit", 1, &first);
    for (unsigned i = 2; i <= 10; i++)
        (void)fixture_publish(f->store, "credit", i, &second);

    assert_ok(bt_store_resolve(f->store, "credit:1", &arena, &found, &err), err);
    assert_true(bt_digest_equal(&found.blob.digest, &first.blob.digest));
    assert_string_equal(found.model, "credit");
    assert_int_equal(found.version, 1);
    assert_string_equal(found.artifact_type, first.artifact_type);
    /* Ten comes after nine, not after one. */
    assert_ok(bt_store_resolve(f->store, "credit", &arena, &found, &err), err);
    assert_int_equal(found.version, 10);
    bt_digest_format(&first.blob.digest, digest);
    assert_ok(bt_store_resolve(f->store, digest, &arena, &found, &err), err);
    assert_int_equal(found.version, 1);
    digest[strlen("sha256:") + 8] = '\0';
    assert_ok(bt_store_resolve(f->store, digest, &arena, &found, &err), err);
    assert_int_equal(found.version, 1);
    digest[strlen("sha256:") + 7] = '\0';
    assert_int_equal(bt_store_resolve(f->store, digest, &arena, &found, &err), BATON_ERR_USAGE);

    assert_int_equal(bt_store_resolve(f->store, "credit:11", &arena, &found, &err),
                     BATON_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "the highest version there is 10"));
    assert_int_equal(bt_store_resolve(f->store, "debit", &arena, &found, &err),
                     BATON_ERR_NOT_FOUND);
    assert_int_equal(bt_store_resolve(f->store, "sha256:00000000", &arena, &found, &err),
                     BATON_ERR_NOT_FOUND);
}

static void names_follow_the_grammar(void **state)
{
    (void)state;
    char model[BT_REF_TEXT_MAX];
    uint64_t version = 0;
    const char *const good[] = {"a:1", "credit:3", "team/credit-eu_2.0:999999999"};
    const char *const bad[] = {"",       ":1",     "a",     "a:",           "a:0",  "a:01",  "A:1",
                               "a--b:1", "-a:1",   "a-:1",  "a/:1",         "a:1 ", "a:1:2", "a:-1",
                               "../a:1", "a//b:1", "a b:1", "a:1000000000", "a:x"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(bt_ref_parse(good[i], model, &version));
    assert_string_equal(model, "team/credit-eu_2.0");
    assert_int_equal(version, 999999999);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(bt_ref_parse(bad[i], model, &version));
    char longest[BT_MODEL_NAME_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[BT_MODEL_NAME_MAX] = '\0';
    assert_int_equal(bt_model_name_check(longest, NULL), BATON_OK);
    longest[BT_MODEL_NAME_MAX] = 'a';
    longest[BT_MODEL_NAME_MAX + 1] = '\0';
    assert_int_equal(bt_model_name_check(longest, NULL), BATON_ERR_USAGE);
}

static void a_tag_never_moves(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry one;
    struct bt_store_entry two;
    struct bt_store_entry found;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    fixture_put_bundle(&session, 1, &one);
    fixture_put_bundle(&session, 2, &two);
    assert_ok(bt_store_tag(&session, "credit:7", &one, &err), err);
    assert_ok(bt_store_tag(&session, "credit:7", &one, &err), err);
    assert_int_equal(bt_store_tag(&session, "credit:7", &two, &err), BATON_ERR_EXISTS);
    assert_ok(bt_store_tag(&session, NULL, &two, &err), err);
    assert_ok(bt_store_tag(&session, NULL, &two, &err), err);
    assert_ok(bt_store_resolve(f->store, "credit:7", &arena, &found, &err), err);
    assert_true(bt_digest_equal(&found.blob.digest, &one.blob.digest));
    uint64_t version = 0;
    assert_ok(bt_store_publish(&session, "credit", &two, &version, &err), err);
    assert_int_equal(version, 8);
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    assert_ok(bt_store_list(f->store, &arena, &entries, &count, &err), err);
    assert_int_equal(count, 2);
}

static void what_is_kept_gets_its_name_later(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry one;
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    fixture_put_bundle(&session, 1, &one);
    assert_ok(bt_store_keep(&session, &one, &err), err);
    assert_ok(bt_store_list(f->store, &arena, &entries, &count, &err), err);
    assert_int_equal(count, 1);
    assert_null(entries[0].ref_name);
    assert_ok(bt_store_tag(&session, "credit:7", &one, &err), err);
    assert_ok(bt_store_keep(&session, &one, &err), err);
    assert_ok(bt_store_list(f->store, &arena, &entries, &count, &err), err);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].ref_name, "credit:7");
}

static void an_entry_needs_its_manifest(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    uint64_t version = 0;
    struct bt_store_entry entry = {.blob = {.bytes = 5}, .media_type = BT_MEDIA_MANIFEST};
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_int_equal(bt_store_publish(&session, "credit", &entry, &version, &err),
                     BATON_ERR_CANNOT_TELL);
    assert_int_equal(bt_store_publish(&session, "No", &entry, &version, &err), BATON_ERR_USAGE);
}

/* Other tools' entries, annotations, members and digests survive our writing. */
static void what_other_tools_wrote_is_kept(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry entry;
    char path[256];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(65536);
    BT_AUTO_FD fd = BT_FD_INIT;
    (void)snprintf(path, sizeof path, "%s/index.json", f->path);
    fixture_write(path, "{\"schemaVersion\": 2, \"annotations\": {\"z\": \"1\", \"a\": \"2\"},"
                        " \"extra\": [1.5e3, null], \"manifests\": ["
                        "{\"mediaType\": \"x/y\", \"digest\": \"sha512:00\", \"size\": 3},"
                        "{\"mediaType\": \"x/y\", \"size\": 3, \"digest\": \"sha256:"
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
                        " \"platform\": {\"os\": \"linux\"}, \"annotations\": {\"k\": \"v\","
                        " \"org.opencontainers.image.ref.name\": \"Their Tag\"}}]}");
    assert_int_equal(fixture_publish(f->store, "credit", 1, &entry), 1);
    assert_ok(bt_fs_open_user(path, O_RDONLY, 0, &fd, &err), err);
    assert_ok(bt_fs_read_all(fd.fd, path, &text, &err), err);
    char digest[BT_DIGEST_TEXT_MAX];
    char expected[4096];
    bt_digest_format(&entry.blob.digest, digest);
    (void)snprintf(
        expected, sizeof expected,
        "{\"annotations\":{\"a\":\"2\",\"z\":\"1\"},\"extra\":[1500,null],\"manifests\":["
        "{\"annotations\":{\"k\":\"v\",\"org.opencontainers.image.ref.name\":\"Their Tag\"},"
        "\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
        "\"mediaType\":\"x/y\",\"platform\":{\"os\":\"linux\"},\"size\":3},"
        "{\"annotations\":{\"org.opencontainers.image.ref.name\":\"credit:1\"},"
        "\"artifactType\":\"application/vnd.cncf.model.manifest.v1+json\",\"digest\":\"%s\","
        "\"mediaType\":\"" BT_MEDIA_MANIFEST "\",\"size\":%llu},"
        "{\"digest\":\"sha512:00\",\"mediaType\":\"x/y\",\"size\":3}],\"schemaVersion\":2}",
        digest, (unsigned long long)entry.blob.bytes);
    assert_string_equal(bt_buf_str(&text), expected);
    struct bt_store_entry found;
    assert_ok(bt_store_resolve(f->store, "Their Tag", &arena, &found, &err), err);
    assert_null(found.model);
}

#define WRITERS 16
#define BUNDLES_EACH 4

static void write_bundles(const char *path, unsigned writer)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store *store = NULL;
    struct bt_store_entry entry;
    if (bt_store_open(path, &store, &err) != BATON_OK)
        _exit(2);
    for (unsigned i = 0; i < BUNDLES_EACH; i++)
        (void)fixture_publish(store, "credit", writer * 1000 + i, &entry);
    bt_store_close(store);
}

static void sixteen_writers_at_once_lose_no_version(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    pid_t children[WRITERS];
    for (unsigned i = 0; i < WRITERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            write_bundles(f->path, i);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    assert_ok(bt_store_list(f->store, &arena, &entries, &count, &err), err);
    assert_int_equal(count, WRITERS * BUNDLES_EACH);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(entries[i].version, i + 1);
    struct bt_findings findings;
    assert_ok(bt_store_fsck(f->store, NULL, &arena, &findings, &err), err);
    assert_int_equal(findings.count, 0);
}

static void init_is_repeatable_and_spares_other_folders(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry entry;
    char path[256];
    (void)fixture_publish(f->store, "credit", 1, &entry);
    assert_ok(bt_store_init(f->path, &err), err);
    assert_int_equal(fixture_publish(f->store, "credit", 2, &entry), 2);

    (void)snprintf(path, sizeof path, "%s/mine", f->folder);
    fixture_write(path, "x");
    assert_int_equal(bt_store_init(f->folder, &err), BATON_ERR_EXISTS);
    (void)snprintf(path, sizeof path, "%s/a/b", f->folder);
    assert_int_equal(bt_store_init(path, &err), BATON_ERR_NOT_FOUND);
    /* Cut off before its end, an init is finished by the next one. */
    (void)snprintf(path, sizeof path, "%s/half", f->folder);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/half/oci-layout", f->folder);
    fixture_write(path, "");
    (void)snprintf(path, sizeof path, "%s/half", f->folder);
    struct bt_store *half = NULL;
    assert_int_equal(bt_store_open(path, &half, &err), BATON_ERR_NOT_FOUND);
    assert_ok(bt_store_init(path, &err), err);
    assert_ok(bt_store_open(path, &half, &err), err);
    bt_store_close(half);
}

static void the_nearest_store_above_is_found(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const char *found = NULL;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/blobs/sha256", f->path);
    assert_ok(bt_store_find(path, &arena, &found, &err), err);
    assert_string_equal(found, f->path);
    assert_ok(bt_store_find(f->folder, &arena, &found, &err), err);
    assert_string_equal(found, f->path);
    assert_int_equal(bt_store_find("/proc", &arena, &found, &err), BATON_ERR_NOT_FOUND);
    assert_int_equal(bt_store_find("/no/such", &arena, &found, &err), BATON_ERR_NOT_FOUND);
}

UNIT_MAIN(fixture_test(versions_are_dense_and_a_bundle_keeps_its_number),
          fixture_test(references_resolve_in_every_written_form),
          cmocka_unit_test(names_follow_the_grammar), fixture_test(a_tag_never_moves),
          fixture_test(what_is_kept_gets_its_name_later), fixture_test(an_entry_needs_its_manifest),
          fixture_test(what_other_tools_wrote_is_kept),
          fixture_test(sixteen_writers_at_once_lose_no_version),
          fixture_test(init_is_repeatable_and_spares_other_folders),
          fixture_test(the_nearest_store_above_is_found))
