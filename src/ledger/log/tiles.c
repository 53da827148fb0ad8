/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "codec/text/number.h"
#include "ledger/log/tiles_int.h"

/* What is being written, before it gets its name. One name is enough: there is one writer at a
 * time, and what a killed one left is overwritten by the next. */
#define TEMPORARY ".new"

/* ---- names ---- */

/* 1234067 is x001/x234/067. */
static void put_index(char *path, uint64_t index)
{
    uint64_t unit = 1;
    while (index / unit >= 1000)
        unit *= 1000;
    size_t len = strlen(path);
    for (; unit >= 1; unit /= 1000)
        len += (size_t)snprintf(path + len, BT_TILE_PATH_MAX - len,
                                unit == 1 ? "%03" PRIu64 : "x%03" PRIu64 "/", index / unit % 1000);
}

void bt_tile_path(const struct bt_tile *tile, char path[BT_TILE_PATH_MAX])
{
    if (tile->kind == BT_TILE_HASHES)
        (void)snprintf(path, BT_TILE_PATH_MAX, "tile/%u/", tile->level);
    else
        (void)snprintf(path, BT_TILE_PATH_MAX, "%s",
                       tile->kind == BT_TILE_ENTRIES ? "tile/entries/" : "content/");
    put_index(path, tile->index);
    size_t len = strlen(path);
    if (tile->kind != BT_TILE_CONTENTS && tile->width < BT_TILE_WIDTH)
        (void)snprintf(path + len, BT_TILE_PATH_MAX - len, ".p/%u", tile->width);
}

struct bt_tile bt_tile_at_edge(enum bt_tile_kind kind, unsigned level, uint64_t size)
{
    uint64_t nodes = size >> (BT_TILE_BITS * level);
    return (struct bt_tile){kind, level, nodes >> BT_TILE_BITS, (unsigned)(nodes % BT_TILE_WIDTH)};
}

/* ---- items with lengths ---- */

bool bt_items_next(struct bt_bytes *rest, unsigned prefix, struct bt_bytes *ret)
{
    if (rest->len < prefix)
        return false;
    uint64_t len = bt_be_load(rest->ptr, prefix);
    if (len > rest->len - prefix)
        return false;
    *ret = (struct bt_bytes){rest->ptr + prefix, (size_t)len};
    rest->ptr += prefix + ret->len;
    rest->len -= prefix + ret->len;
    return true;
}

bool bt_items_measure(struct bt_bytes items, unsigned prefix, size_t count, size_t *ret_bytes)
{
    struct bt_bytes rest = items;
    struct bt_bytes item;
    for (size_t i = 0; i < count; i++)
        if (!bt_items_next(&rest, prefix, &item))
            return false;
    *ret_bytes = items.len - rest.len;
    return true;
}

void bt_items_put(struct bt_buf *out, unsigned prefix, struct bt_bytes item)
{
    uint8_t len[BT_CONTENT_PREFIX];
    bt_be_store(len, prefix, item.len);
    bt_buf_put(out, len, prefix);
    bt_buf_put(out, item.ptr, item.len);
}

/* ---- reading ---- */

baton_status bt_tile_read_file(int ledger_fd, const char *path, struct bt_buf *out,
                               struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    struct bt_file_part part = {.offset = 0};
    bt_buf_clear(out);
    BT_TRY(bt_fs_open_beneath(ledger_fd, path, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    BT_TRY(bt_fs_regular_size(fd.fd, path, &part.bytes, err));
    if (part.bytes > out->bytes_max)
        return bt_fail(err, BATON_ERR_CORRUPT, "%s has %" PRIu64 " bytes: the limit is %zu", path,
                       part.bytes, out->bytes_max);
    size_t len = (size_t)part.bytes;
    part.fd = fd.fd;
    uint8_t *bytes = bt_buf_extend(out, len);
    BT_TRY(bt_buf_finish(out, path, err));
    return bt_fs_read_part(&part, path, 0, bytes, &len, err);
}

/* The bytes of `width` hashes or entries of what was read, which holds `found` of them. */
static baton_status cut(const struct bt_tile *tile, size_t found, const char *path,
                        struct bt_buf *out, struct baton_error *err)
{
    size_t all = found * BT_DIGEST_BYTES;
    size_t wanted = (size_t)tile->width * BT_DIGEST_BYTES;
    bool good = true;
    if (tile->kind == BT_TILE_ENTRIES) {
        struct bt_bytes items = bt_buf_bytes(out);
        good = bt_items_measure(items, BT_LEAF_PREFIX, tile->width, &wanted) &&
               bt_items_measure(items, BT_LEAF_PREFIX, found, &all);
    }
    if (!good || out->len != all)
        return bt_fail(err, BATON_ERR_CORRUPT, "%s does not hold exactly %zu %s", path, found,
                       tile->kind == BT_TILE_ENTRIES ? "entries" : "hashes");
    out->len = wanted;
    return BATON_OK;
}

baton_status bt_tile_read(int ledger_fd, const struct bt_tile *tile, struct bt_buf *out,
                          struct baton_error *err)
{
    char path[BT_TILE_PATH_MAX];
    struct bt_tile full = *tile;
    full.width = BT_TILE_WIDTH;
    bt_tile_path(tile, path);
    size_t found = tile->width;
    baton_status status = bt_tile_read_file(ledger_fd, path, out, err);
    if (status == BATON_ERR_NOT_FOUND && tile->width != BT_TILE_WIDTH) {
        bt_tile_path(&full, path);
        found = BT_TILE_WIDTH;
        status = bt_tile_read_file(ledger_fd, path, out, err);
    }
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, BATON_ERR_CORRUPT, "%s is missing", path);
    if (status != BATON_OK)
        return status;
    return cut(tile, found, path, out, err);
}

/* ---- writing ---- */

static baton_status make_folders(int ledger_fd, const char *path, struct baton_error *err)
{
    char folder[BT_TILE_PATH_MAX];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path);
        memcpy(folder, path, len);
        folder[len] = '\0';
        if (mkdirat(ledger_fd, folder, 0755) != 0 && errno != EEXIST)
            return bt_fail_os(err, errno, "cannot make %s", folder);
    }
    return BATON_OK;
}

