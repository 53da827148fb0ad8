/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_LOG_H
#define BT_LEDGER_LOG_H
/*
 * An append-only log in a folder: leaves under one hash tree, and a head that the log's key signs.
 *
 *     ledger/checkpoint     the newest signed head
 *     ledger/tile/...       the tree and the leaves as C2SP tlog-tiles has them
 *     ledger/content/...    what the leaves stand for, where a leaf holds only a digest of it
 *     ledger.journal        what is durable already but perhaps not yet all of the above; private
 *
 * docs/formats/ledger.md is the format, ledger/log/commit.c the reasons why nothing gets lost.
 *
 *     BT_TRY(bt_log_create(store_fd, &signer, err));                    // once
 *     BT_TRY(bt_log_open_to_append(store_fd, &signer, binding, &log, err));
 *     BT_TRY(bt_log_append(log, entries, count, &first, err));          // durable
 *     BT_TRY(bt_log_read(log, first, &leaf, &content, err));            // proved
 *     bt_log_close(log);
 *
 * Any number of processes may have the log open, to read or to append. One open log may be used by
 * any number of threads, until it is closed.
 *
 * Nothing is handed out that is not under the signed head: BATON_ERR_CORRUPT when files contradict
 * it, BATON_ERR_DIFFERS when the head is not this key's.
 */
#include "base/progress.h"
#include "ledger/checkpoint.h"

#define BT_LOG_FOLDER "ledger"
#define BT_LOG_JOURNAL "ledger.journal"

#define BT_LOG_LEAF_MAX ((size_t)65535)
#define BT_LOG_CONTENT_MAX ((size_t)1 << 20)
/* Of one append: entries, and bytes of all leaves and contents with their lengths. */
#define BT_LOG_BATCH_MAX ((size_t)65536)
#define BT_LOG_BATCH_BYTES_MAX ((size_t)16 << 20)

/* The log's own key. Its name is the log's origin. */
struct bt_log_signer {
    struct bt_note_key key;
    struct bt_ed25519_secret secret;
};

struct bt_log_entry {
    struct bt_bytes leaf;    /* 1 to BT_LOG_LEAF_MAX bytes */
    struct bt_bytes content; /* at most BT_LOG_CONTENT_MAX */
};

/* Whether `content` is what `leaf` stands for; BATON_ERR_DIFFERS when it is not. The tree vouches
 * for leaves only, so no content is taken or handed out that this did not approve of. Called by
 * several threads. */
typedef baton_status bt_log_binding(struct bt_bytes leaf, struct bt_bytes content,
                                    struct baton_error *err);

struct bt_log;

/* An empty log in the folder `dir_fd`. Killed half-way, it is finished by the next call.
 * BATON_ERR_EXISTS when there is one. */
BT_CHECK baton_status bt_log_create(int dir_fd, const struct bt_log_signer *signer,
                                    struct baton_error *err);
/* `binding` may be NULL: then the log has no contents (appending one is BATON_ERR_USAGE, those that
 * are there are passed over). BATON_ERR_NOT_FOUND when there is no log. */
BT_CHECK baton_status bt_log_open(int dir_fd, const struct bt_note_key *key,
                                  bt_log_binding *binding, struct bt_log **ret,
                                  struct baton_error *err);
/* As above, and first publishes what a killed process or a power cut left in the journal. */
BT_CHECK baton_status bt_log_open_to_append(int dir_fd, const struct bt_log_signer *signer,
                                            bt_log_binding *binding, struct bt_log **ret,
                                            struct baton_error *err);
void bt_log_close(struct bt_log *log);

/* All of them or none, in order, the first as number `*ret_first`. They are durable when this
 * returns BATON_OK. They are published then too, if the disk took it and bt_log_publish_every() was
 * not called; if not, with the next append or open that can. */
BT_CHECK baton_status bt_log_append(struct bt_log *log, const struct bt_log_entry *entries,
                                    size_t count, uint64_t *ret_first, struct baton_error *err);

/* From now on publish no more often than every `ms` milliseconds: for a log that is appended to all
 * the time, where the files of each head would cost more than what is in it. What is appended is
 * durable as before; bt_log_publish() shows it. */
void bt_log_publish_every(struct bt_log *log, unsigned ms);
/* What is appended from now on is bound: whoever calls has just made leaf and content together. */
void bt_log_trust_appended(struct bt_log *log);
BT_CHECK baton_status bt_log_publish(struct bt_log *log, struct baton_error *err);

/* Put another content in the place of entry `index`'s: as long, and bound to its leaf
 * (BATON_ERR_DIFFERS). No copy of the one before is left in the log's files. */
BT_CHECK baton_status bt_log_replace_content(struct bt_log *log, uint64_t index,
                                             struct bt_bytes content, struct baton_error *err);

/* The newest published head, read and verified now. It must continue the one that this open log saw
 * before: BATON_ERR_CORRUPT. */
BT_CHECK baton_status bt_log_head(struct bt_log *log, struct bt_merkle_head *ret,
                                  struct baton_error *err);
/* Its signed note. */
BT_CHECK baton_status bt_log_checkpoint(struct bt_log *log, struct bt_buf *out,
                                        struct baton_error *err);
/* Entry `index` of the newest head. `content` may be NULL. BATON_ERR_NOT_FOUND beyond the head. */
BT_CHECK baton_status bt_log_read(struct bt_log *log, uint64_t index, struct bt_buf *leaf,
                                  struct bt_buf *content, struct baton_error *err);

typedef baton_status bt_log_visit(void *user, uint64_t index, const struct bt_log_entry *entry,
                                  struct baton_error *err);

/* What a scan goes over: the entries from `from` up to `to`, at most the newest head's size; who
 * wants all that is there gives UINT64_MAX. */
struct bt_log_range {
    uint64_t from;
    uint64_t to;
};
/* Every entry of the range in order, each proved before it is visited. */
BT_CHECK baton_status bt_log_scan(struct bt_log *log, const struct bt_log_range *range,
                                  bt_log_visit *visit, void *user,
                                  const struct baton_progress *progress, struct baton_error *err);

/* That entry `index` is in the tree of `size` leaves, which the newest head continues. */
BT_CHECK baton_status bt_log_prove(struct bt_log *log, uint64_t index, uint64_t size,
                                   struct bt_merkle_proof *ret, struct baton_error *err);
/* That the tree of `size` starts with that of `before`. */
BT_CHECK baton_status bt_log_prove_consistency(struct bt_log *log, uint64_t before, uint64_t size,
                                               struct bt_merkle_proof *ret,
                                               struct baton_error *err);

struct bt_log_audit {
    struct bt_merkle_head head; /* all of whose entries are as it says */
    uint64_t leaf_bytes;
    uint64_t content_bytes;
};
/* Recompute everything below the newest head, with all cores and in memory that does not depend on
 * its size; of a log that was opened to append, check the journal, too. */
BT_CHECK baton_status bt_log_audit(struct bt_log *log, const struct baton_progress *progress,
                                   struct bt_log_audit *ret, struct baton_error *err);

/* Add the signature lines of others to the newest checkpoint; a line of the same signer is
 * replaced. Each must be a signature of one of `keys` on it, else BATON_ERR_DIFFERS, as when the
 * log has grown since. Needs no secret, but write access to the journal. They last until the next
 * append; a power cut may take them. */
BT_CHECK baton_status bt_log_cosign(struct bt_log *log, const struct bt_note_key *keys,
                                    size_t key_count, struct bt_bytes lines,
                                    struct baton_error *err);

#endif
