/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* Longer than the ring of the writer, and no multiple of its buffers. */
#define LONG_BYTES ((size_t)5 * 1024 * 1024 + 12345)

static uint8_t *make_long(void)
{
    uint8_t *bytes = test_malloc(LONG_BYTES);
    uint32_t x = 1;
    for (size_t i = 0; i < LONG_BYTES; i++) {
        x = x * 1664525U + 1013904223U;
        bytes[i] = (uint8_t)(x >> 24);
    }
    return bytes;
}

static void assert_empty_of_temporaries(const struct fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_findings findings;
    assert_ok(bt_store_fsck(f->store, NULL, &arena, &findings, &err), err);
    for (size_t i = 0; i < findings.count; i++)
        assert_int_not_equal(findings.items[i].kind, BT_FINDING_TEMPORARY);
}

static void a_blob_comes_back_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    const size_t lens[] = {0, 1, 262143, 262144, 262145, 524288, 2097152, 2097153, LONG_BYTES};
    uint8_t *bytes = make_long();
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct bt_blob_id by_bytes;
        struct bt_blob_id by_fd;
        FILE *file = tmpfile();
        assert_int_equal(fwrite(bytes, 1, lens[i], file), lens[i]);
        assert_int_equal(fflush(file), 0);
        assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
        assert_ok(bt_blob_put_fd(&session, fileno(file), "it", NULL, &by_fd, &err), err);
        assert_ok(bt_blob_put_bytes(&session, (struct bt_bytes){bytes, lens[i]}, &by_bytes, &err),
                  err);
        assert_true(bt_digest_equal(&by_fd.digest, &by_bytes.digest));
        assert_int_equal(by_fd.bytes, lens[i]);
        BT_AUTO_BLOB blob = BT_BLOB_INIT;
        assert_ok(bt_blob_open(f->store, &by_fd, UINT64_MAX, &blob, &err), err);
        assert_int_equal(blob.bytes.len, lens[i]);
        assert_memory_equal(blob.bytes.ptr, bytes, lens[i]);
        assert_ok(bt_blob_check(f->store, &by_fd, NULL, &err), err);
        (void)fclose(file);
    }
    assert_empty_of_temporaries(f);
    test_free(bytes);
}

static void a_pipe_is_a_source_too(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    int ends[2];
    struct bt_blob_id id;
    struct bt_blob_id same;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    assert_int_equal(close(ends[1]), 0);
    assert_ok(bt_blob_put_fd(&session, ends[0], "pipe", NULL, &id, &err), err);
    assert_int_equal(close(ends[0]), 0);
    assert_ok(bt_blob_put_bytes(&session, bt_bytes_of("hello"), &same, &err), err);
    assert_true(bt_digest_equal(&id.digest, &same.digest));
}

/* Flip one bit, cut one byte, remove it: named each time; then put again: healed. */
static void damage_is_named_and_putting_again_heals(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_blob_id id;
    char path[256];
    char digest[BT_DIGEST_TEXT_MAX];
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_ok(bt_blob_put_bytes(&session, bt_bytes_of("hello"), &id, &err), err);
    fixture_blob_path(f, &id, path);
    bt_digest_format(&id.digest, digest);

    assert_int_equal(unlink(path), 0);
    fixture_write(path, "hellp");
    assert_int_equal(bt_blob_open(f->store, &id, 100, &blob, &err), BATON_ERR_CORRUPT);
    assert_non_null(strstr(err.text, digest));
    assert_non_null(strstr(err.text, "its bytes give sha256:"));
    assert_int_equal(bt_blob_check(f->store, &id, NULL, &err), BATON_ERR_CORRUPT);
    assert_ok(bt_blob_put_bytes(&session, bt_bytes_of("hello"), &id, &err), err);
    assert_ok(bt_blob_check(f->store, &id, NULL, &err), err);

    assert_int_equal(unlink(path), 0);
    fixture_write(path, "hell");
    assert_int_equal(bt_blob_open(f->store, &id, 100, &blob, &err), BATON_ERR_CORRUPT);
    assert_non_null(strstr(err.text, "expected 5 bytes, found 4"));

    assert_int_equal(unlink(path), 0);
    assert_int_equal(bt_blob_open(f->store, &id, 100, &blob, &err), BATON_ERR_CANNOT_TELL);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(bt_blob_open(f->store, &id, 100, &blob, &err), BATON_ERR_REFUSED);
    assert_int_equal(bt_blob_open(f->store, &id, 4, &blob, &err), BATON_ERR_LIMIT);
    assert_null(blob.map.ptr);
}

