/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.json between bytes and entries. The file is shared with other tools, so reading is strict
 * about what we use and deaf to the rest, and writing gives back everything that was there: members
 * we do not know, annotations, entries with other digest algorithms.
 */
#include <fcntl.h>
#include <string.h>

#include "base/checked.h"
#include "store/store_int.h"

static const struct bt_json_limits index_limits = {
    .depth_max = 16, .bytes_max = BT_INDEX_BYTES_MAX, .values_max = (size_t)4 << 20};

/* algorithm ":" encoded, as the OCI image specification spells it, too loosely to matter. */
static bool is_foreign_digest(struct bt_bytes text)
{
    const uint8_t *colon = memchr(text.ptr, ':', text.len);
    size_t algorithm_len = colon ? (size_t)(colon - text.ptr) : 0;
    bool known = algorithm_len == strlen("sha256") && memcmp(text.ptr, "sha256", 6) == 0;
    return algorithm_len > 0 && algorithm_len + 1 < text.len && !known;
}

static baton_status optional_str(const struct bt_json *object, const char *key,
                                 struct bt_arena *arena, const char **ret, struct baton_error *err)
{
    if (!bt_json_find(object, key))
        return BATON_OK;
    return bt_json_need_str(object, key, arena, ret, err);
}

static baton_status read_ref_name(const struct bt_json *json, struct bt_arena *arena,
                                  struct bt_store_entry *entry, struct baton_error *err)
{
    char model[BT_REF_TEXT_MAX];
    const struct bt_json *annotations = bt_json_find(json, "annotations");
    if (!annotations)
        return BATON_OK;
    if (annotations->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "\"annotations\" is not an object");
    BT_TRY(optional_str(annotations, BT_ANNOTATION_REF_NAME, arena, &entry->ref_name, err));
    if (!entry->ref_name || !bt_ref_parse(entry->ref_name, model, &entry->version))
        return BATON_OK;
    entry->model = bt_arena_strndup(arena, model, strlen(model));
    return entry->model ? BATON_OK : bt_fail_no_memory(err, "an index entry");
}

static baton_status read_entry(const struct bt_json *json, struct bt_arena *arena,
                               struct bt_store_entry *ret, bool *ret_foreign,
                               struct baton_error *err)
{
    struct bt_store_entry entry = {.json = json};
    const struct bt_json *digest = NULL;
    const struct bt_json *size = NULL;
    if (json->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "expected an object");
    BT_TRY(bt_json_need_str(json, "mediaType", arena, &entry.media_type, err));
    BT_TRY(optional_str(json, "artifactType", arena, &entry.artifact_type, err));
    BT_TRY(bt_json_need(json, "size", BT_JSON_NUMBER, &size, err));
    BT_TRY(bt_json_u64(size, &entry.blob.bytes, err));
    BT_TRY(bt_json_need(json, "digest", BT_JSON_STRING, &digest, err));
    BT_TRY(read_ref_name(json, arena, &entry, err));
    bool foreign = !bt_digest_parse(digest->text, &entry.blob.digest);
    if (foreign && !is_foreign_digest(digest->text))
        return bt_fail(err, BATON_ERR_INVALID,
                       "\"digest\" is \"%.*s\": expected \"sha256:\" and 64 lower-case hexadecimal "
                       "digits",
                       (int)bt_min(digest->text.len, 80), (const char *)digest->text.ptr);
    *ret = entry;
    *ret_foreign = foreign;
    return BATON_OK;
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_entries(const void *left, const void *right)
{
    const struct bt_store_entry *a = left;
    const struct bt_store_entry *b = right;
    int order = compare_text(a->model, b->model);
    if (order == 0)
        order = (a->version > b->version) - (a->version < b->version);
    if (order == 0)
        order = compare_text(a->ref_name, b->ref_name);
    return order ? order : bt_digest_compare(&a->blob.digest, &b->blob.digest);
}

static void sort_entries(const struct bt_index *index)
{
    if (index->count > 1)
        qsort(index->entries, index->count, sizeof *index->entries, compare_entries);
}

static baton_status read_entries(const struct bt_json *manifests, struct bt_arena *arena,
                                 struct bt_index *index, struct baton_error *err)
{
    for (size_t i = 0; i < manifests->count; i++) {
        const struct bt_json *json = &manifests->items[i];
        struct bt_store_entry *entry = &index->entries[index->count];
        bool foreign = false;
        if (read_entry(json, arena, entry, &foreign, err) != BATON_OK)
            return bt_error_prepend(err, "entry %zu", i);
        if (foreign)
            index->foreign[index->foreign_count++] = json;
        else
            index->count++;
    }
    sort_entries(index);
    return BATON_OK;
}

static baton_status check_head(const struct bt_json *root, struct baton_error *err)
{
    const struct bt_json *version = NULL;
    const struct bt_json *media_type = bt_json_find(root, "mediaType");
    int64_t number = 0;
    if (root->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "expected an object");
    BT_TRY(bt_json_need(root, "schemaVersion", BT_JSON_NUMBER, &version, err));
    BT_TRY(bt_json_i64(version, &number, err));
    if (number != 2)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "schemaVersion is %lld: only 2 is known",
                       (long long)number);
    if (media_type && !bt_json_is_str(media_type, BT_MEDIA_INDEX))
        return bt_fail(err, BATON_ERR_INVALID, "mediaType is not " BT_MEDIA_INDEX);
    return BATON_OK;
}

