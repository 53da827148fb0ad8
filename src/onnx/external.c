/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/external.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* The list of files is walked for every tensor. */
#define FILES_MAX 1024

baton_status bt_external_folder_open(const char *path, struct bt_external_folder *ret,
                                     struct baton_error *err)
{
    struct bt_external_folder folder = BT_EXTERNAL_FOLDER_INIT;
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_DIRECTORY, 0, &folder.dir, err));
    *ret = folder;
    return BATON_OK;
}

void bt_external_folder_release(struct bt_external_folder *folder)
{
    for (struct bt_external_file *f = folder->files; f; f = f->next)
        bt_map_release(&f->map);
    bt_arena_release(&folder->arena);
    bt_fd_release(&folder->dir);
    *folder = (struct bt_external_folder)BT_EXTERNAL_FOLDER_INIT;
}

/* The kernel refuses what leaves the folder; this refuses, on every kernel alike, whatever is not
 * the one plain way to write a path below it. */
static baton_status check_location(const char *location, struct baton_error *err)
{
    const char *at = location;
    if (*at == '/')
        return bt_fail(err, BATON_ERR_REFUSED, "external data \"%.200s\" is an absolute path",
                       location);
    for (;;) {
        size_t len = strcspn(at, "/");
        if (len == 0 || (len == 1 && *at == '.') || (len == 2 && memcmp(at, "..", 2) == 0))
            return bt_fail(err, BATON_ERR_REFUSED,
                           "external data \"%.200s\" has an empty, \".\" or \"..\" component",
                           location);
        if (!at[len])
            return BATON_OK;
        at += len + 1;
    }
}

static baton_status open_file(struct bt_external_folder *folder, const char *location,
                              struct bt_map *ret, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(check_location(location, err));
    /* O_NONBLOCK: a pipe must be refused below, not waited for. */
    BT_TRY(bt_fs_open_beneath(folder->dir.fd, location, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    BT_TRY(bt_map_fd(fd.fd, location, UINT64_MAX, ret, err));
    baton_status status = bt_fs_single_link(fd.fd, location, err);
    if (status != BATON_OK)
        bt_map_release(ret);
    return status;
}

static baton_status find_file(struct bt_external_folder *folder, const char *location,
                              const struct bt_external_file **ret, struct baton_error *err)
{
    for (const struct bt_external_file *f = folder->files; f; f = f->next)
        if (strcmp(f->location, location) == 0) {
            *ret = f;
            return BATON_OK;
        }
    if (folder->file_count == FILES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d files of external data", FILES_MAX);
    struct bt_external_file *file = bt_arena_calloc(&folder->arena, 1, sizeof *file);
    const char *name = bt_arena_strndup(&folder->arena, location, strlen(location));
    if (!file || !name)
        return bt_fail_no_memory(err, "external data");
    BT_TRY(open_file(folder, location, &file->map, err));
    file->location = name;
    file->next = folder->files;
    folder->files = file;
    folder->file_count++;
    *ret = file;
    return BATON_OK;
}

static baton_status open_in_folder(void *user, const struct bt_external *what, struct bt_bytes *ret,
                                   struct baton_error *err)
{
    const struct bt_external_file *file = NULL;
    BT_TRY(find_file(user, what->location, &file, err));
    if (what->offset > file->map.len || what->length > file->map.len - what->offset)
        return bt_fail(err, BATON_ERR_INVALID,
                       "external data \"%.200s\" has %zu bytes, but %" PRIu64 " at offset %" PRIu64
                       " are asked for",
                       what->location, file->map.len, what->length, what->offset);
    *ret = (struct bt_bytes){file->map.ptr + what->offset, (size_t)what->length};
    return BATON_OK;
}

struct bt_external_source bt_external_folder_source(struct bt_external_folder *folder)
{
    return (struct bt_external_source){.open = open_in_folder, .user = folder};
}
