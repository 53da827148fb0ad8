/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_STORE_CHECK_H
#define BT_STORE_CHECK_H
/* Is the store whole (fsck), and what in it is not needed any more (gc). */
#include "store/store.h"

enum bt_finding_kind {
    BT_FINDING_BLOB_DAMAGED,    /* bytes do not match the name */
    BT_FINDING_BLOB_MISSING,    /* named by the index or a manifest, not there */
    BT_FINDING_SIZE_WRONG,      /* a descriptor says another size than the blob has */
    BT_FINDING_MANIFEST_BROKEN, /* a manifest or index blob that does not parse */
    BT_FINDING_FILE_STRAY,      /* something in blobs/sha256 that is no blob */
    BT_FINDING_TEMPORARY,       /* left by a writer that died; harmless, gc removes it */
    BT_FINDING_UNREACHABLE,     /* nothing names this blob; harmless, gc removes it */
    BT_FINDING_KIND_COUNT
};

struct bt_finding {
    enum bt_finding_kind kind;
    struct bt_blob_id blob; /* zero for FILE_STRAY and TEMPORARY */
    const char *text;       /* one line */
};

struct bt_findings {
    const struct bt_finding *items;
    size_t count;
    size_t errors; /* those that are not harmless */
    uint64_t blobs_checked;
    uint64_t bytes_checked;
};

/* "blob-damaged", … for machine-readable output. */
const char *bt_finding_name(enum bt_finding_kind kind);
bool bt_finding_is_harmless(enum bt_finding_kind kind);

/* Re-hash every blob, follow every entry to its last layer. Changes nothing. BATON_OK also when
 * there are findings; an error only when the question could not be answered. */
BT_CHECK baton_status bt_store_fsck(const struct bt_store *store,
                                    const struct baton_progress *progress, struct bt_arena *arena,
                                    struct bt_findings *ret, struct baton_error *err);

struct bt_gc_options {
    bool dry_run;
    /* Younger files stay: other tools write without our locks. */
    uint64_t grace_s;
};

struct bt_gc_counts {
    uint64_t blobs;
    uint64_t temporaries;
    uint64_t bytes;
};

/* Remove what no entry reaches. Refuses (BATON_ERR_REFUSED) while a session is open, and when the
 * index or a manifest cannot be read, for then nobody knows what is needed. */
BT_CHECK baton_status bt_store_gc(const struct bt_store *store, const struct bt_gc_options *options,
                                  const struct baton_progress *progress, struct bt_gc_counts *ret,
                                  struct baton_error *err);

#endif
