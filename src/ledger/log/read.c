/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: the checkpoint is believed because of its signature, tiles because of the checkpoint
 * (view.c), leaves because their hashes are in the tiles, contents because the binding says that
 * they are what the leaf stands for. Nothing is given out earlier than that.
 */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/log/log_int.h"

void bt_reader_init(struct bt_reader *reader)
{
    *reader = (struct bt_reader){.note = BT_BUF_INIT(BT_NOTE_BYTES_MAX)};
    (void)pthread_mutex_init(&reader->mutex, NULL);
    bt_view_init(&reader->view, -1);
}

void bt_reader_release(struct bt_reader *reader)
{
    bt_view_release(&reader->view);
    bt_buf_release(&reader->note);
    (void)pthread_mutex_destroy(&reader->mutex);
}

/* ---- the head ---- */

/* That the tree of `before` is the beginning of what is in view. */
static baton_status check_continues(struct bt_view *view, const struct bt_merkle_head *before,
                                    struct baton_error *err)
{
    struct bt_digest root;
    struct bt_merkle_source source = bt_view_source(view);
    if (before->size > view->head.size)
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "the ledger had %" PRIu64 " entries and has %" PRIu64 " now", before->size,
                       view->head.size);
    BT_TRY(bt_merkle_root_at(&source, &view->hash, before->size, &root, err));
    if (!bt_digest_equal(&root, &before->root))
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "the first %" PRIu64 " entries of the ledger are not those it had before",
                       before->size);
    return BATON_OK;
}

/* The mutex is held: look at the newest head. The reader keeps the last good one. */
static baton_status refresh(struct bt_log *log, struct baton_error *err)
{
    struct bt_reader *reader = &log->reader;
    struct bt_merkle_head before = reader->view.head;
    struct bt_checkpoint checkpoint;
    BT_AUTO_BUF note = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_TRY(bt_tile_read_file(log->folder.fd, BT_LOG_CHECKPOINT, &note, err));
    if (reader->set && bt_bytes_equal(bt_buf_bytes(&note), bt_buf_bytes(&reader->note)))
        return BATON_OK;
    BT_TRY(bt_checkpoint_open(bt_buf_bytes(&note), &log->key, &checkpoint, err));
    bool first = reader->view.ledger_fd < 0;
    reader->set = false;
    reader->view.ledger_fd = log->folder.fd;
    BT_TRY(bt_view_set(&reader->view, &checkpoint.head, err));
    if (!first) {
        baton_status status = check_continues(&reader->view, &before, err);
        reader->view.head = status == BATON_OK ? checkpoint.head : before;
        if (status != BATON_OK)
            return status;
    }
    bt_buf_clear(&reader->note);
    bt_buf_put(&reader->note, note.data, note.len);
    reader->set = true;
    return bt_buf_finish(&reader->note, "the checkpoint", err);
}

/* An operation on the newest head, one at a time. */
struct locked {
    struct bt_reader *reader;
};

static void unlock(struct locked *locked)
{
    (void)pthread_mutex_unlock(&locked->reader->mutex);
}

static struct locked lock(struct bt_log *log)
{
    (void)pthread_mutex_lock(&log->reader.mutex);
    return (struct locked){&log->reader};
}

#define AUTO_LOCKED BT_CLEANUP(unlock) struct locked

baton_status bt_log_head(struct bt_log *log, struct bt_merkle_head *ret, struct baton_error *err)
{
    AUTO_LOCKED locked = lock(log);
    BT_TRY(refresh(log, err));
    *ret = locked.reader->view.head;
    return BATON_OK;
}

baton_status bt_log_checkpoint(struct bt_log *log, struct bt_buf *out, struct baton_error *err)
{
    AUTO_LOCKED locked = lock(log);
    BT_TRY(refresh(log, err));
    bt_buf_put(out, locked.reader->note.data, locked.reader->note.len);
    return bt_buf_finish(out, "the checkpoint", err);
}

/* ---- proofs ---- */

static baton_status check_size(const struct bt_view *view, uint64_t size, struct baton_error *err)
{
    if (size > view->head.size)
        return bt_fail(err, BATON_ERR_NOT_FOUND,
                       "the ledger has %" PRIu64 " entries, not yet %" PRIu64, view->head.size,
                       size);
    return BATON_OK;
}

baton_status bt_log_prove(struct bt_log *log, uint64_t index, uint64_t size,
                          struct bt_merkle_proof *ret, struct baton_error *err)
{
    AUTO_LOCKED locked = lock(log);
    struct bt_view *view = &locked.reader->view;
    struct bt_merkle_source source = bt_view_source(view);
    BT_TRY(refresh(log, err));
    BT_TRY(check_size(view, size, err));
    return bt_merkle_prove_inclusion(&source, &view->hash, index, size, ret, err);
}

