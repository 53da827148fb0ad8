/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "remote/remote_int.h"

/* Two readers of one document must not take it for two things (an index for a manifest), so what
 * it says itself and what it came as must agree. */
static baton_status read_type(const struct bt_json *root, const char *came_as,
                              struct bt_arena *arena, const char **ret, struct baton_error *err)
{
    const char *says = NULL;
    if (bt_json_find(root, "mediaType"))
        BT_TRY(bt_json_need_str(root, "mediaType", arena, &says, err));
    if (says && came_as && strcmp(says, came_as) != 0)
        return bt_fail(err, BATON_ERR_INVALID, "a manifest says it is %.100s and came as %.100s",
                       says, came_as);
    const char *type = says ? says : came_as;
    if (!type || !bt_walk_is_manifest(type))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "%.100s is no manifest or index",
                       type ? type : "something without a media type");
    *ret = type;
    return BATON_OK;
}

baton_status bt_manifest_read(struct bt_bytes bytes, const char *media_type, struct bt_arena *arena,
                              struct bt_manifest *ret, struct baton_error *err)
{
    struct bt_manifest manifest = {.bytes = bytes, .blob = {.bytes = bytes.len}};
    BT_TRY(bt_sha256_bytes(bytes, &manifest.blob.digest, err));
    BT_TRY(bt_json_parse(bytes, "manifest", NULL, arena, &manifest.json, err));
    BT_TRY(read_type(manifest.json, media_type, arena, &manifest.media_type, err));
    if (bt_json_find(manifest.json, "artifactType"))
        BT_TRY(
            bt_json_need_str(manifest.json, "artifactType", arena, &manifest.artifact_type, err));
    *ret = manifest;
    return BATON_OK;
}

/* ---- from the registry ---- */

/* Content-Type without its parameters; NULL: none. */
static baton_status type_of_answer(const struct bt_link *link, struct bt_arena *arena,
                                   const char **ret, struct baton_error *err)
{
    const char *field = bt_http_field(&link->answer, "content-type");
    *ret = NULL;
    if (!field)
        return BATON_OK;
    *ret = bt_arena_strndup(arena, field, strcspn(field, "; \t"));
    return *ret ? BATON_OK : bt_fail_no_memory(err, "a media type");
}

static baton_status keep_body(const struct bt_link *link, struct bt_arena *arena,
                              struct bt_bytes *ret, struct baton_error *err)
{
    struct bt_bytes body = bt_buf_bytes(&link->answer.body);
    uint8_t *copy = bt_arena_calloc(arena, body.len + 1, 1);
    if (!copy)
        return bt_fail_no_memory(err, "a manifest");
    if (body.len)
        memcpy(copy, body.ptr, body.len);
    *ret = (struct bt_bytes){copy, body.len};
    return BATON_OK;
}

static baton_status fail_digest(const struct bt_digest *expected, const struct bt_digest *found,
                                struct baton_error *err)
{
    char want[BT_DIGEST_TEXT_MAX];
    char have[BT_DIGEST_TEXT_MAX];
    bt_digest_format(expected, want);
    bt_digest_format(found, have);
    return bt_fail(err, BATON_ERR_CORRUPT, "expected %s, the bytes that came give %s", want, have);
}

/* What the registry says the digest is; one that we do not know says nothing. */
static baton_status check_digest(const struct bt_link *link, const struct bt_digest *found,
                                 struct baton_error *err)
{
    const char *field = bt_http_field(&link->answer, "docker-content-digest");
    struct bt_digest said;
    if (!field || !bt_digest_parse(bt_bytes_of(field), &said) || bt_digest_equal(&said, found))
        return BATON_OK;
    return fail_digest(&said, found, err);
}

static baton_status read_answer(const struct bt_link *link, const struct bt_blob_id *expected,
                                struct bt_arena *arena, struct bt_manifest *ret,
                                struct baton_error *err)
{
    const char *type = NULL;
    struct bt_bytes bytes;
    struct bt_digest digest;
    BT_TRY(keep_body(link, arena, &bytes, err));
    BT_TRY(type_of_answer(link, arena, &type, err));
    /* The digest before the first look at what it says. */
    BT_TRY(bt_sha256_bytes(bytes, &digest, err));
    if (expected && !bt_digest_equal(&expected->digest, &digest))
        return fail_digest(&expected->digest, &digest, err);
    BT_TRY(check_digest(link, &digest, err));
    return bt_manifest_read(bytes, type, arena, ret, err);
}

baton_status bt_manifest_get(struct bt_link *link, const char *reference,
                             const struct bt_blob_id *expected, struct bt_arena *arena,
                             struct bt_manifest *ret, struct baton_error *err)
{
    static const char *const headers[] = {
        "Accept: " BT_MEDIA_MANIFEST ", " BT_MEDIA_INDEX
        ", application/vnd.docker.distribution.manifest.v2+json"
        ", application/vnd.docker.distribution.manifest.list.v2+json",
        NULL,
    };
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    char path[BT_ADDRESS_TAG_MAX + 16];
    (void)snprintf(path, sizeof path, "manifests/%s", reference);
    BT_TRY(bt_remote_url(link->registry, path, &url, err));
    struct bt_http_request request = {.method = "GET",
                                      .url = bt_buf_str(&url),
                                      .headers = headers,
                                      .bytes_max = BT_MANIFEST_BYTES_MAX};
    BT_TRY(bt_link_call(link, &request, err));
    if (link->answer.status != 200)
        return bt_link_fail(link, path, err);
    if (read_answer(link, expected, arena, ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s of %s", path, link->registry->address.name);
    return BATON_OK;
}

/* ---- into the registry ---- */

baton_status bt_manifest_put(struct bt_link *link, const char *reference,
                             const struct bt_manifest *manifest, struct baton_error *err)
{
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    BT_AUTO_BUF type = BT_BUF_INIT(BT_HTTP_TEXT_MAX);
    char path[BT_ADDRESS_TAG_MAX + 16];
    (void)snprintf(path, sizeof path, "manifests/%s", reference);
    BT_TRY(bt_remote_url(link->registry, path, &url, err));
    bt_buf_printf(&type, "Content-Type: %s", manifest->media_type);
    BT_TRY(bt_buf_finish(&type, "a header", err));
    const char *const headers[] = {bt_buf_str(&type), NULL};
    struct bt_http_body body = bt_http_body_of(&manifest->bytes);
    struct bt_http_request request = {.method = "PUT",
                                      .url = bt_buf_str(&url),
                                      .headers = headers,
                                      .body = &body,
                                      .bytes_max = BT_HTTP_TEXT_MAX};
    BT_TRY(bt_link_call(link, &request, err));
    if (link->answer.status != 201)
        return bt_link_fail(link, path, err);
    return check_digest(link, &manifest->blob.digest, err);
}
