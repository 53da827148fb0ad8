/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_API_INT_H
#define BT_API_API_INT_H
/*
 * What the files behind include/baton share. This room turns public options into the rooms' own,
 * calls one function of a room, and writes what it found as JSON. It decides nothing.
 */
#include "base/progress.h"
#include "baton/baton.h"
#include "bundle/bundle.h"
#include "bundle/loaded.h"
#include "codec/json.h"
#include "store/store.h"

#define BT_REPORT_BYTES_MAX ((size_t)1 << 30)

struct baton_store {
    struct bt_store *store;
};

/* Hand the document in `out` (whose end this writes) to the caller. */
BT_CHECK baton_status bt_report_finish(struct bt_buf *out, baton_verdict verdict,
                                       struct baton_report *ret, struct baton_error *err);
void bt_report_member_digest(struct bt_json_writer *w, const char *key,
                             const struct bt_digest *digest);
/* Copy a caller's option struct (its first member is the size the caller knows; NULL: defaults)
 * over ours, which is initialised and may be newer and longer. A longer one than ours is refused:
 * it asks for what this library does not know. */
BT_CHECK baton_status bt_options_take(void *ours, size_t ours_size, const void *theirs,
                                      struct baton_error *err);
size_t bt_strings_count(baton_strings strings);

#endif
