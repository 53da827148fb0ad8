/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REMOTE_REMOTE_H
#define BT_REMOTE_REMOTE_H
/*
 * Bundles to and from OCI registries, by the OCI distribution specification 1.1: push sends what
 * the registry lacks, pull fetches what the store lacks; parts go before what names them, so
 * whatever moment either stops at, both ends are whole, and the same call goes on from there.
 * Artifacts whose `subject` is the bundle (signatures, acceptances) go along in both directions.
 *
 * Nothing here knows about model names and versions: an entry goes out, entries come in, and who
 * called gives them names (bt_store_tag). docs/registry.md says which requests are made.
 *
 * An address is "oci://HOST[:PORT]/NAME[:TAG|@sha256:…]"; the tag is "latest" when it has neither.
 * HOST on this machine (localhost, 127.*, [::1]) is spoken to by http, unless `ca_file` is given;
 * any other by https, unless `plain_http` is set.
 */
#include "base/alloc.h"
#include "base/progress.h"
#include "store/store.h"

#define BT_REMOTE_PARALLEL 4U
#define BT_REMOTE_PARALLEL_MAX 64U

struct bt_remote_options {
    bool plain_http;
    const char *ca_file;           /* PEM, instead of the authorities of the system */
    const char *const *auth_files; /* in the form of docker and podman; the first that knows the
                                      registry counts; ends with NULL, may be NULL */
    const char *mount_from;        /* a repository of the same registry that may have blobs */
    unsigned parallel;             /* blobs at a time; 0: BT_REMOTE_PARALLEL */
    const struct baton_progress *progress;
};

struct bt_remote_counts {
    uint64_t blobs_moved;
    uint64_t bytes_moved;
    uint64_t blobs_present; /* where they should go to */
    uint64_t blobs_mounted;
    uint64_t referrers; /* that went along */
    uint64_t strays;    /* listed as referrers, but about another bundle: left out */
};

/* The entry and its referrers in `store`, which must be whole. */
BT_CHECK baton_status bt_remote_push(const struct bt_store *store,
                                     const struct bt_store_entry *entry, const char *address,
                                     const struct bt_remote_options *options,
                                     struct bt_remote_counts *ret, struct baton_error *err);

/* `entries[0]` is what the address names, the others are its referrers. Their blobs are in the
 * store; entering them (without a name, or as something) is up to the caller, within the session.
 */
struct bt_remote_pulled {
    struct bt_store_entry *entries;
    size_t count;
    struct bt_remote_counts counts;
};
BT_CHECK baton_status bt_remote_pull(const struct bt_store_session *session, const char *address,
                                     const struct bt_remote_options *options,
                                     struct bt_arena *arena, struct bt_remote_pulled *ret,
                                     struct baton_error *err);

#endif
