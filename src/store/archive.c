/* SPDX-License-Identifier: Apache-2.0 */
#include "store/archive_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "codec/tar.h"
#include "store/store_int.h"

#define BLOBS_PREFIX BT_STORE_BLOBS "/"

void bt_archive_release(struct bt_archive *archive)
{
    bt_fd_release(&archive->fd);
    bt_free(archive->blobs);
    archive->blobs = NULL;
    archive->count = 0;
}

/* ---- a file as the source of a tar reader ---- */

struct source {
    struct bt_file_part file;
    const char *path;
    uint64_t at;
};

static baton_status source_read(void *user, void *bytes, size_t len, size_t *ret_len,
                                struct baton_error *err)
{
    struct source *source = user;
    BT_TRY(bt_fs_read_part(&source->file, source->path, source->at, bytes, &len, err));
    source->at += len;
    *ret_len = len;
    return BATON_OK;
}

static baton_status source_skip(void *user, uint64_t len, struct baton_error *err)
{
    struct source *source = user;
    if (len > source->file.bytes - source->at)
        return bt_fail(err, BATON_ERR_INVALID, "%s: the archive is truncated", source->path);
    source->at += len;
    return BATON_OK;
}

/* ---- reading the list of members ---- */

struct listing {
    struct bt_archive archive;
    size_t capacity;
    bool has_layout;
    bool has_index;
};

static void release_listing(struct listing *listing)
{
    bt_archive_release(&listing->archive);
}

static baton_status add_blob(struct listing *listing, const struct bt_digest *digest,
                             const struct bt_file_part *part, struct baton_error *err)
{
    struct bt_archive *archive = &listing->archive;
    if (archive->count == listing->capacity) {
        size_t capacity = listing->capacity ? listing->capacity * 2 : 16;
        struct bt_archive_blob *blobs = bt_realloc(archive->blobs, capacity, sizeof *blobs);
        if (!blobs)
            return bt_fail_no_memory(err, "the members of an archive");
        archive->blobs = blobs;
        listing->capacity = capacity;
    }
    archive->blobs[archive->count++] = (struct bt_archive_blob){*digest, part->offset, part->bytes};
    return BATON_OK;
}

/* Other files in the archive are somebody else's and stay unread. */
static baton_status add_member(struct listing *listing, const char *name,
                               const struct bt_file_part *part, struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_digest digest;
    if (strcmp(name, BT_STORE_LAYOUT) == 0)
        listing->has_layout = true;
    if (strcmp(name, BT_STORE_INDEX) == 0) {
        listing->archive.index = *part;
        listing->has_index = true;
    }
    if (strncmp(name, BLOBS_PREFIX, strlen(BLOBS_PREFIX)) != 0)
        return BATON_OK;
    int len = snprintf(text, sizeof text, "sha256:%s", name + strlen(BLOBS_PREFIX));
    if (len < 0 || (size_t)len >= sizeof text || !bt_digest_parse(bt_bytes_of(text), &digest))
        return BATON_OK;
    return add_blob(listing, &digest, part, err);
}

static int compare_blobs(const void *left, const void *right)
{
    const struct bt_archive_blob *a = left;
    const struct bt_archive_blob *b = right;
    return bt_digest_compare(&a->digest, &b->digest);
}

static baton_status list_members(struct source *source, struct listing *listing,
                                 struct baton_error *err)
{
    BT_AUTO_TAR_READER reader = bt_tar_reader(source_read, source, source->path, NULL);
    reader.skip = source_skip;
    for (;;) {
        struct bt_tar_entry entry;
        bool more = false;
        BT_TRY(bt_tar_next(&reader, &entry, &more, err));
        if (!more)
            return BATON_OK;
        struct bt_file_part part = {source->file.fd, reader.offset, entry.size};
        if (!entry.is_folder)
            BT_TRY(add_member(listing, entry.name, &part, err));
    }
}

baton_status bt_archive_read(struct bt_fd *fd, const char *path, struct bt_archive *ret,
                             struct baton_error *err)
{
    BT_CLEANUP(release_listing) struct listing listing = {.archive = BT_ARCHIVE_INIT};
    struct source source = {.file = {.fd = fd->fd}, .path = path};
    listing.archive.fd.fd = bt_fd_steal(fd);
    BT_TRY(bt_fs_regular_size(source.file.fd, path, &source.file.bytes, err));
    BT_TRY(list_members(&source, &listing, err));
    if (!listing.has_layout || !listing.has_index)
        return bt_fail(err, BATON_ERR_INVALID, "%s has no %s: it is no archive of an OCI layout",
                       path, listing.has_layout ? BT_STORE_INDEX : BT_STORE_LAYOUT);
    struct bt_archive *archive = &listing.archive;
    if (archive->count)
        qsort(archive->blobs, archive->count, sizeof *archive->blobs, compare_blobs);
    *ret = *archive;
    *archive = (struct bt_archive)BT_ARCHIVE_INIT;
    return BATON_OK;
}

static int compare_key(const void *key, const void *item)
{
    const struct bt_archive_blob *blob = item;
    return bt_digest_compare(key, &blob->digest);
}

baton_status bt_archive_find(const struct bt_archive *archive, const struct bt_digest *digest,
                             struct bt_file_part *ret, struct baton_error *err)
{
    const struct bt_archive_blob *blob =
        archive->count
            ? bsearch(digest, archive->blobs, archive->count, sizeof *archive->blobs, compare_key)
            : NULL;
    if (!blob)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "no such member");
    *ret = (struct bt_file_part){archive->fd.fd, blob->offset, blob->bytes};
    return BATON_OK;
}
