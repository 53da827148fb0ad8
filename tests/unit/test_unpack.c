/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store_fixture.h"

#include <signal.h>

#include "bundle/unpack.h"

#define PARTS_MAX 4

/* A bundle without a manifest: unpacking looks at the parts only. */
struct made {
    struct bt_bundle bundle;
    struct bt_part parts[PARTS_MAX];
    char target[128];
};

static void make(const struct fixture *fixture, const char *const *paths, struct made *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    *ret = (struct made){.bundle = BT_BUNDLE_INIT};
    ret->bundle.store = fixture->store;
    ret->bundle.parts = ret->parts;
    assert_ok(bt_store_session_begin(fixture->store, NULL, &session, &err), err);
    for (size_t i = 0; paths[i]; i++) {
        struct bt_part *part = &ret->parts[ret->bundle.part_count++];
        part->path = paths[i];
        assert_ok(bt_blob_put_bytes(&session, bt_bytes_of(paths[i]), &part->blob, &err), err);
    }
    (void)snprintf(ret->target, sizeof ret->target, "%s/files", fixture->folder);
}

static baton_status unpack(const struct made *made, const struct baton_progress *progress,
                           struct baton_error *err)
{
    uint64_t bytes = 0;
    return bt_bundle_unpack(&made->bundle, made->target, progress, &bytes, err);
}

static bool is_there(const struct made *made, const char *path)
{
    char full[512];
    struct stat st;
    (void)snprintf(full, sizeof full, "%s/%s", made->target, path);
    return lstat(full, &st) == 0;
}

static void assert_holds(const struct made *made, const char *path, const char *text)
{
    char full[512];
    BT_AUTO_MAP map = BT_MAP_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    (void)snprintf(full, sizeof full, "%s/%s", made->target, path);
    assert_ok(bt_map_user_file(full, 512, &map, &err), err);
    assert_true(bt_bytes_equal(bt_map_bytes(&map), bt_bytes_of(text)));
}

static const char *const usual[] = {"a/b/c", "a/b/d", "model", NULL};

static void parts_become_files_under_their_paths(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct made made;
    uint64_t bytes = 0;
    make(*state, usual, &made);
    assert_ok(bt_bundle_unpack(&made.bundle, made.target, NULL, &bytes, &err), err);
    for (size_t i = 0; usual[i]; i++)
        assert_holds(&made, usual[i], usual[i]);
    assert_int_equal(bytes, 15);
    assert_false(is_there(&made, BT_UNPACK_TEMPORARY));
}

static void a_folder_that_holds_something_stays_as_it_is(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct made made;
    make(*state, usual, &made);
    assert_ok(unpack(&made, NULL, &err), err);
    made.parts[2].blob = made.parts[0].blob;
    assert_int_equal(unpack(&made, NULL, &err), BATON_ERR_EXISTS);
    assert_holds(&made, "model", "model");
}

/* Ctrl-C after the first file. */
static volatile sig_atomic_t flag;

static void raise_flag(void *user, uint64_t done, uint64_t total, const char *what)
{
    (void)user;
    (void)done;
    (void)what;
    assert_int_equal(total, 15);
    flag = 1;
}

static void an_interruption_leaves_nothing(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct baton_progress progress = {.report = raise_flag, .interrupted = &flag};
    struct made made;
    make(*state, usual, &made);
    flag = 0;
    assert_int_equal(unpack(&made, &progress, &err), BATON_ERR_INTERRUPTED);
    assert_false(is_there(&made, ""));
    /* An empty folder that was there before stays, and stays empty. */
    assert_int_equal(mkdir(made.target, 0700), 0);
    flag = 0;
    assert_int_equal(unpack(&made, &progress, &err), BATON_ERR_INTERRUPTED);
    assert_true(is_there(&made, ""));
    flag = 0;
    assert_ok(unpack(&made, NULL, &err), err);
}

static void a_damaged_part_leaves_nothing(void **state)
{
    const struct fixture *fixture = *state;
    struct baton_error err = BATON_ERROR_INIT;
    char text[BT_DIGEST_TEXT_MAX];
    char path[256];
    struct made made;
    make(fixture, usual, &made);
    bt_digest_format(&made.parts[2].blob.digest, text);
    (void)snprintf(path, sizeof path, "%s/blobs/sha256/%s", fixture->path, bt_digest_hex(text));
    assert_int_equal(chmod(path, 0600), 0);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fputs("M", file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(unpack(&made, NULL, &err), BATON_ERR_CORRUPT);
    assert_false(is_there(&made, ""));
}

static void no_path_leaves_the_folder(void **state)
{
    static const char *const bad[] = {"../out", "/out", "a/../../out", "a//b", "."};
    struct baton_error err = BATON_ERROR_INIT;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const paths[] = {"a/first", bad[i], NULL};
        struct made made;
        make(*state, paths, &made);
        assert_int_equal(unpack(&made, NULL, &err), BATON_ERR_REFUSED);
        assert_false(is_there(&made, ""));
        assert_false(is_there(&made, "../out"));
    }
}

static void a_part_is_not_a_folder_of_another(void **state)
{
    static const char *const orders[][3] = {{"a", "a/b"}, {"a/b", "a"}, {"a", "a"}};
    struct baton_error err = BATON_ERROR_INIT;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct made made;
        make(*state, orders[i], &made);
        assert_int_not_equal(unpack(&made, NULL, &err), BATON_OK);
        assert_false(is_there(&made, ""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(parts_become_files_under_their_paths),
        fixture_test(a_folder_that_holds_something_stays_as_it_is),
        fixture_test(an_interruption_leaves_nothing),
        fixture_test(a_damaged_part_leaves_nothing),
        fixture_test(no_path_leaves_the_folder),
        fixture_test(a_part_is_not_a_folder_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
