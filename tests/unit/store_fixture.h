/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_STORE_FIXTURE_H
#define BT_TESTS_STORE_FIXTURE_H
/* A store in a folder of its own for one test, and small bundles to put into it. */
#include "unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/blob.h"
#include "store/check.h"
#include "store/copy.h"
#include "store/store.h"

struct fixture {
    char folder[64];
    char path[96];
    struct bt_store *store;
    int fds_before;
};

static inline int fixture_count_fds(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count;
}

static inline int fixture_setup(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct fixture *fixture = test_malloc(sizeof *fixture);
    *fixture = (struct fixture){.folder = "/tmp/baton-test-XXXXXX"};
    fixture->fds_before = fixture_count_fds();
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/" BT_STORE_FOLDER, fixture->folder);
    assert_ok(bt_store_init(fixture->path, &err), err);
    assert_ok(bt_store_open(fixture->path, &fixture->store, &err), err);
    *state = fixture;
    return 0;
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    bt_store_close(fixture->store);
    (void)nftw(fixture->folder, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    int leaked = fixture_count_fds() - fixture->fds_before;
    test_free(fixture);
    if (leaked)
        print_error("%d descriptors leaked\n", leaked);
    return leaked ? -1 : 0;
}

#define fixture_test(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

/* A manifest with a config and one layer, both made from `seed`; blobs only, nothing published. */
static inline void fixture_put_bundle(const struct bt_store_session *session, unsigned seed,
                                      struct bt_store_entry *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_blob_id config;
    struct bt_blob_id layer;
    char text[2048];
    char config_digest[BT_DIGEST_TEXT_MAX];
    char layer_digest[BT_DIGEST_TEXT_MAX];
    (void)snprintf(text, sizeof text, "{\"config\":%u}", seed);
    assert_ok(bt_blob_put_bytes(session, bt_bytes_of(text), &config, &err), err);
    (void)snprintf(text, sizeof text, "weights %u", seed);
    assert_ok(bt_blob_put_bytes(session, bt_bytes_of(text), &layer, &err), err);
    bt_digest_format(&config.digest, config_digest);
    bt_digest_format(&layer.digest, layer_digest);
    (void)snprintf(text, sizeof text,
                   "{\"schemaVersion\":2,\"mediaType\":\"" BT_MEDIA_MANIFEST "\","
                   "\"artifactType\":\"application/vnd.cncf.model.manifest.v1+json\","
                   "\"config\":{\"mediaType\":\"application/vnd.cncf.model.config.v1+json\","
                   "\"digest\":\"%s\",\"size\":%llu},"
                   "\"layers\":[{\"mediaType\":\"application/vnd.cncf.model.weight.v1.raw\","
                   "\"digest\":\"%s\",\"size\":%llu}]}",
                   config_digest, (unsigned long long)config.bytes, layer_digest,
                   (unsigned long long)layer.bytes);
    *ret = (struct bt_store_entry){
        .media_type = BT_MEDIA_MANIFEST,
        .artifact_type = "application/vnd.cncf.model.manifest.v1+json",
    };
    assert_ok(bt_blob_put_bytes(session, bt_bytes_of(text), &ret->blob, &err), err);
}

/* The same, published as the next version of `model`. */
static inline uint64_t fixture_publish(const struct bt_store *store, const char *model,
                                       unsigned seed, struct bt_store_entry *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    uint64_t version = 0;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(store, NULL, &session, &err), err);
    fixture_put_bundle(&session, seed, ret);
    assert_ok(bt_store_publish(&session, model, ret, &version, &err), err);
    return version;
}

static inline void fixture_blob_path(const struct fixture *fixture, const struct bt_blob_id *blob,
                                     char path[256])
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&blob->digest, text);
    (void)snprintf(path, 256, "%s/blobs/sha256/%s", fixture->path, bt_digest_hex(text));
}

static inline void fixture_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

#endif
