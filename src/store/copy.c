/* SPDX-License-Identifier: Apache-2.0 */
#include "store/copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec/tar.h"
#include "store/store_int.h"

/* ---- before a copy ---- */

baton_status bt_store_check_whole(const struct bt_store *from, const struct bt_store_entry *entries,
                                  size_t count, const struct baton_progress *progress,
                                  struct baton_error *err)
{
    struct bt_walk_options strict = {NULL, NULL, progress};
    BT_AUTO_WALK walk = BT_WALK_INIT;
    BT_TRY(bt_walk_entries(from, entries, count, &strict, &walk, err));
    for (size_t i = 0; i < walk.count; i++) {
        BT_AUTO_BLOB_PART part = BT_BLOB_PART_INIT;
        BT_TRY(bt_blob_find_sized(from, &walk.nodes[i].blob, &part, err));
    }
    return BATON_OK;
}

/* ---- into another store ---- */

struct copy {
    const struct bt_store *from;
    const struct bt_store_session *to;
    const struct baton_progress *progress;
    uint64_t bytes_total;
    uint64_t bytes_done;
    struct bt_copy_counts counts;
};

static void free_writer(struct bt_blob_writer **writer)
{
    bt_blob_writer_free(*writer);
}

static baton_status copy_bytes(struct copy *copy, const struct bt_blob_part *source,
                               const struct bt_blob_id *id, struct bt_blob_writer *writer,
                               struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&id->digest, text);
    for (uint64_t done = 0; done < id->bytes;) {
        uint8_t *room = NULL;
        size_t len = 0;
        BT_TRY(bt_progress_check(copy->progress, text, err));
        BT_TRY(bt_blob_writer_room(writer, &room, &len, err));
        BT_TRY(bt_fs_read_part(&source->part, text, done, room, &len, err));
        bt_blob_writer_used(writer, len);
        done += len;
        bt_progress_report(copy->progress, copy->bytes_done + done, copy->bytes_total, text);
    }
    return BATON_OK;
}

/* The hash is taken of what is written, so it speaks for both ends; a mismatch is the source's. */
static baton_status copy_blob(struct copy *copy, const struct bt_blob_id *id,
                              struct baton_error *err)
{
    BT_AUTO_BLOB_PART source = BT_BLOB_PART_INIT;
    BT_CLEANUP(free_writer) struct bt_blob_writer *writer = NULL;
    struct bt_blob_id made;
    BT_TRY(bt_blob_find_sized(copy->from, id, &source, err));
    BT_TRY(bt_blob_writer_new(copy->to, id->bytes, &writer, err));
    BT_TRY(copy_bytes(copy, &source, id, writer, err));
    if (bt_blob_writer_finish(writer, id, &made, err) != BATON_OK)
        return bt_error_prepend(err, "copying from store %s", copy->from->path);
    copy->counts.blobs_copied++;
    copy->counts.bytes_copied += id->bytes;
    return BATON_OK;
}

static baton_status copy_node(struct copy *copy, const struct bt_walk_node *node,
                              struct baton_error *err)
{
    baton_status there = bt_blob_check(copy->to->store, &node->blob, NULL, NULL);
    if (there == BATON_OK)
        copy->counts.blobs_present++;
    else
        BT_TRY(copy_blob(copy, &node->blob, err));
    copy->bytes_done += node->blob.bytes;
    return BATON_OK;
}

/* Backwards through the list, leaves before manifests: a manifest is listed before its parts. */
static baton_status copy_nodes(struct copy *copy, const struct bt_walk *walk, bool manifests,
                               struct baton_error *err)
{
    for (size_t i = walk->count; i > 0; i--)
        if (walk->nodes[i - 1].is_manifest == manifests)
            BT_TRY(copy_node(copy, &walk->nodes[i - 1], err));
    return BATON_OK;
}

baton_status bt_store_copy(const struct bt_store *from, const struct bt_store_entry *entry,
                           const struct bt_store_session *to, const struct baton_progress *progress,
                           struct bt_copy_counts *ret_counts, struct baton_error *err)
{
    struct copy copy = {.from = from, .to = to, .progress = progress};
    struct bt_walk_options strict = {NULL, NULL, progress};
    BT_AUTO_WALK walk = BT_WALK_INIT;
    BT_TRY(bt_walk_entries(from, entry, 1, &strict, &walk, err));
    for (size_t i = 0; i < walk.count; i++)
        copy.bytes_total += walk.nodes[i].blob.bytes;
    BT_TRY(copy_nodes(&copy, &walk, false, err));
    BT_TRY(copy_nodes(&copy, &walk, true, err));
    if (ret_counts)
        *ret_counts = copy.counts;
    return BATON_OK;
}

/* ---- into an archive ---- */

#define CHUNK_BYTES ((size_t)256 << 10)

struct export
{
    const struct bt_store *from;
    const struct baton_progress *progress;
    int fd;
    struct bt_tar_writer tar;
    uint8_t *chunk;
    uint64_t bytes_total;
    uint64_t bytes_done;
};

static void release_export(struct export *export)
{
    bt_free(export->chunk);
}

static baton_status write_out(void *user, const void *bytes, size_t len, struct baton_error *err)
{
    const struct export *export = user;
    return bt_fs_write_all(export->fd, "the archive", bytes, len, err);
}

static baton_status export_text(struct export *export, const char *name, struct bt_bytes text,
                                struct baton_error *err)
{
    BT_TRY(bt_tar_begin(&export->tar, name, text.len, err));
    return bt_tar_put(&export->tar, text.ptr, text.len, err);
}