static baton_status parse_root(const struct bt_json *root, struct bt_arena *arena,
                               struct bt_index *ret, struct baton_error *err)
{
    struct bt_index index = {.root = root};
    const struct bt_json *manifests = NULL;
    BT_TRY(check_head(root, err));
    BT_TRY(bt_json_need(root, "manifests", BT_JSON_ARRAY, &manifests, err));
    if (manifests->count > BT_INDEX_ENTRIES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu entries: the limit is %zu", manifests->count,
                       BT_INDEX_ENTRIES_MAX);
    index.entries = bt_arena_calloc(arena, manifests->count + 1, sizeof *index.entries);
    index.foreign = bt_arena_calloc(arena, manifests->count + 1, sizeof *index.foreign);
    if (!index.entries || !index.foreign)
        return bt_fail_no_memory(err, "the index");
    BT_TRY(read_entries(manifests, arena, &index, err));
    *ret = index;
    return BATON_OK;
}

baton_status bt_index_parse(struct bt_bytes bytes, const char *what, struct bt_arena *arena,
                            struct bt_index *ret, struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(bytes, what, &index_limits, arena, &root, err));
    if (parse_root(root, arena, ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s", what);
    return BATON_OK;
}

static baton_status open_index(const struct bt_store *store, struct bt_blob_part *ret,
                               struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    uint64_t bytes = 0;
    if (store->root.fd < 0) {
        ret->part = store->archive.index;
        return BATON_OK;
    }
    BT_TRY(bt_fs_open_beneath(store->root.fd, BT_STORE_INDEX, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    BT_TRY(bt_fs_regular_size(fd.fd, BT_STORE_INDEX, &bytes, err));
    ret->owned.fd = bt_fd_steal(&fd);
    ret->part = (struct bt_file_part){ret->owned.fd, 0, bytes};
    return BATON_OK;
}

/* Copied, not mapped: other tools write index.json in place. */
static baton_status read_index_bytes(const struct bt_store *store, struct bt_arena *arena,
                                     struct bt_bytes *ret, struct baton_error *err)
{
    BT_AUTO_BLOB_PART found = BT_BLOB_PART_INIT;
    BT_TRY(open_index(store, &found, err));
    if (found.part.bytes > BT_INDEX_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, BT_STORE_INDEX " has %llu bytes: the limit is %llu",
                       (unsigned long long)found.part.bytes,
                       (unsigned long long)BT_INDEX_BYTES_MAX);
    size_t len = (size_t)found.part.bytes;
    uint8_t *bytes = bt_arena_calloc(arena, len + 1, 1);
    if (!bytes)
        return bt_fail_no_memory(err, BT_STORE_INDEX);
    BT_TRY(bt_fs_read_part(&found.part, BT_STORE_INDEX, 0, bytes, &len, err));
    *ret = (struct bt_bytes){bytes, len};
    return BATON_OK;
}

baton_status bt_index_read(const struct bt_store *store, struct bt_arena *arena,
                           struct bt_index *ret, struct baton_error *err)
{
    struct bt_bytes bytes = {NULL, 0};
    if (read_index_bytes(store, arena, &bytes, err) != BATON_OK ||
        bt_index_parse(bytes, BT_STORE_INDEX, arena, ret, err) != BATON_OK)
        return bt_error_prepend(err, "store %s", store->path);
    return BATON_OK;
}

/* ---- writing ---- */

baton_status bt_index_make_entry(const struct bt_store_entry *entry, const char *ref_name,
                                 struct bt_arena *arena, struct bt_store_entry *ret,
                                 struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(65536);
    struct bt_json_writer w = bt_json_writer(&text, 0);
    char digest[BT_DIGEST_TEXT_MAX];
    const struct bt_json *json = NULL;
    bool foreign = false;
    bt_digest_format(&entry->blob.digest, digest);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "mediaType", entry->media_type);
    if (entry->artifact_type)
        bt_json_member_str(&w, "artifactType", entry->artifact_type);
    bt_json_member_str(&w, "digest", digest);
    bt_json_member_u64(&w, "size", entry->blob.bytes);
    if (ref_name) {
        bt_json_key(&w, "annotations");
        bt_json_begin_object(&w);
        bt_json_member_str(&w, BT_ANNOTATION_REF_NAME, ref_name);
        bt_json_end_object(&w);
    }
    bt_json_end_object(&w);
    BT_TRY(bt_buf_finish(&text, "an index entry", err));
    char *kept = bt_arena_strndup(arena, bt_buf_str(&text), text.len);
    if (!kept)
        return bt_fail_no_memory(err, "an index entry");
    BT_TRY(bt_json_parse(bt_bytes_of(kept), "index entry", NULL, arena, &json, err));
    return read_entry(json, arena, ret, &foreign, err);
}

/* `manifests` again, from the sorted entries and those of other digest algorithms. */
static struct bt_json *make_manifests(const struct bt_index *index, struct bt_arena *arena)
{
    struct bt_json *items =
        bt_arena_calloc(arena, index->count + index->foreign_count + 1, sizeof *items);
    if (!items)
        return NULL;
    for (size_t i = 0; i < index->count; i++)
        items[i] = *index->entries[i].json;
    for (size_t i = 0; i < index->foreign_count; i++)
        items[index->count + i] = *index->foreign[i];
    return items;
}

baton_status bt_index_format(const struct bt_index *index, struct bt_arena *arena,
                             struct bt_buf *out, struct baton_error *err)
{
    struct bt_json root = *index->root;
    sort_entries(index);
    struct bt_json *members = bt_arena_calloc(arena, root.count, sizeof *members);
    struct bt_json *manifests = make_manifests(index, arena);
    if (!members || !manifests)
        return bt_fail_no_memory(err, "the index");
    for (size_t i = 0; i < root.count; i++) {
        members[i] = root.items[i];
        if (!bt_bytes_equal(members[i].key, bt_bytes_of("manifests")))
            continue;
        members[i].items = manifests;
        members[i].count = index->count + index->foreign_count;
    }
    root.items = members;
    return bt_json_canonical(&root, out, err);
}
