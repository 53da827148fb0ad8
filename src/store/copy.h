/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_STORE_COPY_H
#define BT_STORE_COPY_H
/*
 * Bundles from store to store. Every byte is hashed on the way; blobs that the destination has
 * already are checked there and not copied, so a copy that was cut off goes on where it stopped.
 * Parts go before what names them: whatever moment it stops at, the destination is whole.
 */
#include "store/store.h"

struct bt_copy_counts {
    uint64_t blobs_copied;
    uint64_t blobs_present;
    uint64_t bytes_copied;
};

/* Whether all that the entries name is there, of the right size: what can be known about a copy
 * before anything is written. */
BT_CHECK baton_status bt_store_check_whole(const struct bt_store *from,
                                           const struct bt_store_entry *entries, size_t count,
                                           const struct baton_progress *progress,
                                           struct baton_error *err);

/* The manifest of `entry` and all it names; the index of `to` is not touched: follow up with
 * bt_store_tag(). `ret_counts` may be NULL. */
BT_CHECK baton_status bt_store_copy(const struct bt_store *from, const struct bt_store_entry *entry,
                                    const struct bt_store_session *to,
                                    const struct baton_progress *progress,
                                    struct bt_copy_counts *ret_counts, struct baton_error *err);

/* The entries and all they name as one tar archive of the oci-archive form, made new at `path` (an
 * existing file is BATON_ERR_EXISTS). The same entries give the same bytes. */
BT_CHECK baton_status bt_store_export(const struct bt_store *from,
                                      const struct bt_store_entry *entries, size_t count,
                                      const char *path, const struct baton_progress *progress,
                                      struct baton_error *err);

#endif
