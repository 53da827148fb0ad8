/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a bundle becomes visible. docs/formats/store.md says the same for other programs.
 *
 * Invariants, at every moment, and so after a kill -9 or a power cut at any moment:
 *
 *   I1  A file blobs/sha256/<hex> of ours has the bytes its name says. It gets the name by rename,
 *       after fsync; before that it is .tmp-<random> in the store's folder.
 *   I2  An entry of index.json names a manifest that is in the store, and durable. The blob is
 *       settled (file and folder fsynced) before the entry is written. Whoever made the manifest
 *       settled its parts before it: parts first, then what names them.
 *   I3  index.json is either the old one or the new one: it is replaced by rename, after fsync.
 *   I4  Two writers cannot lose each other's entry, nor give one number twice: index.json is read,
 *       changed and replaced under one hold of the index lock. Versions of a model are 1, 2, 3, …
 *   I5  A blob cannot be removed between being written and being named: who writes holds the
 * session lock shared from the first blob to the entry, gc holds it exclusively.
 *
 * States of one publish, and what a crash in each leaves:
 *
 *   writing a temporary   -> a .tmp file: fsck notes it, gc removes it
 *   blobs settled         -> blobs that no entry reaches: the same, and packing again keeps them
 *   index temporary       -> the same
 *   index renamed         -> the new state
 *
 * Locks vanish with their process, so no state needs a person.
 */
#include <stdio.h>
#include <string.h>

#include "store/store_int.h"

struct change {
    const struct bt_store_session *session;
    const struct bt_store_entry *entry;
    struct bt_arena arena;
    struct bt_fd lock;
    struct bt_index index;
};

static void release_change(struct change *change)
{
    bt_fd_release(&change->lock);
    bt_arena_release(&change->arena);
}

/* I2, and the start of I4. */
static baton_status begin(struct change *change, struct baton_error *err)
{
    const struct bt_store *store = change->session->store;
    BT_AUTO_BLOB manifest = BT_BLOB_INIT;
    BT_TRY(bt_blob_open(store, &change->entry->blob, BT_MANIFEST_BYTES_MAX, &manifest, err));
    BT_TRY(bt_store_lock(store, BT_LOCK_INDEX, NULL, &change->lock, err));
    return bt_index_read(store, &change->arena, &change->index, err);
}

/* As bt_store_keep() enters it: with nothing in it that another tool has written there. */
static bool is_nameless(const struct bt_store_entry *entry)
{
    size_t members = entry->artifact_type ? 4 : 3;
    return !entry->ref_name && entry->json->count == members;
}

/* An entry without a name gets it: two for one bundle would say the same twice. */
static void drop_nameless(struct bt_index *index, const struct bt_digest *digest)
{
    size_t kept = 0;
    for (size_t i = 0; i < index->count; i++) {
        const struct bt_store_entry *entry = &index->entries[i];
        if (!is_nameless(entry) || !bt_digest_equal(&entry->blob.digest, digest))
            index->entries[kept++] = *entry;
    }
    index->count = kept;
}

/* I3. */
static baton_status commit(struct change *change, const char *ref_name, struct baton_error *err)
{
    const struct bt_store *store = change->session->store;
    struct bt_index *index = &change->index;
    BT_AUTO_BUF text = BT_BUF_INIT(BT_INDEX_BYTES_MAX);
    if (index->count + index->foreign_count >= BT_INDEX_ENTRIES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "store %s has %zu entries, which is the limit",
                       store->path, BT_INDEX_ENTRIES_MAX);
    if (ref_name)
        drop_nameless(index, &change->entry->blob.digest);
    BT_TRY(bt_index_make_entry(change->entry, ref_name, &change->arena,
                               &index->entries[index->count], err));
    index->count++;
    BT_TRY(bt_index_format(index, &change->arena, &text, err));
    BT_TRY(bt_buf_finish(&text, BT_STORE_INDEX, err));
    return bt_temp_replace(store->root.fd, BT_STORE_INDEX, bt_buf_bytes(&text), err);
}

