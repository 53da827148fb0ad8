/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One blob into the registry.
 *
 *     begin     POST uploads/            202: a session at Location     (201: mounted, or taken
 * whole) send      PUT Location?digest=     the whole of it                (201: done) or     PATCH
 * Location           one piece after the other      (202: and a new Location) close     PUT
 * Location?digest=     no body                        (201: done) recover   GET Location 204: Range
 * says how much of it is there
 *
 * A blob of one piece goes whole, a longer one in pieces, so that what was lost is at most a piece
 * when the connection breaks. After any failure that may pass, and after 416 (the registry has
 * another idea of where we are) the registry is asked what it has, and sending goes on there; when
 * it does not know the session any more, from the start. Failing BT_RETRY_MAX times in a row
 * without a byte gained ends it.
 *
 * The bytes are hashed on their way out, each once, however often it is sent. The last of them only
 * leaves when the hash is right: of a blob that is damaged here, the registry never gets the whole.
 */
#include <stdio.h>
#include <string.h>

#include "codec/text/number.h"
#include "net/url.h"
#include "remote/remote_int.h"

/* Opening and closing a session costs more than so many bytes sent in vain. */
#define SINGLE_POST_MAX ((uint64_t)64 << 10)
#define PIECE_BYTES ((uint64_t)64 << 20)
/* A registry that wants larger pieces than this wants the whole. */
#define PIECE_BYTES_MAX ((uint64_t)1 << 40)

struct upload {
    struct bt_link *link;
    const struct bt_store *store;
    const struct bt_blob_id *id;
    char digest[BT_DIGEST_TEXT_MAX];
    struct bt_blob_part source;
    struct bt_sha256 hash;
    uint64_t hashed;        /* from the start on */
    struct bt_buf location; /* empty: no session */
    uint64_t piece;
    uint64_t at;   /* the registry has so many bytes */
    uint64_t from; /* where the body of the current request begins */
    bool mounted;
    bool done;
};

static void upload_release(struct upload *upload)
{
    bt_blob_part_release(&upload->source);
    bt_sha256_release(&upload->hash);
    bt_buf_release(&upload->location);
}

/* ---- bytes ---- */

static baton_status take_hash(struct upload *u, uint64_t at, const uint8_t *bytes, size_t len,
                              struct baton_error *err)
{
    if (at > u->hashed || at + len <= u->hashed)
        return BATON_OK;
    size_t known = (size_t)(u->hashed - at);
    struct bt_digest digest;
    bt_sha256_update(&u->hash, bytes + known, len - known);
    atomic_fetch_add(&u->link->registry->bytes_done, len - known);
    u->hashed = at + len;
    if (u->hashed < u->id->bytes)
        return BATON_OK;
    BT_TRY(bt_sha256_final(&u->hash, &digest, err));
    if (!bt_digest_equal(&digest, &u->id->digest))
        return bt_blob_fail_digest(u->store, &u->id->digest, &digest, err);
    return BATON_OK;
}

static baton_status read_piece(void *user, uint64_t at, uint8_t *bytes, size_t *len,
                               struct baton_error *err)
{
    struct upload *u = user;
    BT_TRY(bt_fs_read_part(&u->source.part, u->digest, u->from + at, bytes, len, err));
    return take_hash(u, u->from + at, bytes, *len, err);
}

static struct bt_http_body body_of(struct upload *u, uint64_t bytes)
{
    u->from = u->at;
    return (struct bt_http_body){read_piece, u, bytes};
}

/* ---- requests ---- */

/* Registries whose storage takes a blob in one piece only. */
static bool wants_whole(const char *host)
{
    static const char *const suffixes[] = {"ghcr.io", ".pkg.dev", "gcr.io", ".amazonaws.com"};
    size_t len = strcspn(host, ":");
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t suffix = strlen(suffixes[i]);
        if (len >= suffix && memcmp(host + len - suffix, suffixes[i], suffix) == 0)
            return true;
    }
    return false;
}

static uint64_t piece_wanted(const struct bt_link *link)
{
    const char *least = bt_http_field(&link->answer, "oci-chunk-min-length");
    int64_t bytes = 0;
    if (wants_whole(link->registry->address.host))
        return UINT64_MAX;
    if (!least || !bt_i64_parse(bt_bytes_of(least), &bytes) || bytes < (int64_t)PIECE_BYTES)
        return PIECE_BYTES;
    return (uint64_t)bytes > PIECE_BYTES_MAX ? UINT64_MAX : (uint64_t)bytes;
}

