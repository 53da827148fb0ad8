/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "codec/text/base64.h"

#define PATH_BYTES_MAX (sizeof BT_ASIDE_FOLDER + 2 * BT_SALT_BYTES + 1)
#define LEN_BYTES 8

/* "aside/<64 digits>" */
static void path_of(const uint8_t salt[BT_SALT_BYTES], struct bt_buf *ret)
{
    bt_buf_put_str(ret, BT_ASIDE_FOLDER "/");
    bt_hex_format((struct bt_bytes){salt, BT_SALT_BYTES}, ret);
}

/* ---- putting ---- */

static baton_status write_file(int dir_fd, const uint8_t *salt, struct bt_bytes bytes,
                               struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_FD folder = BT_FD_INIT;
    BT_AUTO_BUF path = BT_BUF_INIT(PATH_BYTES_MAX);
    path_of(salt, &path);
    if (mkdirat(dir_fd, BT_ASIDE_FOLDER, 0700) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make the folder " BT_ASIDE_FOLDER);
    BT_TRY(bt_fs_open_beneath(dir_fd, BT_ASIDE_FOLDER, O_RDONLY | O_DIRECTORY, 0, &folder, err));
    BT_TRY(
        bt_fs_open_beneath(dir_fd, bt_buf_str(&path), O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, err));
    BT_TRY(bt_fs_write_all(fd.fd, bt_buf_str(&path), bytes.ptr, bytes.len, err));
    BT_TRY(bt_fs_sync(fd.fd, bt_buf_str(&path), err));
    return bt_fs_sync(folder.fd, BT_ASIDE_FOLDER, err);
}

baton_status bt_aside_put(int dir_fd, struct bt_fields *fields, const char *kind, const char *name,
                          struct bt_bytes bytes, struct baton_error *err)
{
    const uint8_t *salt = NULL;
    struct bt_digest digest;
    uint8_t salted[BT_SALT_BYTES];
    BT_TRY(bt_sha256_bytes(bytes, &digest, err));
    bt_field_begin(fields, kind, name);
    for (unsigned i = 0; i < LEN_BYTES; i++)
        bt_buf_put_byte(fields->out, (uint8_t)((uint64_t)bytes.len >> (8 * i)));
    bt_buf_put(fields->out, digest.bytes, sizeof digest.bytes);
    bt_field_set_aside(fields, &salt);
    if (!salt)
        return bt_fail(err, BATON_ERR_LIMIT, "there is no room for a field of the decision");
    memcpy(salted, salt, sizeof salted);
    bt_field_end(fields);
    return write_file(dir_fd, salted, bytes, err);
}

/* ---- reading ---- */

static baton_status missing(const struct bt_field *field, const char *why, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CANNOT_TELL, "%.*s %s", (int)field->name.len,
                   (const char *)field->name.ptr, why);
}

static baton_status check(const struct bt_field *field, const struct bt_buf *file,
                          struct baton_error *err)
{
    struct bt_digest digest;
    uint64_t len = 0;
    if (field->bytes.len != BT_ASIDE_DESCRIPTION_BYTES)
        return bt_fail(err, BATON_ERR_CORRUPT, "a field that lies aside is described wrongly");
    for (unsigned i = 0; i < LEN_BYTES; i++)
        len |= (uint64_t)field->bytes.ptr[i] << (8 * i);
    BT_TRY(bt_sha256_bytes(bt_buf_bytes(file), &digest, err));
    if (file->len != len ||
        memcmp(digest.bytes, field->bytes.ptr + LEN_BYTES, sizeof digest.bytes) != 0)
        return bt_fail(err, BATON_ERR_CORRUPT, "%.*s, which lies aside, is not what was logged",
                       (int)field->name.len, (const char *)field->name.ptr);
    return BATON_OK;
}

baton_status bt_field_bytes(int dir_fd, const struct bt_field *field, struct bt_buf *file,
                            struct bt_bytes *ret, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_BUF path = BT_BUF_INIT(PATH_BYTES_MAX);
    *ret = field->bytes;
    if (field->state == BT_FIELD_ERASED)
        return missing(field, "is erased", err);
    if (field->state == BT_FIELD_THERE)
        return BATON_OK;
    path_of(field->salt.ptr, &path);
    bt_buf_clear(file);
    file->bytes_max = BT_ASIDE_BYTES_MAX;
    baton_status status = bt_fs_open_beneath(dir_fd, bt_buf_str(&path), O_RDONLY, 0, &fd, err);
    if (status == BATON_ERR_NOT_FOUND)
        return missing(field, "lay aside, and its file is missing", err);
    if (status != BATON_OK)
        return status;
    BT_TRY(bt_fs_read_all(fd.fd, bt_buf_str(&path), file, err));
    BT_TRY(check(field, file, err));
    *ret = bt_buf_bytes(file);
    return BATON_OK;
}

baton_status bt_aside_remove(int dir_fd, const struct bt_field *field, struct baton_error *err)
{
    BT_AUTO_BUF path = BT_BUF_INIT(PATH_BYTES_MAX);
    if (field->state != BT_FIELD_ASIDE)
        return BATON_OK;
    path_of(field->salt.ptr, &path);
    if (unlinkat(dir_fd, bt_buf_str(&path), 0) != 0 && errno != ENOENT)
        return bt_fail_os(err, errno, "cannot remove %s", bt_buf_str(&path));
    return BATON_OK;
}
