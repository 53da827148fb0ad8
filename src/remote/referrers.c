/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks about a bundle: manifests whose `subject` it is. A registry lists them at
 * /referrers/DIGEST; one that cannot keeps, like any other, an index under the tag sha256-HEX,
 * which whoever pushes must keep up to date. OCI-Subject in the answer to a PUT says which of the
 * two.
 *
 * The list is a hint and no more: each manifest is fetched by its digest and asked what its subject
 * is. One that speaks about something else is left out and counted. The tag has no lock: after
 * writing it is read again, and written again when somebody else's write came between.
 */
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "net/url.h"
#include "remote/remote_int.h"

#define REFERRERS_MAX ((size_t)1000)
#define PAGES_MAX 100U
#define WRITES_MAX 5U

/* ---- reading a list ---- */

static baton_status add_item(const struct bt_json *item, struct bt_referrers *list,
                             struct bt_arena *arena, struct baton_error *err)
{
    struct bt_blob_id id;
    const char *type = NULL;
    const struct bt_json *digest = bt_json_find(item, "digest");
    const struct bt_json *size = bt_json_find(item, "size");
    bool usable = digest && digest->kind == BT_JSON_STRING && size &&
                  bt_digest_parse(digest->text, &id.digest) &&
                  bt_json_u64(size, &id.bytes, NULL) == BATON_OK &&
                  id.bytes <= BT_MANIFEST_BYTES_MAX &&
                  bt_json_need_str(item, "mediaType", arena, &type, NULL) == BATON_OK;
    if (!usable) {
        list->strays++;
        return BATON_OK;
    }
    if (list->walk.count == REFERRERS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %zu referrers", REFERRERS_MAX);
    return bt_walk_add(&list->walk, &id, type, err);
}

static baton_status add_items(const struct bt_json *root, struct bt_referrers *list,
                              struct bt_arena *arena, struct baton_error *err)
{
    const struct bt_json *manifests = NULL;
    BT_TRY(bt_json_need(root, "manifests", BT_JSON_ARRAY, &manifests, err));
    for (size_t i = 0; i < manifests->count; i++)
        BT_TRY(add_item(&manifests->items[i], list, arena, err));
    return BATON_OK;
}

/* "sha256-HEX" */
static void tag_of(const struct bt_digest *subject, char tag[BT_DIGEST_TEXT_MAX])
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(subject, text);
    (void)snprintf(tag, BT_DIGEST_TEXT_MAX, "sha256-%s", bt_digest_hex(text));
}

static baton_status read_tag(struct bt_link *link, const char *tag, struct bt_arena *arena,
                             const struct bt_json **ret, struct baton_error *err)
{
    struct bt_manifest index;
    *ret = NULL;
    baton_status status = bt_manifest_get(link, tag, NULL, arena, &index, err);
    if (status == BATON_ERR_NOT_FOUND)
        return BATON_OK;
    BT_TRY(status);
    if (strcmp(index.media_type, BT_MEDIA_INDEX) != 0)
        return bt_fail(err, BATON_ERR_INVALID, "tag %s is no index of referrers", tag);
    *ret = index.json;
    return BATON_OK;
}

/* `Link: <URL>; rel="next"`, resolved; empty when there is none. */
static baton_status next_page(const struct bt_link *link, struct bt_buf *ret,
                              struct baton_error *err)
{
    BT_AUTO_BUF target = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    const char *field = bt_http_field(&link->answer, "link");
    const char *end = field && *field == '<' ? strchr(field, '>') : NULL;
    bt_buf_clear(ret);
    if (!end || !strstr(end, "next"))
        return BATON_OK;
    bt_buf_put(&target, field + 1, (size_t)(end - field) - 1);
    BT_TRY(bt_buf_finish(&target, "a URL", err));
    return bt_url_resolve(bt_buf_str(&link->answer.url), bt_buf_str(&target), ret, err);
}

static baton_status read_page(const struct bt_link *link, struct bt_referrers *list,
                              struct bt_arena *arena, struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(bt_buf_bytes(&link->answer.body), "referrers", NULL, arena, &root, err));
    return add_items(root, list, arena, err);
}

static bool is_index(const struct bt_http_answer *answer)
{
    const char *type = bt_http_field(answer, "content-type");
    return answer->status == 200 && type &&
           strncmp(type, BT_MEDIA_INDEX, sizeof BT_MEDIA_INDEX - 1) == 0;
}

/* False in `ret_known` when the registry has no such list. */
static baton_status read_pages(struct bt_link *link, const char *digest, struct bt_referrers *list,
                               bool *ret_known, struct baton_error *err)
{
    static const char *const headers[] = {"Accept: " BT_MEDIA_INDEX, NULL};
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    char path[BT_DIGEST_TEXT_MAX + 16];
    (void)snprintf(path, sizeof path, "referrers/%s", digest);
    BT_TRY(bt_remote_url(link->registry, path, &url, err));
    for (unsigned pages = 0; url.len > 0; pages++) {
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        struct bt_http_request request = {.method = "GET",
                                          .url = bt_buf_str(&url),
                                          .headers = headers,
                                          .bytes_max = BT_MANIFEST_BYTES_MAX};
        if (pages == PAGES_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "%s: more than %u pages", path, PAGES_MAX);
        BT_TRY(bt_link_call(link, &request, err));
        *ret_known = is_index(&link->answer);
        if (!*ret_known && pages == 0)
            return BATON_OK;
        if (!*ret_known)
            return bt_link_fail(link, path, err);
        BT_TRY(read_page(link, list, &arena, err));
        BT_TRY(next_page(link, &url, err));
    }
    return BATON_OK;
}

