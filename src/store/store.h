/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_STORE_STORE_H
#define BT_STORE_STORE_H
/*
 * A store: an OCI image layout, as a folder that may be written, or as a tar archive (oci-archive)
 * that may only be read. docs/formats/store.md is normative.
 *
 *     struct bt_store *store = NULL;
 *     BT_TRY(bt_store_open(path, &store, err));
 *     BT_TRY(bt_store_resolve(store, "credit:3", &arena, &entry, err));
 *     BT_TRY(bt_blob_open(store, &entry.blob, BT_MANIFEST_BYTES_MAX, &manifest, err));
 *     bt_store_close(store);
 *
 * Writing happens inside a session, which keeps `store gc` out from the first blob to the entry in
 * the index that makes it reachable:
 *
 *     BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
 *     BT_TRY(bt_store_session_begin(store, progress, &session, err));
 *     BT_TRY(bt_blob_put_fd(&session, fd, what, progress, &weights, err));
 *     BT_TRY(bt_blob_put_bytes(&session, manifest_bytes, &manifest.blob, err));
 *     BT_TRY(bt_store_publish(&session, "credit", &manifest, &version, err));
 *
 * Any number of processes and threads may read and write one store. A handle may be shared by
 * threads: nothing in it changes after it was opened.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/progress.h"
#include "codec/json.h"
#include "crypto/digest.h"

#define BT_STORE_FOLDER ".baton"
#define BT_MANIFEST_BYTES_MAX ((uint64_t)4 << 20)
#define BT_INDEX_BYTES_MAX ((uint64_t)16 << 20)
#define BT_INDEX_ENTRIES_MAX ((size_t)100000)
#define BT_MODEL_NAME_MAX ((size_t)128)
#define BT_VERSION_MAX ((uint64_t)999999999)
/* name ":" version NUL */
#define BT_REF_TEXT_MAX ((size_t)144)

#define BT_MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define BT_MEDIA_INDEX "application/vnd.oci.image.index.v1+json"
#define BT_ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"

struct bt_store;

/* What names a blob: nothing else about it is needed to fetch and check it. */
struct bt_blob_id {
    struct bt_digest digest;
    uint64_t bytes;
};

/* One entry of index.json. Texts live in the arena it was read into. */
struct bt_store_entry {
    struct bt_blob_id blob;
    const char *media_type;
    const char *artifact_type;  /* NULL: none */
    const char *ref_name;       /* the annotation as written; NULL: an entry without a name */
    const char *model;          /* "credit", when ref_name is a baton reference; else NULL */
    uint64_t version;           /* 3, when `model` is set */
    const struct bt_json *json; /* the whole entry; NULL in an entry that is being published */
};

/* Make `path` (a folder that is missing or empty, or already a store) a store. */
BT_CHECK baton_status bt_store_init(const char *path, struct baton_error *err);
/* The nearest `.baton` in `from` or a folder above it, as git does. */
BT_CHECK baton_status bt_store_find(const char *from, struct bt_arena *arena, const char **ret_path,
                                    struct baton_error *err);
/* A folder or an archive; which of the two is seen from the file itself. */
BT_CHECK baton_status bt_store_open(const char *path, struct bt_store **ret,
                                    struct baton_error *err);
void bt_store_close(struct bt_store *store);
/* As the user gave it, for messages. */
const char *bt_store_path(const struct bt_store *store);

/* Its folder, for what lies in a store beside the layout; -1 for an archive. */
int bt_store_folder(const struct bt_store *store);
/* Waits until nobody else enters statements into the ledger beside the layout. */
BT_CHECK baton_status bt_store_ledger_lock(const struct bt_store *store, struct bt_fd *ret,
                                           struct baton_error *err);

/* ---- names ---- */
/* Lower-case words joined by single '.', '_' or '-', in parts joined by '/'. */
BT_CHECK baton_status bt_model_name_check(const char *name, struct baton_error *err);
/* "credit:3" into its parts; false when it is not exactly that. */
BT_CHECK bool bt_ref_parse(const char *text, char ret_model[BT_REF_TEXT_MAX],
                           uint64_t *ret_version);

/* ---- reading the index ---- */
/* All entries, sorted by model, version, ref_name, digest. */
BT_CHECK baton_status bt_store_list(const struct bt_store *store, struct bt_arena *arena,
                                    const struct bt_store_entry **ret, size_t *ret_count,
                                    struct baton_error *err);
/* "credit:3"; "credit" (its highest version); "sha256:…" (whole, or the first 8 or more digits when
 * they name one bundle only); any other tool's ref.name, verbatim. */
BT_CHECK baton_status bt_store_resolve(const struct bt_store *store, const char *ref,
                                       struct bt_arena *arena, struct bt_store_entry *ret,
                                       struct baton_error *err);

/* ---- writing ---- */
struct bt_store_session {
    const struct bt_store *store;
    struct bt_fd lock;
};

#define BT_STORE_SESSION_INIT                                                                      \
    {                                                                                              \
        NULL, BT_FD_INIT                                                                           \
    }
#define BT_AUTO_STORE_SESSION BT_CLEANUP(bt_store_session_end) struct bt_store_session

/* Waits while a gc runs. Sessions do not exclude each other. */
BT_CHECK baton_status bt_store_session_begin(const struct bt_store *store,
                                             const struct baton_progress *progress,
                                             struct bt_store_session *ret, struct baton_error *err);
void bt_store_session_end(struct bt_store_session *session);

/* Enter `entry` (blob, media_type, artifact_type; its blob must be in the store already) as the
 * next version of `model`. A bundle has one number per model: published again, it keeps the one it
 * has.
 */
BT_CHECK baton_status bt_store_publish(const struct bt_store_session *session, const char *model,
                                       const struct bt_store_entry *entry, uint64_t *ret_version,
                                       struct baton_error *err);
/* Enter `entry` under exactly `ref_name` (NULL: without a name), which an entry of this digest
 * without a name then gets. The same digest there already is success; another one is
 * BATON_ERR_EXISTS. */
BT_CHECK baton_status bt_store_tag(const struct bt_store_session *session, const char *ref_name,
                                   const struct bt_store_entry *entry, struct baton_error *err);
/* Enter `entry`, without a name, unless its digest is entered somehow already. */
BT_CHECK baton_status bt_store_keep(const struct bt_store_session *session,
                                    const struct bt_store_entry *entry, struct baton_error *err);
/* Would that be BATON_ERR_EXISTS? Asked before long work; the answer may change meanwhile. */
BT_CHECK baton_status bt_store_tag_check(const struct bt_store *store, const char *ref_name,
                                         const struct bt_store_entry *entry,
                                         struct baton_error *err);

#endif
