/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two JSON documents of a bundle, written in canonical form (RFC 8785: members sorted, no
 * blanks) and read strictly. What we write we read back exactly; what other ModelPack tools write
 * we read as far as it says what a bundle needs: parts with paths. Unknown members are passed over,
 * for the manifest's digest already fixes every byte of it.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"

#define FILEPATH "org.cncf.model.filepath"
#define CONFIG_BYTES_MAX ((uint64_t)1 << 20)

/* ---- writing ---- */

static void put_descriptor(struct bt_json_writer *w, const char *media_type,
                           const struct bt_blob_id *blob, const char *path)
{
    char digest[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&blob->digest, digest);
    bt_json_begin_object(w);
    if (path) {
        bt_json_key(w, "annotations");
        bt_json_begin_object(w);
        bt_json_member_str(w, FILEPATH, path);
        bt_json_end_object(w);
    }
    bt_json_member_str(w, "digest", digest);
    bt_json_member_str(w, "mediaType", media_type);
    bt_json_member_u64(w, "size", blob->bytes);
    bt_json_end_object(w);
}

baton_status bt_bundle_format_config(const char *name, const char *format,
                                     const struct bt_part *parts, size_t count, struct bt_buf *out,
                                     struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    char digest[BT_DIGEST_TEXT_MAX];
    bt_json_begin_object(&w);
    bt_json_key(&w, "config");
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "format", format);
    bt_json_end_object(&w);
    bt_json_key(&w, "descriptor");
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "name", name);
    bt_json_end_object(&w);
    bt_json_key(&w, "modelfs");
    bt_json_begin_object(&w);
    bt_json_key(&w, "diffIds");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        bt_digest_format(&parts[i].blob.digest, digest);
        bt_json_put_str(&w, digest);
    }
    bt_json_end_array(&w);
    bt_json_member_str(&w, "type", "layers");
    bt_json_end_object(&w);
    bt_json_end_object(&w);
    return bt_buf_finish(out, "the bundle's configuration", err);
}

baton_status bt_bundle_format_manifest(const struct bt_blob_id *config, const struct bt_part *parts,
                                       size_t count, struct bt_buf *out, struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "artifactType", BT_ARTIFACT_TYPE);
    bt_json_key(&w, "config");
    put_descriptor(&w, BT_MEDIA_CONFIG, config, NULL);
    bt_json_key(&w, "layers");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        put_descriptor(&w, parts[i].media_type, &parts[i].blob, parts[i].path);
    bt_json_end_array(&w);
    bt_json_member_str(&w, "mediaType", BT_MEDIA_MANIFEST);
    bt_json_member_u64(&w, "schemaVersion", 2);
    bt_json_end_object(&w);
    return bt_buf_finish(out, "the bundle's manifest", err);
}

/* ---- reading ---- */

/* The next component is neither empty nor "." nor "..". */
static bool is_plain_component(const char *at, size_t len)
{
    return len > 0 && !(len == 1 && at[0] == '.') && !(len == 2 && memcmp(at, "..", 2) == 0);
}

static bool has_plain_components(const char *path)
{
    for (const char *at = path;; at += strcspn(at, "/") + 1) {
        size_t len = strcspn(at, "/");
        if (!is_plain_component(at, len))
            return false;
        if (at[len] == '\0')
            return true;
    }
}

baton_status bt_part_path_check(const char *path, struct baton_error *err)
{
    size_t len = strlen(path);
    if (len == 0 || len > BT_PART_PATH_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "a part's path has 1 to %zu bytes, not %zu",
                       BT_PART_PATH_MAX, len);
    if (!has_plain_components(path))
        return bt_fail(err, BATON_ERR_REFUSED, "part path \"%s\" is not a plain relative path",
                       path);
    for (const unsigned char *at = (const unsigned char *)path; *at; at++)
        if (*at < 0x20 || *at == 0x7f || *at == '\\')
            return bt_fail(err, BATON_ERR_REFUSED, "part path \"%s\" has a byte 0x%02x", path, *at);
    return BATON_OK;
}

