/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_FS_H
#define BT_BASE_FS_H
/*
 * Files. Two kinds of path, and never a third:
 *   - a path the user typed: bt_fs_open_user(); links are followed, it is the user's own machine;
 *   - a path that came from data (a model, an archive, an index): bt_fs_open_beneath(); it stays
 *     below the given folder, passes no link of any kind and no "..".
 *
 * Nobody looks at a path twice: open, then ask the descriptor. What is hashed is the descriptor or
 * the mapping that is used afterwards.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

struct bt_fd {
    int fd;
};

#define BT_FD_INIT                                                                                 \
    {                                                                                              \
        -1                                                                                         \
    }
#define BT_AUTO_FD BT_CLEANUP(bt_fd_release) struct bt_fd

/* Close, keeping errno. */
void bt_fd_release(struct bt_fd *fd);
/* Hand the descriptor to the caller, who must close it. */
int bt_fd_steal(struct bt_fd *fd);

/* `flags` as for open(2); O_CLOEXEC is added. */
BT_CHECK baton_status bt_fs_open_user(const char *path, int flags, mode_t mode, struct bt_fd *ret,
                                      struct baton_error *err);
/* openat2 with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS; where the kernel or
 * an emulator lacks it, a walk with O_NOFOLLOW, component by component. */
BT_CHECK baton_status bt_fs_open_beneath(int dir_fd, const char *path, int flags, mode_t mode,
                                         struct bt_fd *ret, struct baton_error *err);
/* Size of a regular file; anything else is refused. `what` names it in the message. */
BT_CHECK baton_status bt_fs_regular_size(int fd, const char *what, uint64_t *ret_bytes,
                                         struct baton_error *err);
/* Refuses a file that has a second name: a hard link would let a folder lend out somebody else's
 * file. */
BT_CHECK baton_status bt_fs_single_link(int fd, const char *what, struct baton_error *err);

/* A read-only private mapping of a regular file. Empty files give a non-NULL pointer. */
struct bt_map {
    const uint8_t *ptr;
    size_t len;
};

#define BT_MAP_INIT                                                                                \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define BT_AUTO_MAP BT_CLEANUP(bt_map_release) struct bt_map

void bt_map_release(struct bt_map *map);
BT_CHECK baton_status bt_map_fd(int fd, const char *what, uint64_t bytes_max, struct bt_map *ret,
                                struct baton_error *err);
BT_CHECK baton_status bt_map_user_file(const char *path, uint64_t bytes_max, struct bt_map *ret,
                                       struct baton_error *err);
struct bt_bytes bt_map_bytes(const struct bt_map *map);

/* A stretch of an open file: a whole blob, or a member of an archive. */
struct bt_file_part {
    int fd;
    uint64_t offset;
    uint64_t bytes;
};

/* Map the part, which the file must hold. `ret_bytes` is the part itself, `ret` what to release:
 * the mapping starts at a page. */
BT_CHECK baton_status bt_map_part(const struct bt_file_part *part, const char *what,
                                  struct bt_map *ret, struct bt_bytes *ret_bytes,
                                  struct baton_error *err);
/* Up to `len` bytes at `at` within the part; fewer only at its end. A file that ends before the
 * part does is BATON_ERR_CORRUPT. Moves no file position. */
BT_CHECK baton_status bt_fs_read_part(const struct bt_file_part *part, const char *what,
                                      uint64_t at, uint8_t *bytes, size_t *len,
                                      struct baton_error *err);

/* Whole file into `buf` (its bytes_max is the limit). Pipes and /dev/stdin work too. */
BT_CHECK baton_status bt_fs_read_all(int fd, const char *what, struct bt_buf *buf,
                                     struct baton_error *err);
BT_CHECK baton_status bt_fs_write_all(int fd, const char *what, const void *bytes, size_t len,
                                      struct baton_error *err);
/* A name for a file that is to take the place of `path` once it is whole. Nobody else has it, nor
 * will have: what a process that was killed leaves under it is in nobody's way. */
BT_CHECK baton_status bt_fs_name_beside(const char *path, char ret[PATH_MAX],
                                        struct baton_error *err);

/* Give a file of the user's new content, or leave it as it is: written beside it and renamed over
 * it. What is no regular file (a pipe, a device) is written to as it is. */
BT_CHECK baton_status bt_fs_replace_user(const char *path, struct bt_bytes bytes,
                                         struct baton_error *err);
/* The same for the file `name` of a folder that is the program's own, durably when it returns.
 * `mode` counts when it is new. Whoever calls holds a lock: it is written as `name`.new. */
BT_CHECK baton_status bt_fs_replace_beneath(int dir_fd, const char *name, mode_t mode,
                                            struct bt_bytes bytes, struct baton_error *err);
/* Wait for the one lock of a file that is open for writing. It is gone with the descriptor;
 * descriptors exclude each other as processes do. */
BT_CHECK baton_status bt_fs_lock(int fd, const char *what, struct baton_error *err);
/* fsync(2) of a file or a folder: what was written, or renamed in it, survives a power cut. */
BT_CHECK baton_status bt_fs_sync(int fd, const char *what, struct baton_error *err);
/* Rename within `dir_fd`, never over something: BATON_ERR_EXISTS. */
BT_CHECK baton_status bt_fs_rename_new(int dir_fd, const char *from, const char *to,
                                       struct baton_error *err);

/* The names in a folder, without "." and "..", in no order. */
struct bt_dir {
    void *stream;
};

#define BT_DIR_INIT                                                                                \
    {                                                                                              \
        NULL                                                                                       \
    }
#define BT_AUTO_DIR BT_CLEANUP(bt_dir_release) struct bt_dir

void bt_dir_release(struct bt_dir *dir);
/* `path` below `dir_fd`; "." for itself. */
BT_CHECK baton_status bt_dir_open(int dir_fd, const char *path, struct bt_dir *ret,
                                  struct baton_error *err);
/* NULL at the end. The name lives until the next call. */
BT_CHECK baton_status bt_dir_next(struct bt_dir *dir, const char **ret_name,
                                  struct baton_error *err);

#endif
