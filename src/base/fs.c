/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/checked.h"

#define PATH_BYTES_MAX ((size_t)4096)

void bt_fd_release(struct bt_fd *fd)
{
    if (fd->fd >= 0) {
        int saved_errno = errno;
        (void)close(fd->fd);
        errno = saved_errno;
    }
    fd->fd = -1;
}

int bt_fd_steal(struct bt_fd *fd)
{
    int stolen = fd->fd;
    fd->fd = -1;
    return stolen;
}

baton_status bt_fs_open_user(const char *path, int flags, mode_t mode, struct bt_fd *ret,
                             struct baton_error *err)
{
    int fd = open(path, flags | O_CLOEXEC, mode);
    if (fd < 0)
        return bt_fail_os(err, errno, "cannot open %s", path);
    ret->fd = fd;
    return BATON_OK;
}

static bool is_link(int dir_fd, const char *name)
{
    struct stat st;
    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* One step of the walk: open the component of `len` bytes at `name` below `dir_fd`. */
static int open_component(int dir_fd, const char *name, size_t len, int flags, mode_t mode)
{
    char component[256];
    if (len == 0 || len >= sizeof component) {
        errno = len ? ENAMETOOLONG : ENOENT;
        return -1;
    }
    memcpy(component, name, len);
    component[len] = '\0';
    if (strcmp(component, "..") == 0) {
        errno = EXDEV;
        return -1;
    }
    int fd = openat(dir_fd, component, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    /* To O_DIRECTORY a link is "not a directory", to openat2() it is ELOOP: say the latter. */
    if (fd < 0 && errno == ENOTDIR)
        errno = is_link(dir_fd, component) ? ELOOP : ENOTDIR;
    return fd;
}

static int walk_beneath(int dir_fd, const char *path, int flags, mode_t mode)
{
    BT_AUTO_FD here = BT_FD_INIT;
    int at = dir_fd;
    if (*path == '/') {
        errno = EXDEV;
        return -1;
    }
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(path, '/')) {
        int next = open_component(at, path, (size_t)(slash - path), O_PATH | O_DIRECTORY, 0);
        if (next < 0)
            return -1;
        bt_fd_release(&here);
        here.fd = next;
        at = next;
        path = slash + 1;
    }
    return open_component(at, path, strlen(path), flags, mode);
}

static int open_beneath(int dir_fd, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)fd;
    return walk_beneath(dir_fd, path, flags, mode);
}

baton_status bt_fs_open_beneath(int dir_fd, const char *path, int flags, mode_t mode,
                                struct bt_fd *ret, struct baton_error *err)
{
    if (strlen(path) >= PATH_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "path of %zu bytes: the limit is %zu", strlen(path),
                       PATH_BYTES_MAX - 1);
    int fd = open_beneath(dir_fd, path, flags, mode);
    if (fd >= 0) {
        ret->fd = fd;
        return BATON_OK;
    }
    if (errno == EXDEV)
        return bt_fail(err, BATON_ERR_REFUSED, "path \"%s\" leaves its folder", path);
    if (errno == ELOOP)
        return bt_fail(err, BATON_ERR_REFUSED, "path \"%s\" goes through a symbolic link", path);
    return bt_fail_os(err, errno, "cannot open \"%s\"", path);
}

baton_status bt_fs_regular_size(int fd, const char *what, uint64_t *ret_bytes,
                                struct baton_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return bt_fail_os(err, errno, "cannot stat %s", what);
    if (!S_ISREG(st.st_mode))
        return bt_fail(err, BATON_ERR_INVALID, "%s is not a regular file", what);
    *ret_bytes = (uint64_t)st.st_size;
    return BATON_OK;
}

baton_status bt_fs_single_link(int fd, const char *what, struct baton_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return bt_fail_os(err, errno, "cannot stat %s", what);
    if (st.st_nlink != 1)
        return bt_fail(err, BATON_ERR_REFUSED, "%s has %llu names (hard links), expected one", what,
                       (unsigned long long)st.st_nlink);
    return BATON_OK;
}

static const uint8_t empty_map[1];

void bt_map_release(struct bt_map *map)
{
    if (map->ptr && map->ptr != empty_map)
        (void)munmap((void *)(uintptr_t)map->ptr, map->len);
    map->ptr = NULL;
    map->len = 0;
}

baton_status bt_map_fd(int fd, const char *what, uint64_t bytes_max, struct bt_map *ret,
                       struct baton_error *err)
{
    uint64_t bytes = 0;
    BT_TRY(bt_fs_regular_size(fd, what, &bytes, err));
    if (bytes > bytes_max || bytes > SIZE_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%s has %llu bytes: the limit is %llu", what,
                       (unsigned long long)bytes, (unsigned long long)bytes_max);
    if (bytes == 0) {
        *ret = (struct bt_map){empty_map, 0};
        return BATON_OK;
    }
    void *ptr = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (ptr == MAP_FAILED)
        return bt_fail_os(err, errno, "cannot map %s", what);
    *ret = (struct bt_map){ptr, (size_t)bytes};
    return BATON_OK;
}

