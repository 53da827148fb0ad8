/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_BOOK_H
#define BT_DECISION_BOOK_H
/*
 * The log of decisions as its readers see it: what is under its signed head, and proved to be. A
 * server may write to it meanwhile.
 *
 *     BT_TRY(bt_book_open(store_fd, "serve", &book, err));
 *     BT_TRY(bt_book_find(&book, &id, &page, err));
 *     bt_page_release(&page);
 *     bt_book_release(&book);
 */
#include "decision/folder.h"
#include "decision/record.h"

struct bt_book {
    struct bt_decision_folder folder;
    struct bt_log *log;
    struct bt_merkle_head head; /* when it was opened */
};

#define BT_BOOK_INIT                                                                               \
    {                                                                                              \
        .folder = BT_DECISION_FOLDER_INIT                                                          \
    }

/* One record with its fields. */
struct bt_page {
    struct bt_arena arena;
    struct bt_buf leaf;
    struct bt_buf fields;
    uint64_t index;
    struct bt_record record;
};

#define BT_PAGE_INIT                                                                               \
    {                                                                                              \
        .arena = BT_ARENA_INIT, .leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX),                              \
        .fields = BT_BUF_INIT(BT_LOG_CONTENT_MAX)                                                  \
    }

void bt_page_release(struct bt_page *page);

BT_CHECK baton_status bt_book_open(int store_fd, const char *instance, struct bt_book *ret,
                                   struct baton_error *err);
/* To erase in it; takes the right to read the log's key. */
BT_CHECK baton_status bt_book_open_to_erase(int store_fd, const char *instance, struct bt_book *ret,
                                            struct baton_error *err);
void bt_book_release(struct bt_book *book);
/* BATON_ERR_NOT_FOUND when that decision is not in the log: it was lost, or has never been. */
BT_CHECK baton_status bt_book_find(struct bt_book *book, const struct bt_decision_id *id,
                                   struct bt_page *ret, struct baton_error *err);
/* Erase fields of a decision: those that are named, or all. A record in the log says so, with the
 * reason; the decision's own record and its proofs stay as they are. `ret_count`: how many were
 * there. Killed half-way, the same call does the rest. */
BT_CHECK baton_status bt_book_erase(struct bt_book *book, const struct bt_decision_id *id,
                                    const char *const *names, const char *reason, size_t *ret_count,
                                    struct baton_error *err);
/* What a record is called. */
void bt_book_id(const struct bt_book *book, uint64_t index, const struct bt_record *record,
                char ret[BT_DECISION_ID_MAX]);

#endif
