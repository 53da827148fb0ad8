/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How entries become durable, and then visible. docs/formats/ledger.md says the same for other
 * programs.
 *
 * Invariants, at every moment, and so after a kill -9 or a power cut at any moment:
 *
 *   L1  An acknowledged entry is in the journal, behind an fdatasync, or under tiles that are
 *       durable. An area of the journal is given up only after syncfs(2) made durable what was
 *       published from it.
 *   L2  The published checkpoint is never ahead of the journal: the record of its group was durable
 *       before. So a checkpoint that is ahead says that the journal was damaged or replaced.
 *   L3  While the machine runs, every file that a checkpoint covers was written in full before the
 *       checkpoint got its name. After a power cut this does not hold, as none of them was synced:
 *       the journal's head therefore names the boot that it was last gone over in, and in another
 *       boot all of it is, tile by tile.
 *   L4  Going over an area needs the tiles of the tree that it starts from. Partial tiles of that
 *       tree stay until the area is given up.
 *   L5  A key signs one head per size: all that signs holds the lock, and looks first at what
 *       others have signed.
 *   L6  One writer: journal and tiles are changed under one hold of the lock on the journal.
 *
 * States of one commit, and what a crash in each leaves:
 *
 *   record being written  -> a record that does not match its digest: the end, overwritten next
 *   record written        -> perhaps all of it: then the entries are in the log, unacknowledged
 *   record durable        -> the next open or append publishes it
 *   tiles being written   -> the same; a torn tile has no name yet, or is written again
 *   checkpoint renamed    -> the new state
 *
 * Areas: when the active one is full, the other is begun, and both are needed. Somebody sweeps,
 * without the lock: syncfs(2). The next commit then says in the head that one is enough. When the
 * next area is full before that, the commit has to sweep by itself.
 *
 * Damage: a record that is no good ends the journal. That is a torn write if it was the last one.
 * If a good record follows it, or the checkpoint is ahead of it, it is damage, and refused.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "ledger/log/log_int.h"

/* More of a record than its entries: its head, the signed note, padding. */
#define RECORD_SLACK (4 * (uint64_t)BT_JOURNAL_PAGE)
#define UNPUBLISHED_BYTES_MAX ((size_t)4 << 20)

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- taking over what is there ---- */

static baton_status damaged(const char *what, uint64_t at, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CORRUPT, BT_LOG_JOURNAL " is damaged: %s entry %" PRIu64, what,
                   at);
}

static baton_status read_published(struct bt_writer *w, struct bt_merkle_head *ret,
                                   struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    BT_TRY(bt_tile_read_file(w->ledger_fd, BT_LOG_CHECKPOINT, &w->note, err));
    BT_TRY(bt_checkpoint_open(bt_buf_bytes(&w->note), &w->signer.key, &checkpoint, err));
    *ret = checkpoint.head;
    return BATON_OK;
}

static baton_status apply(struct bt_writer *w, const struct bt_group *group,
                          struct baton_error *err)
{
    struct bt_bytes rest = group->leaves;
    struct bt_bytes leaf;
    for (uint32_t i = 0; i < group->count; i++) {
        struct bt_digest digest;
        BT_BUG_ON(!bt_items_next(&rest, BT_LEAF_PREFIX, &leaf));
        if (group->hashes)
            digest = group->hashes[i];
        else
            BT_TRY(bt_merkle_leaf(&w->hash, leaf, &digest, err));
        BT_TRY(bt_edge_append(&w->edge, &w->hash, &digest, err));
    }
    bt_buf_put(&w->entries, group->leaves.ptr, group->leaves.len);
    bt_buf_put(&w->contents, group->contents.ptr, group->contents.len);
    BT_TRY(bt_buf_finish(&w->entries, "entries of the ledger", err));
    return bt_buf_finish(&w->contents, "contents of the ledger", err);
}

