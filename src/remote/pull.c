/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of a registry into a store. Manifests are read first, into memory, because they say what else
 * to fetch; then all blobs come, and only then the manifests go into the store, those that name
 * others last.
 */
#include <string.h>

#include "remote/remote_int.h"

/* All manifests of one entry together, which stay in memory meanwhile. */
#define MANIFESTS_BYTES_MAX ((uint64_t)64 << 20)
/* A bundle is as long as it is; nobody asked for what is said about it. */
#define REFERRER_BYTES_MAX ((uint64_t)64 << 20)

struct pull {
    struct bt_remote *registry;
    struct bt_link *link;
    const struct bt_store_session *session;
    struct bt_remote_counts *counts;
};

/* Newest first. */
struct fetched {
    struct fetched *before;
    struct bt_bytes bytes;
};

struct tree {
    struct bt_arena arena;
    struct bt_walk walk;
    struct fetched *manifests;
    uint64_t manifest_bytes;
};

static void tree_release(struct tree *tree)
{
    bt_walk_release(&tree->walk);
    bt_arena_release(&tree->arena);
}

static baton_status keep(struct tree *tree, const struct bt_manifest *manifest,
                         struct baton_error *err)
{
    char digest[BT_DIGEST_TEXT_MAX];
    struct fetched *fetched = bt_arena_calloc(&tree->arena, 1, sizeof *fetched);
    if (!fetched)
        return bt_fail_no_memory(err, "a manifest");
    *fetched = (struct fetched){tree->manifests, manifest->bytes};
    tree->manifests = fetched;
    tree->manifest_bytes += manifest->bytes.len;
    if (tree->manifest_bytes > MANIFESTS_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %llu bytes of manifests",
                       (unsigned long long)MANIFESTS_BYTES_MAX);
    bt_digest_format(&manifest->blob.digest, digest);
    return bt_walk_add_manifest(&tree->walk, manifest->bytes, digest, err);
}

/* Each manifest that the list names, while it grows. The first is there already. */
static baton_status read_manifests(struct pull *pull, struct tree *tree,
                                   const struct bt_manifest *first, struct baton_error *err)
{
    BT_TRY(bt_walk_add(&tree->walk, &first->blob, first->media_type, err));
    BT_TRY(keep(tree, first, err));
    for (size_t i = 1; i < tree->walk.count; i++) {
        struct bt_manifest manifest;
        char digest[BT_DIGEST_TEXT_MAX];
        /* Copied, because the list moves when it grows. */
        struct bt_blob_id id = tree->walk.nodes[i].blob;
        if (!tree->walk.nodes[i].is_manifest)
            continue;
        bt_digest_format(&id.digest, digest);
        BT_TRY(bt_manifest_get(pull->link, digest, &id, &tree->arena, &manifest, err));
        BT_TRY(keep(tree, &manifest, err));
    }
    return BATON_OK;
}

static baton_status store_manifests(const struct pull *pull, const struct tree *tree,
                                    struct baton_error *err)
{
    for (const struct fetched *m = tree->manifests; m; m = m->before) {
        struct bt_blob_id id;
        BT_TRY(bt_blob_put_bytes(pull->session, m->bytes, &id, err));
    }
    return BATON_OK;
}

static baton_status check_total(const struct bt_walk *walk, uint64_t bytes_max,
                                struct baton_error *err)
{
    uint64_t left = bytes_max;
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->nodes[i].blob.bytes > left)
            return bt_fail(err, BATON_ERR_LIMIT,
                           "something about the bundle has more than %llu bytes",
                           (unsigned long long)bytes_max);
        left -= walk->nodes[i].blob.bytes;
    }
    return BATON_OK;
}

