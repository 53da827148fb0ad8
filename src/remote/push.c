/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of a store into a registry: blobs, then manifests with the parts of indexes before them, the
 * one that the address names last of all, then what has it as its subject.
 */
#include <string.h>

#include "remote/remote_int.h"

struct push {
    struct bt_remote *registry;
    struct bt_link *link;
    const struct bt_store *store;
    struct bt_remote_counts *counts;
};

static baton_status put_manifest(const struct push *push, const struct bt_blob_id *id,
                                 const char *reference, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    struct bt_manifest manifest;
    BT_TRY(bt_blob_open(push->store, id, BT_MANIFEST_BYTES_MAX, &blob, err));
    BT_TRY(bt_manifest_read(blob.bytes, NULL, &arena, &manifest, err));
    return bt_manifest_put(push->link, reference, &manifest, err);
}

/* Backwards: a walk names a manifest before its parts, and `walk->nodes[0]` is the entry. */
static baton_status put_manifests(const struct push *push, const struct bt_walk *walk,
                                  const char *reference, struct baton_error *err)
{
    for (size_t i = walk->count; i > 0; i--) {
        const struct bt_walk_node *node = &walk->nodes[i - 1];
        char digest[BT_DIGEST_TEXT_MAX];
        if (!node->is_manifest)
            continue;
        bt_digest_format(&node->blob.digest, digest);
        BT_TRY(put_manifest(push, &node->blob, i > 1 ? digest : reference, err));
    }
    return BATON_OK;
}

static baton_status push_entry(const struct push *push, const struct bt_store_entry *entry,
                               const char *reference, struct baton_error *err)
{
    struct bt_walk_options strict = {NULL, NULL, push->registry->options->progress};
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_WALK walk = BT_WALK_INIT;
    struct bt_blob_list blobs;
    BT_TRY(bt_walk_entries(push->store, entry, 1, &strict, &walk, err));
    BT_TRY(bt_blob_list_of(&walk, &arena, &blobs, err));
    BT_TRY(bt_blobs_push(push->registry, push->store, &blobs, push->counts, err));
    return put_manifests(push, &walk, reference, err);
}

/* ---- what speaks about it ---- */

/* Evidence is entered without a name, and is an artifact: nothing else is looked into. */
static bool may_be_referrer(const struct bt_store_entry *entry)
{
    return !entry->ref_name && entry->artifact_type;
}

static baton_status push_if_referrer(const struct push *push, const struct bt_store_entry *entry,
                                     const struct bt_digest *subject, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    struct bt_manifest manifest;
    char digest[BT_DIGEST_TEXT_MAX];
    BT_TRY(bt_blob_open(push->store, &entry->blob, BT_MANIFEST_BYTES_MAX, &blob, err));
    BT_TRY(bt_manifest_read(blob.bytes, NULL, &arena, &manifest, err));
    if (!bt_manifest_speaks_about(&manifest, subject))
        return BATON_OK;
    bt_digest_format(&entry->blob.digest, digest);
    BT_TRY(push_entry(push, entry, digest, err));
    if (!bt_http_field(&push->link->answer, "oci-subject"))
        BT_TRY(bt_referrers_note(push->link, subject, &manifest, err));
    push->counts->referrers++;
    return BATON_OK;
}

static baton_status push_referrers(const struct push *push, const struct bt_digest *subject,
                                   struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    BT_TRY(bt_store_list(push->store, &arena, &entries, &count, err));
    for (size_t i = 0; i < count; i++)
        if (may_be_referrer(&entries[i]))
            BT_TRY(push_if_referrer(push, &entries[i], subject, err));
    return BATON_OK;
}

/* An address with a digest must mean what is pushed to it. */
static baton_status check_digest(const struct bt_address *address,
                                 const struct bt_store_entry *entry, struct baton_error *err)
{
    char digest[BT_DIGEST_TEXT_MAX];
    if (!address->has_digest || bt_digest_equal(&address->digest, &entry->blob.digest))
        return BATON_OK;
    bt_digest_format(&entry->blob.digest, digest);
    return bt_fail(err, BATON_ERR_USAGE, "the bundle is %s, the address says %s", digest,
                   address->reference);
}

baton_status bt_remote_push(const struct bt_store *store, const struct bt_store_entry *entry,
                            const char *address, const struct bt_remote_options *options,
                            struct bt_remote_counts *ret, struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = BT_REGISTRY_INIT;
    BT_AUTO_LINK link = BT_LINK_INIT;
    struct bt_remote_counts counts = {0};
    struct push push = {&registry, &link, store, &counts};
    const struct baton_progress *progress = options->progress;
    BT_TRY(bt_remote_open(address, "pull,push", options, &registry, err));
    BT_TRY(check_digest(&registry.address, entry, err));
    BT_TRY(bt_link_open(&registry, progress ? progress->interrupted : NULL, &link, err));
    BT_TRY(push_entry(&push, entry, registry.address.reference, err));
    BT_TRY(push_referrers(&push, &entry->blob.digest, err));
    *ret = counts;
    return BATON_OK;
}