/* A record's entries, if they make the tree that its checkpoint was signed for. */
static baton_status replay_record(struct bt_writer *w, const struct bt_journal_record *record,
                                  struct baton_error *err)
{
    struct bt_group group = {record->count, record->leaves, record->contents, NULL, 0};
    struct bt_checkpoint checkpoint;
    struct bt_merkle_head head;
    if (record->first != w->edge.frontier.size)
        return damaged("a record is missing before", record->first, err);
    BT_TRY(bt_checkpoint_open(record->checkpoint, &w->signer.key, &checkpoint, err));
    BT_TRY(apply(w, &group, err));
    BT_TRY(bt_edge_head(&w->edge, &w->hash, &head, err));
    if (head.size != checkpoint.head.size || !bt_digest_equal(&head.root, &checkpoint.head.root))
        return damaged("another tree was signed than follows from the record of", record->first,
                       err);
    return bt_writer_put_full(w, err);
}

/* The tree on the way from an area's base to its end, and the published one, which must be met. */
struct replay {
    struct bt_merkle_head published;
    bool has_published;
    bool met;
    bool resumed; /* from the checkpoint on, not from the journal's beginning */
};

static baton_status meet(struct bt_writer *w, struct replay *replay, struct baton_error *err)
{
    struct bt_merkle_head head;
    if (!replay->has_published || w->edge.frontier.size != replay->published.size)
        return BATON_OK;
    BT_TRY(bt_edge_head(&w->edge, &w->hash, &head, err));
    if (!bt_digest_equal(&head.root, &replay->published.root))
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "the ledger's checkpoint of %" PRIu64
                       " entries has another root than " BT_LOG_JOURNAL " gives",
                       head.size);
    replay->met = true;
    return BATON_OK;
}

/* Good records from `offset` on; `w->offset` is behind them. */
static baton_status replay_area(struct bt_writer *w, unsigned area, uint64_t offset,
                                struct replay *replay, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    struct bt_journal_record record;
    BT_TRY(meet(w, replay, err));
    for (;; offset += bt_journal_record_bytes(&record)) {
        w->offset = offset;
        baton_status status = bt_journal_read_record(&w->journal, area, offset, &map, &record, err);
        if (status == BATON_ERR_NOT_FOUND || status == BATON_ERR_CORRUPT)
            return BATON_OK;
        if (status != BATON_OK)
            return status;
        BT_TRY(replay_record(w, &record, err));
        BT_TRY(meet(w, replay, err));
    }
}

static baton_status load_at(struct bt_writer *w, const struct bt_merkle_head *head,
                            struct baton_error *err)
{
    bt_edge_release(&w->edge);
    bt_edge_init(&w->edge);
    BT_TRY(bt_edge_load(&w->edge, w->ledger_fd, head, &w->hash, err));
    return bt_writer_load_entries(w, err);
}

/* All of the journal, whatever of it was published before. */
static baton_status replay_all(struct bt_writer *w, struct replay *replay, struct baton_error *err)
{
    const struct bt_journal_head *head = &w->journal.head;
    const struct bt_journal_area *active = &head->areas[head->active];
    unsigned other = 1 - head->active;
    struct bt_merkle_head now;
    bool behind = false;
    BT_TRY(load_at(w, head->both ? &head->areas[other].base : &active->base, err));
    if (head->both)
        BT_TRY(replay_area(w, other, 0, replay, err));
    BT_TRY(bt_edge_head(&w->edge, &w->hash, &now, err));
    if (now.size != active->base.size || !bt_digest_equal(&now.root, &active->base.root))
        return damaged("it ends early, at", now.size, err);
    BT_TRY(replay_area(w, head->active, 0, replay, err));
    BT_TRY(bt_journal_find_behind(&w->journal, head->active, w->offset, &behind, err));
    if (behind)
        return damaged("good records follow one that is not, at", w->edge.frontier.size, err);
    return BATON_OK;
}

/* Where the record ends that gave the tree of `size`. */
static bool find_offset(const struct bt_writer *w, uint64_t size, uint64_t *ret)
{
    const struct bt_journal_head *head = &w->journal.head;
    uint64_t end = head->areas[head->active].base.size;
    uint64_t bytes = 0;
    uint64_t offset = 0;
    while (end < size && bt_journal_peek(&w->journal, head->active, offset, &bytes, &end))
        offset += bytes;
    *ret = offset;
    return end == size;
}