/* Open to write, with the folders on the way. */
static baton_status open_new(int ledger_fd, const char *path, int flags, struct bt_fd *ret,
                             struct baton_error *err)
{
    baton_status status = bt_fs_open_beneath(ledger_fd, path, flags | O_CREAT, 0644, ret, err);
    if (status != BATON_ERR_NOT_FOUND)
        return status;
    BT_TRY(make_folders(ledger_fd, path, err));
    return bt_fs_open_beneath(ledger_fd, path, flags | O_CREAT, 0644, ret, err);
}

static baton_status write_temporary(int ledger_fd, const char *path, struct bt_bytes bytes,
                                    struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(open_new(ledger_fd, TEMPORARY, O_WRONLY | O_TRUNC, &fd, err));
    return bt_fs_write_all(fd.fd, path, bytes.ptr, bytes.len, err);
}

baton_status bt_tile_write_file(int ledger_fd, const char *path, struct bt_bytes bytes,
                                struct baton_error *err)
{
    BT_TRY(write_temporary(ledger_fd, path, bytes, err));
    if (renameat(ledger_fd, TEMPORARY, ledger_fd, path) == 0)
        return BATON_OK;
    if (errno != ENOENT)
        return bt_fail_os(err, errno, "cannot write %s", path);
    BT_TRY(make_folders(ledger_fd, path, err));
    if (renameat(ledger_fd, TEMPORARY, ledger_fd, path) != 0)
        return bt_fail_os(err, errno, "cannot write %s", path);
    return BATON_OK;
}

/* A full tile that is not there yet is under no checkpoint, so nobody looks at it while it is
 * written in place; a torn one is there and is replaced. */
baton_status bt_tile_write_full(int ledger_fd, const char *path, struct bt_bytes bytes,
                                struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    baton_status status = open_new(ledger_fd, path, O_WRONLY | O_EXCL, &fd, err);
    if (status == BATON_ERR_EXISTS)
        return bt_tile_write_file(ledger_fd, path, bytes, err);
    if (status != BATON_OK)
        return status;
    return bt_fs_write_all(fd.fd, path, bytes.ptr, bytes.len, err);
}

baton_status bt_tile_open_contents(int ledger_fd, uint64_t index, int flags, struct bt_fd *ret,
                                   struct baton_error *err)
{
    char path[BT_TILE_PATH_MAX];
    struct bt_tile tile = {BT_TILE_CONTENTS, 0, index, BT_TILE_WIDTH};
    bt_tile_path(&tile, path);
    if (flags == O_RDONLY)
        return bt_fs_open_beneath(ledger_fd, path, flags | O_NONBLOCK, 0, ret, err);
    return open_new(ledger_fd, path, flags, ret, err);
}

/* Neither a reader nor the next writer needs what is dropped here, so what cannot be removed just
 * stays. */
void bt_tile_drop_partials(int ledger_fd, const struct bt_tile *full, const unsigned keep[2])
{
    char path[BT_TILE_PATH_MAX];
    BT_AUTO_DIR dir = BT_DIR_INIT;
    struct bt_tile partial = *full;
    const char *name = NULL;
    partial.width = 1;
    bt_tile_path(&partial, path);
    *strrchr(path, '/') = '\0';
    if (bt_dir_open(ledger_fd, path, &dir, NULL) != BATON_OK)
        return;
    while (bt_dir_next(&dir, &name, NULL) == BATON_OK && name) {
        int64_t width = 0;
        bool is_ours = bt_i64_parse(bt_bytes_of(name), &width) && width > 0 &&
                       width < BT_TILE_WIDTH && width != keep[0] && width != keep[1];
        if (!is_ours)
            continue;
        partial.width = (unsigned)width;
        char file[BT_TILE_PATH_MAX];
        bt_tile_path(&partial, file);
        (void)unlinkat(ledger_fd, file, 0);
    }
    (void)unlinkat(ledger_fd, path, AT_REMOVEDIR);
}
