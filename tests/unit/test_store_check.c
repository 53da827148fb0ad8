/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store_fixture.h"

#include <utime.h>

static size_t count_kind(const struct bt_findings *findings, enum bt_finding_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].kind == kind;
    return count;
}

static struct bt_findings fsck(const struct fixture *f, struct bt_arena *arena)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_findings findings;
    assert_ok(bt_store_fsck(f->store, NULL, arena, &findings, &err), err);
    return findings;
}

static void put_loose_blob(const struct fixture *f, const char *text, struct bt_blob_id *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_ok(bt_blob_put_bytes(&session, bt_bytes_of(text), ret, &err), err);
}

static void a_whole_store_has_no_findings(void **state)
{
    struct fixture *f = *state;
    struct bt_store_entry entry;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    (void)fixture_publish(f->store, "credit", 1, &entry);
    (void)fixture_publish(f->store, "credit", 2, &entry);
    struct bt_findings findings = fsck(f, &arena);
    assert_int_equal(findings.count, 0);
    assert_int_equal(findings.blobs_checked, 6);
}

static void each_kind_of_harm_is_found_and_named(void **state)
{
    struct fixture *f = *state;
    struct bt_store_entry entry;
    struct bt_blob_id loose;
    char path[256];
    char digest[BT_DIGEST_TEXT_MAX];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    (void)fixture_publish(f->store, "credit", 1, &entry);
    put_loose_blob(f, "nobody needs me", &loose);
    (void)snprintf(path, sizeof path, "%s/.tmp-0123456789abcdef", f->path);
    fixture_write(path, "half");
    (void)snprintf(path, sizeof path, "%s/blobs/sha256/notes.txt", f->path);
    fixture_write(path, "hm");
    struct bt_findings findings = fsck(f, &arena);
    assert_int_equal(findings.count, 3);
    assert_int_equal(findings.errors, 1);
    assert_int_equal(count_kind(&findings, BT_FINDING_UNREACHABLE), 1);
    assert_int_equal(count_kind(&findings, BT_FINDING_TEMPORARY), 1);
    assert_int_equal(count_kind(&findings, BT_FINDING_FILE_STRAY), 1);

    fixture_blob_path(f, &loose, path);
    assert_int_equal(unlink(path), 0);
    fixture_write(path, "nobody needs you");
    findings = fsck(f, &arena);
    assert_int_equal(count_kind(&findings, BT_FINDING_BLOB_DAMAGED), 1);

    fixture_blob_path(f, &entry.blob, path);
    bt_digest_format(&entry.blob.digest, digest);
    assert_int_equal(unlink(path), 0);
    findings = fsck(f, &arena);
    assert_int_equal(count_kind(&findings, BT_FINDING_BLOB_MISSING), 1);
    assert_int_equal(count_kind(&findings, BT_FINDING_UNREACHABLE), 3);
    assert_string_equal(bt_finding_name(BT_FINDING_BLOB_MISSING), "blob-missing");
}

static void a_missing_layer_and_a_wrong_size_are_found(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_blob_id layer;
    struct bt_store_entry entry = {.media_type = BT_MEDIA_MANIFEST};
    uint64_t version = 0;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    char digest[BT_DIGEST_TEXT_MAX];
    char text[1024];
    put_loose_blob(f, "layer", &layer);
    bt_digest_format(&layer.digest, digest);
    (void)snprintf(text, sizeof text,
                   "{\"layers\":[{\"mediaType\":\"x/y\",\"size\":6,\"digest\":\"%s\"},"
                   "{\"mediaType\":\"x/y\",\"size\":3,\"digest\":\"sha256:"
                   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b854\"}]}",
                   digest);
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_ok(bt_blob_put_bytes(&session, bt_bytes_of(text), &entry.blob, &err), err);
    assert_ok(bt_store_publish(&session, "credit", &entry, &version, &err), err);
    struct bt_findings findings = fsck(f, &arena);
    assert_int_equal(findings.count, 2);
    assert_int_equal(count_kind(&findings, BT_FINDING_SIZE_WRONG), 1);
    assert_int_equal(count_kind(&findings, BT_FINDING_BLOB_MISSING), 1);

    assert_ok(bt_blob_put_bytes(&session, bt_bytes_of("{\"layers\":3}"), &entry.blob, &err), err);
    assert_ok(bt_store_publish(&session, "credit", &entry, &version, &err), err);
    findings = fsck(f, &arena);
    assert_int_equal(count_kind(&findings, BT_FINDING_MANIFEST_BROKEN), 1);
}

