/* SPDX-License-Identifier: Apache-2.0 */
#include "api/decision/select.h"

baton_status baton_decision_erase(const baton_store *store, const char *id, baton_strings names,
                                  const char *reason, struct baton_report *ret,
                                  struct baton_error *err)
{
    BT_CLEANUP(bt_book_release) struct bt_book book = BT_BOOK_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    struct bt_decision_id parsed;
    size_t count = 0;
    int folder = -1;
    if (!reason || !*reason)
        return bt_fail(err, BATON_ERR_USAGE, "an erasure needs a reason, which is logged");
    BT_TRY(bt_decision_id_parse(id, &parsed, err));
    BT_TRY(bt_selection_folder(store, &folder, err));
    BT_TRY(bt_book_open_to_erase(folder, parsed.instance, &book, err));
    BT_TRY(bt_book_erase(&book, &parsed, names, reason, &count, err));
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "erased", count);
    bt_json_member_str(&w, "id", id);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}