baton_status bt_map_user_file(const char *path, uint64_t bytes_max, struct bt_map *ret,
                              struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    return bt_map_fd(fd.fd, path, bytes_max, ret, err);
}

struct bt_bytes bt_map_bytes(const struct bt_map *map)
{
    return (struct bt_bytes){map->ptr, map->len};
}

baton_status bt_map_part(const struct bt_file_part *part, const char *what, struct bt_map *ret,
                         struct bt_bytes *ret_bytes, struct baton_error *err)
{
    uint64_t file_bytes = 0;
    BT_TRY(bt_fs_regular_size(part->fd, what, &file_bytes, err));
    if (part->offset > file_bytes || part->bytes > file_bytes - part->offset)
        return bt_fail(err, BATON_ERR_CORRUPT, "%s: the file ends at byte %llu, inside of it", what,
                       (unsigned long long)file_bytes);
    if (part->bytes == 0) {
        *ret = (struct bt_map){empty_map, 0};
        *ret_bytes = (struct bt_bytes){empty_map, 0};
        return BATON_OK;
    }
    uint64_t before = part->offset % (uint64_t)sysconf(_SC_PAGESIZE);
    size_t len;
    if (part->bytes > SIZE_MAX || !bt_add((size_t)part->bytes, (size_t)before, &len))
        return bt_fail(err, BATON_ERR_LIMIT, "%s has %llu bytes: more than this machine can map",
                       what, (unsigned long long)part->bytes);
    void *ptr = mmap(NULL, len, PROT_READ, MAP_PRIVATE, part->fd, (off_t)(part->offset - before));
    if (ptr == MAP_FAILED)
        return bt_fail_os(err, errno, "cannot map %s", what);
    *ret = (struct bt_map){ptr, len};
    *ret_bytes = (struct bt_bytes){(const uint8_t *)ptr + before, (size_t)part->bytes};
    return BATON_OK;
}

baton_status bt_fs_read_part(const struct bt_file_part *part, const char *what, uint64_t at,
                             uint8_t *bytes, size_t *len, struct baton_error *err)
{
    size_t want = *len;
    if (part->bytes - at < want)
        want = (size_t)(part->bytes - at);
    size_t done = 0;
    while (done < want) {
        off_t offset = (off_t)(part->offset + at + done);
        ssize_t got = pread(part->fd, bytes + done, want - done, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return bt_fail_os(err, errno, "cannot read %s", what);
        if (got == 0)
            return bt_fail(err, BATON_ERR_CORRUPT, "%s ends at byte %llu of %llu", what,
                           (unsigned long long)(at + done), (unsigned long long)part->bytes);
        done += (size_t)got;
    }
    *len = want;
    return BATON_OK;
}

baton_status bt_fs_read_all(int fd, const char *what, struct bt_buf *buf, struct baton_error *err)
{
    uint8_t chunk[8192];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return bt_fail_os(err, errno, "cannot read %s", what);
        if (got == 0)
            return bt_buf_finish(buf, what, err);
        bt_buf_put(buf, chunk, (size_t)got);
        if (buf->state != BT_BUF_GOOD)
            return bt_buf_finish(buf, what, err);
    }
}

baton_status bt_fs_write_all(int fd, const char *what, const void *bytes, size_t len,
                             struct baton_error *err)
{
    const uint8_t *at = bytes;
    while (len) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return bt_fail_os(err, errno, "cannot write %s", what);
        at += put;
        len -= (size_t)put;
    }
    return BATON_OK;
}

/* The file beside `to` that becomes it; removed on the way out unless it did. */
struct beside {
    char path[PATH_BYTES_MAX];
    struct bt_fd fd;
    bool made;
};

static void beside_release(struct beside *beside)
{
    bt_fd_release(&beside->fd);
    if (beside->made)
        (void)unlink(beside->path);
}

baton_status bt_fs_name_beside(const char *path, char ret[PATH_MAX], struct baton_error *err)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return bt_fail_os(err, errno, "no random bytes for a temporary name");
    int wanted = snprintf(ret, PATH_MAX, "%s.%016llx.tmp", path, (unsigned long long)random);
    if (wanted < 0 || wanted >= PATH_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "path %.100s... is too long", path);
    return BATON_OK;
}

