/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From entries to all that they name. Breadth first over a list that grows while it is walked, so
 * no input makes us recurse; each blob is entered once, so no input makes us go round in circles
 * (and a circle would be a broken hash).
 *
 * `subject` is not followed: the specification makes it a weak reference, which may be missing.
 */
#include "store/walk.h"

#include <string.h>

#include "store/store_int.h"

#define NODES_MAX ((size_t)1000000)

void bt_walk_release(struct bt_walk *walk)
{
    bt_free(walk->nodes);
    bt_free(walk->slots);
    *walk = (struct bt_walk)BT_WALK_INIT;
}

/* ---- the table ---- */

/* Digests are evenly distributed by nature: their first bytes are the hash. */
static size_t slot_of(const struct bt_walk *walk, const struct bt_digest *digest)
{
    size_t hash = 0;
    memcpy(&hash, digest->bytes, sizeof hash);
    size_t slot = hash % walk->slot_count;
    while (walk->slots[slot] &&
           !bt_digest_equal(&walk->nodes[walk->slots[slot] - 1].blob.digest, digest))
        slot = (slot + 1) % walk->slot_count;
    return slot;
}

const struct bt_walk_node *bt_walk_find(const struct bt_walk *walk, const struct bt_digest *digest)
{
    if (walk->slot_count == 0)
        return NULL;
    uint32_t number = walk->slots[slot_of(walk, digest)];
    return number ? &walk->nodes[number - 1] : NULL;
}

static baton_status grow(struct bt_walk *walk, struct baton_error *err)
{
    size_t capacity = walk->capacity ? walk->capacity * 2 : 64;
    if (capacity > NODES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %zu blobs", NODES_MAX / 2);
    struct bt_walk_node *nodes = bt_realloc(walk->nodes, capacity, sizeof *nodes);
    if (!nodes)
        return bt_fail_no_memory(err, "the list of blobs");
    walk->nodes = nodes;
    uint32_t *slots = bt_calloc(capacity * 2, sizeof *slots);
    if (!slots)
        return bt_fail_no_memory(err, "the list of blobs");
    bt_free(walk->slots);
    walk->slots = slots;
    walk->slot_count = capacity * 2;
    walk->capacity = capacity;
    for (size_t i = 0; i < walk->count; i++)
        slots[slot_of(walk, &nodes[i].blob.digest)] = (uint32_t)(i + 1);
    return BATON_OK;
}

bool bt_walk_is_manifest(const char *media_type)
{
    static const char *const types[] = {
        BT_MEDIA_MANIFEST,
        BT_MEDIA_INDEX,
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(media_type, types[i]) == 0)
            return true;
    return false;
}

baton_status bt_walk_add(struct bt_walk *walk, const struct bt_blob_id *blob,
                         const char *media_type, struct baton_error *err)
{
    const struct bt_walk_node *known = bt_walk_find(walk, &blob->digest);
    if (known && known->blob.bytes != blob->bytes)
        return bt_fail(err, BATON_ERR_CORRUPT, "one blob is said to have %llu bytes and %llu bytes",
                       (unsigned long long)known->blob.bytes, (unsigned long long)blob->bytes);
    if (known)
        return BATON_OK;
    if (walk->count == walk->capacity)
        BT_TRY(grow(walk, err));
    walk->nodes[walk->count++] = (struct bt_walk_node){*blob, bt_walk_is_manifest(media_type)};
    walk->slots[slot_of(walk, &blob->digest)] = (uint32_t)walk->count;
    return BATON_OK;
}

/* ---- manifests ---- */

static baton_status add_descriptor(struct bt_walk *walk, const struct bt_json *json,
                                   struct bt_arena *arena, struct baton_error *err)
{
    struct bt_blob_id blob;
    const char *media_type = NULL;
    const struct bt_json *digest = NULL;
    const struct bt_json *size = NULL;
    if (json->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "a descriptor is not an object");
    BT_TRY(bt_json_need_str(json, "mediaType", arena, &media_type, err));
    BT_TRY(bt_json_need(json, "size", BT_JSON_NUMBER, &size, err));
    BT_TRY(bt_json_u64(size, &blob.bytes, err));
    BT_TRY(bt_json_need(json, "digest", BT_JSON_STRING, &digest, err));
    if (!bt_digest_parse(digest->text, &blob.digest))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "a digest is not \"sha256:\" and 64 lower-case hexadecimal digits");
    return bt_walk_add(walk, &blob, media_type, err);
}

