/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_SELECT_H
#define BT_API_SELECT_H
/* Which decisions of which log somebody asks for. */
#include "api/api_int.h"
#include "decision/book.h"

struct bt_selection {
    struct bt_book book;
    struct bt_log_range range;
    const char *model; /* NULL: any */
    uint64_t since_us;
    uint64_t until_us;
};

#define BT_SELECTION_INIT                                                                          \
    {                                                                                              \
        .book = BT_BOOK_INIT                                                                       \
    }
#define BT_AUTO_SELECTION BT_CLEANUP(bt_selection_release) struct bt_selection

/* `filter` may be NULL, and must outlive it. */
BT_CHECK baton_status bt_selection_open(const baton_store *store,
                                        const struct baton_decision_filter *filter,
                                        struct bt_selection *ret, struct baton_error *err);
void bt_selection_release(struct bt_selection *selection);
bool bt_selection_takes(const struct bt_selection *selection, const struct bt_record *record);

/* The store's folder, which decisions are in; BATON_ERR_NOT_FOUND: it is an archive. */
BT_CHECK baton_status bt_selection_folder(const baton_store *store, int *ret,
                                          struct baton_error *err);
/* The log of decisions of a server. */
BT_CHECK baton_status bt_selection_book(const baton_store *store, const char *instance,
                                        struct bt_book *ret, struct baton_error *err);
/* "instance","log","root","size" */
void bt_report_member_book(struct bt_json_writer *w, const struct bt_book *book);
/* The members of a record, as its kind has them. */
void bt_report_put_record(struct bt_json_writer *w, const struct bt_book *book, uint64_t index,
                          const struct bt_record *record);

#endif
