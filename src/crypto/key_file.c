/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "crypto/secret_buf_int.h"

#define FILE_MAX ((size_t)64 << 10)
#define OTHERS (S_IRWXG | S_IRWXO)

/* ---- reading ---- */

static baton_status check_private(int fd, const char *path, struct baton_error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return bt_fail_os(err, errno, "%s", path);
    if (status.st_mode & OTHERS)
        return bt_fail(err, BATON_ERR_REFUSED,
                       "%s: others may use this key (mode %03o): make it yours alone with chmod "
                       "600, or make a new key if somebody did",
                       path, (unsigned)(status.st_mode & 0777));
    return BATON_OK;
}

/* Straight into memory that is wiped. */
static baton_status read_text(int fd, const char *path, struct bt_buf *text,
                              struct baton_error *err)
{
    struct bt_file_part part = {.fd = fd};
    BT_TRY(bt_fs_regular_size(fd, path, &part.bytes, err));
    if (part.bytes > text->bytes_max)
        return bt_fail(err, BATON_ERR_LIMIT, "%s: %llu bytes: the limit is %zu", path,
                       (unsigned long long)part.bytes, text->bytes_max);
    size_t len = (size_t)part.bytes;
    uint8_t *room = bt_buf_extend(text, len);
    BT_TRY(bt_buf_finish(text, path, err));
    return bt_fs_read_part(&part, path, 0, room, &len, err);
}

baton_status bt_key_file_read(int dir_fd, const char *path, const struct bt_passphrase *passphrase,
                              struct bt_secret_key *ret, struct baton_error *err)
{
    BT_AUTO_FD file = BT_FD_INIT;
    BT_AUTO_SECRET_BUF text = BT_BUF_INIT(FILE_MAX);
    if (dir_fd == AT_FDCWD)
        BT_TRY(bt_fs_open_user(path, O_RDONLY, 0, &file, err));
    else
        BT_TRY(bt_fs_open_beneath(dir_fd, path, O_RDONLY, 0, &file, err));
    BT_TRY(check_private(file.fd, path, err));
    BT_TRY(bt_secret_buf_reserve(&text, err));
    BT_TRY(read_text(file.fd, path, &text, err));
    baton_status status = bt_secret_key_parse(bt_buf_bytes(&text), passphrase, ret, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "%s", path);
    return status;
}

/* ---- writing ---- */

static baton_status write_new(int folder, const char *name, struct bt_bytes text,
                              struct baton_error *err)
{
    BT_AUTO_FD file = BT_FD_INIT;
    BT_TRY(bt_fs_open_beneath(folder, name, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR, &file,
                              err));
    BT_TRY(bt_fs_write_all(file.fd, name, text.ptr, text.len, err));
    return bt_fs_sync(file.fd, name, err);
}

/* Under its name there is all of it or nothing: half a key would be in the way for ever. */
static baton_status write_text(int folder, const char *name, struct bt_bytes text,
                               struct baton_error *err)
{
    char beside[PATH_MAX];
    BT_TRY(bt_fs_name_beside(name, beside, err));
    baton_status status = write_new(folder, beside, text, err);
    if (status == BATON_OK)
        status = bt_fs_rename_new(folder, beside, name, err);
    if (status != BATON_OK) {
        (void)unlinkat(folder, beside, 0);
        return status;
    }
    status = bt_fs_sync(folder, name, err);
    if (status != BATON_OK)
        (void)unlinkat(folder, name, 0);
    return status;
}

static baton_status write_below(int folder, const char *name, const struct bt_secret_key *secret,
                                const struct bt_passphrase *passphrase, struct baton_error *err)
{
    BT_AUTO_SECRET_BUF text = BT_BUF_INIT(FILE_MAX);
    BT_TRY(bt_secret_buf_reserve(&text, err));
    BT_TRY(bt_secret_key_format(secret, passphrase, &text, err));
    return write_text(folder, name, bt_buf_bytes(&text), err);
}

/* The folder of a path that the user typed, made when it is missing. */
static baton_status open_folder(const char *path, const char *name, struct bt_fd *ret,
                                struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const char *folder = name == path ? "." : bt_arena_strndup(&arena, path, (size_t)(name - path));
    if (!folder)
        return bt_fail_no_memory(err, "a path");
    if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "%s", folder);
    return bt_fs_open_user(folder, O_RDONLY | O_DIRECTORY, 0, ret, err);
}

baton_status bt_key_file_write(int dir_fd, const char *path, const struct bt_secret_key *secret,
                               const struct bt_passphrase *passphrase, struct baton_error *err)
{
    BT_AUTO_FD folder = BT_FD_INIT;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (dir_fd != AT_FDCWD)
        return write_below(dir_fd, path, secret, passphrase, err);
    if (!*name)
        return bt_fail(err, BATON_ERR_USAGE, "%s: expected the name of a file", path);
    BT_TRY(open_folder(path, name, &folder, err));
    return write_below(folder.fd, name, secret, passphrase, err);
}
