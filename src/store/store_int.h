/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_STORE_STORE_INT_H
#define BT_STORE_STORE_INT_H
/* Private to this room: what a store is made of, and the steps its files share. */
#include "store/archive_int.h"
#include "store/blob.h"
#include "store/store.h"
#include "store/walk.h"

#define BT_STORE_BLOBS "blobs/sha256"
#define BT_STORE_INDEX "index.json"
#define BT_STORE_LAYOUT "oci-layout"
#define BT_STORE_LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define BT_STORE_EMPTY_INDEX                                                                       \
    "{\"manifests\":[],\"mediaType\":\"" BT_MEDIA_INDEX "\",\"schemaVersion\":2}"
/* Temporary files lie in the store's own folder, so that a rename is atomic. */
#define BT_STORE_TEMP_PREFIX ".tmp-"
/* Blobs are never written to again; the mode says so to people, the digest to everybody. */
#define BT_BLOB_MODE 0444
/* BT_STORE_BLOBS "/" hex NUL */
#define BT_BLOB_PATH_MAX 80

struct bt_store {
    char *path;
    struct bt_fd root;         /* the folder, or -1 */
    struct bt_archive archive; /* the tar form, when `root` is -1 */
};

/* ---- store.c ---- */
BT_CHECK baton_status bt_store_need_folder(const struct bt_store *store, struct baton_error *err);

/* ---- lock.c ---- */
enum bt_store_lock {
    BT_LOCK_INDEX,          /* exclusive: who changes index.json */
    BT_LOCK_SESSION,        /* shared: who adds blobs */
    BT_LOCK_NO_SESSION_TRY, /* exclusive, refused instead of waiting: who removes blobs */
    BT_LOCK_LEDGER          /* exclusive: who enters statements */
};
BT_CHECK baton_status bt_store_lock(const struct bt_store *store, enum bt_store_lock kind,
                                    const struct baton_progress *progress, struct bt_fd *ret,
                                    struct baton_error *err);

/* ---- temp.c ---- */
struct bt_temp {
    struct bt_fd fd;
    int root_fd;
    char name[32]; /* empty: no file is there any more */
};

#define BT_TEMP_INIT                                                                               \
    {                                                                                              \
        .fd = BT_FD_INIT, .root_fd = -1                                                            \
    }
#define BT_AUTO_TEMP BT_CLEANUP(bt_temp_discard) struct bt_temp

BT_CHECK baton_status bt_temp_create(int root_fd, mode_t mode, struct bt_temp *ret,
                                     struct baton_error *err);
/* Durable content under the temporary name becomes durable content under `to`, at once. */
BT_CHECK baton_status bt_temp_publish(struct bt_temp *temp, int to_dir_fd, const char *to,
                                      struct baton_error *err);
/* As above, in the temporary's own folder, and never over something: BATON_ERR_EXISTS. */
BT_CHECK baton_status bt_temp_publish_new(struct bt_temp *temp, const char *to,
                                          struct baton_error *err);
/* Close and, unless it was published, remove. */
void bt_temp_discard(struct bt_temp *temp);
/* The content of a small file, by way of a temporary. */
BT_CHECK baton_status bt_temp_replace(int root_fd, const char *to, struct bt_bytes bytes,
                                      struct baton_error *err);

/* ---- blob.c ---- */
/* Where a blob lies; nothing about it is checked yet. Missing: BATON_ERR_CANNOT_TELL. */
BT_CHECK baton_status bt_blob_find(const struct bt_store *store, const struct bt_digest *digest,
                                   struct bt_blob_part *ret, struct baton_error *err);
/* Give a finished temporary its name, or keep a good blob that has it already. */
BT_CHECK baton_status bt_blob_settle(const struct bt_store *store, struct bt_temp *temp,
                                     const struct bt_blob_id *id, struct baton_error *err);

/* ---- index.c ---- */
struct bt_index {
    const struct bt_json *root;
    struct bt_store_entry *entries; /* sorted; one more has room */
    size_t count;
    const struct bt_json **foreign; /* entries with digests that are not SHA-256: kept, unseen */
    size_t foreign_count;
};

BT_CHECK baton_status bt_index_read(const struct bt_store *store, struct bt_arena *arena,
                                    struct bt_index *ret, struct baton_error *err);
/* The bytes of an index.json, as `what`. */
BT_CHECK baton_status bt_index_parse(struct bt_bytes bytes, const char *what,
                                     struct bt_arena *arena, struct bt_index *ret,
                                     struct baton_error *err);
/* Make the JSON of an entry from its fields. */
BT_CHECK baton_status bt_index_make_entry(const struct bt_store_entry *entry, const char *ref_name,
                                          struct bt_arena *arena, struct bt_store_entry *ret,
                                          struct baton_error *err);
/* Canonical bytes, entries sorted, all that other tools wrote still in it. */
BT_CHECK baton_status bt_index_format(const struct bt_index *index, struct bt_arena *arena,
                                      struct bt_buf *out, struct baton_error *err);

/* ---- census.c ---- */
struct bt_census_item {
    struct bt_blob_id blob;
    int64_t mtime_s;
};

/* What lies in the store, whoever put it there. */
struct bt_census {
    struct bt_census_item *blobs; /* sorted by digest */
    size_t blob_count;
    const char **strays; /* names in blobs/sha256 that are no digest, sorted */
    size_t stray_count;
    const char **temporaries; /* sorted */
    size_t temporary_count;
};

BT_CHECK baton_status bt_census_take(const struct bt_store *store, struct bt_arena *arena,
                                     struct bt_census *ret, struct baton_error *err);

#endif
