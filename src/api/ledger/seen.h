/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_SEEN_H
#define BT_API_SEEN_H
/*
 * The ledger of a store, compared with what this person has seen of it.
 *
 * A ledger proves that nothing in it was changed, but not that it is all there is: an old copy of
 * the whole store, or another history that the same key signed, is as whole in itself. So the
 * newest head of each ledger is remembered in the person's folder (baton_store_remember()), away
 * from the store, and every ledger that is opened must continue it. docs/formats/seen.md is
 * normative.
 */
#include "api/api_int.h"
#include "registry/registry.h"

/* Open, compare, remember. BATON_ERR_CORRUPT when this is not a continuation of what was seen. That
 * it cannot be remembered is no error: not everyone has a folder. */
BT_CHECK baton_status bt_seen_open(const baton_store *store, struct bt_registry **ret,
                                   struct baton_error *err);
/* The same; NULL when the store has no ledger. */
BT_CHECK baton_status bt_seen_open_if_any(const baton_store *store, struct bt_registry **ret,
                                          struct baton_error *err);
/* Remember what has been entered since. */
void bt_seen_keep(const baton_store *store, struct bt_registry *registry);

#endif
