/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One easy handle of libcurl per client. libcurl's own redirects, authentication, cookies and
 * decompression stay off: what follows a redirect, and what goes along, is decided here.
 *
 * Redirects: GET and HEAD follow all five kinds, other methods only 307 and 308, which promise that
 * the request stays what it is. Authorization goes along only to the origin of the first URL.
 */
#include "net/http.h"

#include <curl/curl.h>
#include <string.h>

#include "base/alloc.h"
#include "net/url.h"

#define REDIRECTS_MAX 5U
#define CONNECT_MS 15000L
#define WHOLE_MS 300000L
#define STALL_S 120L
#define BUFFER_BYTES 262144L

struct bt_http {
    CURL *easy;
    struct bt_http_options options;
    bool answered; /* something came from the other side once: what fails later may pass */
};

/* One request to one URL, as the callbacks see it. */
struct transfer {
    struct bt_http *http;
    const struct bt_http_request *request;
    struct bt_http_answer *answer;
    uint64_t sent;
    uint64_t received;
    size_t field_bytes;
    baton_status status; /* of a callback that ended the transfer */
    struct baton_error *err;
    char why[CURL_ERROR_SIZE];
};

/* ---- answers ---- */

void bt_http_answer_release(struct bt_http_answer *answer)
{
    bt_buf_release(&answer->url);
    bt_buf_release(&answer->fields);
    bt_buf_release(&answer->body);
}

static void clear_answer(struct bt_http_answer *answer)
{
    answer->status = 0;
    answer->transient = false;
    bt_buf_clear(&answer->fields);
    bt_buf_clear(&answer->body);
}