/* What was published in this boot is there; only what comes behind it is gone over. */
static baton_status resume(struct bt_writer *w, struct replay *replay, struct baton_error *err)
{
    uint64_t offset = 0;
    if (!find_offset(w, replay->published.size, &offset))
        return damaged("no record leads to the checkpoint's", replay->published.size, err);
    BT_TRY(load_at(w, &replay->published, err));
    return replay_area(w, w->journal.head.active, offset, replay, err);
}

static bool is_this_boot(const struct bt_journal_head *head, char now[BT_JOURNAL_BOOT_BYTES])
{
    static const char unknown[BT_JOURNAL_BOOT_BYTES];
    bt_journal_boot_now(now);
    return memcmp(now, unknown, sizeof unknown) != 0 &&
           memcmp(now, head->boot, sizeof unknown) == 0;
}

baton_status bt_log_sign(const struct bt_log_signer *signer, const struct bt_merkle_head *head,
                         struct bt_buf *out, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_TRY(bt_checkpoint_format(signer->key.name, head, &text, err));
    bt_buf_clear(out);
    bt_buf_put(out, text.data, text.len);
    bt_buf_put_str(out, "\n");
    return bt_note_sign(bt_buf_bytes(&text), &signer->key, &signer->secret, 0, out, err);
}

static baton_status sign_edge(struct bt_writer *w, struct baton_error *err)
{
    struct bt_merkle_head head;
    BT_TRY(bt_edge_head(&w->edge, &w->hash, &head, err));
    return bt_log_sign(&w->signer, &head, &w->note, err);
}

static baton_status publish_replayed(struct bt_writer *w, const struct replay *replay,
                                     struct baton_error *err)
{
    uint64_t size = w->edge.frontier.size;
    /* In the boot that published it all of it is there, so opening changes no file. */
    if (replay->resumed && replay->published.size == size)
        return BATON_OK;
    if (replay->has_published && !replay->met)
        return damaged("it does not lead to the checkpoint's entries but to", size, err);
    /* A checkpoint of this size stays, with the cosignatures that it has. */
    if (!replay->has_published || replay->published.size != size)
        BT_TRY(sign_edge(w, err));
    return bt_writer_put_edge(w, err);
}

/* Everything was gone over in this boot, says the head from now on. */
static baton_status note_boot(struct bt_writer *w, const char boot[BT_JOURNAL_BOOT_BYTES],
                              struct baton_error *err)
{
    struct bt_journal_head head = w->journal.head;
    memcpy(head.boot, boot, sizeof head.boot);
    BT_TRY(bt_journal_write_head(&w->journal, &head, err));
    return bt_journal_sync(&w->journal, err);
}

static baton_status load(struct bt_writer *w, struct baton_error *err)
{
    char boot[BT_JOURNAL_BOOT_BYTES];
    struct replay replay = {.met = false};
    w->loaded = false;
    BT_TRY(bt_journal_read_head(&w->journal, &w->journal.head, err));
    bool same_boot = is_this_boot(&w->journal.head, boot);
    baton_status status = read_published(w, &replay.published, err);
    replay.has_published = status == BATON_OK;
    if (status != BATON_OK && (same_boot || status == BATON_ERR_DIFFERS))
        return status;
    status = same_boot ? resume(w, &replay, err) : BATON_ERR_NOT_FOUND;
    replay.resumed = status == BATON_OK;
    if (status == BATON_ERR_NOT_FOUND || status == BATON_ERR_CORRUPT) {
        replay.met = false;
        replay.resumed = false;
        status = replay_all(w, &replay, err);
    }
    if (status != BATON_OK)
        return status;
    BT_TRY(publish_replayed(w, &replay, err));
    w->unpublished = false;
    if (!same_boot)
        BT_TRY(note_boot(w, boot, err));
    w->loaded = true;
    return BATON_OK;
}

/* What others did since this process held the lock. */
static baton_status refresh(struct bt_writer *w, struct baton_error *err)
{
    struct bt_journal_head head;
    uint64_t bytes = 0;
    uint64_t end = 0;
    BT_TRY(bt_journal_read_head(&w->journal, &head, err));
    bool same = w->loaded && head.sequence == w->journal.head.sequence;
    if (same && !bt_journal_peek(&w->journal, head.active, w->offset, &bytes, &end))
        return BATON_OK;
    return load(w, err);
}