static baton_status read_descriptor(const struct bt_json *json, struct bt_arena *arena,
                                    const char **ret_media_type, struct bt_blob_id *ret,
                                    struct baton_error *err)
{
    const char *digest = NULL;
    const struct bt_json *size = NULL;
    struct bt_blob_id blob;
    BT_TRY(bt_json_need_str(json, "mediaType", arena, ret_media_type, err));
    BT_TRY(bt_json_need_str(json, "digest", arena, &digest, err));
    BT_TRY(bt_json_need(json, "size", BT_JSON_NUMBER, &size, err));
    BT_TRY(bt_json_u64(size, &blob.bytes, err));
    if (!bt_digest_parse(bt_bytes_of(digest), &blob.digest))
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a sha256 digest", digest);
    *ret = blob;
    return BATON_OK;
}

static baton_status read_part(const struct bt_json *json, struct bt_arena *arena,
                              struct bt_part *ret, struct baton_error *err)
{
    const struct bt_json *annotations = NULL;
    BT_TRY(read_descriptor(json, arena, &ret->media_type, &ret->blob, err));
    BT_TRY(bt_json_need(json, "annotations", BT_JSON_OBJECT, &annotations, err));
    BT_TRY(bt_json_need_str(annotations, FILEPATH, arena, &ret->path, err));
    return bt_part_path_check(ret->path, err);
}

static baton_status read_parts(const struct bt_json *layers, struct bt_bundle *bundle,
                               struct baton_error *err)
{
    if (layers->count == 0 || layers->count > BT_PARTS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a bundle has 1 to %zu parts, not %zu", BT_PARTS_MAX,
                       layers->count);
    struct bt_part *parts = bt_arena_calloc(&bundle->arena, layers->count, sizeof *parts);
    if (!parts)
        return bt_fail_no_memory(err, "the list of parts");
    for (size_t i = 0; i < layers->count; i++) {
        baton_status status = read_part(&layers->items[i], &bundle->arena, &parts[i], err);
        if (status != BATON_OK) {
            (void)bt_error_prepend(err, "layer %zu", i);
            return status;
        }
        for (size_t before = 0; before < i; before++)
            if (strcmp(parts[before].path, parts[i].path) == 0)
                return bt_fail(err, BATON_ERR_INVALID, "layers %zu and %zu are both \"%s\"", before,
                               i, parts[i].path);
    }
    bundle->parts = parts;
    bundle->part_count = layers->count;
    return BATON_OK;
}

/* The parser of JSON names the document in its messages; what we find in it, we name here. */
static baton_status in_document(const char *document, baton_status status, struct baton_error *err)
{
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "%s", document);
    return status;
}

static baton_status read_manifest(const struct bt_json *root, struct bt_bundle *bundle,
                                  struct baton_error *err)
{
    const struct bt_json *config = NULL;
    const struct bt_json *layers = NULL;
    const char *media_type = NULL;
    const struct bt_json *artifact = bt_json_find(root, "artifactType");
    if (!artifact || !bt_json_is_str(artifact, BT_ARTIFACT_TYPE))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "this is not a model bundle: its artifactType is not %s", BT_ARTIFACT_TYPE);
    BT_TRY(bt_json_need(root, "config", BT_JSON_OBJECT, &config, err));
    BT_TRY(read_descriptor(config, &bundle->arena, &media_type, &bundle->config, err));
    BT_TRY(bt_json_need(root, "layers", BT_JSON_ARRAY, &layers, err));
    return read_parts(layers, bundle, err);
}

baton_status bt_bundle_parse_manifest(struct bt_bytes bytes, struct bt_bundle *bundle,
                                      struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(bytes, "manifest", NULL, &bundle->arena, &root, err));
    return in_document("manifest", read_manifest(root, bundle, err), err);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t tail = strlen(end);
    return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* A diffId is the digest of what a layer unpacks to, so that of a layer that is not compressed is
 * the digest of the layer: saying otherwise would give two readers two ideas of one part. */
static baton_status check_diff_ids(const struct bt_json *root, const struct bt_bundle *bundle,
                                   struct baton_error *err)
{
    const struct bt_json *modelfs = bt_json_find(root, "modelfs");
    const struct bt_json *ids = modelfs ? bt_json_find(modelfs, "diffIds") : NULL;
    if (!ids)
        return BATON_OK;
    if (ids->kind != BT_JSON_ARRAY || ids->count != bundle->part_count)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: diffIds is no list of %zu digests",
                       ids->offset, bundle->part_count);
    for (size_t i = 0; i < ids->count; i++) {
        const struct bt_part *part = &bundle->parts[i];
        char digest[BT_DIGEST_TEXT_MAX];
        bt_digest_format(&part->blob.digest, digest);
        bool stored_as_is =
            ends_with(part->media_type, ".raw") || ends_with(part->media_type, ".tar");
        if (stored_as_is && !bt_json_is_str(&ids->items[i], digest))
            return bt_fail(err, BATON_ERR_INVALID,
                           "offset %zu: diffIds[%zu] is not %s, which is what part \"%s\" has",
                           ids->items[i].offset, i, digest, part->path);
    }
    return BATON_OK;
}