const char *bt_http_field_after(const struct bt_http_answer *answer, const char *name,
                                const char *before)
{
    const char *at = (const char *)answer->fields.data;
    const char *end = at ? at + answer->fields.len : at;
    if (before)
        at = before + strlen(before) + 1;
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (curl_strequal(at, name))
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

const char *bt_http_field(const struct bt_http_answer *answer, const char *name)
{
    return bt_http_field_after(answer, name, NULL);
}

/* ---- a body in memory ---- */

static baton_status read_memory(void *user, uint64_t at, uint8_t *bytes, size_t *len,
                                struct baton_error *err)
{
    const struct bt_bytes *memory = user;
    (void)err;
    if (*len > memory->len - at)
        *len = memory->len - (size_t)at;
    memcpy(bytes, memory->ptr + at, *len);
    return BATON_OK;
}

struct bt_http_body bt_http_body_of(const struct bt_bytes *bytes)
{
    return (struct bt_http_body){read_memory, (void *)(uintptr_t)bytes, bytes->len};
}

/* ---- what libcurl calls ---- */

/* A callback that returns anything but what it was given ends the transfer. */
#define STOP ((size_t)0)

static void note_status(const struct transfer *t)
{
    long code = 0;
    (void)curl_easy_getinfo(t->http->easy, CURLINFO_RESPONSE_CODE, &code);
    t->answer->status = code > 0 && code < 1000 ? (unsigned)code : 0;
    t->http->answered = true;
}

static size_t trimmed(const char **text, size_t len)
{
    while (len && strchr(" \t\r\n", (*text)[len - 1]))
        len--;
    while (len && strchr(" \t", **text)) {
        (*text)++;
        len--;
    }
    return len;
}

static void keep_field(struct bt_buf *fields, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (!colon || memchr(line, '\0', len))
        return;
    const char *value = colon + 1;
    size_t value_len = trimmed(&value, len - (size_t)(value - line));
    bt_buf_put(fields, line, (size_t)(colon - line));
    bt_buf_put_byte(fields, 0);
    bt_buf_put(fields, value, value_len);
    bt_buf_put_byte(fields, 0);
}

static size_t on_field(char *line, size_t one, size_t len, void *user)
{
    struct transfer *t = user;
    (void)one;
    t->field_bytes += len;
    if (t->field_bytes > BT_HTTP_TEXT_MAX) {
        t->status =
            bt_fail(t->err, BATON_ERR_LIMIT, "more than %zu bytes of headers", BT_HTTP_TEXT_MAX);
        return STOP;
    }
    /* Each answer to one request, "100 Continue" among them, begins anew. */
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
        bt_buf_clear(&t->answer->fields);
    else
        keep_field(&t->answer->fields, line, len);
    note_status(t);
    t->status = bt_buf_finish(&t->answer->fields, "the headers", t->err);
    return t->status == BATON_OK ? len : STOP;
}

static baton_status take_success(struct transfer *t, const uint8_t *bytes, size_t len)
{
    const struct bt_http_sink *sink = t->request->sink;
    if (sink && t->received == 0)
        BT_TRY(sink->begin(sink->user, t->answer, t->err));
    if (len > t->request->bytes_max - t->received)
        return bt_fail(t->err, BATON_ERR_LIMIT, "more than the %llu bytes that may come",
                       (unsigned long long)t->request->bytes_max);
    t->received += len;
    if (sink)
        return sink->write(sink->user, bytes, len, t->err);
    bt_buf_put(&t->answer->body, bytes, len);
    return bt_buf_finish(&t->answer->body, "the answer", t->err);
}

static baton_status take_failure(struct transfer *t, const uint8_t *bytes, size_t len)
{
    if (t->answer->body.len + len > BT_HTTP_TEXT_MAX)
        return bt_fail(t->err, BATON_ERR_LIMIT, "status %u with more than %zu bytes of explanation",
                       t->answer->status, BT_HTTP_TEXT_MAX);
    bt_buf_put(&t->answer->body, bytes, len);
    return bt_buf_finish(&t->answer->body, "the answer", t->err);
}

static size_t on_bytes(char *bytes, size_t one, size_t len, void *user)
{
    struct transfer *t = user;
    (void)one;
    note_status(t);
    t->status = bt_http_is_success(t->answer) ? take_success(t, (const uint8_t *)bytes, len)
                                              : take_failure(t, (const uint8_t *)bytes, len);
    return t->status == BATON_OK ? len : STOP;
}

static size_t on_wanted(char *bytes, size_t one, size_t len, void *user)
{
    struct transfer *t = user;
    const struct bt_http_body *body = t->request->body;
    uint64_t left = body->bytes - t->sent;
    size_t got = len < left ? len : (size_t)left;
    (void)one;
    if (got == 0)
        return 0;
    t->status = body->read(body->user, t->sent, (uint8_t *)bytes, &got, t->err);
    if (t->status != BATON_OK)
        return CURL_READFUNC_ABORT;
    t->sent += got;
    return got;
}

/* libcurl would send a body again by itself when a connection that was kept turns out to be dead.
 * What has left may have arrived, so that is for the caller to decide. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
    const struct transfer *t = user;
    bool stays = origin == SEEK_SET && offset >= 0 && (uint64_t)offset == t->sent;
    return stays ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static int on_time(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                   curl_off_t up)
{
    const struct transfer *t = user;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return bt_flag_is_up(t->http->options.stop);
}

/* ---- setting up ---- */

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                     \
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "libcurl does not know " #option);          \
    } while (0)

static baton_status set_limits(const struct bt_http *http, const struct bt_http_request *request,
                               struct baton_error *err)
{
    CURL *easy = http->easy;
    long stall_s = http->options.stall_s ? (long)http->options.stall_s : STALL_S;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, stall_s);
    if (!request->bulk)
        SET(CURLOPT_TIMEOUT_MS, WHOLE_MS);
    SET(CURLOPT_BUFFERSIZE, BUFFER_BYTES);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_BYTES);
    return BATON_OK;
}

static baton_status set_trust(const struct bt_http *http, const char *url, struct baton_error *err)
{
    CURL *easy = http->easy;
    bool loopback = false;
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (http->options.ca_file) {
        SET(CURLOPT_CAINFO, http->options.ca_file);
        SET(CURLOPT_CAPATH, (char *)NULL);
    }
    BT_TRY(bt_url_is_loopback(url, &loopback, err));
    if (loopback)
        SET(CURLOPT_PROXY, "");
    return BATON_OK;
}

