/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_LOG_TILES_INT_H
#define BT_LEDGER_LOG_TILES_INT_H
/* Private to this room: the tree of a log, as files below its folder. */
#include "base/fs.h"
#include "ledger/log.h"

/* ---- tiles.c: files below ledger/ ---- */

#define BT_TILE_BITS 8
#define BT_TILE_WIDTH 256U
#define BT_TILE_LEVELS 8
/* Of a full tile of hashes. */
#define BT_TILE_BYTES ((size_t)BT_TILE_WIDTH * BT_DIGEST_BYTES)
#define BT_TILE_PATH_MAX 80
#define BT_LOG_CHECKPOINT "checkpoint"
/* Lengths before entries and before contents. */
#define BT_LEAF_PREFIX 2U
#define BT_CONTENT_PREFIX 4U
#define BT_ENTRIES_BYTES_MAX (BT_TILE_WIDTH * (BT_LEAF_PREFIX + BT_LOG_LEAF_MAX))

enum bt_tile_kind { BT_TILE_HASHES, BT_TILE_ENTRIES, BT_TILE_CONTENTS };

struct bt_tile {
    enum bt_tile_kind kind;
    unsigned level; /* of hashes: a tile of level l holds nodes of level 8 l of the tree */
    uint64_t index;
    unsigned width; /* 1 to 256; files of contents grow in place and have no width in their name */
};

void bt_tile_path(const struct bt_tile *tile, char path[BT_TILE_PATH_MAX]);
/* The file that stands at the right edge of level `level` in a tree of `size`; width 0: none. */
struct bt_tile bt_tile_at_edge(enum bt_tile_kind kind, unsigned level, uint64_t size);

/* A whole file; BATON_ERR_NOT_FOUND when it is not there. */
BT_CHECK baton_status bt_tile_read_file(int ledger_fd, const char *path, struct bt_buf *out,
                                        struct baton_error *err);
/* The hashes or entries of a tile and nothing more; where the tile of that width is gone, out of
 * the full one. BATON_ERR_CORRUPT when neither is there or it is no such tile. */
BT_CHECK baton_status bt_tile_read(int ledger_fd, const struct bt_tile *tile, struct bt_buf *out,
                                   struct baton_error *err);
/* Under its name at once, with all of its bytes; not durable. One writer at a time. */
BT_CHECK baton_status bt_tile_write_file(int ledger_fd, const char *path, struct bt_bytes bytes,
                                         struct baton_error *err);
/* The same of a full tile, which mostly is not there yet. */
BT_CHECK baton_status bt_tile_write_full(int ledger_fd, const char *path, struct bt_bytes bytes,
                                         struct baton_error *err);
/* The contents of a tile: O_RDONLY, or O_RDWR, which makes the file. Missing, it stands for
 * contents that are all empty. */
BT_CHECK baton_status bt_tile_open_contents(int ledger_fd, uint64_t index, int flags,
                                            struct bt_fd *ret, struct baton_error *err);
/* Partial tiles whose full tile is there now, except one of each width in `keep`. */
void bt_tile_drop_partials(int ledger_fd, const struct bt_tile *full, const unsigned keep[2]);

static inline uint64_t bt_be_load(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

static inline void bt_be_store(uint8_t *to, size_t bytes, uint64_t value)
{
    for (size_t i = bytes; i-- > 0; value >>= 8)
        to[i] = (uint8_t)value;
}

/* Items with a big-endian length of `prefix` bytes before each. Takes the next from the front of
 * `rest`; false when it is cut short. */
BT_CHECK bool bt_items_next(struct bt_bytes *rest, unsigned prefix, struct bt_bytes *ret);
/* How many bytes the first `count` of them are; false when there are not as many. */
BT_CHECK bool bt_items_measure(struct bt_bytes items, unsigned prefix, size_t count,
                               size_t *ret_bytes);
void bt_items_put(struct bt_buf *out, unsigned prefix, struct bt_bytes item);

/* ---- edge.c: the right edge of the tree, which is all that appending needs ---- */

struct bt_edge_level {
    uint64_t tile;        /* index of the first tile that is not full on disk */
    struct bt_buf hashes; /* from its start */
    size_t on_disk;       /* of them, as a partial tile */
};

struct bt_edge {
    struct bt_merkle_frontier frontier;
    struct bt_edge_level levels[BT_TILE_LEVELS];
};

#define BT_AUTO_EDGE BT_CLEANUP(bt_edge_release) struct bt_edge

void bt_edge_init(struct bt_edge *edge);
void bt_edge_release(struct bt_edge *edge);
/* Out of the tiles; BATON_ERR_CORRUPT unless they make the head's root. */
BT_CHECK baton_status bt_edge_load(struct bt_edge *edge, int ledger_fd,
                                   const struct bt_merkle_head *head, struct bt_sha256 *hash,
                                   struct baton_error *err);
BT_CHECK baton_status bt_edge_append(struct bt_edge *edge, struct bt_sha256 *hash,
                                     const struct bt_digest *leaf, struct baton_error *err);
BT_CHECK baton_status bt_edge_head(const struct bt_edge *edge, struct bt_sha256 *hash,
                                   struct bt_merkle_head *ret, struct baton_error *err);
/* The root of `count` hashes that start a tile, as subtrees: peaks[level] where that bit of count
 * is set. */
BT_CHECK baton_status bt_edge_peaks(const struct bt_digest *hashes, size_t count,
                                    struct bt_sha256 *hash, struct bt_merkle_frontier *ret,
                                    struct baton_error *err);

/* ---- view.c: tiles that are proved against a head ---- */

struct bt_view_tile {
    bool full; /* false: nothing is kept here */
    uint64_t index;
    struct bt_digest hashes[BT_TILE_WIDTH];
};

struct bt_view {
    int ledger_fd;
    struct bt_merkle_head head;
    struct bt_sha256 hash;
    struct bt_edge edge;
    struct bt_view_tile kept[BT_TILE_LEVELS]; /* the last one of each level */
};

void bt_view_init(struct bt_view *view, int ledger_fd);
void bt_view_release(struct bt_view *view);
/* Of another head now. On failure the view is as it was. */
BT_CHECK baton_status bt_view_set(struct bt_view *view, const struct bt_merkle_head *head,
                                  struct baton_error *err);
/* The hashes of a tile within the head, as many as the head covers. They live until the next call.
 */
BT_CHECK baton_status bt_view_tile(struct bt_view *view, unsigned level, uint64_t index,
                                   const struct bt_digest **ret, struct baton_error *err);
struct bt_merkle_source bt_view_source(struct bt_view *view);

#endif
