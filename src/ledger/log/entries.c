/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of one tile: leaves, and the contents beside them. */
#include <fcntl.h>
#include <inttypes.h>

#include "ledger/log/log_int.h"

#define CONTENTS_BYTES_MAX (BT_TILE_WIDTH * (BT_CONTENT_PREFIX + (uint64_t)BT_LOG_CONTENT_MAX))

void bt_entries_init(struct bt_entries *entries)
{
    *entries =
        (struct bt_entries){.leaves = BT_BUF_INIT(BT_ENTRIES_BYTES_MAX), .contents = BT_MAP_INIT};
}

void bt_entries_release(struct bt_entries *entries)
{
    bt_buf_release(&entries->leaves);
    bt_map_release(&entries->contents);
}

static uint64_t index_of_next(const struct bt_entries *b)
{
    return b->tile.index * BT_TILE_WIDTH + b->at;
}

static baton_status map_contents(struct bt_entries *b, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    baton_status status =
        bt_tile_open_contents(b->log->folder.fd, b->tile.index, O_RDONLY, &fd, err);
    b->all_empty = status == BATON_ERR_NOT_FOUND;
    if (status != BATON_OK)
        return b->all_empty ? BATON_OK : status;
    BT_TRY(bt_map_fd(fd.fd, "a file of contents", CONTENTS_BYTES_MAX, &b->contents, err));
    b->contents_left = bt_map_bytes(&b->contents);
    return BATON_OK;
}

baton_status bt_entries_open(struct bt_entries *b, const struct bt_log *log,
                             const struct bt_tile *tile, const struct bt_digest *hashes,
                             struct baton_error *err)
{
    b->log = log;
    b->tile = *tile;
    b->tile.kind = BT_TILE_ENTRIES;
    b->hashes = hashes;
    b->at = 0;
    bt_map_release(&b->contents);
    BT_TRY(bt_tile_read(log->folder.fd, &b->tile, &b->leaves, err));
    b->leaves_left = bt_buf_bytes(&b->leaves);
    return log->binding ? map_contents(b, err) : BATON_OK;
}

static baton_status next_content(struct bt_entries *b, struct bt_bytes *ret,
                                 struct baton_error *err)
{
    *ret = (struct bt_bytes){NULL, 0};
    if (!b->log->binding || b->all_empty ||
        bt_items_next(&b->contents_left, BT_CONTENT_PREFIX, ret))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_CORRUPT, "the content of entry %" PRIu64 " is missing",
                   index_of_next(b));
}

baton_status bt_entries_skip(struct bt_entries *b, unsigned to, struct baton_error *err)
{
    struct bt_bytes item;
    for (; b->at < to; b->at++) {
        BT_BUG_ON(!bt_items_next(&b->leaves_left, BT_LEAF_PREFIX, &item));
        BT_TRY(next_content(b, &item, err));
    }
    return BATON_OK;
}

static baton_status take_content(struct bt_entries *b, struct bt_log_entry *entry,
                                 struct baton_error *err)
{
    if (!b->log->binding)
        return BATON_OK;
    BT_TRY(next_content(b, &entry->content, err));
    baton_status status = b->log->binding(entry->leaf, entry->content, err);
    if (status != BATON_ERR_DIFFERS)
        return status;
    return bt_fail(err, BATON_ERR_CORRUPT,
                   "the content of entry %" PRIu64 " is not what its leaf stands for",
                   index_of_next(b));
}

baton_status bt_entries_next(struct bt_entries *b, struct bt_sha256 *hash, struct bt_log_entry *ret,
                             struct baton_error *err)
{
    struct bt_log_entry entry = {{NULL, 0}, {NULL, 0}};
    struct bt_digest digest;
    BT_BUG_ON(!bt_items_next(&b->leaves_left, BT_LEAF_PREFIX, &entry.leaf));
    BT_TRY(bt_merkle_leaf(hash, entry.leaf, &digest, err));
    if (!bt_digest_equal(&digest, &b->hashes[b->at]))
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "entry %" PRIu64 " is not the one that the ledger's checkpoint stands for",
                       index_of_next(b));
    BT_TRY(take_content(b, &entry, err));
    b->at++;
    *ret = entry;
    return BATON_OK;
}