static baton_status set_callbacks(struct transfer *t, struct baton_error *err)
{
    CURL *easy = t->http->easy;
    SET(CURLOPT_ERRORBUFFER, t->why);
    SET(CURLOPT_HEADERFUNCTION, on_field);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_bytes);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_time);
    SET(CURLOPT_XFERINFODATA, t);
    return BATON_OK;
}

static baton_status set_body(struct transfer *t, struct baton_error *err)
{
    CURL *easy = t->http->easy;
    const struct bt_http_body *body = t->request->body;
    if (!body && strcmp(t->request->method, "GET") == 0)
        return BATON_OK;
    if (strcmp(t->request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
        return BATON_OK;
    }
    SET(CURLOPT_CUSTOMREQUEST, t->request->method);
    if (!body) {
        /* "Content-Length: 0", which uploads must begin with. */
        SET(CURLOPT_POSTFIELDSIZE, 0L);
        SET(CURLOPT_POSTFIELDS, "");
        return BATON_OK;
    }
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->bytes);
    SET(CURLOPT_READFUNCTION, on_wanted);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_SEEKFUNCTION, on_seek);
    SET(CURLOPT_SEEKDATA, t);
    return BATON_OK;
}

/* ---- headers to send ---- */

static void free_list(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}
#define AUTO_LIST BT_CLEANUP(free_list) struct curl_slist *

static baton_status append(struct curl_slist **list, const char *line, struct baton_error *err)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (!longer)
        return bt_fail_no_memory(err, "a header");
    *list = longer;
    return BATON_OK;
}

static baton_status make_headers(const struct bt_http_request *request, bool with_secret,
                                 struct curl_slist **ret, struct baton_error *err)
{
    BT_AUTO_BUF line = BT_BUF_INIT(BT_HTTP_TEXT_MAX);
    BT_TRY(append(ret, "User-Agent: baton/" BATON_VERSION, err));
    /* Left out: waiting for "100 Continue", which some servers never say, and the content type
     * of forms, which libcurl gives every POST. */
    BT_TRY(append(ret, "Expect:", err));
    BT_TRY(append(ret, "Content-Type:", err));
    for (const char *const *h = request->headers; h && *h; h++)
        BT_TRY(append(ret, *h, err));
    if (!request->authorization || !with_secret)
        return BATON_OK;
    bt_buf_printf(&line, "Authorization: %s", request->authorization);
    BT_TRY(bt_buf_finish(&line, "a header", err));
    return append(ret, bt_buf_str(&line), err);
}

/* ---- one exchange ---- */

static bool may_pass(const struct bt_http *http, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return http->answered;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_SSL_CONNECT_ERROR:
        return true;
    default:
        return false;
    }
}

static baton_status judge(struct transfer *t, CURLcode code, struct baton_error *err)
{
    if (code == CURLE_OK)
        return BATON_OK;
    if (t->status != BATON_OK)
        return t->status;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return bt_fail(err, BATON_ERR_INTERRUPTED, "interrupted");
    if (code == CURLE_OUT_OF_MEMORY)
        return bt_fail_no_memory(err, "a request");
    const char *why = t->why[0] ? t->why : curl_easy_strerror(code);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return bt_fail(err, BATON_ERR_REFUSED, "%s; --ca FILE names the authority to trust", why);
    if (code == CURLE_SSL_CACERT_BADFILE)
        return bt_fail(err, BATON_ERR_INVALID, "%s", why);
    t->answer->transient = may_pass(t->http, code);
    return bt_fail(err, BATON_ERR_NETWORK, "%s", why);
}

