/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_LOG_JOURNAL_INT_H
#define BT_LEDGER_LOG_JOURNAL_INT_H
/* Private to this room: the file of what is durable. journal.c says how it is laid out. */
#include "base/fs.h"
#include "ledger/log.h"

#define BT_JOURNAL_PAGE ((size_t)4096)
#define BT_JOURNAL_AREA_BYTES ((uint64_t)64 << 20)
#define BT_JOURNAL_BOOT_BYTES 36
#define BT_JOURNAL_RECORD_HEAD 80
/* Entries, contents and the note of one group. */
#define BT_JOURNAL_RECORD_MAX (BT_LOG_BATCH_BYTES_MAX + 2 * BT_JOURNAL_PAGE)

struct bt_journal_area {
    uint64_t salt;              /* random; what carries another one is left over from before */
    struct bt_merkle_head base; /* the tree before its first record */
};

struct bt_journal_head {
    uint64_t sequence; /* of writing this head: the higher of two holds */
    uint64_t area_bytes;
    char boot[BT_JOURNAL_BOOT_BYTES];
    unsigned active; /* the area that records go to */
    bool both;       /* the other one is needed, too: its records come before */
    struct bt_journal_area areas[2];
};

struct bt_journal_record {
    uint64_t salt;
    uint64_t first;
    uint32_t count;
    struct bt_bytes checkpoint; /* the signed note of the tree with these entries */
    struct bt_bytes leaves;     /* as in entry bundles */
    struct bt_bytes contents;   /* as in files of contents */
};

/* BT_JOURNAL_PAGE bytes each way. */
BT_CHECK baton_status bt_journal_head_parse(struct bt_bytes bytes, struct bt_journal_head *ret,
                                            struct baton_error *err);
BT_CHECK baton_status bt_journal_head_format(const struct bt_journal_head *head, struct bt_buf *out,
                                             struct baton_error *err);
/* Whole pages. */
size_t bt_journal_record_bytes(const struct bt_journal_record *record);
BT_CHECK baton_status bt_journal_record_format(const struct bt_journal_record *record,
                                               struct bt_buf *out, struct baton_error *err);
/* The record at the front of `bytes`, which points into them. BATON_ERR_NOT_FOUND when none with
 * this salt starts here, BATON_ERR_CORRUPT when one does and is damaged. */
BT_CHECK baton_status bt_journal_record_parse(struct bt_bytes bytes, uint64_t salt,
                                              struct bt_journal_record *ret,
                                              struct baton_error *err);

struct bt_journal {
    struct bt_fd fd;
    struct bt_journal_head head;
};

/* A new file, durable, unless there is one. */
BT_CHECK baton_status bt_journal_create(int dir_fd, uint64_t area_bytes, struct baton_error *err);
BT_CHECK baton_status bt_journal_open(int dir_fd, struct bt_journal *ret, struct baton_error *err);
void bt_journal_release(struct bt_journal *journal);
/* Exclusive, among processes and among descriptors; waits. */
BT_CHECK baton_status bt_journal_lock(const struct bt_journal *journal, struct baton_error *err);
void bt_journal_unlock(const struct bt_journal *journal);
BT_CHECK baton_status bt_journal_read_head(const struct bt_journal *journal,
                                           struct bt_journal_head *ret, struct baton_error *err);
/* Not durable yet. */
BT_CHECK baton_status bt_journal_write_head(struct bt_journal *journal,
                                            const struct bt_journal_head *head,
                                            struct baton_error *err);
/* The record at `offset` of an area, in `map`; as bt_journal_record_parse(). */
BT_CHECK baton_status bt_journal_read_record(const struct bt_journal *journal, unsigned area,
                                             uint64_t offset, struct bt_map *map,
                                             struct bt_journal_record *ret,
                                             struct baton_error *err);
/* Only its numbers, unchecked: how far it reaches and where it starts in the log. False: no record
 * with the area's salt starts here. */
BT_CHECK bool bt_journal_peek(const struct bt_journal *journal, unsigned area, uint64_t offset,
                              uint64_t *ret_bytes, uint64_t *ret_end);
BT_CHECK baton_status bt_journal_write_record(const struct bt_journal *journal, uint64_t offset,
                                              struct bt_bytes record, struct baton_error *err);
BT_CHECK baton_status bt_journal_sync(const struct bt_journal *journal, struct baton_error *err);
/* Both areas hold nothing any more, not even on the disk. */
BT_CHECK baton_status bt_journal_wipe(const struct bt_journal *journal, struct baton_error *err);
/* Whether an intact record lies behind `offset` of an area. */
BT_CHECK baton_status bt_journal_find_behind(const struct bt_journal *journal, unsigned area,
                                             uint64_t offset, bool *ret, struct baton_error *err);
/* Of this boot of the machine; all zeros when the system does not say. */
void bt_journal_boot_now(char boot[BT_JOURNAL_BOOT_BYTES]);
BT_CHECK baton_status bt_journal_new_salt(uint64_t *ret, struct baton_error *err);

/* Every record that is needed, as far as a log of `size` entries was published. */
BT_CHECK baton_status bt_journal_audit(int dir_fd, uint64_t size, struct baton_error *err);

#endif
