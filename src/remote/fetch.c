/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One blob out of the registry, through the hash into a temporary of the store. When the connection
 * breaks, the next request asks for the rest; a registry that sends the whole again has what we
 * have already passed over. Only bytes with the right digest ever get a name in the store.
 */
#include <stdio.h>
#include <string.h>

#include "codec/text/number.h"
#include "remote/remote_int.h"

struct fetch {
    struct bt_link *link;
    const struct bt_blob_id *id;
    char digest[BT_DIGEST_TEXT_MAX];
    struct bt_blob_writer *writer;
    uint64_t got;
    uint64_t skip; /* of what comes, as we have it */
};

static void fetch_release(struct fetch *fetch)
{
    bt_blob_writer_free(fetch->writer);
}

/* "bytes FROM-…" */
static bool begins_at(const char *range, uint64_t from)
{
    static const char unit[] = "bytes ";
    const char *number = range + sizeof unit - 1;
    int64_t value = 0;
    if (strncmp(range, unit, sizeof unit - 1) != 0)
        return false;
    struct bt_bytes digits = {(const uint8_t *)number, strcspn(number, "-")};
    return bt_i64_parse(digits, &value) && value >= 0 && (uint64_t)value == from;
}

static baton_status check_length(const struct fetch *f, const struct bt_http_answer *answer,
                                 struct baton_error *err)
{
    const char *text = bt_http_field(answer, "content-length");
    uint64_t expected = f->id->bytes - f->got + f->skip;
    int64_t length = 0;
    if (!text ||
        (bt_i64_parse(bt_bytes_of(text), &length) && length >= 0 && (uint64_t)length == expected))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_CORRUPT, "expected %llu bytes, %s wants to send %.20s",
                   (unsigned long long)expected, f->link->registry->address.host, text);
}

static baton_status begin(void *user, const struct bt_http_answer *answer, struct baton_error *err)
{
    struct fetch *f = user;
    const char *range = bt_http_field(answer, "content-range");
    f->skip = answer->status == 206 ? 0 : f->got;
    if (answer->status == 206 && (!range || !begins_at(range, f->got)))
        return bt_fail(err, BATON_ERR_INVALID, "%s sends another part than bytes from %llu on",
                       f->link->registry->address.host, (unsigned long long)f->got);
    return check_length(f, answer, err);
}

static baton_status take(void *user, const uint8_t *bytes, size_t len, struct baton_error *err)
{
    struct fetch *f = user;
    size_t known = f->skip < len ? (size_t)f->skip : len;
    f->skip -= known;
    bytes += known;
    len -= known;
    if (len > f->id->bytes - f->got)
        return bt_fail(err, BATON_ERR_CORRUPT, "%s sends more than the %llu bytes of it",
                       f->link->registry->address.host, (unsigned long long)f->id->bytes);
    BT_TRY(bt_blob_writer_put(f->writer, bytes, len, err));
    f->got += len;
    atomic_fetch_add(&f->link->registry->bytes_done, len);
    return BATON_OK;
}

static baton_status ask(struct fetch *f, const char *url, struct baton_error *err)
{
    char range[48];
    const char *const headers[] = {range, NULL};
    struct bt_http_sink sink = {begin, take, f};
    struct bt_http_request request = {.method = "GET",
                                      .url = url,
                                      .headers = f->got ? headers : NULL,
                                      .sink = &sink,
                                      .bytes_max = UINT64_MAX, /* take() counts */
                                      .bulk = true};
    (void)snprintf(range, sizeof range, "Range: bytes=%llu-", (unsigned long long)f->got);
    return bt_link_try(f->link, &request, err);
}

static baton_status get_all(struct fetch *f, const char *url, struct baton_error *err)
{
    struct bt_retry retry = BT_RETRY_INIT;
    for (;;) {
        uint64_t before = f->got;
        baton_status status = ask(f, url, err);
        if (f->got > before)
            bt_retry_progress(&retry);
        if (!bt_retry_wanted(&retry, status, &f->link->answer))
            return status;
        BT_TRY(bt_retry_wait(&retry, &f->link->answer, f->link->stop, err));
    }
}

static baton_status finish(struct fetch *f, struct baton_error *err)
{
    struct bt_blob_id made;
    if (!bt_http_is_success(&f->link->answer))
        return bt_link_fail(f->link, "fetching a blob", err);
    if (f->got != f->id->bytes)
        return bt_fail(err, BATON_ERR_CORRUPT, "%s sent %llu of %llu bytes",
                       f->link->registry->address.host, (unsigned long long)f->got,
                       (unsigned long long)f->id->bytes);
    return bt_blob_writer_finish(f->writer, f->id, &made, err);
}

static baton_status fetch(struct fetch *f, const struct bt_store_session *session,
                          struct baton_error *err)
{
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    char path[BT_DIGEST_TEXT_MAX + 8];
    (void)snprintf(path, sizeof path, "blobs/%s", f->digest);
    BT_TRY(bt_remote_url(f->link->registry, path, &url, err));
    BT_TRY(bt_blob_writer_new(session, f->id->bytes, &f->writer, err));
    BT_TRY(get_all(f, bt_buf_str(&url), err));
    return finish(f, err);
}

baton_status bt_blob_fetch(struct bt_link *link, const struct bt_store_session *session,
                           const struct bt_blob_id *id, struct baton_error *err)
{
    BT_CLEANUP(fetch_release) struct fetch f = {.link = link, .id = id};
    bt_digest_format(&id->digest, f.digest);
    if (fetch(&f, session, err) == BATON_OK)
        return BATON_OK;
    return bt_error_prepend(err, "blob %.23s from %s", f.digest, link->registry->address.host);
}
