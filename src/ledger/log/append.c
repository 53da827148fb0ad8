/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a log, and appending with many threads.
 *
 * Who appends writes his entries down and hashes them by himself, then puts them in a queue. The
 * first who finds nobody at work leads: he commits all that is in the queue as one group, tells
 * those whose entries they were, and goes on until his own are done. Meanwhile the next ones queue
 * up, so that the slower the disk is, the larger are the groups.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/fs.h"
#include "ledger/log/log_int.h"

/* ---- appending ---- */

struct bt_append {
    const struct bt_log_entry *entries;
    size_t count;
    struct bt_buf leaves;
    struct bt_buf contents;
    struct bt_digest *hashes;
    struct bt_append *next;
    bool done;
    baton_status status;
    uint64_t first;
    struct baton_error err;
};

static void release_append(struct bt_append *append)
{
    bt_buf_release(&append->leaves);
    bt_buf_release(&append->contents);
    bt_free(append->hashes);
}

static baton_status check_entry(const struct bt_log *log, const struct bt_log_entry *entry,
                                struct baton_error *err)
{
    if (entry->leaf.len == 0 || entry->leaf.len > BT_LOG_LEAF_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a leaf of %zu bytes: expected 1 to %zu",
                       entry->leaf.len, BT_LOG_LEAF_MAX);
    if (entry->content.len > BT_LOG_CONTENT_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a content of %zu bytes: the limit is %zu",
                       entry->content.len, BT_LOG_CONTENT_MAX);
    if (log->binding && log->trusts_appended)
        return BATON_OK;
    if (log->binding)
        return log->binding(entry->leaf, entry->content, err);
    return entry->content.len == 0
               ? BATON_OK
               : bt_fail(err, BATON_ERR_USAGE, "a content for a log that was opened without");
}

static baton_status write_down(const struct bt_log *log, struct bt_append *append,
                               struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    append->hashes = bt_calloc(append->count, sizeof *append->hashes);
    if (!append->hashes)
        return bt_fail_no_memory(err, "hashes of the entries");
    for (size_t i = 0; i < append->count; i++) {
        const struct bt_log_entry *entry = &append->entries[i];
        BT_TRY(check_entry(log, entry, err));
        BT_TRY(bt_merkle_leaf(&hash, entry->leaf, &append->hashes[i], err));
        bt_items_put(&append->leaves, BT_LEAF_PREFIX, entry->leaf);
        bt_items_put(&append->contents, BT_CONTENT_PREFIX, entry->content);
    }
    BT_TRY(bt_buf_finish(&append->leaves, "the entries", err));
    BT_TRY(bt_buf_finish(&append->contents, "the contents of the entries", err));
    if (append->leaves.len + append->contents.len > BT_LOG_BATCH_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "entries of %zu bytes at once: the limit is %zu",
                       append->leaves.len + append->contents.len, BT_LOG_BATCH_BYTES_MAX);
    return BATON_OK;
}

/* ---- the queue ---- */

static bool fits(const struct bt_log_queue *queue, const struct bt_append *append)
{
    return queue->group.count + append->count <= BT_LOG_BATCH_MAX &&
           queue->leaves.len + append->leaves.len + queue->contents.len + append->contents.len <=
               queue->bytes_max;
}

/* The mutex is held: take a group off the queue, which is not empty. */
static struct bt_append *take_group(struct bt_log_queue *queue)
{
    struct bt_append *first = queue->first;
    struct bt_append *at = first;
    struct bt_append *last;
    bt_buf_clear(&queue->leaves);
    bt_buf_clear(&queue->contents);
    bt_buf_clear(&queue->hashes);
    queue->group.count = 0;
    do {
        bt_buf_put(&queue->leaves, at->leaves.data, at->leaves.len);
        bt_buf_put(&queue->contents, at->contents.data, at->contents.len);
        bt_buf_put(&queue->hashes, at->hashes, at->count * sizeof *at->hashes);
        queue->group.count += (uint32_t)at->count;
        last = at;
        at = at->next;
    } while (at && fits(queue, at));
    queue->first = at;
    if (!at)
        queue->last = &queue->first;
    last->next = NULL;
    return first;
}

