/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the log of decisions. */
#include "api/decision/select.h"
#include "data/oip.h"
#include "replay/replay.h"

/* ---- list ---- */

struct listing {
    const struct bt_selection *selection;
    struct bt_json_writer *w;
};

static baton_status list_one(void *user, uint64_t index, const struct bt_log_entry *entry,
                             struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct listing *listing = user;
    struct bt_record record;
    BT_TRY(bt_record_parse(entry->leaf, &arena, &record, err));
    if (!bt_selection_takes(listing->selection, &record))
        return BATON_OK;
    bt_json_begin_object(listing->w);
    bt_report_put_record(listing->w, &listing->selection->book, index, &record);
    bt_json_end_object(listing->w);
    return BATON_OK;
}

baton_status baton_decision_list(const baton_store *store,
                                 const struct baton_decision_filter *filter,
                                 const struct baton_progress *progress, struct baton_report *ret,
                                 struct baton_error *err)
{
    BT_AUTO_SELECTION selection = BT_SELECTION_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    struct listing listing = {&selection, &w};
    BT_TRY(bt_selection_open(store, filter, &selection, err));
    bt_json_begin_object(&w);
    bt_report_member_book(&w, &selection.book);
    bt_json_key(&w, "records");
    bt_json_begin_array(&w);
    BT_TRY(bt_log_scan(selection.book.log, &selection.range, list_one, &listing, progress, err));
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- show ---- */

static void put_text(struct bt_json_writer *w, struct bt_bytes fields, const char *name)
{
    struct bt_field field;
    struct baton_error none = BATON_ERROR_INIT;
    if (bt_field_find(fields, name, &field, &none) != BATON_OK || field.state == BT_FIELD_ERASED)
        return;
    bt_json_key(w, name);
    bt_json_put_bytes(w, field.bytes);
}

static baton_status put_erased(struct bt_json_writer *w, struct bt_bytes fields,
                               struct baton_error *err)
{
    struct bt_field field;
    bt_json_key(w, "erased");
    bt_json_begin_array(w);
    while (fields.len) {
        BT_TRY(bt_field_next(&fields, &field, err));
        if (field.state == BT_FIELD_ERASED)
            bt_json_put_bytes(w, field.name);
    }
    bt_json_end_array(w);
    return BATON_OK;
}

static baton_status put_values(struct bt_json_writer *w, const char *key,
                               const struct bt_book *book, struct bt_bytes fields, const char *kind,
                               struct baton_error *err)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_TRY(bt_decision_values(book->folder.fd.fd, fields, kind, BT_DECISION_SKIP_ERASED, &values,
                              err));
    bt_json_key(w, key);
    return bt_oip_put(&values, w, err);
}

baton_status baton_decision_show(const baton_store *store, const char *id, struct baton_report *ret,
                                 struct baton_error *err)
{
    BT_CLEANUP(bt_book_release) struct bt_book book = BT_BOOK_INIT;
    BT_CLEANUP(bt_page_release) struct bt_page page = BT_PAGE_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    struct bt_decision_id parsed;
    BT_TRY(bt_decision_id_parse(id, &parsed, err));
    BT_TRY(bt_selection_book(store, parsed.instance, &book, err));
    BT_TRY(bt_book_find(&book, &parsed, &page, err));
    struct bt_bytes fields = bt_buf_bytes(&page.fields);
    bt_json_begin_object(&w);
    bt_report_put_record(&w, &book, page.index, &page.record);
    put_text(&w, fields, "caller");
    put_text(&w, fields, "peer");
    put_text(&w, fields, "request");
    put_text(&w, fields, "error");
    BT_TRY(put_erased(&w, fields, err));
    BT_TRY(put_values(&w, "inputs", &book, fields, "input.", err));
    BT_TRY(put_values(&w, "outputs", &book, fields, "output.", err));
    bt_json_key(&w, "proof");
    bt_json_begin_object(&w);
    bt_report_member_book(&w, &book);
    bt_json_end_object(&w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}
