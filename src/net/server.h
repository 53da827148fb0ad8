/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_SERVER_H
#define BT_NET_SERVER_H
/*
 * A small HTTP/1.1 server. One thread waits for all connections and calls the handler for each
 * request once that is there as a whole, so a slow client costs a place and some memory, never a
 * thread. llhttp reads the protocol; only this room knows it.
 *
 *     BT_TRY(bt_server_open(&options, &server, err));
 *     BT_TRY(bt_server_run(server, progress, err));      // until progress says stop
 *     bt_server_close(server);
 *
 * Clients are hostile: bytes of head and body, connections, and the time for each step have limits;
 * what is not plainly one request (two lengths, two hosts, a bare line feed) is refused and the
 * connection closed, because the next proxy might read it otherwise.
 */
#include "base/buf.h"
#include "base/progress.h"

/* Zero means the default in brackets. */
struct bt_server_limits {
    size_t connections;  /* [64]; more wait outside */
    size_t head_bytes;   /* [16 KiB] request line and headers */
    size_t body_bytes;   /* [1 MiB] */
    unsigned request_ms; /* [10 s] from its first byte to its last */
    unsigned idle_ms;    /* [60 s] between two requests */
    unsigned answer_ms;  /* [30 s] to take the answer */
};

/* Lives as long as the call of the handler. */
struct bt_server_request {
    const char *method; /* "POST" */
    const char *path;   /* as sent, up to "?"; starts with "/" */
    const char *query;  /* what is behind "?", or "" */
    const char *fields; /* headers: "name\0value\0name\0value\0\0" */
    struct bt_bytes body;
};

/* The first header of that name, in any case of letters; NULL when there is none. */
const char *bt_server_field(const struct bt_server_request *request, const char *name);

struct bt_server_answer {
    unsigned status;
    const char *content_type; /* a literal */
    struct bt_buf *body;      /* empty at first */
};

/* `answer` is 200 with an empty text at first. Failing is a 500 to the client, who is not told why.
 */
typedef baton_status bt_server_handler(void *user, const struct bt_server_request *request,
                                       struct bt_server_answer *answer, struct baton_error *err);
/* After every answer. `request` is NULL where there was none to speak of; `why` is NULL, or what
 * was wrong with it or with us. */
typedef void bt_server_witness(void *user, const struct bt_server_request *request, unsigned status,
                               const char *why);

struct bt_server_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0"; port 0: any that is free */
    struct bt_server_limits limits;
    bt_server_handler *handle;
    bt_server_witness *seen; /* may be NULL */
    void *user;
};

struct bt_server;

/* Listening when it returns. */
BT_CHECK baton_status bt_server_open(const struct bt_server_options *options,
                                     struct bt_server **ret, struct baton_error *err);
void bt_server_close(struct bt_server *server);
/* "127.0.0.1:41237": where it listens. */
const char *bt_server_address(const struct bt_server *server);
/* Serve until `progress` is interrupted; then finish the requests that have begun, within two
 * seconds, and return BATON_OK. */
BT_CHECK baton_status bt_server_run(struct bt_server *server, const struct baton_progress *progress,
                                    struct baton_error *err);

#endif
