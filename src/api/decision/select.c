/* SPDX-License-Identifier: Apache-2.0 */
#include "api/decision/select.h"

#include <stdio.h>
#include <string.h>

#include "codec/text/time.h"

#define US_PER_SECOND ((uint64_t)1000000)

static baton_status parse_time(const char *text, uint64_t *ret_us, struct baton_error *err)
{
    int64_t seconds = 0;
    if (!text)
        return BATON_OK;
    if (!bt_time_parse(text, &seconds) || seconds < 0)
        return bt_fail(err, BATON_ERR_USAGE,
                       "\"%.60s\" is no time: expected one such as 2026-11-24T15:04:05Z", text);
    *ret_us = (uint64_t)seconds * US_PER_SECOND;
    return BATON_OK;
}

baton_status bt_selection_folder(const baton_store *store, int *ret, struct baton_error *err)
{
    *ret = bt_store_folder(store->store);
    return *ret >= 0 ? BATON_OK
                     : bt_fail(err, BATON_ERR_NOT_FOUND, "an archive holds no decisions");
}

baton_status bt_selection_book(const baton_store *store, const char *instance, struct bt_book *ret,
                               struct baton_error *err)
{
    int folder = -1;
    BT_TRY(bt_selection_folder(store, &folder, err));
    return bt_book_open(folder, instance ? instance : BT_INSTANCE_DEFAULT, ret, err);
}

baton_status bt_selection_open(const baton_store *store, const struct baton_decision_filter *filter,
                               struct bt_selection *ret, struct baton_error *err)
{
    struct baton_decision_filter f = BATON_DECISION_FILTER_INIT;
    BT_TRY(bt_options_take(&f, sizeof f, filter, err));
    ret->model = f.model;
    ret->until_us = UINT64_MAX;
    BT_TRY(parse_time(f.since, &ret->since_us, err));
    BT_TRY(parse_time(f.until, &ret->until_us, err));
    BT_TRY(bt_selection_book(store, f.instance, &ret->book, err));
    uint64_t size = ret->book.head.size;
    ret->range = (struct bt_log_range){f.last && f.last < size ? size - f.last : 0, size};
    return BATON_OK;
}

void bt_selection_release(struct bt_selection *selection)
{
    bt_book_release(&selection->book);
}

bool bt_selection_takes(const struct bt_selection *selection, const struct bt_record *record)
{
    bool is_model = !selection->model || (record->kind == BT_RECORD_DECISION &&
                                          strcmp(record->model, selection->model) == 0);
    return is_model && record->time_us >= selection->since_us &&
           record->time_us < selection->until_us;
}

/* ---- reports ---- */

void bt_report_member_book(struct bt_json_writer *w, const struct bt_book *book)
{
    bt_json_member_str(w, "instance", book->folder.instance);
    bt_json_member_str(w, "log", book->folder.signer.key.name);
    bt_report_member_hex(w, "root", &book->head.root);
    bt_json_member_u64(w, "size", book->head.size);
}

/* Microseconds behind the second: "2026-11-24T15:04:05.000123Z". */
static void member_time(struct bt_json_writer *w, uint64_t time_us)
{
    char second[BT_TIME_TEXT_MAX];
    char text[BT_TIME_TEXT_MAX + 8];
    bt_time_format((int64_t)(time_us / US_PER_SECOND), second);
    size_t len = strcspn(second, "Z");
    (void)snprintf(text, sizeof text, "%.*s.%06uZ", (int)len, second,
                   (unsigned)(time_us % US_PER_SECOND));
    bt_json_member_str(w, "time", text);
}

static void put_decision(struct bt_json_writer *w, const struct bt_record *record)
{
    if (record->alias)
        bt_json_member_str(w, "alias", record->alias);
    bt_json_member_str(w, "bundle", record->bundle);
    bt_json_member_str(w, "engine", record->engine);
    bt_json_member_str(w, "model", record->model);
    bt_json_member_u64(w, "status", record->status);
    bt_json_member_u64(w, "took", record->took_us);
    bt_json_member_str(w, "version", record->version);
}

void bt_report_put_record(struct bt_json_writer *w, const struct bt_book *book, uint64_t index,
                          const struct bt_record *record)
{
    char id[BT_DECISION_ID_MAX];
    bt_json_member_str(w, "kind", bt_record_kind_name(record->kind));
    bt_json_member_u64(w, "record", index);
    member_time(w, record->time_us);
    if (record->kind == BT_RECORD_DECISION) {
        bt_book_id(book, index, record, id);
        bt_json_member_str(w, "id", id);
        put_decision(w, record);
    }
    if (record->kind == BT_RECORD_START)
        bt_json_member_str(w, "engine", record->engine);
    if (record->kind == BT_RECORD_ERASED)
        bt_json_member_u64(w, "of", record->of);
    if (record->lost)
        bt_json_member_u64(w, "lost", record->lost);
    if (record->reason)
        bt_json_member_str(w, "reason", record->reason);
}
