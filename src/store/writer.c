/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/drain.h"
#include "store/store_int.h"

struct bt_blob_writer {
    const struct bt_store *store;
    struct bt_temp temp;
    struct bt_sha256 hash;
    struct bt_drain drain;
    uint8_t *buffer; /* being filled; NULL: ask for one */
    size_t fill;
    uint64_t bytes; /* in buffers that were pushed */
};

/* Reserving makes a full disk known before the first byte, and keeps the file in one piece. */
static baton_status reserve(int fd, uint64_t bytes, struct baton_error *err)
{
    if (bytes == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) == 0)
        return BATON_OK;
    if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG)
        return BATON_OK;
    return bt_fail_os(err, errno, "no room in the store for a blob of %llu bytes",
                      (unsigned long long)bytes);
}

static baton_status writer_init(struct bt_blob_writer *writer, uint64_t bytes_expected,
                                struct baton_error *err)
{
    BT_TRY(bt_sha256_init(&writer->hash, err));
    BT_TRY(bt_temp_create(writer->store->root.fd, BT_BLOB_MODE, &writer->temp, err));
    BT_TRY(reserve(writer->temp.fd.fd, bytes_expected, err));
    return bt_drain_init(&writer->drain, writer->temp.fd.fd, err);
}

baton_status bt_blob_writer_new(const struct bt_store_session *session, uint64_t bytes_expected,
                                struct bt_blob_writer **ret, struct baton_error *err)
{
    struct bt_blob_writer *writer = bt_calloc(1, sizeof *writer);
    if (!writer)
        return bt_fail_no_memory(err, "a blob writer");
    writer->store = session->store;
    writer->temp = (struct bt_temp)BT_TEMP_INIT;
    baton_status status = writer_init(writer, bytes_expected, err);
    if (status == BATON_OK)
        *ret = writer;
    else
        bt_blob_writer_free(writer);
    return status;
}

void bt_blob_writer_free(struct bt_blob_writer *writer)
{
    if (!writer)
        return;
    bt_drain_release(&writer->drain);
    bt_sha256_release(&writer->hash);
    bt_temp_discard(&writer->temp);
    bt_free(writer);
}

/* Pushed first, hashed second: the drain writes the bytes while we hash them, and the buffer stays
 * ours until the next one is asked for. */
static void push(struct bt_blob_writer *writer)
{
    bt_drain_push(&writer->drain, writer->fill);
    bt_sha256_update(&writer->hash, writer->buffer, writer->fill);
    writer->bytes += writer->fill;
    writer->buffer = NULL;
    writer->fill = 0;
}

baton_status bt_blob_writer_room(struct bt_blob_writer *writer, uint8_t **ret, size_t *ret_len,
                                 struct baton_error *err)
{
    if (!writer->buffer)
        BT_TRY(bt_drain_room(&writer->drain, &writer->buffer, err));
    *ret = writer->buffer + writer->fill;
    *ret_len = BT_DRAIN_BUFFER_BYTES - writer->fill;
    return BATON_OK;
}

void bt_blob_writer_used(struct bt_blob_writer *writer, size_t len)
{
    writer->fill += len;
    if (writer->fill == BT_DRAIN_BUFFER_BYTES)
        push(writer);
}

baton_status bt_blob_writer_put(struct bt_blob_writer *writer, const void *bytes, size_t len,
                                struct baton_error *err)
{
    const uint8_t *from = bytes;
    while (len) {
        uint8_t *room = NULL;
        size_t room_len = 0;
        BT_TRY(bt_blob_writer_room(writer, &room, &room_len, err));
        room_len = bt_min(room_len, len);
        memcpy(room, from, room_len);
        bt_blob_writer_used(writer, room_len);
        from += room_len;
        len -= room_len;
    }
    return BATON_OK;
}

static baton_status check_expected(const struct bt_blob_writer *writer,
                                   const struct bt_blob_id *expected,
                                   const struct bt_blob_id *found, struct baton_error *err)
{
    if (!expected)
        return BATON_OK;
    if (expected->bytes != found->bytes)
        return bt_fail(err, BATON_ERR_CORRUPT, "a blob for store %s: expected %llu bytes, got %llu",
                       writer->store->path, (unsigned long long)expected->bytes,
                       (unsigned long long)found->bytes);
    if (!bt_digest_equal(&expected->digest, &found->digest))
        return bt_blob_fail_digest(writer->store, &expected->digest, &found->digest, err);
    return BATON_OK;
}

baton_status bt_blob_writer_finish(struct bt_blob_writer *writer, const struct bt_blob_id *expected,
                                   struct bt_blob_id *ret, struct baton_error *err)
{
    struct bt_blob_id id;
    if (writer->fill)
        push(writer);
    BT_TRY(bt_drain_finish(&writer->drain, err));
    id.bytes = writer->bytes;
    BT_TRY(bt_sha256_final(&writer->hash, &id.digest, err));
    BT_TRY(check_expected(writer, expected, &id, err));
    BT_TRY(bt_blob_settle(writer->store, &writer->temp, &id, err));
    *ret = id;
    return BATON_OK;
}

static uint64_t bytes_left(int fd)
{
    struct stat st;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < at)
        return 0;
    return (uint64_t)(st.st_size - at);
}

static void free_writer(struct bt_blob_writer **writer)
{
    bt_blob_writer_free(*writer);
}

baton_status bt_blob_put_fd(const struct bt_store_session *session, int fd, const char *what,
                            const struct baton_progress *progress, struct bt_blob_id *ret,
                            struct baton_error *err)
{
    BT_CLEANUP(free_writer) struct bt_blob_writer *writer = NULL;
    uint64_t total = bytes_left(fd);
    BT_TRY(bt_blob_writer_new(session, total, &writer, err));
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    for (uint64_t done = 0;;) {
        uint8_t *room = NULL;
        size_t len = 0;
        BT_TRY(bt_progress_check(progress, what, err));
        BT_TRY(bt_blob_writer_room(writer, &room, &len, err));
        ssize_t got = read(fd, room, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return bt_fail_os(err, errno, "cannot read %s", what);
        if (got == 0)
            return bt_blob_writer_finish(writer, NULL, ret, err);
        bt_blob_writer_used(writer, (size_t)got);
        done += (uint64_t)got;
        bt_progress_report(progress, done, total, what);
    }
}