baton_status bt_referrers_list(struct bt_link *link, const struct bt_digest *subject,
                               struct bt_referrers *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *index = NULL;
    char text[BT_DIGEST_TEXT_MAX];
    bool known = false;
    bt_digest_format(subject, text);
    BT_TRY(read_pages(link, text, ret, &known, err));
    if (known)
        return BATON_OK;
    tag_of(subject, text);
    BT_TRY(read_tag(link, text, &arena, &index, err));
    return index ? add_items(index, ret, &arena, err) : BATON_OK;
}

void bt_referrers_release(struct bt_referrers *referrers)
{
    bt_walk_release(&referrers->walk);
}

/* ---- whose subject ---- */

bool bt_manifest_speaks_about(const struct bt_manifest *manifest, const struct bt_digest *subject)
{
    char text[BT_DIGEST_TEXT_MAX];
    const struct bt_json *about = bt_json_find(manifest->json, "subject");
    const struct bt_json *digest = about ? bt_json_find(about, "digest") : NULL;
    bt_digest_format(subject, text);
    return digest && bt_json_is_str(digest, text);
}

/* ---- keeping the tag ---- */

static const struct bt_json *find_item(const struct bt_json *index, const char *digest)
{
    const struct bt_json *items = index ? bt_json_find(index, "manifests") : NULL;
    for (size_t i = 0; items && items->kind == BT_JSON_ARRAY && i < items->count; i++) {
        const struct bt_json *found = bt_json_find(&items->items[i], "digest");
        if (found && bt_json_is_str(found, digest))
            return &items->items[i];
    }
    return NULL;
}

/* The manifest's type, or what the specification puts in its place. */
static const char *artifact_type_of(const struct bt_manifest *manifest, struct bt_arena *arena)
{
    const char *type = NULL;
    const struct bt_json *config = bt_json_find(manifest->json, "config");
    if (manifest->artifact_type || !config ||
        bt_json_need_str(config, "mediaType", arena, &type, NULL) != BATON_OK)
        return manifest->artifact_type;
    return type;
}

/* The descriptor as the list of a registry has it: with the type and all annotations. */
static baton_status put_descriptor(const struct bt_manifest *manifest, struct bt_buf *out,
                                   struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *annotations = bt_json_find(manifest->json, "annotations");
    const char *type = artifact_type_of(manifest, &arena);
    char digest[BT_DIGEST_TEXT_MAX];
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_digest_format(&manifest->blob.digest, digest);
    bt_buf_put_str(out, "{");
    if (annotations) {
        bt_buf_put_str(out, "\"annotations\":");
        BT_TRY(bt_json_canonical(annotations, out, err));
        bt_buf_put_str(out, ",");
    }
    if (type) {
        bt_buf_put_str(out, "\"artifactType\":");
        bt_json_put_str(&w, type);
        bt_buf_put_str(out, ",");
    }
    bt_buf_printf(out, "\"digest\":\"%s\",\"mediaType\":\"%s\",\"size\":%llu}", digest,
                  manifest->media_type, (unsigned long long)manifest->blob.bytes);
    return BATON_OK;
}

static baton_status make_index(const struct bt_json *before, const struct bt_manifest *manifest,
                               struct bt_buf *out, struct baton_error *err)
{
    const struct bt_json *items = before ? bt_json_find(before, "manifests") : NULL;
    bt_buf_put_str(out, "{\"manifests\":[");
    for (size_t i = 0; items && items->kind == BT_JSON_ARRAY && i < items->count; i++) {
        BT_TRY(bt_json_canonical(&items->items[i], out, err));
        bt_buf_put_str(out, ",");
    }
    BT_TRY(put_descriptor(manifest, out, err));
    bt_buf_put_str(out, "],\"mediaType\":\"" BT_MEDIA_INDEX "\",\"schemaVersion\":2}");
    return bt_buf_finish(out, "the index of referrers", err);
}

static baton_status write_tag(struct bt_link *link, const char *tag, const struct bt_json *before,
                              const struct bt_manifest *manifest, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT((size_t)BT_MANIFEST_BYTES_MAX);
    struct bt_manifest index;
    BT_TRY(make_index(before, manifest, &text, err));
    BT_TRY(bt_manifest_read(bt_buf_bytes(&text), BT_MEDIA_INDEX, &arena, &index, err));
    return bt_manifest_put(link, tag, &index, err);
}

baton_status bt_referrers_note(struct bt_link *link, const struct bt_digest *subject,
                               const struct bt_manifest *manifest, struct baton_error *err)
{
    char tag[BT_DIGEST_TEXT_MAX];
    char digest[BT_DIGEST_TEXT_MAX];
    tag_of(subject, tag);
    bt_digest_format(&manifest->blob.digest, digest);
    for (unsigned writes = 0; writes <= WRITES_MAX; writes++) {
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        const struct bt_json *index = NULL;
        BT_TRY(read_tag(link, tag, &arena, &index, err));
        if (find_item(index, digest))
            return BATON_OK;
        BT_TRY(write_tag(link, tag, index, manifest, err));
    }
    return bt_fail(err, BATON_ERR_NETWORK,
                   "tag %s: what was written %u times was gone each time it was read again", tag,
                   WRITES_MAX + 1);
}
