/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_HTTP_H
#define BT_NET_HTTP_H
/*
 * HTTP requests, one at a time. A client keeps its connections between requests and belongs to one
 * thread at a time; work in parallel has one client per thread. Only this room knows libcurl.
 *
 *     BT_AUTO_HTTP_ANSWER answer = BT_HTTP_ANSWER_INIT;
 *     struct bt_http_request request = {.method = "GET", .url = url, .bytes_max = 65536};
 *     BT_TRY(bt_http_call(http, &request, &answer, err));
 *     if (answer.status == 200) use(answer.body);
 *
 * What the other side sends is hostile until its digest is known, so everything is bounded: headers
 * (64 KiB), bodies of failures (64 KiB), bodies of success (by the request), redirects (5), the
 * time without progress. Nothing is decompressed; no cookie is kept; only http and https are
 * spoken, and never http after https. A secret goes to the origin it was given for, not along with
 * a redirect to another one, and into no message.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/progress.h"

struct bt_http;

struct bt_http_options {
    const char *ca_file;               /* PEM; NULL: the authorities of the system */
    const volatile sig_atomic_t *stop; /* looked at while waiting; may be NULL */
    unsigned stall_s;                  /* give up when nothing moves for so long; 0: two minutes */
};

/* Strings are borrowed until bt_http_free(), which accepts NULL. */
BT_CHECK baton_status bt_http_new(const struct bt_http_options *options, struct bt_http **ret,
                                  struct baton_error *err);
void bt_http_free(struct bt_http *http);
void bt_http_cleanup(struct bt_http **http);
#define BT_AUTO_HTTP BT_CLEANUP(bt_http_cleanup) struct bt_http *

/* Bytes to send, asked for in order; again from the start when a redirect is followed. */
struct bt_http_body {
    /* At most `*len` bytes from `at` (below `bytes`) on; says how many, at least one. */
    baton_status (*read)(void *user, uint64_t at, uint8_t *bytes, size_t *len,
                         struct baton_error *err);
    void *user;
    uint64_t bytes;
};

/* Bytes in memory, which must stay. */
struct bt_http_body bt_http_body_of(const struct bt_bytes *bytes);

/* Where the body of a 2xx answer goes piece by piece. Failing ends the request with that error. */
struct bt_http_answer;
struct bt_http_sink {
    /* Before the first piece: status and headers are known. */
    baton_status (*begin)(void *user, const struct bt_http_answer *answer, struct baton_error *err);
    baton_status (*write)(void *user, const uint8_t *bytes, size_t len, struct baton_error *err);
    void *user;
};

struct bt_http_request {
    const char *method;
    const char *url;
    const char *authorization;       /* value of the header; NULL: none */
    const char *const *headers;      /* "Name: value", ends with NULL; may be NULL */
    const struct bt_http_body *body; /* NULL: none */
    const struct bt_http_sink *sink; /* NULL: into answer.body */
    uint64_t bytes_max;              /* of a 2xx answer */
    bool bulk;                       /* may take as long as it makes progress */
};

struct bt_http_answer {
    unsigned status;      /* 0: none came */
    bool transient;       /* the same request may go better later; known also after an error */
    struct bt_buf url;    /* where the answer came from, after redirects */
    struct bt_buf fields; /* "name\0value\0" */
    struct bt_buf body;
};

#define BT_HTTP_TEXT_MAX ((size_t)64 << 10)
#define BT_HTTP_BODY_MAX ((size_t)16 << 20)
#define BT_HTTP_ANSWER_INIT                                                                        \
    {                                                                                              \
        .url = BT_BUF_INIT(BT_HTTP_TEXT_MAX), .fields = BT_BUF_INIT(BT_HTTP_TEXT_MAX),             \
        .body = BT_BUF_INIT(BT_HTTP_BODY_MAX)                                                      \
    }
#define BT_AUTO_HTTP_ANSWER BT_CLEANUP(bt_http_answer_release) struct bt_http_answer

void bt_http_answer_release(struct bt_http_answer *answer);
/* The value of the first header of that name, in any case of letters; NULL: none. */
const char *bt_http_field(const struct bt_http_answer *answer, const char *name);
/* The next one after `before`, a value of the same answer; NULL: the first. */
const char *bt_http_field_after(const struct bt_http_answer *answer, const char *name,
                                const char *before);
static inline bool bt_http_is_success(const struct bt_http_answer *answer)
{
    return answer->status / 100 == 2;
}

/* BATON_OK when an answer came, whatever it says. BATON_ERR_NETWORK: none came, or not all of it;
 * BATON_ERR_LIMIT: too much of it; BATON_ERR_REFUSED: a redirect that is not followed;
 * BATON_ERR_INTERRUPTED. `answer` is reused from call to call, and status and fields stand in it
 * also after an error, as far as they came. */
BT_CHECK baton_status bt_http_call(struct bt_http *http, const struct bt_http_request *request,
                                   struct bt_http_answer *answer, struct baton_error *err);

#endif
