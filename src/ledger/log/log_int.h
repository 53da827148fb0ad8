/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_LOG_LOG_INT_H
#define BT_LEDGER_LOG_LOG_INT_H
/* Private to this room: what an open log is made of. */
#include <pthread.h>

#include "ledger/log/journal_int.h"
#include "ledger/log/tiles_int.h"

/* ---- commit.c: appending ---- */

/* What one process knows of the end of the log; true under the journal's lock only. */
struct bt_writer {
    int dir_fd;
    int ledger_fd;
    struct bt_log_signer signer;
    struct bt_journal journal;
    struct bt_sha256 hash;
    bool loaded;
    uint64_t offset; /* in the journal's active area, behind the last record */
    struct bt_edge edge;
    struct bt_buf entries;   /* since the last full tile, as a bundle */
    size_t entries_on_disk;  /* bytes of them, as a partial bundle */
    struct bt_buf contents;  /* not yet in their files */
    uint64_t contents_first; /* the entry they start with */
    uint64_t contents_at;    /* where in its file */
    struct bt_buf note;      /* the head's signed note */
    struct bt_buf record;    /* kept for its memory */
    unsigned every_ms;       /* publish no more often; 0: with each group */
    uint64_t published_ms;   /* when it was published last */
    bool unpublished;        /* something is durable that is not published yet */
    uint64_t sweep_salt;     /* of the area that was begun and waits for a sweep; 0: none */
};

/* Entries as they are written down. */
struct bt_group {
    uint32_t count;
    struct bt_bytes leaves;
    struct bt_bytes contents;
    const struct bt_digest *hashes; /* of the leaves; NULL: not known yet */
    uint64_t swept;                 /* salt of the area up to whose start all is durable, or 0 */
};

/* The signed note of a head. */
BT_CHECK baton_status bt_log_sign(const struct bt_log_signer *signer,
                                  const struct bt_merkle_head *head, struct bt_buf *out,
                                  struct baton_error *err);
/* Takes over what is in the journal. */
BT_CHECK baton_status bt_writer_open(struct bt_writer *writer, int dir_fd, int ledger_fd,
                                     const struct bt_log_signer *signer, struct baton_error *err);
void bt_writer_release(struct bt_writer *writer);
/* Durable when it returns BATON_OK. */
BT_CHECK baton_status bt_writer_commit(struct bt_writer *writer, const struct bt_group *group,
                                       uint64_t *ret_first, struct baton_error *err);

/* What is durable and not published. */
BT_CHECK baton_status bt_writer_publish(struct bt_writer *writer, struct baton_error *err);

/* The same, of who holds the lock on the journal. */
BT_CHECK baton_status bt_writer_publish_locked(struct bt_writer *writer, struct baton_error *err);

/* ---- erase.c ---- */

BT_CHECK baton_status bt_writer_replace_content(struct bt_writer *writer, uint64_t index,
                                                struct bt_bytes content, struct baton_error *err);

/* ---- publish.c: out of the writer's buffers into files ---- */

/* At the end of the tree of `size`, whose edge is loaded. */
BT_CHECK baton_status bt_writer_load_entries(struct bt_writer *writer, struct baton_error *err);
/* Full tiles, and contents. */
BT_CHECK baton_status bt_writer_put_full(struct bt_writer *writer, struct baton_error *err);
/* What stands at the edge, and the note. */
BT_CHECK baton_status bt_writer_put_edge(struct bt_writer *writer, struct baton_error *err);
/* Partial tiles of the tree of `size` that were kept for the journal's sake. */
void bt_writer_drop_base(const struct bt_writer *writer, uint64_t size);

/* ---- entries.c ---- */

/* The entries of one tile, and how far they were read. */
struct bt_entries {
    const struct bt_log *log;
    struct bt_tile tile;
    const struct bt_digest *hashes; /* of the leaves */
    struct bt_buf leaves;
    struct bt_map contents;
    bool all_empty; /* there is no file of them */
    unsigned at;
    struct bt_bytes leaves_left;
    struct bt_bytes contents_left;
};

void bt_entries_init(struct bt_entries *entries);
void bt_entries_release(struct bt_entries *entries);
/* `hashes` must live as long as entries are taken. */
BT_CHECK baton_status bt_entries_open(struct bt_entries *entries, const struct bt_log *log,
                                      const struct bt_tile *tile, const struct bt_digest *hashes,
                                      struct baton_error *err);
BT_CHECK baton_status bt_entries_skip(struct bt_entries *entries, unsigned to,
                                      struct baton_error *err);
/* The next entry, which there must be, if it has its hash and its content is bound to it. It lives
 * until others are opened. */
BT_CHECK baton_status bt_entries_next(struct bt_entries *entries, struct bt_sha256 *hash,
                                      struct bt_log_entry *ret, struct baton_error *err);

/* ---- read.c ---- */

/* The newest head that was read, and what is proved against it. */
struct bt_reader {
    pthread_mutex_t mutex; /* guards all of it */
    bool set;
    struct bt_buf note;
    struct bt_view view;
};

void bt_reader_init(struct bt_reader *reader);
void bt_reader_release(struct bt_reader *reader);

/* ---- append.c ---- */

struct bt_append;

/* Who waits to be committed, and the group that is. */
struct bt_log_queue {
    pthread_mutex_t mutex; /* guards all of it, but the group and its buffers while it is led */
    pthread_cond_t changed;
    struct bt_append *first;
    struct bt_append **last;
    bool led;       /* somebody commits a group */
    uint64_t swept; /* for the next one */
    size_t bytes_max;
    struct bt_group group;
    struct bt_buf leaves;
    struct bt_buf contents;
    struct bt_buf hashes;
};

struct bt_log {
    struct bt_fd dir;
    struct bt_fd folder;
    struct bt_note_key key;
    bt_log_binding *binding;
    struct bt_reader reader;
    bool appends;
    bool trusts_appended;    /* contents need not be asked whether they are bound */
    struct bt_writer writer; /* who leads uses it */
    struct bt_log_queue queue;
};

/* With another size of the journal's areas than BT_JOURNAL_AREA_BYTES, for tests. */
BT_CHECK baton_status bt_log_create_sized(int dir_fd, const struct bt_log_signer *signer,
                                          uint64_t area_bytes, struct baton_error *err);

#endif