static baton_status export_index(struct export *export, const struct bt_store_entry *entries,
                                 size_t count, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(BT_INDEX_BYTES_MAX);
    struct bt_index index;
    BT_TRY(bt_index_parse(bt_bytes_of(BT_STORE_EMPTY_INDEX), BT_STORE_INDEX, &arena, &index, err));
    index.entries = bt_arena_calloc(&arena, count, sizeof *index.entries);
    if (!index.entries)
        return bt_fail_no_memory(err, "the index");
    for (size_t i = 0; i < count; i++)
        BT_TRY(
            bt_index_make_entry(&entries[i], entries[i].ref_name, &arena, &index.entries[i], err));
    index.count = count;
    BT_TRY(bt_index_format(&index, &arena, &text, err));
    BT_TRY(bt_buf_finish(&text, BT_STORE_INDEX, err));
    return export_text(export, BT_STORE_INDEX, bt_buf_bytes(&text), err);
}

static baton_status export_bytes(struct export *export, const struct bt_blob_part *source,
                                 const char *what, struct bt_sha256 *hash, struct baton_error *err)
{
    for (uint64_t done = 0; done < source->part.bytes;) {
        size_t len = CHUNK_BYTES;
        BT_TRY(bt_progress_check(export->progress, what, err));
        BT_TRY(bt_fs_read_part(&source->part, what, done, export->chunk, &len, err));
        bt_sha256_update(hash, export->chunk, len);
        BT_TRY(bt_tar_put(&export->tar, export->chunk, len, err));
        done += len;
        export->bytes_done += len;
        bt_progress_report(export->progress, export->bytes_done, export->bytes_total, what);
    }
    return BATON_OK;
}

static baton_status export_blob(struct export *export, const struct bt_blob_id *id,
                                struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    char name[BT_BLOB_PATH_MAX];
    struct bt_digest digest;
    BT_AUTO_BLOB_PART source = BT_BLOB_PART_INIT;
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    bt_digest_format(&id->digest, text);
    (void)snprintf(name, sizeof name, BT_STORE_BLOBS "/%s", bt_digest_hex(text));
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(bt_blob_find_sized(export->from, id, &source, err));
    BT_TRY(bt_tar_begin(&export->tar, name, id->bytes, err));
    BT_TRY(export_bytes(export, &source, text, &hash, err));
    BT_TRY(bt_sha256_final(&hash, &digest, err));
    if (!bt_digest_equal(&digest, &id->digest))
        return bt_blob_fail_digest(export->from, &id->digest, &digest, err);
    return BATON_OK;
}

static int compare_nodes(const void *left, const void *right)
{
    const struct bt_walk_node *a = left;
    const struct bt_walk_node *b = right;
    return bt_digest_compare(&a->blob.digest, &b->blob.digest);
}

/* Sorted, so that the bytes depend on what is exported and on nothing else. */
static baton_status export_all(struct export *export, const struct bt_store_entry *entries,
                               size_t count, struct baton_error *err)
{
    struct bt_walk_options strict = {NULL, NULL, export->progress};
    BT_AUTO_WALK walk = BT_WALK_INIT;
    BT_TRY(bt_walk_entries(export->from, entries, count, &strict, &walk, err));
    for (size_t i = 0; i < walk.count; i++)
        export->bytes_total += walk.nodes[i].blob.bytes;
    if (walk.count > 1)
        qsort(walk.nodes, walk.count, sizeof *walk.nodes, compare_nodes);
    BT_TRY(export_text(export, BT_STORE_LAYOUT, bt_bytes_of(BT_STORE_LAYOUT_TEXT), err));
    BT_TRY(export_index(export, entries, count, err));
    for (size_t i = 0; i < walk.count; i++)
        BT_TRY(export_blob(export, &walk.nodes[i].blob, err));
    return bt_tar_finish(&export->tar, err);
}

/* The folder of `path`, opened, and the name in it. */
static baton_status open_parent(const char *path, struct bt_fd *ret, const char **ret_name,
                                struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? bt_arena_strndup(&arena, path, (size_t)(slash - path) + 1) : ".";
    if (!folder)
        return bt_fail_no_memory(err, "a path");
    BT_TRY(bt_fs_open_user(folder, O_RDONLY | O_DIRECTORY, 0, ret, err));
    *ret_name = slash ? slash + 1 : path;
    return BATON_OK;
}

baton_status bt_store_export(const struct bt_store *from, const struct bt_store_entry *entries,
                             size_t count, const char *path, const struct baton_progress *progress,
                             struct baton_error *err)
{
    BT_CLEANUP(release_export)
    struct export export = {.from = from, .progress = progress};
    const char *name = NULL;
    BT_AUTO_FD folder = BT_FD_INIT;
    BT_AUTO_TEMP temp = BT_TEMP_INIT;
    BT_TRY(open_parent(path, &folder, &name, err));
    if (faccessat(folder.fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return bt_fail(err, BATON_ERR_EXISTS, "%s exists already; choose another name", path);
    BT_TRY(bt_temp_create(folder.fd, 0644, &temp, err));
    export.fd = temp.fd.fd;
    export.tar = bt_tar_writer(write_out, &export);
    export.chunk = bt_alloc_aligned(CHUNK_BYTES, 1);
    if (!export.chunk)
        return bt_fail_no_memory(err, "a read buffer");
    if (export_all(&export, entries, count, err) != BATON_OK)
        return bt_error_prepend(err, "writing archive %s", path);
    return bt_temp_publish_new(&temp, name, err);
}
