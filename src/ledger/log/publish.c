/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published files. Everything here is made of what is durable in the journal already: a file
 * that comes out torn is written again when the journal is gone over (commit.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "ledger/log/log_int.h"

static void drop_front(struct bt_buf *buf, size_t bytes)
{
    if (bytes == 0)
        return;
    memmove(buf->data, buf->data + bytes, buf->len - bytes);
    buf->len -= bytes;
}

/* ---- loading ---- */

static baton_status check_entries(struct bt_writer *w, const struct bt_tile *tile,
                                  struct baton_error *err)
{
    char path[BT_TILE_PATH_MAX];
    struct bt_bytes rest = bt_buf_bytes(&w->entries);
    struct bt_bytes leaf;
    struct bt_digest digest;
    const struct bt_digest *hashes = (const struct bt_digest *)w->edge.levels[0].hashes.data;
    bt_tile_path(tile, path);
    for (unsigned i = 0; i < tile->width && bt_items_next(&rest, BT_LEAF_PREFIX, &leaf); i++) {
        BT_TRY(bt_merkle_leaf(&w->hash, leaf, &digest, err));
        if (!bt_digest_equal(&digest, &hashes[i]))
            return bt_fail(err, BATON_ERR_CORRUPT, "entry %u of %s is not the one in the tree", i,
                           path);
    }
    return BATON_OK;
}

/* What `count` empty contents are: as many lengths of 0. */
static uint64_t empty_bytes(uint64_t count)
{
    return count * BT_CONTENT_PREFIX;
}

/* Where the contents of the tile's entries end in their file. */
static baton_status find_contents_end(const struct bt_writer *w, const struct bt_tile *tile,
                                      uint64_t *ret, struct baton_error *err)
{
    char path[BT_TILE_PATH_MAX];
    uint8_t prefix[BT_CONTENT_PREFIX];
    BT_AUTO_FD fd = BT_FD_INIT;
    uint64_t at = 0;
    bt_tile_path(&(struct bt_tile){BT_TILE_CONTENTS, 0, tile->index, BT_TILE_WIDTH}, path);
    baton_status status = bt_tile_open_contents(w->ledger_fd, tile->index, O_RDONLY, &fd, err);
    *ret = empty_bytes(tile->width);
    if (status != BATON_OK)
        return status == BATON_ERR_NOT_FOUND ? BATON_OK : status;
    for (unsigned i = 0; i < tile->width; i++) {
        struct bt_file_part part = {fd.fd, at, sizeof prefix};
        size_t len = sizeof prefix;
        BT_TRY(bt_fs_read_part(&part, path, 0, prefix, &len, err));
        at += sizeof prefix + bt_be_load(prefix, sizeof prefix);
    }
    *ret = at;
    return BATON_OK;
}

baton_status bt_writer_load_entries(struct bt_writer *w, struct baton_error *err)
{
    struct bt_tile tile = bt_tile_at_edge(BT_TILE_ENTRIES, 0, w->edge.frontier.size);
    bt_buf_clear(&w->entries);
    bt_buf_clear(&w->contents);
    w->contents_first = w->edge.frontier.size;
    w->contents_at = 0;
    w->entries_on_disk = 0;
    if (tile.width == 0)
        return BATON_OK;
    BT_TRY(bt_tile_read(w->ledger_fd, &tile, &w->entries, err));
    BT_TRY(check_entries(w, &tile, err));
    w->entries_on_disk = w->entries.len;
    return find_contents_end(w, &tile, &w->contents_at, err);
}

/* ---- contents ---- */

static baton_status put_at(int fd, uint64_t at, struct bt_bytes bytes, const char *what,
                           struct baton_error *err)
{
    if (lseek(fd, (off_t)at, SEEK_SET) < 0)
        return bt_fail_os(err, errno, "cannot write %s", what);
    return bt_fs_write_all(fd, what, bytes.ptr, bytes.len, err);
}

/* Some contents of one tile. Until there is one that is not empty there is no file: what it does
 * not have before its first bytes are zeros, and those are the empty ones' lengths. */
static baton_status put_some_contents(const struct bt_writer *w, struct bt_bytes bytes,
                                      size_t count, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    bool none_yet = w->contents_at == empty_bytes(w->contents_first % BT_TILE_WIDTH);
    if (none_yet && bytes.len == empty_bytes(count))
        return BATON_OK;
    BT_TRY(
        bt_tile_open_contents(w->ledger_fd, w->contents_first / BT_TILE_WIDTH, O_RDWR, &fd, err));
    return put_at(fd.fd, w->contents_at, bytes, "the contents", err);
}

static baton_status put_contents(struct bt_writer *w, struct baton_error *err)
{
    uint64_t size = w->edge.frontier.size;
    struct bt_bytes rest = bt_buf_bytes(&w->contents);
    while (w->contents_first < size) {
        size_t bytes = 0;
        uint64_t left = BT_TILE_WIDTH - w->contents_first % BT_TILE_WIDTH;
        size_t count = (size_t)(size - w->contents_first < left ? size - w->contents_first : left);
        BT_BUG_ON(!bt_items_measure(rest, BT_CONTENT_PREFIX, count, &bytes));
        BT_TRY(put_some_contents(w, (struct bt_bytes){rest.ptr, bytes}, count, err));
        rest.ptr += bytes;
        rest.len -= bytes;
        w->contents_first += count;
        w->contents_at = count == left ? 0 : w->contents_at + bytes;
    }
    bt_buf_clear(&w->contents);
    return BATON_OK;
}

/* ---- tiles ---- */

/* Partial tiles are dropped when their full tile is there, but for the trees that the journal's
 * areas start from: those are needed until the full tile is durable, and that is when the area is
 * not needed any more. */
static void drop_partials(const struct bt_writer *w, const struct bt_tile *full)
{
    const struct bt_journal_head *head = &w->journal.head;
    unsigned keep[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++) {
        if (i != head->active && !head->both)
            continue;
        struct bt_tile base = bt_tile_at_edge(full->kind, full->level, head->areas[i].base.size);
        keep[i] = base.index == full->index ? base.width : 0;
    }
    bt_tile_drop_partials(w->ledger_fd, full, keep);
}

/* Only the tile that was at the edge before has partial tiles. */
static baton_status put_full_tile(const struct bt_writer *w, const struct bt_tile *tile,
                                  struct bt_bytes bytes, bool was_edge, struct baton_error *err)
{
    char path[BT_TILE_PATH_MAX];
    bt_tile_path(tile, path);
    BT_TRY(bt_tile_write_full(w->ledger_fd, path, bytes, err));
    if (was_edge)
        drop_partials(w, tile);
    return BATON_OK;
}

static baton_status put_full_hashes(struct bt_writer *w, unsigned level, struct baton_error *err)
{
    struct bt_edge_level *at = &w->edge.levels[level];
    size_t done = 0;
    for (; at->hashes.len - done >= BT_TILE_BYTES; done += BT_TILE_BYTES) {
        struct bt_tile tile = {BT_TILE_HASHES, level, at->tile++, BT_TILE_WIDTH};
        struct bt_bytes bytes = {at->hashes.data + done, BT_TILE_BYTES};
        BT_TRY(put_full_tile(w, &tile, bytes, done == 0, err));
        at->on_disk = 0;
    }
    drop_front(&at->hashes, done);
    return BATON_OK;
}

/* As many bundles as there are full tiles of leaves in the edge's buffer. */
static baton_status put_full_entries(struct bt_writer *w, struct baton_error *err)
{
    const struct bt_edge_level *leaves = &w->edge.levels[0];
    struct bt_bytes rest = bt_buf_bytes(&w->entries);
    size_t tiles = leaves->hashes.len / (BT_TILE_BYTES);
    for (size_t i = 0; i < tiles; i++) {
        struct bt_tile tile = {BT_TILE_ENTRIES, 0, leaves->tile + i, BT_TILE_WIDTH};
        size_t bytes = 0;
        BT_BUG_ON(!bt_items_measure(rest, BT_LEAF_PREFIX, BT_TILE_WIDTH, &bytes));
        BT_TRY(put_full_tile(w, &tile, (struct bt_bytes){rest.ptr, bytes}, i == 0, err));
        rest.ptr += bytes;
        rest.len -= bytes;
        w->entries_on_disk = 0;
    }
    drop_front(&w->entries, w->entries.len - rest.len);
    return BATON_OK;
}

baton_status bt_writer_put_full(struct bt_writer *w, struct baton_error *err)
{
    BT_TRY(put_contents(w, err));
    BT_TRY(put_full_entries(w, err));
    for (unsigned level = 0; level < BT_TILE_LEVELS; level++)
        BT_TRY(put_full_hashes(w, level, err));
    return BATON_OK;
}

static baton_status put_partial(const struct bt_writer *w, enum bt_tile_kind kind, unsigned level,
                                const struct bt_buf *bytes, size_t *on_disk,
                                struct baton_error *err)
{
    char path[BT_TILE_PATH_MAX];
    struct bt_tile tile = bt_tile_at_edge(kind, level, w->edge.frontier.size);
    if (bytes->len == *on_disk)
        return BATON_OK;
    bt_tile_path(&tile, path);
    BT_TRY(bt_tile_write_file(w->ledger_fd, path, bt_buf_bytes(bytes), err));
    *on_disk = bytes->len;
    return BATON_OK;
}

baton_status bt_writer_put_edge(struct bt_writer *w, struct baton_error *err)
{
    BT_TRY(put_partial(w, BT_TILE_ENTRIES, 0, &w->entries, &w->entries_on_disk, err));
    for (unsigned level = 0; level < BT_TILE_LEVELS; level++) {
        struct bt_edge_level *at = &w->edge.levels[level];
        BT_TRY(put_partial(w, BT_TILE_HASHES, level, &at->hashes, &at->on_disk, err));
    }
    return bt_tile_write_file(w->ledger_fd, BT_LOG_CHECKPOINT, bt_buf_bytes(&w->note), err);
}

void bt_writer_drop_base(const struct bt_writer *w, uint64_t size)
{
    for (unsigned level = 0; level < BT_TILE_LEVELS; level++) {
        struct bt_tile now = bt_tile_at_edge(BT_TILE_HASHES, level, w->edge.frontier.size);
        struct bt_tile full = bt_tile_at_edge(BT_TILE_HASHES, level, size);
        if (full.width == 0 || full.index == now.index)
            continue;
        full.width = BT_TILE_WIDTH;
        drop_partials(w, &full);
        full.kind = BT_TILE_ENTRIES;
        if (level == 0)
            drop_partials(w, &full);
    }
}