static baton_status begin(struct upload *u, struct baton_error *err)
{
    static const char *const headers[] = {"Content-Type: application/octet-stream", NULL};
    BT_AUTO_BUF path = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    const char *mount = u->link->registry->options->mount_from;
    struct bt_http_body body = body_of(u, u->id->bytes);
    struct bt_http_request request = {.method = "POST", .bytes_max = BT_HTTP_TEXT_MAX};
    bt_buf_put_str(&path, "blobs/uploads/");
    if (mount) {
        bt_buf_put_str(&path, "?from=");
        bt_url_escape(mount, &path);
        bt_buf_put_str(&path, "&mount=");
        bt_url_escape(u->digest, &path);
    } else if (u->id->bytes > 0 && u->id->bytes <= SINGLE_POST_MAX) {
        bt_buf_put_str(&path, "?digest=");
        bt_url_escape(u->digest, &path);
        request.body = &body;
        request.headers = headers;
    }
    BT_TRY(bt_buf_finish(&path, "a URL", err));
    BT_TRY(bt_remote_url(u->link->registry, bt_buf_str(&path), &url, err));
    request.url = bt_buf_str(&url);
    return bt_link_try(u->link, &request, err);
}

/* The closing PUT, with the whole blob or with nothing. */
static baton_status put(struct upload *u, uint64_t bytes, struct baton_error *err)
{
    static const char *const headers[] = {"Content-Type: application/octet-stream", NULL};
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    struct bt_http_body body = body_of(u, bytes);
    const char *location = bt_buf_str(&u->location);
    bt_buf_printf(&url, "%s%sdigest=", location, strchr(location, '?') ? "&" : "?");
    bt_url_escape(u->digest, &url);
    BT_TRY(bt_buf_finish(&url, "a URL", err));
    struct bt_http_request request = {.method = "PUT",
                                      .url = bt_buf_str(&url),
                                      .headers = headers,
                                      .body = bytes ? &body : NULL,
                                      .bytes_max = BT_HTTP_TEXT_MAX,
                                      .bulk = true};
    return bt_link_try(u->link, &request, err);
}

static baton_status patch(struct upload *u, uint64_t bytes, struct baton_error *err)
{
    char range[80];
    const char *const headers[] = {"Content-Type: application/octet-stream", range, NULL};
    struct bt_http_body body = body_of(u, bytes);
    struct bt_http_request request = {.method = "PATCH",
                                      .url = bt_buf_str(&u->location),
                                      .headers = headers,
                                      .body = &body,
                                      .bytes_max = BT_HTTP_TEXT_MAX,
                                      .bulk = true};
    (void)snprintf(range, sizeof range, "Content-Range: %llu-%llu", (unsigned long long)u->at,
                   (unsigned long long)(u->at + bytes - 1));
    return bt_link_try(u->link, &request, err);
}

/* ---- answers ---- */

/* "0-LAST" into how many bytes that are. "0-0" says one byte, and some say it for none: false. */
static bool parse_range(const char *text, uint64_t *ret)
{
    int64_t last = 0;
    if (!text || strncmp(text, "0-", 2) != 0 || !bt_i64_parse(bt_bytes_of(text + 2), &last) ||
        last <= 0 || last == INT64_MAX)
        return false;
    *ret = (uint64_t)last + 1;
    return true;
}

static void forget_session(struct upload *u)
{
    bt_buf_clear(&u->location);
    u->at = 0;
}

/* What 202 says: where to go on, and with which byte. */
static baton_status take_session(struct upload *u, uint64_t at, struct baton_error *err)
{
    BT_TRY(bt_link_location(u->link, &u->location, err));
    u->at = at;
    return BATON_OK;
}

static bool is_new_session(const struct upload *u)
{
    return u->location.len == 0;
}

static baton_status take_begin(struct upload *u, struct baton_error *err)
{
    bool asked_mount = u->link->registry->options->mount_from != NULL;
    if (u->link->answer.status == 201) {
        u->mounted = asked_mount;
        u->done = true;
        return BATON_OK;
    }
    if (u->link->answer.status != 202)
        return bt_link_fail(u->link, "opening an upload", err);
    u->piece = piece_wanted(u->link);
    return take_session(u, 0, err);
}

static baton_status take_piece(struct upload *u, uint64_t bytes, struct baton_error *err)
{
    uint64_t at = u->at + bytes;
    uint64_t said = 0;
    if (u->link->answer.status != 202)
        return bt_link_fail(u->link, "sending a blob", err);
    if (parse_range(bt_http_field(&u->link->answer, "range"), &said) && said < at)
        at = said;
    return take_session(u, at, err);
}