static void gc_removes_what_nothing_reaches_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry entry;
    struct bt_blob_id loose;
    struct bt_gc_counts counts;
    char path[256];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_gc_options options = {.dry_run = true, .grace_s = 0};
    (void)fixture_publish(f->store, "credit", 1, &entry);
    put_loose_blob(f, "nobody needs me", &loose);
    (void)snprintf(path, sizeof path, "%s/.tmp-0123456789abcdef", f->path);
    fixture_write(path, "half");

    assert_ok(bt_store_gc(f->store, &options, NULL, &counts, &err), err);
    assert_int_equal(counts.blobs, 1);
    assert_int_equal(counts.bytes, loose.bytes);
    assert_int_equal(counts.temporaries, 1);
    assert_int_equal(fsck(f, &arena).count, 2);

    options.dry_run = false;
    options.grace_s = 3600;
    assert_ok(bt_store_gc(f->store, &options, NULL, &counts, &err), err);
    assert_int_equal(counts.blobs, 0);
    assert_int_equal(counts.temporaries, 1);
    fixture_blob_path(f, &loose, path);
    struct utimbuf long_ago = {0, 0};
    assert_int_equal(utime(path, &long_ago), 0);
    assert_ok(bt_store_gc(f->store, &options, NULL, &counts, &err), err);
    assert_int_equal(counts.blobs, 1);
    assert_int_equal(fsck(f, &arena).count, 0);
}

static void gc_refuses_while_somebody_writes(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_gc_counts counts;
    struct bt_gc_options options = {.dry_run = false, .grace_s = 0};
    struct bt_store_entry entry;
    uint64_t version = 0;
    {
        BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
        assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
        fixture_put_bundle(&session, 1, &entry);
        assert_int_equal(bt_store_gc(f->store, &options, NULL, &counts, &err), BATON_ERR_REFUSED);
        assert_ok(bt_store_publish(&session, "credit", &entry, &version, &err), err);
    }
    assert_ok(bt_store_gc(f->store, &options, NULL, &counts, &err), err);
    assert_int_equal(counts.blobs, 0);
}

static void gc_removes_nothing_when_it_cannot_see_what_is_needed(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_gc_counts counts;
    struct bt_gc_options options = {.dry_run = false, .grace_s = 0};
    struct bt_store_entry entry;
    struct bt_blob_id loose;
    char path[256];
    (void)fixture_publish(f->store, "credit", 1, &entry);
    put_loose_blob(f, "nobody needs me", &loose);
    fixture_blob_path(f, &entry.blob, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bt_store_gc(f->store, &options, NULL, &counts, &err), BATON_ERR_CANNOT_TELL);
    assert_non_null(strstr(err.text, "nothing was removed"));
    fixture_blob_path(f, &loose, path);
    assert_int_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof path, "%s/index.json", f->path);
    fixture_write(path, "{}");
    assert_int_equal(bt_store_gc(f->store, &options, NULL, &counts, &err), BATON_ERR_INVALID);
}

/* ---- copying ---- */

static struct bt_store *second_store(const struct fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store *store = NULL;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/other", f->folder);
    assert_ok(bt_store_init(path, &err), err);
    assert_ok(bt_store_open(path, &store, &err), err);
    return store;
}

static void a_copy_is_whole_and_made_once(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry entry;
    struct bt_store_entry found;
    struct bt_copy_counts counts;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_store *other = second_store(f);
    (void)fixture_publish(f->store, "credit", 1, &entry);
    {
        BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
        assert_ok(bt_store_session_begin(other, NULL, &session, &err), err);
        assert_ok(bt_store_copy(f->store, &entry, &session, NULL, &counts, &err), err);
        assert_int_equal(counts.blobs_copied, 3);
        assert_ok(bt_store_tag(&session, "credit:1", &entry, &err), err);
        assert_ok(bt_store_copy(f->store, &entry, &session, NULL, &counts, &err), err);
        assert_int_equal(counts.blobs_copied, 0);
        assert_int_equal(counts.blobs_present, 3);
    }
    struct bt_findings findings;
    assert_ok(bt_store_fsck(other, NULL, &arena, &findings, &err), err);
    assert_int_equal(findings.count, 0);
    assert_ok(bt_store_resolve(other, "credit", &arena, &found, &err), err);
    assert_true(bt_digest_equal(&found.blob.digest, &entry.blob.digest));
    bt_store_close(other);
}

static void damage_is_not_copied(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry entry;
    struct bt_blob_id layer = {.bytes = strlen("weights 1")};
    char path[256];
    struct bt_store *other = second_store(f);
    (void)fixture_publish(f->store, "credit", 1, &entry);
    assert_ok(bt_sha256_bytes(bt_bytes_of("weights 1"), &layer.digest, &err), err);
    fixture_blob_path(f, &layer, path);
    assert_int_equal(unlink(path), 0);
    fixture_write(path, "weights 2");
    {
        BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
        assert_ok(bt_store_session_begin(other, NULL, &session, &err), err);
        assert_int_equal(bt_store_copy(f->store, &entry, &session, NULL, NULL, &err),
                         BATON_ERR_CORRUPT);
        assert_int_equal(bt_store_tag(&session, "credit:1", &entry, &err), BATON_ERR_CANNOT_TELL);
    }
    bt_store_close(other);
}

