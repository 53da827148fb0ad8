/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The right edge of a tree is what is not under a full tile yet: at each level of tiles the hashes
 * since the last full one. The frontier follows from it, and the root from that. A signed root
 * therefore proves the whole edge, and full tiles are proved by the level above them (view.c).
 *
 * While entries are added the buffers run over into full tiles; who writes tiles takes those from
 * the front (commit.c).
 */
#include <string.h>

#include "ledger/log/tiles_int.h"

/* A group of entries on top of what a tile holds already. */
#define HASHES_BYTES_MAX ((BT_LOG_BATCH_MAX + BT_TILE_WIDTH) * BT_DIGEST_BYTES)

void bt_edge_init(struct bt_edge *edge)
{
    *edge = (struct bt_edge){.frontier = BT_MERKLE_FRONTIER_INIT};
    for (unsigned level = 0; level < BT_TILE_LEVELS; level++)
        edge->levels[level].hashes = (struct bt_buf)BT_BUF_INIT(HASHES_BYTES_MAX);
}

void bt_edge_release(struct bt_edge *edge)
{
    for (unsigned level = 0; level < BT_TILE_LEVELS; level++)
        bt_buf_release(&edge->levels[level].hashes);
}

baton_status bt_edge_peaks(const struct bt_digest *hashes, size_t count, struct bt_sha256 *hash,
                           struct bt_merkle_frontier *ret, struct baton_error *err)
{
    ret->size = 0;
    for (size_t i = 0; i < count; i++)
        BT_TRY(bt_merkle_append(ret, hash, &hashes[i], NULL, NULL, err));
    return BATON_OK;
}

static baton_status load_level(struct bt_edge *edge, unsigned level, int ledger_fd, uint64_t size,
                               struct bt_sha256 *hash, struct baton_error *err)
{
    struct bt_edge_level *at = &edge->levels[level];
    struct bt_tile tile = bt_tile_at_edge(BT_TILE_HASHES, level, size);
    struct bt_merkle_frontier peaks;
    at->tile = tile.index;
    at->on_disk = (size_t)tile.width * BT_DIGEST_BYTES;
    bt_buf_clear(&at->hashes);
    if (tile.width == 0)
        return BATON_OK;
    BT_TRY(bt_tile_read(ledger_fd, &tile, &at->hashes, err));
    BT_TRY(bt_edge_peaks((const struct bt_digest *)at->hashes.data, tile.width, hash, &peaks, err));
    memcpy(edge->frontier.peaks + (size_t)BT_TILE_BITS * level, peaks.peaks,
           BT_TILE_BITS * sizeof *peaks.peaks);
    return BATON_OK;
}

baton_status bt_edge_load(struct bt_edge *edge, int ledger_fd, const struct bt_merkle_head *head,
                          struct bt_sha256 *hash, struct baton_error *err)
{
    struct bt_digest root;
    for (unsigned level = 0; level < BT_TILE_LEVELS; level++)
        BT_TRY(load_level(edge, level, ledger_fd, head->size, hash, err));
    edge->frontier.size = head->size;
    BT_TRY(bt_merkle_root(&edge->frontier, hash, &root, err));
    if (!bt_digest_equal(&root, &head->root))
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "the tiles at the end of the ledger do not make the root of its checkpoint");
    return BATON_OK;
}

static baton_status keep_node(void *user, unsigned level, uint64_t index,
                              const struct bt_digest *node, struct baton_error *err)
{
    struct bt_edge *edge = user;
    if (level % BT_TILE_BITS != 0)
        return BATON_OK;
    struct bt_buf *hashes = &edge->levels[level / BT_TILE_BITS].hashes;
    bt_buf_put(hashes, node->bytes, sizeof node->bytes);
    return bt_buf_finish(hashes, "the edge of the ledger", err);
}

baton_status bt_edge_append(struct bt_edge *edge, struct bt_sha256 *hash,
                            const struct bt_digest *leaf, struct baton_error *err)
{
    return bt_merkle_append(&edge->frontier, hash, leaf, keep_node, edge, err);
}

baton_status bt_edge_head(const struct bt_edge *edge, struct bt_sha256 *hash,
                          struct bt_merkle_head *ret, struct baton_error *err)
{
    ret->size = edge->frontier.size;
    return bt_merkle_root(&edge->frontier, hash, &ret->root, err);
}
