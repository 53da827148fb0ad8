/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_STORE_BLOB_H
#define BT_STORE_BLOB_H
/*
 * Blobs: bytes under the name of their SHA-256.
 *
 * Reading: a blob is opened, its size compared with the descriptor's, mapped, and the mapping
 * hashed; only a mapping with the right digest is handed out, and it is that very mapping. A blob
 * that fails is BATON_ERR_CORRUPT and the message names it.
 *
 * Writing: bytes go to a temporary file of the store and into the hash in one pass, through a few
 * buffers of fixed size, whatever the length; finishing makes the blob durable and visible at once.
 * A blob that is there already is checked and kept; if what is there is damaged, it is replaced.
 */
#include "store/store.h"

struct bt_blob {
    struct bt_bytes bytes;
    struct bt_blob_id id;
    struct bt_map map; /* what `bytes` points into */
};

#define BT_BLOB_INIT                                                                               \
    {                                                                                              \
        .bytes = {NULL, 0}, .map = BT_MAP_INIT                                                     \
    }
#define BT_AUTO_BLOB BT_CLEANUP(bt_blob_release) struct bt_blob

void bt_blob_release(struct bt_blob *blob);

/* `bytes_max` refuses what the caller could not use, before anything is mapped. */
BT_CHECK baton_status bt_blob_open(const struct bt_store *store, const struct bt_blob_id *id,
                                   uint64_t bytes_max, struct bt_blob *ret,
                                   struct baton_error *err);
/* Whether there is a file of that name; its bytes are not looked at. */
BT_CHECK baton_status bt_blob_exists(const struct bt_store *store, const struct bt_digest *digest,
                                     bool *ret, struct baton_error *err);
/* Where a blob lies, for who hashes its bytes while they stream: only its size is checked yet. */
struct bt_blob_part {
    struct bt_fd owned; /* -1 for a member of an archive */
    struct bt_file_part part;
};

#define BT_BLOB_PART_INIT                                                                          \
    {                                                                                              \
        .owned = BT_FD_INIT                                                                        \
    }
#define BT_AUTO_BLOB_PART BT_CLEANUP(bt_blob_part_release) struct bt_blob_part

void bt_blob_part_release(struct bt_blob_part *part);
BT_CHECK baton_status bt_blob_find_sized(const struct bt_store *store, const struct bt_blob_id *id,
                                         struct bt_blob_part *ret, struct baton_error *err);
/* BATON_ERR_CORRUPT: the bytes of `expected` give `found`. */
baton_status bt_blob_fail_digest(const struct bt_store *store, const struct bt_digest *expected,
                                 const struct bt_digest *found, struct baton_error *err);
/* Hash the blob without keeping it mapped, in constant memory. */
BT_CHECK baton_status bt_blob_check(const struct bt_store *store, const struct bt_blob_id *id,
                                    const struct baton_progress *progress, struct baton_error *err);

BT_CHECK baton_status bt_blob_put_bytes(const struct bt_store_session *session,
                                        struct bt_bytes bytes, struct bt_blob_id *ret,
                                        struct baton_error *err);
/* From the descriptor's position to its end. `what` names the source in messages and reports. */
BT_CHECK baton_status bt_blob_put_fd(const struct bt_store_session *session, int fd,
                                     const char *what, const struct baton_progress *progress,
                                     struct bt_blob_id *ret, struct baton_error *err);

/* ---- piece by piece, for content that is made on the way ---- */
struct bt_blob_writer;

/* `bytes_expected` (0: unknown) reserves the space in advance. */
BT_CHECK baton_status bt_blob_writer_new(const struct bt_store_session *session,
                                         uint64_t bytes_expected, struct bt_blob_writer **ret,
                                         struct baton_error *err);
BT_CHECK baton_status bt_blob_writer_put(struct bt_blob_writer *writer, const void *bytes,
                                         size_t len, struct baton_error *err);
/* Room to write into directly, at least one byte; then say how many bytes were used. */
BT_CHECK baton_status bt_blob_writer_room(struct bt_blob_writer *writer, uint8_t **ret,
                                          size_t *ret_len, struct baton_error *err);
void bt_blob_writer_used(struct bt_blob_writer *writer, size_t len);
/* Durable and visible when this returns BATON_OK. `expected` may be NULL; when given, content with
 * another identity is refused with BATON_ERR_CORRUPT and never becomes visible. */
BT_CHECK baton_status bt_blob_writer_finish(struct bt_blob_writer *writer,
                                            const struct bt_blob_id *expected,
                                            struct bt_blob_id *ret, struct baton_error *err);
/* Also the way to give up: nothing stays behind. */
void bt_blob_writer_free(struct bt_blob_writer *writer);

#endif
