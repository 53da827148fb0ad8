/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blob.h"

#include <fcntl.h>
#include <stdio.h>

#include "store/store_int.h"

void bt_blob_part_release(struct bt_blob_part *part)
{
    bt_fd_release(&part->owned);
}

static baton_status find_in_folder(const struct bt_store *store, const struct bt_digest *digest,
                                   struct bt_blob_part *ret, struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    char path[BT_BLOB_PATH_MAX];
    uint64_t bytes = 0;
    BT_AUTO_FD fd = BT_FD_INIT;
    bt_digest_format(digest, text);
    (void)snprintf(path, sizeof path, BT_STORE_BLOBS "/%s", bt_digest_hex(text));
    BT_TRY(bt_fs_open_beneath(store->root.fd, path, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    BT_TRY(bt_fs_regular_size(fd.fd, path, &bytes, err));
    ret->owned.fd = bt_fd_steal(&fd);
    ret->part = (struct bt_file_part){ret->owned.fd, 0, bytes};
    return BATON_OK;
}

baton_status bt_blob_find(const struct bt_store *store, const struct bt_digest *digest,
                          struct bt_blob_part *ret, struct baton_error *err)
{
    baton_status status = store->root.fd >= 0
                              ? find_in_folder(store, digest, ret, err)
                              : bt_archive_find(&store->archive, digest, &ret->part, err);
    if (status == BATON_OK)
        return BATON_OK;
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(digest, text);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, BATON_ERR_CANNOT_TELL,
                       "blob %s is missing from store %s; copy it again from a store that has it",
                       text, store->path);
    return bt_error_prepend(err, "blob %s in store %s", text, store->path);
}

baton_status bt_blob_exists(const struct bt_store *store, const struct bt_digest *digest, bool *ret,
                            struct baton_error *err)
{
    BT_AUTO_BLOB_PART found = BT_BLOB_PART_INIT;
    baton_status status = bt_blob_find(store, digest, &found, err);
    *ret = status == BATON_OK;
    return status == BATON_ERR_CANNOT_TELL ? BATON_OK : status;
}

baton_status bt_blob_find_sized(const struct bt_store *store, const struct bt_blob_id *id,
                                struct bt_blob_part *ret, struct baton_error *err)
{
    BT_AUTO_BLOB_PART found = BT_BLOB_PART_INIT;
    BT_TRY(bt_blob_find(store, &id->digest, &found, err));
    if (found.part.bytes != id->bytes) {
        char text[BT_DIGEST_TEXT_MAX];
        bt_digest_format(&id->digest, text);
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "blob %s in store %s: expected %llu bytes, found %llu; copy it again from a "
                       "good store, `baton store fsck` shows what else is damaged",
                       text, store->path, (unsigned long long)id->bytes,
                       (unsigned long long)found.part.bytes);
    }
    *ret = found;
    found.owned.fd = -1;
    return BATON_OK;
}

baton_status bt_blob_fail_digest(const struct bt_store *store, const struct bt_digest *expected,
                                 const struct bt_digest *found, struct baton_error *err)
{
    char want[BT_DIGEST_TEXT_MAX];
    char have[BT_DIGEST_TEXT_MAX];
    bt_digest_format(expected, want);
    bt_digest_format(found, have);
    return bt_fail(err, BATON_ERR_CORRUPT,
                   "blob %s in store %s: its bytes give %s; copy it again from a good store, "
                   "`baton store fsck` shows what else is damaged",
                   want, store->path, have);
}

void bt_blob_release(struct bt_blob *blob)
{
    bt_map_release(&blob->map);
    blob->bytes = (struct bt_bytes){NULL, 0};
}

baton_status bt_blob_open(const struct bt_store *store, const struct bt_blob_id *id,
                          uint64_t bytes_max, struct bt_blob *ret, struct baton_error *err)
{
    BT_AUTO_BLOB_PART found = BT_BLOB_PART_INIT;
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    struct bt_digest digest;
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&id->digest, text);
    if (id->bytes > bytes_max)
        return bt_fail(err, BATON_ERR_LIMIT, "blob %s has %llu bytes: the limit is %llu", text,
                       (unsigned long long)id->bytes, (unsigned long long)bytes_max);
    BT_TRY(bt_blob_find_sized(store, id, &found, err));
    BT_TRY(bt_map_part(&found.part, text, &blob.map, &blob.bytes, err));
    BT_TRY(bt_sha256_bytes(blob.bytes, &digest, err));
    if (!bt_digest_equal(&digest, &id->digest))
        return bt_blob_fail_digest(store, &id->digest, &digest, err);
    blob.id = *id;
    *ret = blob;
    blob.map = (struct bt_map)BT_MAP_INIT;
    return BATON_OK;
}

static baton_status check_part(const struct bt_store *store, const struct bt_blob_part *found,
                               const struct bt_digest *expected,
                               const struct baton_progress *progress, struct baton_error *err)
{
    struct bt_digest digest;
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(expected, text);
    BT_TRY(bt_sha256_part(&found->part, text, progress, &digest, err));
    if (!bt_digest_equal(&digest, expected))
        return bt_blob_fail_digest(store, expected, &digest, err);
    return BATON_OK;
}

baton_status bt_blob_check(const struct bt_store *store, const struct bt_blob_id *id,
                           const struct baton_progress *progress, struct baton_error *err)
{
    BT_AUTO_BLOB_PART found = BT_BLOB_PART_INIT;
    BT_TRY(bt_blob_find_sized(store, id, &found, err));
    return check_part(store, &found, &id->digest, progress, err);
}

/* True when a good blob is there and will still be there after a power cut: another tool may have
 * written it without making it durable. */
static bool is_settled(const struct bt_store *store, int blobs_fd, const struct bt_blob_id *id)
{
    BT_AUTO_BLOB_PART found = BT_BLOB_PART_INIT;
    return bt_blob_find_sized(store, id, &found, NULL) == BATON_OK &&
           check_part(store, &found, &id->digest, NULL, NULL) == BATON_OK &&
           bt_fs_sync(found.owned.fd, "blob", NULL) == BATON_OK &&
           bt_fs_sync(blobs_fd, BT_STORE_BLOBS, NULL) == BATON_OK;
}

baton_status bt_blob_settle(const struct bt_store *store, struct bt_temp *temp,
                            const struct bt_blob_id *id, struct baton_error *err)
{
    BT_AUTO_FD blobs = BT_FD_INIT;
    BT_TRY(
        bt_fs_open_beneath(store->root.fd, BT_STORE_BLOBS, O_RDONLY | O_DIRECTORY, 0, &blobs, err));
    if (is_settled(store, blobs.fd, id)) {
        bt_temp_discard(temp);
        return BATON_OK;
    }
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&id->digest, text);
    return bt_temp_publish(temp, blobs.fd, bt_digest_hex(text), err);
}

baton_status bt_blob_put_bytes(const struct bt_store_session *session, struct bt_bytes bytes,
                               struct bt_blob_id *ret, struct baton_error *err)
{
    BT_AUTO_TEMP temp = BT_TEMP_INIT;
    struct bt_blob_id id = {.bytes = bytes.len};
    BT_TRY(bt_sha256_bytes(bytes, &id.digest, err));
    BT_TRY(bt_temp_create(session->store->root.fd, BT_BLOB_MODE, &temp, err));
    BT_TRY(bt_fs_write_all(temp.fd.fd, "a blob", bytes.ptr, bytes.len, err));
    BT_TRY(bt_blob_settle(session->store, &temp, &id, err));
    *ret = id;
    return BATON_OK;
}
