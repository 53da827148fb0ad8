/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_STORE_H
#define BATON_STORE_H
/*
 * A store holds bundles: an OCI image layout in a folder, or a tar archive of one (read-only).
 */
#include <stddef.h>

#include "baton/error.h"
#include "baton/progress.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct baton_store baton_store;

/* Make `path` (missing, empty, or a store already) a store. */
BATON_API BATON_CHECK baton_status baton_store_init(const char *path, struct baton_error *err);
/* `path`, or for NULL the nearest `.baton` in this folder or one above. Close with
 * baton_store_close(), which accepts NULL. */
BATON_API BATON_CHECK baton_status baton_store_open(const char *path, baton_store **ret,
                                                    struct baton_error *err);
/* Compare the store's ledger, whenever it is opened, with what was seen of it before: the newest
 * signed head of every ledger is kept in `folder`/seen, the folder being a person's own
 * (~/.config/baton; made when it is missing). An old copy of a ledger, or another history signed
 * with its key, is BATON_ERR_CORRUPT from then on. NULL, the default: nothing is remembered. */
BATON_API BATON_CHECK baton_status baton_store_remember(baton_store *store, const char *folder,
                                                        struct baton_error *err);
BATON_API void baton_store_close(baton_store *store);
BATON_API const char *baton_store_path(const baton_store *store);

/* The versions of `model` (none: BATON_ERR_NOT_FOUND), or for NULL everything.
 * {"aliases":[{"alias","model","statement","version","who"}],"bundles":[{"artifactType","digest","model","ref","version"}],"store"}
 */
BATON_API BATON_CHECK baton_status baton_store_list(const baton_store *store, const char *model,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);

/* Re-hash everything. BATON_IDENTICAL: whole; BATON_DIFFERS: damaged; BATON_CANNOT_TELL: parts are
 * missing. {"blobs","bytes","findings":[{"kind","text","harmless"}],"verdict"} */
BATON_API BATON_CHECK baton_status baton_store_fsck(const baton_store *store,
                                                    const struct baton_progress *progress,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);

/* Remove what no bundle needs and is older than `grace_s` seconds; with `dry_run` only count.
 * {"blobs","bytes","dryRun","temporaries"} */
BATON_API BATON_CHECK baton_status baton_store_gc(const baton_store *store, int dry_run,
                                                  unsigned long long grace_s,
                                                  const struct baton_progress *progress,
                                                  struct baton_report *ret,
                                                  struct baton_error *err);

/* Copy the bundle `ref` (NULL: every named bundle) into `to`, under the same references; everything
 * is hashed on the way, what is there already is not copied again.
 * {"blobsCopied","blobsPresent","bytesCopied","refs":[…]} */
BATON_API BATON_CHECK baton_status baton_store_copy(const baton_store *from, const char *ref,
                                                    const baton_store *to,
                                                    const struct baton_progress *progress,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);
/* The same into the store at `path`, which is made when there is none; but not for a bundle that
 * cannot be copied. */
BATON_API BATON_CHECK baton_status baton_store_push(const baton_store *from, const char *ref,
                                                    const char *path,
                                                    const struct baton_progress *progress,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);
/* The same into a new tar archive (oci-archive form). */
BATON_API BATON_CHECK baton_status baton_store_export(const baton_store *from, const char *ref,
                                                      const char *path,
                                                      const struct baton_progress *progress,
                                                      struct baton_report *ret,
                                                      struct baton_error *err);

/* The parts of a bundle as files in `folder`, which is made or must be empty (else
 * BATON_ERR_EXISTS); all of them, or none. {"bundle","bytes","files","folder"} */
BATON_API BATON_CHECK baton_status baton_store_unpack(const baton_store *store, const char *ref,
                                                      const char *folder,
                                                      const struct baton_progress *progress,
                                                      struct baton_report *ret,
                                                      struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif
