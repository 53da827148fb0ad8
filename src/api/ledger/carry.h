/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_LEDGER_CARRY_H
#define BT_API_LEDGER_CARRY_H
/* What was said about bundles goes where they go. */
#include "api/api_int.h"
#include "registry/evidence.h"

/* Make the evidence about `entry` into artifacts of `store`; nothing without a ledger. */
BT_CHECK baton_status bt_carry_attach(const baton_store *store, const struct bt_store_entry *entry,
                                      const struct baton_progress *progress,
                                      struct baton_error *err);
/* Enter what came with `bundle` into the ledger of `store`; nothing without a ledger, or without
 * its key. Counts add up. */
BT_CHECK baton_status bt_carry_enter(const baton_store *store, const struct bt_digest *bundle,
                                     struct bt_arena *arena, struct bt_evidence_counts *counts,
                                     struct baton_error *err);
/* "statements":{"entered","leftOut","present","why"} */
void bt_carry_put(const struct bt_evidence_counts *counts, struct bt_json_writer *w);

#endif