/* ---- committing ---- */

/* Trees whose partial tiles the journal does not need any more, once its head is durable. */
struct given_up {
    bool any;
    uint64_t size;
};

static void give_up(struct bt_journal_head *head, struct given_up *ret)
{
    *ret = (struct given_up){true, head->areas[1 - head->active].base.size};
    head->both = false;
}

/* Begin the other area, for what comes after the tree `base`. */
static baton_status switch_area(struct bt_writer *w, const struct bt_merkle_head *base,
                                struct given_up *given_up, struct baton_error *err)
{
    struct bt_journal_head head = w->journal.head;
    unsigned next = 1 - head.active;
    if (head.both && syncfs(w->ledger_fd) != 0)
        return bt_fail_os(err, errno, "cannot make the ledger's tiles durable");
    if (head.both)
        give_up(&head, given_up);
    BT_TRY(bt_journal_new_salt(&head.areas[next].salt, err));
    head.areas[next].base = *base;
    head.active = next;
    head.both = true;
    BT_TRY(bt_journal_write_head(&w->journal, &head, err));
    w->offset = 0;
    w->sweep_salt = head.areas[next].salt;
    return BATON_OK;
}

/* Room in the journal for a record. What changes in the head is durable with the record. */
static baton_status make_room(struct bt_writer *w, uint64_t bytes,
                              const struct bt_merkle_head *before, uint64_t swept,
                              struct given_up *given_up, struct baton_error *err)
{
    struct bt_journal_head head = w->journal.head;
    if (bytes > head.area_bytes)
        return bt_fail(err, BATON_ERR_LIMIT,
                       "entries of %" PRIu64 " bytes at once: the journal takes %" PRIu64, bytes,
                       head.area_bytes);
    if (head.both && swept == head.areas[head.active].salt) {
        give_up(&head, given_up);
        BT_TRY(bt_journal_write_head(&w->journal, &head, err));
    }
    return w->offset + bytes > head.area_bytes ? switch_area(w, before, given_up, err) : BATON_OK;
}

/* It could not be made durable: nobody may find a good record that its writer was told is none. */
static baton_status take_back(struct bt_writer *w, struct baton_error *err)
{
    static const uint8_t zeros[BT_JOURNAL_RECORD_HEAD];
    struct bt_bytes nothing = {zeros, sizeof zeros};
    bool gone = bt_journal_write_record(&w->journal, w->offset, nothing, NULL) == BATON_OK;
    return bt_error_prepend(err, gone ? "the entries are not in the log"
                                      : "it is not known whether the entries are in the log");
}

/* The group's record, after which the group is durable. */
static baton_status write_record(struct bt_writer *w, const struct bt_group *group,
                                 const struct bt_merkle_head *before, struct given_up *given_up,
                                 struct baton_error *err)
{
    struct bt_journal *journal = &w->journal;
    struct bt_journal_record record = {.first = before->size,
                                       .count = group->count,
                                       .checkpoint = bt_buf_bytes(&w->note),
                                       .leaves = group->leaves,
                                       .contents = group->contents};
    uint64_t bytes = bt_journal_record_bytes(&record);
    BT_TRY(make_room(w, bytes, before, group->swept, given_up, err));
    record.salt = journal->head.areas[journal->head.active].salt;
    BT_TRY(bt_journal_record_format(&record, &w->record, err));
    BT_TRY(bt_journal_write_record(journal, w->offset, bt_buf_bytes(&w->record), err));
    if (bt_journal_sync(journal, err) != BATON_OK)
        return take_back(w, err);
    w->offset += bytes;
    return BATON_OK;
}

/* ---- publishing ---- */

static baton_status publish(struct bt_writer *w, struct baton_error *err)
{
    w->loaded = false;
    BT_TRY(bt_writer_put_full(w, err));
    BT_TRY(bt_writer_put_edge(w, err));
    w->loaded = true;
    w->unpublished = false;
    w->published_ms = now_ms();
    return BATON_OK;
}