/* The number the bundle has already, or 0; and the highest there is. */
static uint64_t find_version(const struct change *change, const char *model, uint64_t *ret_highest)
{
    uint64_t own = 0;
    uint64_t highest = 0;
    for (size_t i = 0; i < change->index.count; i++) {
        const struct bt_store_entry *entry = &change->index.entries[i];
        if (!entry->model || strcmp(entry->model, model) != 0)
            continue;
        highest = entry->version;
        if (bt_digest_equal(&entry->blob.digest, &change->entry->blob.digest))
            own = entry->version;
    }
    *ret_highest = highest;
    return own;
}

baton_status bt_store_publish(const struct bt_store_session *session, const char *model,
                              const struct bt_store_entry *entry, uint64_t *ret_version,
                              struct baton_error *err)
{
    BT_CLEANUP(release_change)
    struct change change = {.session = session, .entry = entry, .lock = BT_FD_INIT};
    char ref_name[BT_REF_TEXT_MAX];
    uint64_t highest = 0;
    BT_TRY(bt_model_name_check(model, err));
    BT_TRY(begin(&change, err));
    uint64_t version = find_version(&change, model, &highest);
    if (version == 0) {
        if (highest == BT_VERSION_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "model %s has used up its version numbers", model);
        version = highest + 1;
        (void)snprintf(ref_name, sizeof ref_name, "%s:%llu", model, (unsigned long long)version);
        BT_TRY(commit(&change, ref_name, err));
    }
    *ret_version = version;
    return BATON_OK;
}

static bool is_same_ref(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static baton_status find_tag(const struct bt_index *index, const struct bt_store *store,
                             const char *ref_name, const struct bt_store_entry *entry,
                             bool *ret_there, struct baton_error *err)
{
    bool is_there = false;
    for (size_t i = 0; i < index->count && !is_there; i++) {
        const struct bt_store_entry *there = &index->entries[i];
        bool same_blob = bt_digest_equal(&there->blob.digest, &entry->blob.digest);
        if (!is_same_ref(there->ref_name, ref_name))
            continue;
        is_there = same_blob;
        if (same_blob || !ref_name)
            continue;
        char text[BT_DIGEST_TEXT_MAX];
        bt_digest_format(&there->blob.digest, text);
        return bt_fail(err, BATON_ERR_EXISTS,
                       "%s is %s in store %s already, and a version never changes; choose another "
                       "name",
                       ref_name, text, store->path);
    }
    *ret_there = is_there;
    return BATON_OK;
}

baton_status bt_store_tag_check(const struct bt_store *store, const char *ref_name,
                                const struct bt_store_entry *entry, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_index index;
    bool is_there = false;
    BT_TRY(bt_index_read(store, &arena, &index, err));
    return find_tag(&index, store, ref_name, entry, &is_there, err);
}

baton_status bt_store_tag(const struct bt_store_session *session, const char *ref_name,
                          const struct bt_store_entry *entry, struct baton_error *err)
{
    BT_CLEANUP(release_change)
    struct change change = {.session = session, .entry = entry, .lock = BT_FD_INIT};
    bool is_there = false;
    BT_TRY(begin(&change, err));
    BT_TRY(find_tag(&change.index, session->store, ref_name, entry, &is_there, err));
    return is_there ? BATON_OK : commit(&change, ref_name, err);
}

baton_status bt_store_keep(const struct bt_store_session *session,
                           const struct bt_store_entry *entry, struct baton_error *err)
{
    BT_CLEANUP(release_change)
    struct change change = {.session = session, .entry = entry, .lock = BT_FD_INIT};
    BT_TRY(begin(&change, err));
    for (size_t i = 0; i < change.index.count; i++)
        if (bt_digest_equal(&change.index.entries[i].blob.digest, &entry->blob.digest))
            return BATON_OK;
    return commit(&change, NULL, err);
}
