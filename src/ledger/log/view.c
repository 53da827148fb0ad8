/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiles that are proved against a head before anybody sees them. The tiles at the right edge make
 * the root, or are refused (edge.c). Every other tile is full, and its own root is a hash in the
 * tile above it: so a way leads from each tile upwards to the edge, and it is walked from there
 * down. The last tile of each level is kept: who reads in order walks one step per tile.
 */
#include <inttypes.h>
#include <string.h>

#include "ledger/log/tiles_int.h"

void bt_view_init(struct bt_view *view, int ledger_fd)
{
    *view = (struct bt_view){.ledger_fd = ledger_fd, .hash = BT_SHA256_INIT};
    bt_edge_init(&view->edge);
}

void bt_view_release(struct bt_view *view)
{
    bt_edge_release(&view->edge);
    bt_sha256_release(&view->hash);
}

baton_status bt_view_set(struct bt_view *view, const struct bt_merkle_head *head,
                         struct baton_error *err)
{
    BT_AUTO_EDGE edge;
    bt_edge_init(&edge);
    if (!view->hash.context)
        BT_TRY(bt_sha256_init(&view->hash, err));
    BT_TRY(bt_edge_load(&edge, view->ledger_fd, head, &view->hash, err));
    struct bt_edge before = view->edge;
    view->edge = edge;
    edge = before;
    view->head = *head;
    /* They were proved against the other head. */
    for (unsigned level = 0; level < BT_TILE_LEVELS; level++)
        view->kept[level].full = false;
    return BATON_OK;
}

static const struct bt_digest *find_proved(const struct bt_view *view, unsigned level,
                                           uint64_t index)
{
    const struct bt_edge_level *edge = &view->edge.levels[level];
    if (edge->tile == index && edge->hashes.len)
        return (const struct bt_digest *)edge->hashes.data;
    const struct bt_view_tile *kept = &view->kept[level];
    return kept->full && kept->index == index ? kept->hashes : NULL;
}

/* `expected` is its root, which was proved. */
static baton_status load_full(struct bt_view *view, unsigned level, uint64_t index,
                              const struct bt_digest *expected, struct baton_error *err)
{
    struct bt_tile tile = {BT_TILE_HASHES, level, index, BT_TILE_WIDTH};
    struct bt_view_tile *kept = &view->kept[level];
    struct bt_merkle_frontier peaks;
    char path[BT_TILE_PATH_MAX];
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_TILE_BYTES);
    BT_TRY(bt_tile_read(view->ledger_fd, &tile, &bytes, err));
    kept->full = false;
    kept->index = index;
    memcpy(kept->hashes, bytes.data, bytes.len);
    BT_TRY(bt_edge_peaks(kept->hashes, BT_TILE_WIDTH, &view->hash, &peaks, err));
    bt_tile_path(&tile, path);
    if (!bt_digest_equal(&peaks.peaks[BT_TILE_BITS], expected))
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "%s has other hashes than the ledger's checkpoint stands for", path);
    kept->full = true;
    return BATON_OK;
}

/* The level of the nearest tile above that is proved already. */
static unsigned find_start(const struct bt_view *view, unsigned level, uint64_t index)
{
    while (!find_proved(view, level, index)) {
        level++;
        index >>= BT_TILE_BITS;
        /* Where the index is 0 the edge itself is above, at the latest. */
        BT_BUG_ON(level == BT_TILE_LEVELS);
    }
    return level;
}

baton_status bt_view_tile(struct bt_view *view, unsigned level, uint64_t index,
                          const struct bt_digest **ret, struct baton_error *err)
{
    for (unsigned at = find_start(view, level, index); at > level; at--) {
        unsigned below = BT_TILE_BITS * (at - 1 - level);
        uint64_t child = index >> below;
        const struct bt_digest *parent = find_proved(view, at, child >> BT_TILE_BITS);
        BT_TRY(load_full(view, at - 1, child, &parent[child % BT_TILE_WIDTH], err));
    }
    *ret = find_proved(view, level, index);
    return BATON_OK;
}

/* A node of the tree out of the hashes below it in its tile. */
static baton_status view_node(void *user, unsigned level, uint64_t index, struct bt_digest *ret,
                              struct baton_error *err)
{
    struct bt_view *view = user;
    unsigned within = level % BT_TILE_BITS;
    uint64_t first = index << within;
    const struct bt_digest *hashes = NULL;
    struct bt_merkle_frontier peaks;
    BT_TRY(bt_view_tile(view, level / BT_TILE_BITS, first >> BT_TILE_BITS, &hashes, err));
    BT_TRY(bt_edge_peaks(hashes + first % BT_TILE_WIDTH, (size_t)1 << within, &view->hash, &peaks,
                         err));
    *ret = peaks.peaks[within];
    return BATON_OK;
}

struct bt_merkle_source bt_view_source(struct bt_view *view)
{
    return (struct bt_merkle_source){view_node, view};
}