static baton_status pull_manifest(struct pull *pull, const struct bt_manifest *first,
                                  uint64_t bytes_max, struct baton_error *err)
{
    BT_CLEANUP(tree_release) struct tree tree = {.walk = BT_WALK_INIT};
    struct bt_blob_list blobs;
    BT_TRY(read_manifests(pull, &tree, first, err));
    BT_TRY(check_total(&tree.walk, bytes_max, err));
    BT_TRY(bt_blob_list_of(&tree.walk, &tree.arena, &blobs, err));
    BT_TRY(bt_blobs_pull(pull->registry, pull->session, &blobs, pull->counts, err));
    return store_manifests(pull, &tree, err);
}

/* ---- the entries ---- */

static baton_status add_entry(struct bt_remote_pulled *pulled, const struct bt_manifest *manifest,
                              struct bt_arena *arena, struct baton_error *err)
{
    struct bt_store_entry *entries = bt_arena_calloc(arena, pulled->count + 1, sizeof *entries);
    if (!entries)
        return bt_fail_no_memory(err, "an entry");
    if (pulled->count)
        memcpy(entries, pulled->entries, pulled->count * sizeof *entries);
    entries[pulled->count] = (struct bt_store_entry){.blob = manifest->blob,
                                                     .media_type = manifest->media_type,
                                                     .artifact_type = manifest->artifact_type};
    pulled->entries = entries;
    pulled->count++;
    return BATON_OK;
}

/* What the list names and the registry does not have, or what speaks about something else, is left
 * out: whoever may push there can write such a list, and shall not keep us from the bundle. */
static baton_status pull_referrer(struct pull *pull, const struct bt_blob_id *id,
                                  const struct bt_digest *subject, struct bt_arena *arena,
                                  struct bt_remote_pulled *pulled, struct baton_error *err)
{
    struct bt_manifest manifest;
    char digest[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&id->digest, digest);
    baton_status status = bt_manifest_get(pull->link, digest, id, arena, &manifest, err);
    if (status == BATON_ERR_NOT_FOUND ||
        (status == BATON_OK && !bt_manifest_speaks_about(&manifest, subject))) {
        pull->counts->strays++;
        return BATON_OK;
    }
    BT_TRY(status);
    BT_TRY(pull_manifest(pull, &manifest, REFERRER_BYTES_MAX, err));
    pull->counts->referrers++;
    return add_entry(pulled, &manifest, arena, err);
}

static baton_status pull_referrers(struct pull *pull, const struct bt_digest *subject,
                                   struct bt_arena *arena, struct bt_remote_pulled *pulled,
                                   struct baton_error *err)
{
    BT_AUTO_REFERRERS list = BT_REFERRERS_INIT;
    BT_TRY(bt_referrers_list(pull->link, subject, &list, err));
    pull->counts->strays += list.strays;
    for (size_t i = 0; i < list.walk.count; i++)
        BT_TRY(pull_referrer(pull, &list.walk.nodes[i].blob, subject, arena, pulled, err));
    return BATON_OK;
}

baton_status bt_remote_pull(const struct bt_store_session *session, const char *address,
                            const struct bt_remote_options *options, struct bt_arena *arena,
                            struct bt_remote_pulled *ret, struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = BT_REGISTRY_INIT;
    BT_AUTO_LINK link = BT_LINK_INIT;
    struct bt_remote_pulled pulled = {0};
    struct pull pull = {&registry, &link, session, &pulled.counts};
    const struct baton_progress *progress = options->progress;
    struct bt_blob_id asked = {0};
    struct bt_manifest manifest;
    BT_TRY(bt_remote_open(address, "pull", options, &registry, err));
    BT_TRY(bt_link_open(&registry, progress ? progress->interrupted : NULL, &link, err));
    asked.digest = registry.address.digest;
    BT_TRY(bt_manifest_get(&link, registry.address.reference,
                           registry.address.has_digest ? &asked : NULL, arena, &manifest, err));
    BT_TRY(pull_manifest(&pull, &manifest, UINT64_MAX, err));
    BT_TRY(add_entry(&pulled, &manifest, arena, err));
    BT_TRY(pull_referrers(&pull, &manifest.blob.digest, arena, &pulled, err));
    *ret = pulled;
    return BATON_OK;
}
