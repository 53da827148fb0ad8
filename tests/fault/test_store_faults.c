/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each operation of the store with its n-th allocation refused, then with its n-th change of the
 * disk refused, for every n until it gets through. Whatever n was: the error object speaks, the
 * store is whole, a bundle is in it or not, no temporary file and no descriptor stays behind (and
 * under ASan: no memory).
 *
 * refuse.h says how.
 */
#include "unit/store_fixture.h"

#include "fault/refuse.h"

#define ROUNDS_MAX 5000
#define FILE_BYTES ((size_t)1000000)

/* ---- operations ---- */

struct world {
    const struct fixture *fixture;
    struct bt_store *other;
    struct bt_store_entry entry; /* published in fixture->store as credit:1 */
    unsigned round;
};

typedef baton_status operation(struct world *world, struct baton_error *err);

static baton_status publish(struct world *world, struct baton_error *err)
{
    struct bt_blob_id layer;
    struct bt_store_entry entry = {.media_type = BT_MEDIA_MANIFEST};
    uint64_t version = 0;
    char path[128];
    char digest[BT_DIGEST_TEXT_MAX];
    char text[512];
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    (void)snprintf(path, sizeof path, "%s/weights", world->fixture->folder);
    BT_TRY(bt_store_session_begin(world->fixture->store, NULL, &session, err));
    BT_TRY(bt_fs_open_user(path, O_RDONLY, 0, &fd, err));
    BT_TRY(bt_blob_put_fd(&session, fd.fd, path, NULL, &layer, err));
    bt_digest_format(&layer.digest, digest);
    (void)snprintf(text, sizeof text,
                   "{\"round\":%u,\"layers\":[{\"mediaType\":\"x/y\",\"digest\":\"%s\","
                   "\"size\":%llu}]}",
                   world->round, digest, (unsigned long long)layer.bytes);
    BT_TRY(bt_blob_put_bytes(&session, bt_bytes_of(text), &entry.blob, err));
    return bt_store_publish(&session, "credit", &entry, &version, err);
}

static baton_status copy(struct world *world, struct baton_error *err)
{
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    BT_TRY(bt_store_session_begin(world->other, NULL, &session, err));
    BT_TRY(bt_store_copy(world->fixture->store, &world->entry, &session, NULL, NULL, err));
    return bt_store_tag(&session, "credit:1", &world->entry, err);
}

static baton_status export(struct world *world, struct baton_error *err)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%u.tar", world->fixture->folder, world->round);
    return bt_store_export(world->fixture->store, &world->entry, 1, path, NULL, err);
}

static baton_status read_archive(struct world *world, struct baton_error *err)
{
    struct bt_store *archive = NULL;
    struct bt_store_entry found;
    char path[128];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    (void)snprintf(path, sizeof path, "%s/archive.tar", world->fixture->folder);
    BT_TRY(bt_store_open(path, &archive, err));
    baton_status status = bt_store_resolve(archive, "credit", &arena, &found, err);
    bt_store_close(archive);
    return status;
}

static baton_status fsck(struct world *world, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_findings findings;
    return bt_store_fsck(world->fixture->store, NULL, &arena, &findings, err);
}

static baton_status gc(struct world *world, struct baton_error *err)
{
    struct bt_gc_options options = {.dry_run = false, .grace_s = 0};
    struct bt_gc_counts counts;
    return bt_store_gc(world->fixture->store, &options, NULL, &counts, err);
}

static baton_status init(struct world *world, struct baton_error *err)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/new", world->fixture->folder);
    return bt_store_init(path, err);
}

/* ---- what must hold afterwards ---- */

static size_t assert_whole(const struct bt_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    struct bt_findings findings;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    assert_ok(bt_store_list(store, &arena, &entries, &count, &err), err);
    assert_ok(bt_store_fsck(store, NULL, &arena, &findings, &err), err);
    for (size_t i = 0; i < findings.count; i++)
        if (findings.items[i].kind != BT_FINDING_UNREACHABLE)
            fail_msg("%s: %s", bt_finding_name(findings.items[i].kind), findings.items[i].text);
    return count;
}

static void run_with_faults(struct world *world, operation *run, enum refuse_kind kind)
{
    bool through = false;
    for (long n = 1; !through; n++) {
        struct baton_error err = BATON_ERROR_INIT;
        assert_in_range(n, 1, ROUNDS_MAX);
        world->round++;
        size_t before = assert_whole(world->fixture->store);
        int fds = fixture_count_fds();
        refuse_arm(kind, n);
        baton_status status = run(world, &err);
        bool hit = refuse_disarm();
        assert_int_equal(fixture_count_fds(), fds);
        size_t after = assert_whole(world->fixture->store);
        (void)assert_whole(world->other);
        assert_in_range(after, before, before + 1);
        if (status != BATON_OK) {
            assert_true(hit);
            assert_int_equal(err.status, status);
            assert_true(err.text[0] != '\0');
        }
        through = !hit;
    }
}

static void every_operation_survives(void **state, enum refuse_kind kind)
{
    const struct fixture *f = *state;
    operation *const operations[] = {publish, copy, export, read_archive, fsck, gc, init};
    struct baton_error err = BATON_ERROR_INIT;
    struct world world = {.fixture = f};
    struct bt_store_entry found;
    char path[128];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    char *weights = test_malloc(FILE_BYTES + 1);
    memset(weights, 'w', FILE_BYTES);
    weights[FILE_BYTES] = '\0';
    (void)snprintf(path, sizeof path, "%s/weights", f->folder);
    fixture_write(path, weights);
    test_free(weights);
    (void)snprintf(path, sizeof path, "%s/other", f->folder);
    assert_ok(bt_store_init(path, &err), err);
    assert_ok(bt_store_open(path, &world.other, &err), err);
    (void)fixture_publish(f->store, "credit", 1, &world.entry);
    assert_ok(bt_store_resolve(f->store, "credit:1", &arena, &found, &err), err);
    (void)snprintf(path, sizeof path, "%s/archive.tar", f->folder);
    assert_ok(bt_store_export(f->store, &found, 1, path, NULL, &err), err);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        run_with_faults(&world, operations[i], kind);
    bt_store_close(world.other);
}

static void every_operation_survives_every_refused_allocation(void **state)
{
    every_operation_survives(state, REFUSE_MEMORY);
}

static void every_operation_survives_every_refused_write(void **state)
{
    every_operation_survives(state, REFUSE_DISK);
}

UNIT_MAIN(fixture_test(every_operation_survives_every_refused_allocation),
          fixture_test(every_operation_survives_every_refused_write))