static void read_file(const char *path, struct bt_buf *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_FD fd = BT_FD_INIT;
    assert_ok(bt_fs_open_user(path, O_RDONLY, 0, &fd, &err), err);
    assert_ok(bt_fs_read_all(fd.fd, path, ret, &err), err);
}

static void an_archive_is_a_store_and_the_same_each_time(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry entries[2];
    const struct bt_store_entry *listed = NULL;
    size_t count = 0;
    struct bt_store *archive = NULL;
    struct bt_findings findings;
    struct bt_copy_counts counts;
    char one[128];
    char two[128];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF first = BT_BUF_INIT(1 << 20);
    BT_AUTO_BUF second = BT_BUF_INIT(1 << 20);
    (void)snprintf(one, sizeof one, "%s/one.tar", f->folder);
    (void)snprintf(two, sizeof two, "%s/two.tar", f->folder);
    (void)fixture_publish(f->store, "credit", 1, &entries[0]);
    (void)fixture_publish(f->store, "credit", 2, &entries[1]);
    assert_ok(bt_store_list(f->store, &arena, &listed, &count, &err), err);
    assert_ok(bt_store_export(f->store, listed, count, one, NULL, &err), err);
    assert_int_equal(bt_store_export(f->store, listed, count, one, NULL, &err), BATON_ERR_EXISTS);
    struct bt_store_entry reversed[2] = {listed[1], listed[0]};
    assert_ok(bt_store_export(f->store, reversed, count, two, NULL, &err), err);
    read_file(one, &first);
    read_file(two, &second);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.data, second.data, first.len);

    assert_ok(bt_store_open(one, &archive, &err), err);
    assert_ok(bt_store_fsck(archive, NULL, &arena, &findings, &err), err);
    assert_int_equal(findings.count, 0);
    assert_int_equal(findings.blobs_checked, 6);
    struct bt_store *other = second_store(f);
    {
        BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
        struct bt_store_entry found;
        assert_ok(bt_store_resolve(archive, "credit:2", &arena, &found, &err), err);
        assert_ok(bt_store_session_begin(other, NULL, &session, &err), err);
        assert_ok(bt_store_copy(archive, &found, &session, NULL, &counts, &err), err);
        assert_int_equal(counts.blobs_copied, 3);
        assert_int_equal(bt_store_session_begin(archive, NULL, &session, &err),
                         BATON_ERR_UNSUPPORTED);
    }
    bt_store_close(other);
    bt_store_close(archive);
}

static void a_damaged_archive_names_the_blob(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_store_entry entry;
    const struct bt_store_entry *listed = NULL;
    size_t count = 0;
    struct bt_store *archive = NULL;
    struct bt_findings findings;
    char path[128];
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF bytes = BT_BUF_INIT(1 << 20);
    (void)snprintf(path, sizeof path, "%s/a.tar", f->folder);
    (void)fixture_publish(f->store, "credit", 1, &entry);
    assert_ok(bt_store_list(f->store, &arena, &listed, &count, &err), err);
    assert_ok(bt_store_export(f->store, listed, count, path, NULL, &err), err);
    read_file(path, &bytes);
    uint8_t *weights = memmem(bytes.data, bytes.len, "weights 1", 9);
    assert_non_null(weights);
    FILE *file = fopen(path, "r+");
    assert_int_equal(fseek(file, (long)(weights - bytes.data), SEEK_SET), 0);
    assert_int_equal(fputc('W', file), 'W');
    assert_int_equal(fclose(file), 0);
    assert_ok(bt_store_open(path, &archive, &err), err);
    assert_ok(bt_store_fsck(archive, NULL, &arena, &findings, &err), err);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].kind, BT_FINDING_BLOB_DAMAGED);
    bt_store_close(archive);
    assert_int_equal(truncate(path, (off_t)bytes.len - 2048), 0);
    assert_int_equal(bt_store_open(path, &archive, &err), BATON_ERR_INVALID);
    fixture_write(path, "");
    assert_int_equal(bt_store_open(path, &archive, &err), BATON_ERR_INVALID);
}

UNIT_MAIN(fixture_test(a_whole_store_has_no_findings),
          fixture_test(each_kind_of_harm_is_found_and_named),
          fixture_test(a_missing_layer_and_a_wrong_size_are_found),
          fixture_test(gc_removes_what_nothing_reaches_and_nothing_else),
          fixture_test(gc_refuses_while_somebody_writes),
          fixture_test(gc_removes_nothing_when_it_cannot_see_what_is_needed),
          fixture_test(a_copy_is_whole_and_made_once), fixture_test(damage_is_not_copied),
          fixture_test(an_archive_is_a_store_and_the_same_each_time),
          fixture_test(a_damaged_archive_names_the_blob))