static baton_status add_list(struct bt_walk *walk, const struct bt_json *list, const char *key,
                             struct bt_arena *arena, struct baton_error *err)
{
    if (!list)
        return BATON_OK;
    if (list->kind != BT_JSON_ARRAY)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not an array", key);
    for (size_t i = 0; i < list->count; i++)
        if (add_descriptor(walk, &list->items[i], arena, err) != BATON_OK)
            return bt_error_prepend(err, "%s %zu", key, i);
    return BATON_OK;
}

static baton_status add_parts(struct bt_walk *walk, const struct bt_json *manifest,
                              struct bt_arena *arena, struct baton_error *err)
{
    const struct bt_json *config = bt_json_find(manifest, "config");
    if (manifest->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "expected an object");
    if (config && add_descriptor(walk, config, arena, err) != BATON_OK)
        return bt_error_prepend(err, "config");
    BT_TRY(add_list(walk, bt_json_find(manifest, "layers"), "layers", arena, err));
    return add_list(walk, bt_json_find(manifest, "manifests"), "manifests", arena, err);
}

baton_status bt_walk_add_manifest(struct bt_walk *walk, struct bt_bytes manifest, const char *what,
                                  struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *json = NULL;
    BT_TRY(bt_json_parse(manifest, what, NULL, &arena, &json, err));
    if (add_parts(walk, json, &arena, err) != BATON_OK)
        return bt_error_prepend(err, "manifest %s", what);
    return BATON_OK;
}

static baton_status walk_manifest(const struct bt_store *store, struct bt_walk *walk,
                                  const struct bt_blob_id *blob, struct baton_error *err)
{
    BT_AUTO_BLOB bytes = BT_BLOB_INIT;
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&blob->digest, text);
    BT_TRY(bt_blob_open(store, blob, BT_MANIFEST_BYTES_MAX, &bytes, err));
    return bt_walk_add_manifest(walk, bytes.bytes, text, err);
}

static baton_status put_up_with(const struct bt_walk_options *options,
                                const struct bt_blob_id *blob, baton_status status,
                                const struct baton_error *why)
{
    bool fatal = status == BATON_ERR_NO_MEMORY || status == BATON_ERR_INTERRUPTED;
    if (status == BATON_OK || fatal || !options->problem)
        return status;
    return options->problem(options->user, blob, why);
}

baton_status bt_walk_entries(const struct bt_store *store, const struct bt_store_entry *entries,
                             size_t count, const struct bt_walk_options *options,
                             struct bt_walk *ret, struct baton_error *err)
{
    BT_AUTO_WALK walk = BT_WALK_INIT;
    struct baton_error problem = BATON_ERROR_INIT;
    struct baton_error *why = err ? err : &problem;
    for (size_t i = 0; i < count; i++) {
        baton_status status = bt_walk_add(&walk, &entries[i].blob, entries[i].media_type, why);
        BT_TRY(put_up_with(options, &entries[i].blob, status, why));
    }
    for (size_t i = 0; i < walk.count; i++) {
        if (!walk.nodes[i].is_manifest)
            continue;
        /* Copied, because the list moves when it grows. */
        struct bt_blob_id blob = walk.nodes[i].blob;
        BT_TRY(bt_progress_check(options->progress, "reading manifests", err));
        baton_status status = walk_manifest(store, &walk, &blob, why);
        BT_TRY(put_up_with(options, &blob, status, why));
    }
    *ret = walk;
    walk = (struct bt_walk)BT_WALK_INIT;
    return BATON_OK;
}