static baton_status replace_regular(const char *what, const char *to, mode_t mode,
                                    struct bt_bytes bytes, struct baton_error *err)
{
    BT_CLEANUP(beside_release) struct beside beside = {.fd = BT_FD_INIT, .made = false};
    BT_TRY(bt_fs_name_beside(to, beside.path, err));
    beside.fd.fd = open(beside.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (beside.fd.fd < 0)
        return bt_fail_os(err, errno, "cannot write %s", what);
    beside.made = true;
    BT_TRY(bt_fs_write_all(beside.fd.fd, what, bytes.ptr, bytes.len, err));
    if (rename(beside.path, to) != 0)
        return bt_fail_os(err, errno, "cannot write %s", what);
    beside.made = false;
    return BATON_OK;
}

baton_status bt_fs_replace_user(const char *path, struct bt_bytes bytes, struct baton_error *err)
{
    char real[PATH_MAX];
    BT_AUTO_FD fd = BT_FD_INIT;
    struct stat st;
    if (stat(path, &st) != 0)
        return replace_regular(path, path, 0666, bytes, err);
    if (S_ISREG(st.st_mode)) {
        /* A link stays a link: what it leads to is what is replaced. */
        if (!realpath(path, real))
            return bt_fail_os(err, errno, "cannot write %s", path);
        return replace_regular(path, real, st.st_mode & 0777, bytes, err);
    }
    BT_TRY(bt_fs_open_user(path, O_WRONLY, 0, &fd, err));
    return bt_fs_write_all(fd.fd, path, bytes.ptr, bytes.len, err);
}

baton_status bt_fs_replace_beneath(int dir_fd, const char *name, mode_t mode, struct bt_bytes bytes,
                                   struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    char beside[NAME_MAX + 1];
    int wanted = snprintf(beside, sizeof beside, "%s.new", name);
    if (wanted < 0 || (size_t)wanted >= sizeof beside)
        return bt_fail(err, BATON_ERR_LIMIT, "the name %.100s... is too long", name);
    int flags = O_WRONLY | O_CREAT | O_TRUNC;
    BT_TRY(bt_fs_open_beneath(dir_fd, beside, flags, mode, &fd, err));
    BT_TRY(bt_fs_write_all(fd.fd, name, bytes.ptr, bytes.len, err));
    BT_TRY(bt_fs_sync(fd.fd, name, err));
    if (renameat(dir_fd, beside, dir_fd, name) != 0)
        return bt_fail_os(err, errno, "cannot replace %s", name);
    return bt_fs_sync(dir_fd, "the folder", err);
}

baton_status bt_fs_lock(int fd, const char *what, struct baton_error *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    while (fcntl(fd, F_OFD_SETLKW, &lock) != 0)
        if (errno != EINTR)
            return bt_fail_os(err, errno, "cannot lock %s", what);
    return BATON_OK;
}

baton_status bt_fs_sync(int fd, const char *what, struct baton_error *err)
{
    /* Never retried: after a failed fsync the kernel may have dropped the pages (errors are
     * reported once), so a second call that succeeds would prove nothing. */
    if (fsync(fd) != 0)
        return bt_fail_os(err, errno, "cannot make %s durable", what);
    return BATON_OK;
}

baton_status bt_fs_rename_new(int dir_fd, const char *from, const char *to, struct baton_error *err)
{
    if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
        return BATON_OK;
    /* Network file systems know only the older way to the same promise. */
    bool unknown = errno == EINVAL || errno == ENOSYS;
    if (unknown && linkat(dir_fd, from, dir_fd, to, 0) == 0) {
        (void)unlinkat(dir_fd, from, 0);
        return BATON_OK;
    }
    if (errno == EEXIST)
        return bt_fail(err, BATON_ERR_EXISTS, "%s exists already", to);
    return bt_fail_os(err, errno, "cannot rename to %s", to);
}

void bt_dir_release(struct bt_dir *dir)
{
    if (dir->stream)
        (void)closedir(dir->stream);
    dir->stream = NULL;
}

baton_status bt_dir_open(int dir_fd, const char *path, struct bt_dir *ret, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(bt_fs_open_beneath(dir_fd, path, O_RDONLY | O_DIRECTORY, 0, &fd, err));
    DIR *stream = fdopendir(fd.fd);
    if (!stream)
        return bt_fail_os(err, errno, "cannot list \"%s\"", path);
    (void)bt_fd_steal(&fd);
    ret->stream = stream;
    return BATON_OK;
}

baton_status bt_dir_next(struct bt_dir *dir, const char **ret_name, struct baton_error *err)
{
    const struct dirent *item;
    do {
        errno = 0;
        item = readdir(dir->stream);
    } while (item && (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0));
    if (!item && errno)
        return bt_fail_os(err, errno, "cannot list a folder");
    *ret_name = item ? item->d_name : NULL;
    return BATON_OK;
}
