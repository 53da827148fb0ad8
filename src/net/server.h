/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_SERVER_H
#define BT_NET_SERVER_H
/*
 * An HTTP/1.1 server. One or more loops, each a thread, wait for all their connections and call the
 * handler for each request once that is there as a whole, so a slow client costs a place and some
 * memory, never a thread. llhttp reads the protocol; only this room knows it.
 *
 * A loop goes in turns: it takes what has arrived on any of its connections, calls the handler for
 * each request, then `settle` once, then sends the answers. A handler may leave its answer open,
 * and `settle` completes all that are: so what is dear once and cheap for many (a batch through a
 * model, a sync of the disk) is done once for all who came in the meantime, and who comes alone
 * waits for nobody.
 *
 *     BT_TRY(bt_server_open(&options, &server, err));
 *     BT_TRY(bt_server_run(server, progress, err));      // until progress says stop
 *     bt_server_close(server);
 *
 * Clients are hostile: bytes of head and body, connections, and the time for each step have limits;
 * what is not plainly one request (two lengths, two hosts, a bare line feed) is refused and the
 * connection closed, because the next proxy might read it otherwise. A client that sends many
 * requests at once has a few of them answered in a turn, so it does not keep the others waiting.
 */
#include "base/buf.h"
#include "base/progress.h"

/* Zero means the default in brackets. */
struct bt_server_limits {
    size_t connections;   /* [64]; more wait outside */
    size_t head_bytes;    /* [16 KiB] request line and headers */
    size_t body_bytes;    /* [1 MiB] */
    unsigned per_address; /* [256, and any number from loopback] connections */
    unsigned request_ms;  /* [10 s] from its first byte to its last, and a millisecond more for each
                             byte of its body */
    unsigned idle_ms;     /* [60 s] between two requests */
    unsigned answer_ms;   /* [30 s] to take the answer */
};

/* Lives until its answer is made. */
struct bt_server_request {
    unsigned loop;    /* the number of the loop, from 0, that calls */
    const char *peer; /* the client's address, "127.0.0.1", without a port */
    const char *names; /* that a certificate gives the client, "uri:…\0dns:…\0cn:…\0\0"; "": none */
    const char *method; /* "POST" */
    const char *path;   /* as sent, up to "?"; starts with "/" */
    const char *query;  /* what is behind "?", or "" */
    const char *fields; /* headers: "name\0value\0name\0value\0\0" */
    struct bt_bytes body;
    uint64_t ticks_us; /* bt_clock_ticks_us() when all of it was there */
};

/* The first header of that name, in any case of letters; NULL when there is none. */
const char *bt_server_field(const struct bt_server_request *request, const char *name);

struct bt_server_answer {
    unsigned status;
    const char *content_type; /* a literal */
    struct bt_buf body;       /* empty at first */
    struct bt_buf fields;     /* more header lines, each "Name: value\r\n"; empty at first */
    unsigned tag;             /* 0 at first; for `seen`, of which it is */
    bool is_open;             /* settle() completes it, here; until then it stays where it is */
};

/* One more line of the head. */
void bt_server_answer_put(struct bt_server_answer *answer, const char *name, const char *value);

/* `answer` is 200 with an empty text at first. Failing is a 500 to the client, who is not told why.
 * Loops call at the same time. */
typedef baton_status bt_server_handler(void *user, const struct bt_server_request *request,
                                       struct bt_server_answer *answer, struct baton_error *err);
/* Every answer that handlers of this loop have left open is complete when it returns. */
typedef void bt_server_settle(void *user, unsigned loop);
/* After every answer is made, by any loop. `request` is NULL where there was none to speak of;
 * `why` is NULL, or what was wrong with it or with us. */
typedef void bt_server_witness(void *user, const struct bt_server_request *request,
                               const struct bt_server_answer *answer, const char *why);

struct bt_tls;

struct bt_server_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0"; port 0: any that is free */
    struct bt_server_limits limits;
    struct bt_tls *tls; /* net/tls.h; outlives the server; NULL: none */
    unsigned loops;     /* [1] */
    unsigned drain_ms;  /* [0] see bt_server_run() */
    bool codings;       /* bodies come and go in gzip or deflate, if the client wants that */
    bt_server_handler *handle;
    bt_server_settle *settle;     /* may be NULL where no answer is left open */
    bt_server_witness *seen;      /* may be NULL */
    void (*draining)(void *user); /* once, when it is told to stop; may be NULL */
    void *user;
};

struct bt_server;

/* Listening when it returns. */
BT_CHECK baton_status bt_server_open(const struct bt_server_options *options,
                                     struct bt_server **ret, struct baton_error *err);
void bt_server_close(struct bt_server *server);
/* "127.0.0.1:41237": where it listens. */
const char *bt_server_address(const struct bt_server *server);

/* Since it was opened, but for `open`. */
struct bt_server_counts {
    uint64_t open; /* connections now */
    uint64_t taken;
    uint64_t turned_away; /* over what an address may have */
    uint64_t malformed;   /* no plain request, or too slow to be one */
    uint64_t bytes_in, bytes_out;
};

/* From any thread. */
struct bt_server_counts bt_server_counts(const struct bt_server *server);
/* Serve until `progress` is interrupted. Then it drains: for drain_ms everything goes on, but that
 * every answer ends its connection, so that whoever sends it clients can send them elsewhere; after
 * that it takes nobody, finishes the requests that have begun, within ten seconds, and returns
 * BATON_OK. The first loop is the thread that calls. */
BT_CHECK baton_status bt_server_run(struct bt_server *server, const struct baton_progress *progress,
                                    struct baton_error *err);
/* It has been told to stop. From a handler. */
bool bt_server_is_draining(const struct bt_server *server);

#endif