baton_status bt_log_prove_consistency(struct bt_log *log, uint64_t before, uint64_t size,
                                      struct bt_merkle_proof *ret, struct baton_error *err)
{
    AUTO_LOCKED locked = lock(log);
    struct bt_view *view = &locked.reader->view;
    struct bt_merkle_source source = bt_view_source(view);
    BT_TRY(refresh(log, err));
    BT_TRY(check_size(view, size, err));
    return bt_merkle_prove_consistency(&source, &view->hash, before, size, ret, err);
}

/* ---- entries ---- */

static baton_status open_entries(struct bt_entries *entries, const struct bt_log *log,
                                 struct bt_view *view, uint64_t index, struct baton_error *err)
{
    uint64_t left = view->head.size - index * BT_TILE_WIDTH;
    unsigned width = left < BT_TILE_WIDTH ? (unsigned)left : BT_TILE_WIDTH;
    const struct bt_digest *hashes = NULL;
    BT_TRY(bt_view_tile(view, 0, index, &hashes, err));
    return bt_entries_open(entries, log, &(struct bt_tile){BT_TILE_ENTRIES, 0, index, width},
                           hashes, err);
}

baton_status bt_log_read(struct bt_log *log, uint64_t index, struct bt_buf *leaf,
                         struct bt_buf *content, struct baton_error *err)
{
    AUTO_LOCKED locked = lock(log);
    struct bt_view *view = &locked.reader->view;
    BT_CLEANUP(bt_entries_release) struct bt_entries entries;
    struct bt_log_entry entry;
    bt_entries_init(&entries);
    BT_TRY(refresh(log, err));
    if (index >= view->head.size)
        return bt_fail(err, BATON_ERR_NOT_FOUND,
                       "the ledger has %" PRIu64 " entries and none with number %" PRIu64,
                       view->head.size, index);
    BT_TRY(open_entries(&entries, log, view, index / BT_TILE_WIDTH, err));
    BT_TRY(bt_entries_skip(&entries, index % BT_TILE_WIDTH, err));
    BT_TRY(bt_entries_next(&entries, &view->hash, &entry, err));
    bt_buf_put(leaf, entry.leaf.ptr, entry.leaf.len);
    if (content)
        bt_buf_put(content, entry.content.ptr, entry.content.len);
    BT_TRY(bt_buf_finish(leaf, "a leaf", err));
    return content ? bt_buf_finish(content, "a content", err) : BATON_OK;
}

/* ---- scanning ---- */

struct scan {
    struct bt_log *log;
    struct bt_view *view; /* its own: the head stays while the visitor does what he wants */
    struct bt_entries entries;
};

static void release_scan(struct scan *scan)
{
    bt_entries_release(&scan->entries);
    if (scan->view)
        bt_view_release(scan->view);
    bt_free(scan->view);
}

static baton_status begin_scan(struct scan *scan, struct baton_error *err)
{
    struct bt_merkle_head head;
    BT_TRY(bt_log_head(scan->log, &head, err));
    scan->view = bt_calloc(1, sizeof *scan->view);
    if (!scan->view)
        return bt_fail_no_memory(err, "a scan of the ledger");
    bt_view_init(scan->view, scan->log->folder.fd);
    return bt_view_set(scan->view, &head, err);
}

/* Entries [from, to) of one tile. */
static baton_status scan_tile(struct scan *scan, const struct bt_log_range *range,
                              bt_log_visit *visit, void *user, struct baton_error *err)
{
    struct bt_entries *entries = &scan->entries;
    uint64_t first = range->from / BT_TILE_WIDTH * BT_TILE_WIDTH;
    BT_TRY(open_entries(entries, scan->log, scan->view, range->from / BT_TILE_WIDTH, err));
    BT_TRY(bt_entries_skip(entries, (unsigned)(range->from - first), err));
    for (uint64_t index = range->from; index < range->to; index++) {
        struct bt_log_entry entry;
        BT_TRY(bt_entries_next(entries, &scan->view->hash, &entry, err));
        BT_TRY(visit(user, index, &entry, err));
    }
    return BATON_OK;
}

baton_status bt_log_scan(struct bt_log *log, const struct bt_log_range *range, bt_log_visit *visit,
                         void *user, const struct baton_progress *progress, struct baton_error *err)
{
    BT_CLEANUP(release_scan)
    struct scan scan = {.log = log};
    bt_entries_init(&scan.entries);
    BT_TRY(begin_scan(&scan, err));
    uint64_t to = range->to < scan.view->head.size ? range->to : scan.view->head.size;
    for (uint64_t from = range->from; from < to;) {
        uint64_t end = (from / BT_TILE_WIDTH + 1) * BT_TILE_WIDTH;
        struct bt_log_range part = {from, end < to ? end : to};
        BT_TRY(bt_progress_check(progress, "the ledger", err));
        BT_TRY(scan_tile(&scan, &part, visit, user, err));
        from = part.to;
        bt_progress_report(progress, from - range->from, to - range->from, "entries");
    }
    return BATON_OK;
}
