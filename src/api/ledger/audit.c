/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/registry.h"

#include "api/ledger/spoken.h"

baton_status baton_store_rebuild(const baton_store *store, const struct baton_progress *progress,
                                 struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    uint64_t rows = 0;
    BT_TRY(bt_registry_rebuild(store->store, progress, &rows, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "statements", rows);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

baton_status baton_audit(const baton_store *store, const struct baton_progress *progress,
                         struct baton_report *ret, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_UNSUPPORTED, "not yet");
}