static baton_status commit_group(struct bt_log *log, uint64_t *ret_first, struct baton_error *err)
{
    struct bt_log_queue *queue = &log->queue;
    BT_TRY(bt_buf_finish(&queue->leaves, "a group of entries", err));
    BT_TRY(bt_buf_finish(&queue->contents, "a group of contents", err));
    BT_TRY(bt_buf_finish(&queue->hashes, "a group of hashes", err));
    queue->group.leaves = bt_buf_bytes(&queue->leaves);
    queue->group.contents = bt_buf_bytes(&queue->contents);
    queue->group.hashes = (const struct bt_digest *)queue->hashes.data;
    return bt_writer_commit(&log->writer, &queue->group, ret_first, err);
}

/* The mutex is held, but for the commit. */
static void lead(struct bt_log *log)
{
    struct bt_log_queue *queue = &log->queue;
    struct baton_error err = BATON_ERROR_INIT;
    uint64_t first = 0;
    queue->led = true;
    struct bt_append *group = take_group(queue);
    queue->group.swept = queue->swept;
    (void)pthread_mutex_unlock(&queue->mutex);
    baton_status status = commit_group(log, &first, &err);
    (void)pthread_mutex_lock(&queue->mutex);
    queue->led = false;
    for (struct bt_append *at = group; at;) {
        struct bt_append *next = at->next;
        at->status = status;
        at->first = first;
        at->err = err;
        at->done = true;
        first += at->count;
        at = next;
    }
    (void)pthread_cond_broadcast(&queue->changed);
}

/* Make the tiles durable that an area of the journal was published to, while others go on. */
static void sweep(struct bt_log *log)
{
    struct bt_log_queue *queue = &log->queue;
    (void)pthread_mutex_lock(&queue->mutex);
    uint64_t salt = queue->led ? 0 : log->writer.sweep_salt;
    if (salt)
        log->writer.sweep_salt = 0;
    (void)pthread_mutex_unlock(&queue->mutex);
    if (salt == 0 || syncfs(log->folder.fd) != 0)
        return;
    (void)pthread_mutex_lock(&queue->mutex);
    queue->swept = salt;
    (void)pthread_mutex_unlock(&queue->mutex);
}

static void enqueue_and_wait(struct bt_log *log, struct bt_append *append)
{
    struct bt_log_queue *queue = &log->queue;
    (void)pthread_mutex_lock(&queue->mutex);
    *queue->last = append;
    queue->last = &append->next;
    while (!append->done) {
        if (queue->led)
            (void)pthread_cond_wait(&queue->changed, &queue->mutex);
        else
            lead(log);
    }
    (void)pthread_mutex_unlock(&queue->mutex);
}

baton_status bt_log_append(struct bt_log *log, const struct bt_log_entry *entries, size_t count,
                           uint64_t *ret_first, struct baton_error *err)
{
    BT_CLEANUP(release_append)
    struct bt_append append = {
        .entries = entries,
        .count = count,
        .leaves = BT_BUF_INIT(BT_LOG_BATCH_BYTES_MAX),
        .contents = BT_BUF_INIT(BT_LOG_BATCH_BYTES_MAX),
    };
    if (!log->appends)
        return bt_fail(err, BATON_ERR_USAGE, "this log was opened for reading only");
    if (count == 0 || count > BT_LOG_BATCH_MAX)
        return bt_fail(err, BATON_ERR_USAGE, "%zu entries at once: expected 1 to %zu", count,
                       BT_LOG_BATCH_MAX);
    BT_TRY(write_down(log, &append, err));
    enqueue_and_wait(log, &append);
    if (append.status != BATON_OK) {
        if (err)
            *err = append.err;
        return append.status;
    }
    *ret_first = append.first;
    sweep(log);
    return BATON_OK;
}