static baton_status take_end(struct upload *u, struct baton_error *err)
{
    if (u->link->answer.status != 201)
        return bt_link_fail(u->link, "closing an upload", err);
    u->done = true;
    return BATON_OK;
}

/* ---- one step, and what to do when it went wrong ---- */

static bool may_go_on(const struct upload *u, baton_status status, const struct bt_retry *retry)
{
    unsigned http = u->link->answer.status;
    bool lost = status == BATON_OK && !is_new_session(u) && (http == 416 || http == 404);
    return lost ? retry->failures < BT_RETRY_MAX : bt_retry_wanted(retry, status, &u->link->answer);
}

static baton_status recover(struct upload *u, struct baton_error *err)
{
    struct bt_http_request request = {.method = "GET", .bytes_max = BT_HTTP_TEXT_MAX};
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    uint64_t at = 0;
    if (is_new_session(u))
        return BATON_OK;
    bt_buf_put_str(&url, bt_buf_str(&u->location));
    BT_TRY(bt_buf_finish(&url, "a URL", err));
    request.url = bt_buf_str(&url);
    forget_session(u);
    BT_TRY(bt_link_call(u->link, &request, err));
    if (!bt_http_is_success(&u->link->answer) ||
        !parse_range(bt_http_field(&u->link->answer, "range"), &at) || at > u->id->bytes)
        return BATON_OK;
    if (!bt_http_field(&u->link->answer, "location")) {
        bt_buf_put_str(&u->location, bt_buf_str(&url));
        u->at = at;
        return bt_buf_finish(&u->location, "a URL", err);
    }
    return take_session(u, at, err);
}

enum step { STEP_BEGIN, STEP_PIECE, STEP_WHOLE, STEP_CLOSE };

static enum step next_step(const struct upload *u)
{
    if (is_new_session(u))
        return STEP_BEGIN;
    if (u->at == u->id->bytes)
        return STEP_CLOSE;
    return u->at == 0 && u->id->bytes <= u->piece ? STEP_WHOLE : STEP_PIECE;
}

static uint64_t piece_bytes(const struct upload *u)
{
    uint64_t left = u->id->bytes - u->at;
    return left < u->piece ? left : u->piece;
}

static baton_status ask(struct upload *u, enum step step, struct baton_error *err)
{
    switch (step) {
    case STEP_BEGIN:
        return begin(u, err);
    case STEP_PIECE:
        return patch(u, piece_bytes(u), err);
    case STEP_WHOLE:
        return put(u, u->id->bytes, err);
    default:
        return put(u, 0, err);
    }
}

static baton_status take(struct upload *u, enum step step, struct baton_error *err)
{
    switch (step) {
    case STEP_BEGIN:
        return take_begin(u, err);
    case STEP_PIECE:
        return take_piece(u, piece_bytes(u), err);
    default:
        return take_end(u, err);
    }
}

static baton_status go(struct upload *u, struct baton_error *err)
{
    struct bt_retry retry = BT_RETRY_INIT;
    uint64_t best = 0;
    while (!u->done) {
        enum step step = next_step(u);
        baton_status status = ask(u, step, err);
        if (may_go_on(u, status, &retry)) {
            BT_TRY(bt_retry_wait(&retry, &u->link->answer, u->link->stop, err));
            BT_TRY(recover(u, err));
        } else {
            BT_TRY(status);
            BT_TRY(take(u, step, err));
        }
        if (u->at > best)
            bt_retry_progress(&retry);
        best = u->at > best ? u->at : best;
    }
    return BATON_OK;
}

baton_status bt_blob_upload(struct bt_link *link, const struct bt_store *store,
                            const struct bt_blob_id *id, bool *ret_mounted, struct baton_error *err)
{
    BT_CLEANUP(upload_release)
    struct upload u = {.link = link,
                       .store = store,
                       .id = id,
                       .source = BT_BLOB_PART_INIT,
                       .hash = BT_SHA256_INIT,
                       .location = BT_BUF_INIT(BT_REMOTE_URL_MAX)};
    bt_digest_format(&id->digest, u.digest);
    BT_TRY(bt_blob_find_sized(store, id, &u.source, err));
    BT_TRY(bt_sha256_init(&u.hash, err));
    if (go(&u, err) != BATON_OK)
        return bt_error_prepend(err, "blob %.23s", u.digest);
    *ret_mounted = u.mounted;
    return BATON_OK;
}
