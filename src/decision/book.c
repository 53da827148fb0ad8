/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/book.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "decision/decisions.h"

/* How far behind its place a decision may be: a write that seemed to fail and did not puts those
 * that were waiting then further back, at most by what was being written. */
#define DRIFT_MAX ((uint64_t)65536)
#define NAP_MS 20
#define WAIT_MS (3 * BT_DECISIONS_PUBLISH_MS)

void bt_page_release(struct bt_page *page)
{
    bt_arena_release(&page->arena);
    bt_buf_release(&page->leaf);
    bt_buf_release(&page->fields);
}

void bt_book_release(struct bt_book *book)
{
    bt_log_close(book->log);
    book->log = NULL;
    bt_decision_folder_release(&book->folder);
}

baton_status bt_book_open(int store_fd, const char *instance, struct bt_book *ret,
                          struct baton_error *err)
{
    BT_TRY(bt_decision_folder_open(store_fd, instance, &ret->folder, err));
    BT_TRY(
        bt_log_open(ret->folder.fd.fd, &ret->folder.signer.key, bt_record_binding, &ret->log, err));
    return bt_log_head(ret->log, &ret->head, err);
}

baton_status bt_book_open_to_erase(int store_fd, const char *instance, struct bt_book *ret,
                                   struct baton_error *err)
{
    BT_TRY(bt_decision_folder_open_secret(store_fd, instance, &ret->folder, err));
    return bt_log_open_to_append(ret->folder.fd.fd, &ret->folder.signer, bt_record_binding,
                                 &ret->log, err);
}

static baton_status read_page(struct bt_book *book, uint64_t index, struct bt_page *page,
                              struct baton_error *err)
{
    bt_arena_release(&page->arena);
    bt_buf_clear(&page->leaf);
    bt_buf_clear(&page->fields);
    page->index = index;
    BT_TRY(bt_log_read(book->log, index, &page->leaf, &page->fields, err));
    return bt_record_parse(bt_buf_bytes(&page->leaf), &page->arena, &page->record, err);
}

static bool is_it(const struct bt_page *page, const struct bt_decision_id *id)
{
    return page->record.kind == BT_RECORD_DECISION &&
           bt_decision_check(&page->record.fields) == id->check;
}

struct search {
    const struct bt_decision_id *id;
    uint64_t found;
    bool is_found;
};

static baton_status look(void *user, uint64_t index, const struct bt_log_entry *entry,
                         struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct search *search = user;
    struct bt_record record;
    BT_TRY(bt_record_parse(entry->leaf, &arena, &record, err));
    if (!search->is_found && record.kind == BT_RECORD_DECISION &&
        bt_decision_check(&record.fields) == search->id->check) {
        search->found = index;
        search->is_found = true;
    }
    return BATON_OK;
}

/* BATON_ERR_NOT_FOUND: not in what is published now. */
static baton_status find_now(struct bt_book *book, const struct bt_decision_id *id,
                             struct bt_page *ret, struct baton_error *err)
{
    struct search search = {.id = id};
    const struct bt_log_range range = {id->index + 1, id->index + DRIFT_MAX};
    BT_TRY(bt_log_head(book->log, &book->head, err));
    if (id->index >= book->head.size)
        return BATON_ERR_NOT_FOUND;
    BT_TRY(read_page(book, id->index, ret, err));
    if (is_it(ret, id))
        return BATON_OK;
    BT_TRY(bt_log_scan(book->log, &range, look, &search, NULL, err));
    return search.is_found ? read_page(book, search.found, ret, err) : BATON_ERR_NOT_FOUND;
}

/* A decision that has just been made is shown to readers a little later. */
baton_status bt_book_find(struct bt_book *book, const struct bt_decision_id *id,
                          struct bt_page *ret, struct baton_error *err)
{
    const struct timespec nap = {0, NAP_MS * 1000000L};
    baton_status status = find_now(book, id, ret, err);
    for (unsigned ms = 0; status == BATON_ERR_NOT_FOUND && ms < WAIT_MS; ms += NAP_MS) {
        (void)nanosleep(&nap, NULL);
        status = find_now(book, id, ret, err);
    }
    if (status != BATON_ERR_NOT_FOUND)
        return status;
    return bt_fail(err, status,
                   "the decision is not among the %" PRIu64
                   " records of \"%s\": it was lost before it was on the disk (then a record tells "
                   "of a gap), or has never been made",
                   book->head.size, id->instance);
}

void bt_book_id(const struct bt_book *book, uint64_t index, const struct bt_record *record,
                char ret[BT_DECISION_ID_MAX])
{
    struct bt_decision_id id = {.index = index, .check = bt_decision_check(&record->fields)};
    (void)snprintf(id.instance, sizeof id.instance, "%s", book->folder.instance);
    bt_decision_id_format(&id, ret);
}