/* What was kept back is in memory, and an area of the journal must start from a published tree. */
static baton_status publish_before(struct bt_writer *w, const struct bt_group *group,
                                   struct baton_error *err)
{
    uint64_t bytes = group->leaves.len + group->contents.len;
    bool fits = w->offset + bytes + RECORD_SLACK <= w->journal.head.area_bytes &&
                w->entries.len + w->contents.len + bytes <= UNPUBLISHED_BYTES_MAX &&
                w->edge.frontier.size + group->count - w->contents_first <= BT_LOG_BATCH_MAX;
    return !w->unpublished || fits ? BATON_OK : publish(w, err);
}

static bool is_time_to_publish(const struct bt_writer *w)
{
    return w->every_ms == 0 || now_ms() - w->published_ms >= w->every_ms;
}

static baton_status commit(struct bt_writer *w, const struct bt_group *group, uint64_t *ret_first,
                           struct baton_error *err)
{
    struct bt_merkle_head before;
    struct given_up given_up = {false, 0};
    BT_TRY(refresh(w, err));
    BT_TRY(publish_before(w, group, err));
    BT_TRY(bt_edge_head(&w->edge, &w->hash, &before, err));
    /* Until all of it is done, what is in memory is not what is on disk. */
    w->loaded = false;
    BT_TRY(apply(w, group, err));
    BT_TRY(sign_edge(w, err));
    BT_TRY(write_record(w, group, &before, &given_up, err));
    *ret_first = before.size;
    /* It is in the log now, whatever happens: what cannot be published here will be by load(). */
    w->unpublished = true;
    w->loaded = !is_time_to_publish(w) || publish(w, NULL) == BATON_OK;
    if (given_up.any)
        bt_writer_drop_base(w, given_up.size);
    return BATON_OK;
}

baton_status bt_writer_publish_locked(struct bt_writer *w, struct baton_error *err)
{
    BT_TRY(refresh(w, err));
    return w->unpublished ? publish(w, err) : BATON_OK;
}

baton_status bt_writer_publish(struct bt_writer *w, struct baton_error *err)
{
    BT_TRY(bt_journal_lock(&w->journal, err));
    baton_status status = bt_writer_publish_locked(w, err);
    bt_journal_unlock(&w->journal);
    return status;
}

baton_status bt_writer_commit(struct bt_writer *w, const struct bt_group *group,
                              uint64_t *ret_first, struct baton_error *err)
{
    BT_TRY(bt_journal_lock(&w->journal, err));
    baton_status status = commit(w, group, ret_first, err);
    bt_journal_unlock(&w->journal);
    return status;
}

baton_status bt_writer_open(struct bt_writer *w, int dir_fd, int ledger_fd,
                            const struct bt_log_signer *signer, struct baton_error *err)
{
    *w = (struct bt_writer){
        .dir_fd = dir_fd,
        .ledger_fd = ledger_fd,
        .signer = *signer,
        .journal = {.fd = BT_FD_INIT},
        .entries = BT_BUF_INIT(BT_LOG_BATCH_BYTES_MAX + BT_ENTRIES_BYTES_MAX),
        .contents = BT_BUF_INIT(BT_LOG_BATCH_BYTES_MAX),
        .note = BT_BUF_INIT(BT_NOTE_BYTES_MAX),
        .record = BT_BUF_INIT(BT_JOURNAL_RECORD_MAX + BT_JOURNAL_PAGE),
    };
    bt_edge_init(&w->edge);
    BT_TRY(bt_sha256_init(&w->hash, err));
    BT_TRY(bt_journal_open(dir_fd, &w->journal, err));
    BT_TRY(bt_journal_lock(&w->journal, err));
    baton_status status = load(w, err);
    bt_journal_unlock(&w->journal);
    return status;
}

void bt_writer_release(struct bt_writer *w)
{
    bt_journal_release(&w->journal);
    bt_sha256_release(&w->hash);
    bt_edge_release(&w->edge);
    bt_buf_release(&w->entries);
    bt_buf_release(&w->contents);
    bt_buf_release(&w->note);
    bt_buf_release(&w->record);
    bt_ed25519_secret_release(&w->signer.secret);
}
