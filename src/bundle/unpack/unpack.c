/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)1 << 20)

struct unpacking {
    const struct bt_bundle *bundle;
    const char *path; /* of the folder, as the user wrote it */
    struct bt_fd root;
    bool is_made;    /* the folder itself is ours */
    size_t finished; /* parts that have their names */
    uint8_t *chunk;
    uint64_t bytes_total;
    uint64_t bytes_done;
    const struct baton_progress *progress;
};

/* ---- the folder ---- */

static baton_status check_empty(const struct unpacking *u, struct baton_error *err)
{
    BT_AUTO_DIR dir = BT_DIR_INIT;
    const char *name = NULL;
    BT_TRY(bt_dir_open(u->root.fd, ".", &dir, err));
    BT_TRY(bt_dir_next(&dir, &name, err));
    return name ? bt_fail(err, BATON_ERR_EXISTS, "%s is not empty: expected a new or empty folder",
                          u->path)
                : BATON_OK;
}

static baton_status open_folder(struct unpacking *u, struct baton_error *err)
{
    u->is_made = mkdir(u->path, 0777) == 0;
    if (!u->is_made && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make the folder %s", u->path);
    BT_TRY(bt_fs_open_user(u->path, O_RDONLY | O_DIRECTORY, 0, &u->root, err));
    return check_empty(u, err);
}

/* The folder that a part lies in, made where it is missing, and the part's name in it. No step
 * leaves the folder: names come from the bundle, and links may come from elsewhere. */
static baton_status enter_parent(const struct unpacking *u, const char *path, struct bt_fd *ret,
                                 const char **ret_name, struct baton_error *err)
{
    BT_TRY(bt_fs_open_beneath(u->root.fd, ".", O_RDONLY | O_DIRECTORY, 0, ret, err));
    for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        struct bt_fd next = BT_FD_INIT;
        char name[BT_PART_PATH_MAX + 1];
        size_t len = (size_t)(slash - path);
        memcpy(name, path, len);
        name[len] = '\0';
        if (mkdirat(ret->fd, name, 0777) != 0 && errno != EEXIST)
            return bt_fail_os(err, errno, "cannot make the folder %s in %s", name, u->path);
        BT_TRY(bt_fs_open_beneath(ret->fd, name, O_RDONLY | O_DIRECTORY, 0, &next, err));
        bt_fd_release(ret);
        *ret = next;
    }
    *ret_name = path;
    return BATON_OK;
}

/* ---- one part ---- */

static baton_status copy_bytes(struct unpacking *u, const struct bt_part *part, int to_fd,
                               struct baton_error *err)
{
    BT_AUTO_BLOB_PART from = BT_BLOB_PART_INIT;
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_digest found;
    BT_TRY(bt_blob_find_sized(u->bundle->store, &part->blob, &from, err));
    BT_TRY(bt_sha256_init(&hash, err));
    for (uint64_t at = 0; at < part->blob.bytes;) {
        size_t len = CHUNK_BYTES;
        BT_TRY(bt_progress_check(u->progress, part->path, err));
        BT_TRY(bt_fs_read_part(&from.part, part->path, at, u->chunk, &len, err));
        bt_sha256_update(&hash, u->chunk, len);
        BT_TRY(bt_fs_write_all(to_fd, part->path, u->chunk, len, err));
        at += len;
        u->bytes_done += len;
        bt_progress_report(u->progress, u->bytes_done, u->bytes_total, part->path);
    }
    BT_TRY(bt_sha256_final(&hash, &found, err));
    if (!bt_digest_equal(&found, &part->blob.digest))
        return bt_blob_fail_digest(u->bundle->store, &part->blob.digest, &found, err);
    return bt_fs_sync(to_fd, part->path, err);
}

static baton_status unpack_part(struct unpacking *u, const struct bt_part *part,
                                struct baton_error *err)
{
    BT_AUTO_FD parent = BT_FD_INIT;
    BT_AUTO_FD file = BT_FD_INIT;
    const char *name = NULL;
    BT_TRY(bt_part_path_check(part->path, err));
    BT_TRY(enter_parent(u, part->path, &parent, &name, err));
    BT_TRY(bt_fs_open_beneath(parent.fd, BT_UNPACK_TEMPORARY, O_WRONLY | O_CREAT | O_EXCL, 0666,
                              &file, err));
    baton_status status = copy_bytes(u, part, file.fd, err);
    if (status == BATON_OK)
        status = bt_fs_rename_new(parent.fd, BT_UNPACK_TEMPORARY, name, err);
    if (status != BATON_OK) {
        (void)unlinkat(parent.fd, BT_UNPACK_TEMPORARY, 0);
        return status;
    }
    return bt_fs_sync(parent.fd, part->path, err);
}

/* ---- giving up ---- */

/* The folders above a part, the innermost first; one that still holds something stays. */
static void remove_parents(const struct unpacking *u, const char *path)
{
    char folder[BT_PART_PATH_MAX + 1];
    size_t len = strlen(path);
    memcpy(folder, path, len + 1);
    for (char *slash; (slash = strrchr(folder, '/')) != NULL;) {
        *slash = '\0';
        if (unlinkat(u->root.fd, folder, AT_REMOVEDIR) != 0)
            return;
    }
}

static void remove_all(const struct unpacking *u)
{
    const struct bt_part *parts = u->bundle->parts;
    for (size_t i = 0; i < u->finished; i++)
        (void)unlinkat(u->root.fd, parts[i].path, 0);
    for (size_t i = 0; i <= u->finished && i < u->bundle->part_count; i++)
        remove_parents(u, parts[i].path);
    if (u->is_made)
        (void)rmdir(u->path);
}

/* ---- all of it ---- */

static baton_status unpack_all(struct unpacking *u, struct baton_error *err)
{
    BT_TRY(open_folder(u, err));
    for (size_t i = 0; i < u->bundle->part_count; i++)
        u->bytes_total += u->bundle->parts[i].blob.bytes;
    for (; u->finished < u->bundle->part_count; u->finished++)
        BT_TRY(unpack_part(u, &u->bundle->parts[u->finished], err));
    return BATON_OK;
}

baton_status bt_bundle_unpack(const struct bt_bundle *bundle, const char *folder,
                              const struct baton_progress *progress, uint64_t *ret_bytes,
                              struct baton_error *err)
{
    struct unpacking u = {
        .bundle = bundle, .path = folder, .root = BT_FD_INIT, .progress = progress};
    u.chunk = bt_calloc(1, CHUNK_BYTES);
    if (!u.chunk)
        return bt_fail_no_memory(err, "a buffer");
    baton_status status = unpack_all(&u, err);
    if (status != BATON_OK)
        remove_all(&u);
    bt_fd_release(&u.root);
    bt_free(u.chunk);
    if (status == BATON_OK)
        *ret_bytes = u.bytes_done;
    return status;
}
