/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything from the leaves up, believing no tile: leaves are hashed and compared with the tiles
 * of level 0, the roots of those with level 1, and so on until what is left over is the edge, which
 * makes the signed root (edge.c). Contents are held against their leaves.
 *
 * Goes in spans of 256 tiles of leaves, which every thread takes its share of; so memory does not
 * depend on the size of the log.
 */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "ledger/log/log_int.h"

#define SPAN BT_TILE_WIDTH

/* What one thread needs. */
struct worker {
    struct bt_entries entries;
    struct bt_sha256 hash;
    struct bt_buf stored;
    uint64_t leaf_bytes;
    uint64_t content_bytes;
    baton_status status;
    struct baton_error err;
};

/* Roots on their way up: those of level l become the tile of level l. */
struct level {
    uint64_t tile;
    unsigned count;
    struct bt_digest hashes[BT_TILE_WIDTH];
};

struct audit {
    struct bt_log *log;
    struct bt_view view; /* for its head and its edge */
    struct bt_pool *pool;
    struct worker *workers;
    uint64_t first;                      /* tile of the span */
    uint64_t count;                      /* tiles in it, the last of them perhaps partial */
    struct bt_digest roots[SPAN];        /* of its full tiles */
    struct level levels[BT_TILE_LEVELS]; /* from 1 on */
};

static void release_worker(struct worker *worker)
{
    bt_entries_release(&worker->entries);
    bt_sha256_release(&worker->hash);
    bt_buf_release(&worker->stored);
}

static void free_audit(struct audit **at)
{
    struct audit *audit = *at;
    if (!audit)
        return;
    for (unsigned i = 0; audit->workers && i < bt_pool_threads(audit->pool); i++)
        release_worker(&audit->workers[i]);
    bt_free(audit->workers);
    bt_pool_free(audit->pool);
    bt_view_release(&audit->view);
    bt_free(audit);
}

static baton_status init_worker(struct worker *worker, struct baton_error *err)
{
    bt_entries_init(&worker->entries);
    worker->stored = (struct bt_buf)BT_BUF_INIT(BT_TILE_BYTES);
    return bt_sha256_init(&worker->hash, err);
}

static baton_status new_audit(struct bt_log *log, struct audit **ret, struct baton_error *err)
{
    struct audit *audit = bt_calloc(1, sizeof *audit);
    if (!audit)
        return bt_fail_no_memory(err, "an audit of the ledger");
    *ret = audit;
    audit->log = log;
    bt_view_init(&audit->view, log->folder.fd);
    BT_TRY(bt_pool_new(0, &audit->pool, err));
    unsigned threads = bt_pool_threads(audit->pool);
    audit->workers = bt_calloc(threads, sizeof *audit->workers);
    if (!audit->workers)
        return bt_fail_no_memory(err, "an audit of the ledger");
    for (unsigned i = 0; i < threads; i++)
        BT_TRY(init_worker(&audit->workers[i], err));
    return BATON_OK;
}

/* ---- one tile of leaves ---- */

static baton_status audit_tile(struct audit *audit, struct worker *worker, uint64_t index,
                               struct baton_error *err)
{
    uint64_t left = audit->view.head.size - index * BT_TILE_WIDTH;
    unsigned width = left < BT_TILE_WIDTH ? (unsigned)left : BT_TILE_WIDTH;
    struct bt_tile tile = {BT_TILE_HASHES, 0, index, width};
    struct bt_merkle_frontier peaks;
    BT_TRY(bt_tile_read(audit->log->folder.fd, &tile, &worker->stored, err));
    const struct bt_digest *hashes = (const struct bt_digest *)worker->stored.data;
    BT_TRY(bt_entries_open(&worker->entries, audit->log, &tile, hashes, err));
    for (unsigned i = 0; i < width; i++) {
        struct bt_log_entry entry;
        BT_TRY(bt_entries_next(&worker->entries, &worker->hash, &entry, err));
        worker->leaf_bytes += entry.leaf.len;
        worker->content_bytes += entry.content.len;
    }
    if (width < BT_TILE_WIDTH)
        return BATON_OK;
    BT_TRY(bt_edge_peaks(hashes, width, &worker->hash, &peaks, err));
    audit->roots[index - audit->first] = peaks.peaks[BT_TILE_BITS];
    return BATON_OK;
}

static void audit_share(void *user, unsigned part, unsigned parts)
{
    struct audit *audit = user;
    struct worker *worker = &audit->workers[part];
    struct bt_range share = bt_pool_share((size_t)audit->count, 1, part, parts);
    for (size_t i = share.from; i < share.to && worker->status == BATON_OK; i++)
        worker->status = audit_tile(audit, worker, audit->first + i, &worker->err);
}