static baton_status read_config(const struct bt_json *root, struct bt_bundle *bundle,
                                struct baton_error *err)
{
    const struct bt_json *descriptor = NULL;
    const struct bt_json *config = NULL;
    BT_TRY(bt_json_need(root, "descriptor", BT_JSON_OBJECT, &descriptor, err));
    BT_TRY(bt_json_need_str(descriptor, "name", &bundle->arena, &bundle->name, err));
    BT_TRY(bt_json_need(root, "config", BT_JSON_OBJECT, &config, err));
    BT_TRY(bt_json_need_str(config, "format", &bundle->arena, &bundle->format, err));
    return check_diff_ids(root, bundle, err);
}

baton_status bt_bundle_parse_config(struct bt_bytes bytes, struct bt_bundle *bundle,
                                    struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(bytes, "configuration", NULL, &bundle->arena, &root, err));
    return in_document("configuration", read_config(root, bundle, err), err);
}

void bt_bundle_release(struct bt_bundle *bundle)
{
    bt_arena_release(&bundle->arena);
    *bundle = (struct bt_bundle)BT_BUNDLE_INIT;
}

static baton_status open_into(const struct bt_store *store, const char *ref,
                              struct bt_bundle *bundle, struct baton_error *err)
{
    struct bt_store_entry entry;
    BT_AUTO_BLOB manifest = BT_BLOB_INIT;
    BT_AUTO_BLOB config = BT_BLOB_INIT;
    BT_TRY(bt_store_resolve(store, ref, &bundle->arena, &entry, err));
    bundle->store = store;
    bundle->manifest = entry.blob;
    BT_TRY(bt_blob_open(store, &entry.blob, BT_MANIFEST_BYTES_MAX, &manifest, err));
    BT_TRY(bt_bundle_parse_manifest(manifest.bytes, bundle, err));
    BT_TRY(bt_blob_open(store, &bundle->config, CONFIG_BYTES_MAX, &config, err));
    return bt_bundle_parse_config(config.bytes, bundle, err);
}

baton_status bt_bundle_open(const struct bt_store *store, const char *ref, struct bt_bundle *ret,
                            struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    baton_status status = open_into(store, ref, &bundle, err);
    if (status != BATON_OK) {
        (void)bt_error_prepend(err, "%s", ref);
        return status;
    }
    *ret = bundle;
    bundle = (struct bt_bundle)BT_BUNDLE_INIT;
    return BATON_OK;
}

const struct bt_part *bt_bundle_find(const struct bt_bundle *bundle, const char *path)
{
    for (size_t i = 0; i < bundle->part_count; i++)
        if (strcmp(bundle->parts[i].path, path) == 0)
            return &bundle->parts[i];
    return NULL;
}

baton_status bt_bundle_read(const struct bt_bundle *bundle, const char *path, struct bt_blob *ret,
                            struct baton_error *err)
{
    const struct bt_part *part = bt_bundle_find(bundle, path);
    if (!part)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "the bundle has no part \"%s\"", path);
    baton_status status = bt_blob_open(bundle->store, &part->blob, UINT64_MAX, ret, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "part \"%s\"", path);
    return status;
}

baton_status bt_bundle_model_part(const struct bt_bundle *bundle, const struct bt_part **ret,
                                  struct baton_error *err)
{
    const struct bt_part *found = bt_bundle_find(bundle, "model.onnx");
    size_t weights = 0;
    for (size_t i = 0; i < bundle->part_count && !found; i++)
        weights += strcmp(bundle->parts[i].media_type, BT_MEDIA_WEIGHT) == 0;
    for (size_t i = 0; i < bundle->part_count && !found && weights == 1; i++)
        if (strcmp(bundle->parts[i].media_type, BT_MEDIA_WEIGHT) == 0)
            found = &bundle->parts[i];
    if (!found)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "the bundle has %zu weight parts and none is \"model.onnx\"", weights);
    *ret = found;
    return BATON_OK;
}