static void unexpected_content_never_becomes_visible(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_blob_writer *writer = NULL;
    struct bt_blob_id expected;
    struct bt_blob_id id;
    char path[256];
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_ok(bt_sha256_bytes(bt_bytes_of("hello"), &expected.digest, &err), err);
    expected.bytes = 5;
    assert_ok(bt_blob_writer_new(&session, 5, &writer, &err), err);
    assert_ok(bt_blob_writer_put(writer, "hellp", 5, &err), err);
    assert_int_equal(bt_blob_writer_finish(writer, &expected, &id, &err), BATON_ERR_CORRUPT);
    bt_blob_writer_free(writer);
    fixture_blob_path(f, &expected, path);
    assert_int_equal(access(path, F_OK), -1);
    assert_empty_of_temporaries(f);
}

static void stop_after_a_while(void *user, uint64_t done, uint64_t total, const char *what)
{
    volatile sig_atomic_t *stop = user;
    assert_int_equal(total, LONG_BYTES);
    assert_string_equal(what, "it");
    if (done > 3000000)
        *stop = 1;
}

static void an_interrupted_put_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_blob_id id;
    volatile sig_atomic_t stop = 0;
    struct baton_progress progress = {stop_after_a_while, (void *)(uintptr_t)&stop, &stop};
    uint8_t *bytes = make_long();
    FILE *file = tmpfile();
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    assert_int_equal(fwrite(bytes, 1, LONG_BYTES, file), LONG_BYTES);
    assert_int_equal(fflush(file), 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_int_equal(bt_blob_put_fd(&session, fileno(file), "it", &progress, &id, &err),
                     BATON_ERR_INTERRUPTED);
    assert_empty_of_temporaries(f);
    (void)fclose(file);
    test_free(bytes);
}

/* A limit on file size stands for a disk that is full. */
static void a_full_disk_is_an_error_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_blob_id id;
    struct rlimit before;
    uint8_t *bytes = make_long();
    FILE *file = tmpfile();
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(fwrite(bytes, 1, LONG_BYTES, file), LONG_BYTES);
    assert_int_equal(fflush(file), 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    assert_ok(bt_store_session_begin(f->store, NULL, &session, &err), err);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {1000000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    /* Known length: refused before the first byte. */
    baton_status known = bt_blob_put_fd(&session, fileno(file), "it", NULL, &id, &err);
    struct bt_blob_writer *writer = NULL;
    /* Unknown length: the writing thread meets the end of the room. */
    baton_status made = bt_blob_writer_new(&session, 0, &writer, &err);
    baton_status put = bt_blob_writer_put(writer, bytes, LONG_BYTES, &err);
    baton_status finished = bt_blob_writer_finish(writer, NULL, &id, &err);
    bt_blob_writer_free(writer);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(known, BATON_ERR_IO);
    assert_int_equal(made, BATON_OK);
    assert_true(put == BATON_ERR_IO || put == BATON_OK);
    assert_int_equal(finished, BATON_ERR_IO);
    assert_int_equal(err.os_errno, EFBIG);
    assert_empty_of_temporaries(f);
    (void)fclose(file);
    test_free(bytes);
}

UNIT_MAIN(fixture_test(a_blob_comes_back_byte_for_byte), fixture_test(a_pipe_is_a_source_too),
          fixture_test(damage_is_named_and_putting_again_heals),
          fixture_test(unexpected_content_never_becomes_visible),
          fixture_test(an_interrupted_put_leaves_nothing),
          fixture_test(a_full_disk_is_an_error_and_leaves_nothing))