/* ---- upwards ---- */

static baton_status compare_tile(const struct audit *audit, unsigned level,
                                 const struct bt_digest *stored, struct baton_error *err)
{
    const struct level *at = &audit->levels[level];
    if (memcmp(stored, at->hashes, at->count * sizeof *at->hashes) == 0)
        return BATON_OK;
    char path[BT_TILE_PATH_MAX];
    bt_tile_path(&(struct bt_tile){BT_TILE_HASHES, level, at->tile, BT_TILE_WIDTH}, path);
    return bt_fail(err, BATON_ERR_CORRUPT, "%s has other hashes than follow from the level below",
                   path);
}

static baton_status push_root(struct audit *audit, const struct bt_digest *root,
                              struct baton_error *err)
{
    struct worker *worker = &audit->workers[0];
    struct bt_digest node = *root;
    for (unsigned level = 1; level < BT_TILE_LEVELS; level++) {
        struct level *at = &audit->levels[level];
        struct bt_tile tile = {BT_TILE_HASHES, level, at->tile, BT_TILE_WIDTH};
        struct bt_merkle_frontier peaks;
        at->hashes[at->count++] = node;
        if (at->count < BT_TILE_WIDTH)
            return BATON_OK;
        BT_TRY(bt_tile_read(audit->log->folder.fd, &tile, &worker->stored, err));
        BT_TRY(compare_tile(audit, level, (const struct bt_digest *)worker->stored.data, err));
        BT_TRY(bt_edge_peaks(at->hashes, BT_TILE_WIDTH, &worker->hash, &peaks, err));
        node = peaks.peaks[BT_TILE_BITS];
        at->tile++;
        at->count = 0;
    }
    return BATON_OK;
}

static baton_status audit_span(struct audit *audit, struct baton_error *err)
{
    bt_pool_run(audit->pool, audit_share, audit);
    for (unsigned i = 0; i < bt_pool_threads(audit->pool); i++) {
        const struct worker *worker = &audit->workers[i];
        if (worker->status == BATON_OK)
            continue;
        if (err)
            *err = worker->err;
        return worker->status;
    }
    uint64_t full = audit->view.head.size / BT_TILE_WIDTH - audit->first;
    for (uint64_t i = 0; i < audit->count && i < full; i++)
        BT_TRY(push_root(audit, &audit->roots[i], err));
    return BATON_OK;
}

/* What is left over on each level is the edge. */
static baton_status compare_edge(const struct audit *audit, struct baton_error *err)
{
    for (unsigned level = 1; level < BT_TILE_LEVELS; level++) {
        const struct bt_edge_level *edge = &audit->view.edge.levels[level];
        BT_BUG_ON(edge->hashes.len != audit->levels[level].count * sizeof(struct bt_digest));
        if (edge->hashes.len)
            BT_TRY(compare_tile(audit, level, (const struct bt_digest *)edge->hashes.data, err));
    }
    return BATON_OK;
}

static baton_status audit_tree(struct audit *audit, const struct baton_progress *progress,
                               struct baton_error *err)
{
    uint64_t size = audit->view.head.size;
    uint64_t tiles = size / BT_TILE_WIDTH + (size % BT_TILE_WIDTH != 0);
    for (; audit->first < tiles; audit->first += audit->count) {
        uint64_t left = tiles - audit->first;
        audit->count = left < SPAN ? left : SPAN;
        BT_TRY(bt_progress_check(progress, "the ledger", err));
        BT_TRY(audit_span(audit, err));
        bt_progress_report(progress, audit->first * BT_TILE_WIDTH, size, "entries");
    }
    return compare_edge(audit, err);
}

baton_status bt_log_audit(struct bt_log *log, const struct baton_progress *progress,
                          struct bt_log_audit *ret, struct baton_error *err)
{
    BT_CLEANUP(free_audit) struct audit *audit = NULL;
    struct bt_log_audit found = {.leaf_bytes = 0};
    BT_TRY(bt_log_head(log, &found.head, err));
    BT_TRY(new_audit(log, &audit, err));
    BT_TRY(bt_view_set(&audit->view, &found.head, err));
    BT_TRY(audit_tree(audit, progress, err));
    if (log->appends)
        BT_TRY(bt_journal_audit(log->dir.fd, found.head.size, err));
    for (unsigned i = 0; i < bt_pool_threads(audit->pool); i++) {
        found.leaf_bytes += audit->workers[i].leaf_bytes;
        found.content_bytes += audit->workers[i].content_bytes;
    }
    *ret = found;
    return BATON_OK;
}
