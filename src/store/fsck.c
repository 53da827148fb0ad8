/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/check.h"
#include "store/store_int.h"

static const char *const finding_names[BT_FINDING_KIND_COUNT] = {
    [BT_FINDING_BLOB_DAMAGED] = "blob-damaged", [BT_FINDING_BLOB_MISSING] = "blob-missing",
    [BT_FINDING_SIZE_WRONG] = "size-wrong",     [BT_FINDING_MANIFEST_BROKEN] = "manifest-broken",
    [BT_FINDING_FILE_STRAY] = "file-stray",     [BT_FINDING_TEMPORARY] = "temporary",
    [BT_FINDING_UNREACHABLE] = "unreachable",
};

const char *bt_finding_name(enum bt_finding_kind kind)
{
    return finding_names[kind];
}

bool bt_finding_is_harmless(enum bt_finding_kind kind)
{
    return kind == BT_FINDING_TEMPORARY || kind == BT_FINDING_UNREACHABLE;
}

struct fsck {
    const struct bt_store *store;
    const struct baton_progress *progress;
    struct bt_arena *arena;
    struct bt_finding *items;
    size_t count;
    size_t capacity;
    struct bt_findings totals;
    uint64_t bytes_total;
    bool out_of_memory; /* sticky, so that adding a finding stays a statement */
};

static void add_finding(struct fsck *fsck, enum bt_finding_kind kind, const struct bt_blob_id *blob,
                        const char *text)
{
    if (fsck->count == fsck->capacity) {
        size_t capacity = fsck->capacity ? fsck->capacity * 2 : 16;
        struct bt_finding *items = bt_arena_calloc(fsck->arena, capacity, sizeof *items);
        if (!items) {
            fsck->out_of_memory = true;
            return;
        }
        if (fsck->count)
            memcpy(items, fsck->items, fsck->count * sizeof *items);
        fsck->items = items;
        fsck->capacity = capacity;
    }
    if (!text) {
        fsck->out_of_memory = true;
        return;
    }
    struct bt_finding *finding = &fsck->items[fsck->count++];
    *finding = (struct bt_finding){.kind = kind, .text = text};
    if (blob)
        finding->blob = *blob;
    if (!bt_finding_is_harmless(kind))
        fsck->totals.errors++;
}

/* What the census finds anyway (missing, damaged, of another size) is not said twice. */
static baton_status note_manifest(void *user, const struct bt_blob_id *blob,
                                  const struct baton_error *why)
{
    struct fsck *fsck = user;
    if (why->status == BATON_ERR_CORRUPT || why->status == BATON_ERR_CANNOT_TELL)
        return BATON_OK;
    add_finding(fsck, BT_FINDING_MANIFEST_BROKEN, blob,
                bt_arena_strndup(fsck->arena, why->text, strlen(why->text)));
    return BATON_OK;
}

static void pass_on(void *user, uint64_t done, uint64_t total, const char *what)
{
    const struct fsck *fsck = user;
    bt_progress_report(fsck->progress, fsck->totals.bytes_checked + done, fsck->bytes_total, what);
}

static baton_status check_blob(struct fsck *fsck, const struct bt_blob_id *blob,
                               struct baton_error *err)
{
    struct baton_progress progress = {
        .report = pass_on,
        .user = fsck,
        .interrupted = fsck->progress ? fsck->progress->interrupted : NULL,
    };
    struct baton_error why = BATON_ERROR_INIT;
    baton_status status = bt_blob_check(fsck->store, blob, &progress, &why);
    if (status == BATON_ERR_CORRUPT || status == BATON_ERR_IO)
        add_finding(fsck, BT_FINDING_BLOB_DAMAGED, blob,
                    bt_arena_strndup(fsck->arena, why.text, strlen(why.text)));
    else if (status != BATON_OK)
        return bt_fail(err, status, "%s", why.text);
    fsck->totals.blobs_checked++;
    fsck->totals.bytes_checked += blob->bytes;
    return BATON_OK;
}

