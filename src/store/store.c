/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_int.h"

#define LAYOUT_BYTES_MAX ((size_t)4096)

/* ---- making one ---- */

static baton_status make_folder(int dir_fd, const char *path, struct baton_error *err)
{
    if (mkdirat(dir_fd, path, 0755) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make folder %s", path);
    return BATON_OK;
}

/* What a folder may hold that becomes a store: what an init that was cut off leaves behind. */
static bool belongs_to_a_store(const char *name)
{
    return strcmp(name, BT_STORE_LAYOUT) == 0 || strcmp(name, BT_STORE_INDEX) == 0 ||
           strcmp(name, "blobs") == 0 ||
           strncmp(name, BT_STORE_TEMP_PREFIX, strlen(BT_STORE_TEMP_PREFIX)) == 0;
}

static baton_status refuse_other_files(const struct bt_store *store, struct baton_error *err)
{
    BT_AUTO_DIR dir = BT_DIR_INIT;
    BT_TRY(bt_dir_open(store->root.fd, ".", &dir, err));
    for (;;) {
        const char *name = NULL;
        BT_TRY(bt_dir_next(&dir, &name, err));
        if (!name)
            return BATON_OK;
        if (!belongs_to_a_store(name))
            return bt_fail(err, BATON_ERR_EXISTS,
                           "%s holds \"%s\", which is no part of a store; choose an empty folder",
                           store->path, name);
    }
}

static baton_status fill_folder(const struct bt_store *store, struct baton_error *err)
{
    int root = store->root.fd;
    BT_AUTO_FD blobs = BT_FD_INIT;
    BT_TRY(make_folder(root, "blobs", err));
    BT_TRY(make_folder(root, BT_STORE_BLOBS, err));
    BT_TRY(bt_fs_open_beneath(root, "blobs", O_RDONLY | O_DIRECTORY, 0, &blobs, err));
    BT_TRY(bt_fs_sync(blobs.fd, "blobs", err));
    if (faccessat(root, BT_STORE_INDEX, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        BT_TRY(bt_temp_replace(root, BT_STORE_INDEX, bt_bytes_of(BT_STORE_EMPTY_INDEX), err));
    return BATON_OK;
}

/* `oci-layout` is made first, empty, because it carries the locks, and filled last, because its
 * content says that the rest is there. Two inits at once do one after the other; one that is cut
 * off is finished by the next. */
static baton_status init_locked(const struct bt_store *store, struct baton_error *err)
{
    BT_AUTO_FD lock = BT_FD_INIT;
    BT_AUTO_FD layout = BT_FD_INIT;
    uint64_t bytes = 0;
    BT_TRY(
        bt_fs_open_beneath(store->root.fd, BT_STORE_LAYOUT, O_RDWR | O_CREAT, 0644, &layout, err));
    BT_TRY(bt_store_lock(store, BT_LOCK_INDEX, NULL, &lock, err));
    BT_TRY(bt_fs_regular_size(layout.fd, BT_STORE_LAYOUT, &bytes, err));
    if (bytes > 0)
        return BATON_OK;
    BT_TRY(fill_folder(store, err));
    BT_TRY(bt_fs_write_all(layout.fd, BT_STORE_LAYOUT, BT_STORE_LAYOUT_TEXT,
                           strlen(BT_STORE_LAYOUT_TEXT), err));
    BT_TRY(bt_fs_sync(layout.fd, BT_STORE_LAYOUT, err));
    return bt_fs_sync(store->root.fd, store->path, err);
}

static baton_status sync_parent(const struct bt_store *store, struct baton_error *err)
{
    BT_AUTO_FD parent = BT_FD_INIT;
    int fd = openat(store->root.fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return bt_fail_os(err, errno, "cannot open the folder above %s", store->path);
    parent.fd = fd;
    return bt_fs_sync(parent.fd, "the folder above the store", err);
}

static void close_store(struct bt_store **store)
{
    bt_store_close(*store);
}

static baton_status new_store(const char *path, struct bt_store **ret, struct baton_error *err)
{
    struct bt_store *store = bt_calloc(1, sizeof *store);
    char *copy = bt_strdup(path);
    if (!store || !copy) {
        bt_free(store);
        bt_free(copy);
        return bt_fail_no_memory(err, "a store");
    }
    store->path = copy;
    store->root = (struct bt_fd)BT_FD_INIT;
    store->archive = (struct bt_archive)BT_ARCHIVE_INIT;
    *ret = store;
    return BATON_OK;
}

baton_status bt_store_init(const char *path, struct baton_error *err)
{
    BT_CLEANUP(close_store) struct bt_store *store = NULL;
    struct bt_store *opened = NULL;
    BT_TRY(make_folder(AT_FDCWD, path, err));
    BT_TRY(new_store(path, &store, err));
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_DIRECTORY, 0, &store->root, err));
    if (faccessat(store->root.fd, BT_STORE_LAYOUT, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        BT_TRY(refuse_other_files(store, err));
    BT_TRY(init_locked(store, err));
    BT_TRY(sync_parent(store, err));
    BT_TRY(bt_store_open(path, &opened, err));
    bt_store_close(opened);
    return BATON_OK;
}

/* ---- finding one ---- */

baton_status bt_store_find(const char *from, struct bt_arena *arena, const char **ret_path,
                           struct baton_error *err)
{
    char here[PATH_MAX];
    if (!realpath(from, here))
        return bt_fail_os(err, errno, "cannot look for a store from %s", from);
    for (;;) {
        const char *slash = strcmp(here, "/") == 0 ? "" : "/";
        char *path = bt_arena_printf(arena, "%s%s" BT_STORE_FOLDER, here, slash);
        if (!path)
            return bt_fail_no_memory(err, "a path");
        if (faccessat(AT_FDCWD, path, F_OK, 0) == 0) {
            *ret_path = path;
            return BATON_OK;
        }
        char *last = strrchr(here, '/');
        if (last == here && here[1] == '\0')
            return bt_fail(err, BATON_ERR_NOT_FOUND,
                           "no store: there is no " BT_STORE_FOLDER
                           " in %s or above; make one with `baton init`, or name one with --store",
                           from);
        last[last == here ? 1 : 0] = '\0';
    }
}

/* ---- opening one ---- */

static baton_status read_layout(const struct bt_store *store, struct baton_error *err)
{
    static const struct bt_json_limits limits = {
        .depth_max = 4, .bytes_max = LAYOUT_BYTES_MAX, .values_max = 64};
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(LAYOUT_BYTES_MAX);
    BT_AUTO_FD fd = BT_FD_INIT;
    const struct bt_json *root = NULL;
    const char *version = NULL;
    BT_TRY(bt_fs_open_beneath(store->root.fd, BT_STORE_LAYOUT, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    BT_TRY(bt_fs_read_all(fd.fd, BT_STORE_LAYOUT, &text, err));
    if (text.len == 0)
        return bt_fail(err, BATON_ERR_NOT_FOUND,
                       BT_STORE_LAYOUT " is empty: an init was cut off; run it again");
    BT_TRY(bt_json_parse(bt_buf_bytes(&text), BT_STORE_LAYOUT, &limits, &arena, &root, err));
    BT_TRY(bt_json_need_str(root, "imageLayoutVersion", &arena, &version, err));
    if (strcmp(version, "1.0.0") != 0)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       BT_STORE_LAYOUT " has version \"%s\": only 1.0.0 is known", version);
    return BATON_OK;
}

static baton_status open_folder(struct bt_store *store, struct baton_error *err)
{
    baton_status status = read_layout(store, err);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_error_prepend(err, "%s is not a store; `baton init` makes one", store->path);
    return status == BATON_OK ? BATON_OK : bt_error_prepend(err, "store %s", store->path);
}

baton_status bt_store_open(const char *path, struct bt_store **ret, struct baton_error *err)
{
    BT_CLEANUP(close_store) struct bt_store *store = NULL;
    BT_AUTO_FD fd = BT_FD_INIT;
    struct stat st;
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    BT_TRY(new_store(path, &store, err));
    if (fstat(fd.fd, &st) != 0)
        return bt_fail_os(err, errno, "cannot stat %s", path);
    if (S_ISDIR(st.st_mode)) {
        store->root.fd = bt_fd_steal(&fd);
        BT_TRY(open_folder(store, err));
    } else {
        BT_TRY(bt_archive_read(&fd, path, &store->archive, err));
    }
    *ret = store;
    store = NULL;
    return BATON_OK;
}

void bt_store_close(struct bt_store *store)
{
    if (!store)
        return;
    bt_fd_release(&store->root);
    bt_archive_release(&store->archive);
    bt_free(store->path);
    bt_free(store);
}

int bt_store_folder(const struct bt_store *store)
{
    return store->root.fd;
}

const char *bt_store_path(const struct bt_store *store)
{
    return store->path;
}

baton_status bt_store_need_folder(const struct bt_store *store, struct baton_error *err)
{
    if (store->root.fd >= 0)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "%s is an archive, which is only read; make a new one with `baton push`",
                   store->path);
}