static baton_status exchange(struct bt_http *http, const struct bt_http_request *request,
                             bool with_secret, struct bt_http_answer *answer,
                             struct baton_error *err)
{
    struct baton_error spare = BATON_ERROR_INIT;
    struct transfer t = {.http = http, .request = request, .answer = answer};
    AUTO_LIST headers = NULL;
    CURL *easy = http->easy;
    t.err = err ? err : &spare;
    clear_answer(answer);
    curl_easy_reset(easy);
    BT_TRY(make_headers(request, with_secret, &headers, err));
    BT_TRY(set_limits(http, request, err));
    BT_TRY(set_trust(http, bt_buf_str(&answer->url), err));
    BT_TRY(set_callbacks(&t, err));
    BT_TRY(set_body(&t, err));
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_URL, bt_buf_str(&answer->url));
    CURLcode code = curl_easy_perform(easy);
    /* They point into this frame. */
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, (char *)NULL);
    if (judge(&t, code, err) == BATON_OK)
        return BATON_OK;
    return bt_error_prepend(err, "%s %.*s", request->method,
                            bt_url_shown_len(bt_buf_str(&answer->url)), bt_buf_str(&answer->url));
}

/* ---- redirects ---- */

static bool is_redirect(const struct bt_http_request *request, const struct bt_http_answer *answer)
{
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    bool keeps = answer->status == 307 || answer->status == 308;
    bool moves = answer->status >= 301 && answer->status <= 303;
    return (keeps || (moves && reads)) && bt_http_field(answer, "location");
}

static baton_status follow(const struct bt_http_request *request, struct bt_http_answer *answer,
                           bool *with_secret, struct baton_error *err)
{
    BT_AUTO_BUF next = BT_BUF_INIT(BT_HTTP_TEXT_MAX);
    BT_TRY(bt_url_resolve(bt_buf_str(&answer->url), bt_http_field(answer, "location"), &next, err));
    BT_TRY(bt_url_same_origin(request->url, bt_buf_str(&next), with_secret, err));
    bt_buf_clear(&answer->url);
    bt_buf_put_str(&answer->url, bt_buf_str(&next));
    return bt_buf_finish(&answer->url, "a URL", err);
}

baton_status bt_http_call(struct bt_http *http, const struct bt_http_request *request,
                          struct bt_http_answer *answer, struct baton_error *err)
{
    bool with_secret = true;
    clear_answer(answer);
    bt_buf_clear(&answer->url);
    bt_buf_put_str(&answer->url, request->url);
    BT_TRY(bt_buf_finish(&answer->url, "a URL", err));
    for (unsigned redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
        BT_TRY(exchange(http, request, with_secret, answer, err));
        if (!is_redirect(request, answer))
            return BATON_OK;
        if (follow(request, answer, &with_secret, err) != BATON_OK)
            return bt_error_prepend(err, "%s %.*s: redirected", request->method,
                                    bt_url_shown_len(request->url), request->url);
    }
    return bt_fail(err, BATON_ERR_REFUSED, "%s %.*s: more than %u redirects", request->method,
                   bt_url_shown_len(request->url), request->url, REDIRECTS_MAX);
}

/* ---- clients ---- */

/* libcurl counts its users, so it is set up with the first client and not with the program. */
baton_status bt_http_new(const struct bt_http_options *options, struct bt_http **ret,
                         struct baton_error *err)
{
    BT_AUTO_HTTP http = bt_calloc(1, sizeof *http);
    if (!http)
        return bt_fail_no_memory(err, "an HTTP client");
    http->options = *options;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "libcurl does not start");
    http->easy = curl_easy_init();
    if (!http->easy) {
        curl_global_cleanup();
        return bt_fail_no_memory(err, "an HTTP client");
    }
    *ret = http;
    http = NULL;
    return BATON_OK;
}

void bt_http_free(struct bt_http *http)
{
    if (!http)
        return;
    if (http->easy) {
        curl_easy_cleanup(http->easy);
        curl_global_cleanup();
    }
    bt_free(http);
}

void bt_http_cleanup(struct bt_http **http)
{
    bt_http_free(*http);
}