static baton_status check_blobs(struct fsck *fsck, const struct bt_census *census,
                                struct baton_error *err)
{
    for (size_t i = 0; i < census->blob_count; i++)
        fsck->bytes_total += census->blobs[i].blob.bytes;
    for (size_t i = 0; i < census->blob_count; i++)
        BT_TRY(check_blob(fsck, &census->blobs[i].blob, err));
    return BATON_OK;
}

static const struct bt_census_item *census_find(const struct bt_census *census,
                                                const struct bt_digest *digest)
{
    size_t from = 0;
    size_t to = census->blob_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = bt_digest_compare(&census->blobs[middle].blob.digest, digest);
        if (order == 0)
            return &census->blobs[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

/* Everything named is there. */
static void check_reachable(struct fsck *fsck, const struct bt_walk *walk,
                            const struct bt_census *census)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct bt_blob_id *blob = &walk->nodes[i].blob;
        const struct bt_census_item *item = census_find(census, &blob->digest);
        char text[BT_DIGEST_TEXT_MAX];
        bt_digest_format(&blob->digest, text);
        if (!item)
            add_finding(fsck, BT_FINDING_BLOB_MISSING, blob,
                        bt_arena_printf(
                            fsck->arena,
                            "blob %s is missing; copy it again from a store that has it", text));
        else if (item->blob.bytes != blob->bytes)
            add_finding(fsck, BT_FINDING_SIZE_WRONG, blob,
                        bt_arena_printf(fsck->arena, "blob %s: expected %llu bytes, found %llu",
                                        text, (unsigned long long)blob->bytes,
                                        (unsigned long long)item->blob.bytes));
    }
}

/* Everything there is named. */
static void check_needed(struct fsck *fsck, const struct bt_walk *walk,
                         const struct bt_census *census)
{
    for (size_t i = 0; i < census->blob_count; i++) {
        const struct bt_blob_id *blob = &census->blobs[i].blob;
        char text[BT_DIGEST_TEXT_MAX];
        if (bt_walk_find(walk, &blob->digest))
            continue;
        bt_digest_format(&blob->digest, text);
        add_finding(fsck, BT_FINDING_UNREACHABLE, blob,
                    bt_arena_printf(fsck->arena, "blob %s: no bundle needs it", text));
    }
    for (size_t i = 0; i < census->stray_count; i++)
        add_finding(fsck, BT_FINDING_FILE_STRAY, NULL,
                    bt_arena_printf(fsck->arena, BT_STORE_BLOBS "/%s is no blob; remove it by hand",
                                    census->strays[i]));
    for (size_t i = 0; i < census->temporary_count; i++)
        add_finding(fsck, BT_FINDING_TEMPORARY, NULL,
                    bt_arena_printf(fsck->arena,
                                    "%s: left by a writer that was cut off, or is still at work",
                                    census->temporaries[i]));
}

baton_status bt_store_fsck(const struct bt_store *store, const struct baton_progress *progress,
                           struct bt_arena *arena, struct bt_findings *ret, struct baton_error *err)
{
    struct fsck fsck = {.store = store, .progress = progress, .arena = arena};
    struct bt_walk_options options = {note_manifest, &fsck, progress};
    struct bt_index index;
    struct bt_census census;
    BT_AUTO_WALK walk = BT_WALK_INIT;
    BT_TRY(bt_index_read(store, arena, &index, err));
    BT_TRY(bt_census_take(store, arena, &census, err));
    BT_TRY(bt_walk_entries(store, index.entries, index.count, &options, &walk, err));
    BT_TRY(check_blobs(&fsck, &census, err));
    check_reachable(&fsck, &walk, &census);
    check_needed(&fsck, &walk, &census);
    if (fsck.out_of_memory)
        return bt_fail_no_memory(err, "the list of findings");
    *ret = fsck.totals;
    ret->items = fsck.items;
    ret->count = fsck.count;
    return BATON_OK;
}