/* ---- creating, opening ---- */

static baton_status open_folder(int dir_fd, struct bt_fd *ret, struct baton_error *err)
{
    return bt_fs_open_beneath(dir_fd, BT_LOG_FOLDER, O_RDONLY | O_DIRECTORY, 0, ret, err);
}

/* Under the journal's lock: the checkpoint of nothing, unless there is one. */
static baton_status begin(int dir_fd, int ledger_fd, const struct bt_log_signer *signer,
                          struct baton_error *err)
{
    struct stat st;
    BT_AUTO_BUF note = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    struct bt_merkle_head empty = {.size = 0};
    if (fstatat(ledger_fd, BT_LOG_CHECKPOINT, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return bt_fail(err, BATON_ERR_EXISTS, "there is a ledger already");
    BT_TRY(bt_sha256_bytes(bt_bytes_of(""), &empty.root, err));
    BT_TRY(bt_log_sign(signer, &empty, &note, err));
    BT_TRY(bt_tile_write_file(ledger_fd, BT_LOG_CHECKPOINT, bt_buf_bytes(&note), err));
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(bt_fs_open_beneath(ledger_fd, BT_LOG_CHECKPOINT, O_RDONLY, 0, &fd, err));
    BT_TRY(bt_fs_sync(fd.fd, BT_LOG_CHECKPOINT, err));
    BT_TRY(bt_fs_sync(ledger_fd, BT_LOG_FOLDER, err));
    return bt_fs_sync(dir_fd, "the ledger's folder", err);
}

baton_status bt_log_create_sized(int dir_fd, const struct bt_log_signer *signer,
                                 uint64_t area_bytes, struct baton_error *err)
{
    BT_AUTO_FD folder = BT_FD_INIT;
    BT_CLEANUP(bt_journal_release) struct bt_journal journal = {.fd = BT_FD_INIT};
    if (mkdirat(dir_fd, BT_LOG_FOLDER, 0755) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make " BT_LOG_FOLDER);
    BT_TRY(open_folder(dir_fd, &folder, err));
    BT_TRY(bt_journal_create(dir_fd, area_bytes, err));
    BT_TRY(bt_journal_open(dir_fd, &journal, err));
    BT_TRY(bt_journal_lock(&journal, err));
    return begin(dir_fd, folder.fd, signer, err);
}

baton_status bt_log_create(int dir_fd, const struct bt_log_signer *signer, struct baton_error *err)
{
    return bt_log_create_sized(dir_fd, signer, BT_JOURNAL_AREA_BYTES, err);
}

static baton_status new_log(int dir_fd, const struct bt_note_key *key, bt_log_binding *binding,
                            struct bt_log **ret, struct baton_error *err)
{
    struct bt_log *log = bt_calloc(1, sizeof *log);
    if (!log)
        return bt_fail_no_memory(err, "the ledger");
    log->folder.fd = -1;
    log->dir.fd = -1;
    log->key = *key;
    log->binding = binding;
    bt_reader_init(&log->reader);
    (void)pthread_mutex_init(&log->queue.mutex, NULL);
    (void)pthread_cond_init(&log->queue.changed, NULL);
    log->queue.last = &log->queue.first;
    log->queue.leaves = (struct bt_buf)BT_BUF_INIT(BT_LOG_BATCH_BYTES_MAX);
    log->queue.contents = (struct bt_buf)BT_BUF_INIT(BT_LOG_BATCH_BYTES_MAX);
    log->queue.hashes = (struct bt_buf)BT_BUF_INIT(BT_LOG_BATCH_MAX * BT_DIGEST_BYTES);
    *ret = log;
    log->dir.fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    if (log->dir.fd < 0)
        return bt_fail_os(err, errno, "cannot open the ledger's folder");
    return open_folder(dir_fd, &log->folder, err);
}

/* Not yet given to anybody. */
static baton_status give(struct bt_log *log, baton_status status, struct bt_log **ret)
{
    if (status == BATON_OK)
        *ret = log;
    else
        bt_log_close(log);
    return status;
}

baton_status bt_log_open(int dir_fd, const struct bt_note_key *key, bt_log_binding *binding,
                         struct bt_log **ret, struct baton_error *err)
{
    struct bt_log *log = NULL;
    struct bt_merkle_head head;
    baton_status status = new_log(dir_fd, key, binding, &log, err);
    if (status == BATON_OK)
        status = bt_log_head(log, &head, err);
    return give(log, status, ret);
}

baton_status bt_log_open_to_append(int dir_fd, const struct bt_log_signer *signer,
                                   bt_log_binding *binding, struct bt_log **ret,
                                   struct baton_error *err)
{
    struct bt_log *log = NULL;
    struct bt_merkle_head head;
    baton_status status = new_log(dir_fd, &signer->key, binding, &log, err);
    if (status == BATON_OK) {
        log->appends = true;
        status = bt_writer_open(&log->writer, log->dir.fd, log->folder.fd, signer, err);
        log->queue.bytes_max =
            bt_min(BT_LOG_BATCH_BYTES_MAX, (size_t)log->writer.journal.head.area_bytes / 2);
    }
    if (status == BATON_OK)
        status = bt_log_head(log, &head, err);
    return give(log, status, ret);
}

void bt_log_close(struct bt_log *log)
{
    if (!log)
        return;
    if (log->appends)
        bt_writer_release(&log->writer);
    bt_reader_release(&log->reader);
    (void)pthread_cond_destroy(&log->queue.changed);
    (void)pthread_mutex_destroy(&log->queue.mutex);
    bt_buf_release(&log->queue.leaves);
    bt_buf_release(&log->queue.contents);
    bt_buf_release(&log->queue.hashes);
    bt_fd_release(&log->folder);
    bt_fd_release(&log->dir);
    bt_free(log);
}

void bt_log_publish_every(struct bt_log *log, unsigned ms)
{
    log->writer.every_ms = ms;
}

void bt_log_trust_appended(struct bt_log *log)
{
    log->trusts_appended = true;
}

/* ---- what takes the place of a commit ---- */

static void begin_to_lead(struct bt_log *log)
{
    struct bt_log_queue *queue = &log->queue;
    (void)pthread_mutex_lock(&queue->mutex);
    while (queue->led)
        (void)pthread_cond_wait(&queue->changed, &queue->mutex);
    queue->led = true;
    (void)pthread_mutex_unlock(&queue->mutex);
}

static void end_to_lead(struct bt_log *log)
{
    struct bt_log_queue *queue = &log->queue;
    (void)pthread_mutex_lock(&queue->mutex);
    queue->led = false;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
}

baton_status bt_log_publish(struct bt_log *log, struct baton_error *err)
{
    if (!log->appends)
        return bt_fail(err, BATON_ERR_USAGE, "this log was opened for reading only");
    begin_to_lead(log);
    baton_status status = bt_writer_publish(&log->writer, err);
    end_to_lead(log);
    return status;
}

baton_status bt_log_replace_content(struct bt_log *log, uint64_t index, struct bt_bytes content,
                                    struct baton_error *err)
{
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    if (!log->appends || !log->binding)
        return bt_fail(err, BATON_ERR_USAGE, "this log was opened for reading, or has no contents");
    BT_TRY(bt_log_read(log, index, &leaf, NULL, err));
    BT_TRY(log->binding(bt_buf_bytes(&leaf), content, err));
    begin_to_lead(log);
    baton_status status = bt_writer_replace_content(&log->writer, index, content, err);
    end_to_lead(log);
    return status;
}
