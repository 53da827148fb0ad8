/* SPDX-License-Identifier: Apache-2.0 */
#include "api/ledger/carry.h"

#include "api/ledger/seen.h"

baton_status bt_carry_attach(const baton_store *store, const struct bt_store_entry *entry,
                             const struct baton_progress *progress, struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    BT_TRY(bt_seen_open_if_any(store, &registry, err));
    if (!registry)
        return BATON_OK;
    BT_TRY(bt_store_session_begin(store->store, progress, &session, err));
    return bt_evidence_attach(registry, &session, entry, err);
}

baton_status bt_carry_enter(const baton_store *store, const struct bt_digest *bundle,
                            struct bt_arena *arena, struct bt_evidence_counts *counts,
                            struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    struct bt_evidence_counts these;
    BT_TRY(bt_seen_open_if_any(store, &registry, err));
    if (!registry)
        return BATON_OK;
    BT_TRY(bt_evidence_import(registry, bundle, arena, &these, err));
    bt_seen_keep(store, registry);
    if (counts->left_out == 0)
        counts->why = these.why;
    counts->entered += these.entered;
    counts->present += these.present;
    counts->left_out += these.left_out;
    return BATON_OK;
}

void bt_carry_put(const struct bt_evidence_counts *counts, struct bt_json_writer *w)
{
    bt_json_key(w, "statements");
    bt_json_begin_object(w);
    bt_json_member_u64(w, "entered", counts->entered);
    bt_json_member_u64(w, "leftOut", counts->left_out);
    bt_json_member_u64(w, "present", counts->present);
    bt_json_member_str(w, "why", counts->why ? counts->why : "");
    bt_json_end_object(w);
}
