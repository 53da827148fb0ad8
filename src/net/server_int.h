/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_SERVER_INT_H
#define BT_NET_SERVER_INT_H
/*
 * Private to the server.
 *
 *     server.c      open, run the loops, close
 *     listen.c      from "127.0.0.1:8080" to a socket
 *     loop.c        one thread and its connections: turns, time, new clients
 *     places.c      how many connections an address has
 *     connection.c  one client: reading, answering, letting go
 *     receive.c     a request as it comes in
 *     strict.c      what of it is not plain enough
 *     answer.c      an answer as it goes out
 *     tls.c         what it is wrapped in
 */
#include <llhttp/llhttp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/counter.h"
#include "base/fs.h"
#include "net/server.h"
#include "net/tls.h"

/* ---- strict.c ---- */

/* The bytes of one head, as they go by. All zero at first. */
struct bt_lines {
    size_t count, len; /* lines, and bytes of this one */
    uint64_t last_8;   /* bytes of them */
    bool has_returned; /* the last byte was a carriage return */
    bool are_done;     /* the empty line was there */
    unsigned status;   /* 0: nothing is wrong yet */
    const char *why;
};

/* How many of the bytes are plainly of this head: fewer than all behind its end, and before what
 * gives `status` something to say. */
size_t bt_lines_take(struct bt_lines *lines, struct bt_bytes bytes);
bool bt_strict_target(const char *target);
bool bt_strict_host(const char *host);

/* ---- receive.c ---- */

enum bt_receive_state {
    BT_RECEIVE_IDLE,  /* nothing of a request yet */
    BT_RECEIVE_BEGUN, /* more to come */
    BT_RECEIVE_DONE,
    BT_RECEIVE_REFUSED, /* nothing more is read from this client */
};

struct bt_receiver {
    const struct bt_server_limits *limits;
    llhttp_t parser;
    enum bt_receive_state state;
    bool head_done;
    bool keep_alive;
    bool wants_continue; /* the client waits for a word before it sends the body */
    size_t taken;        /* bytes of this request so far */
    size_t chunks;
    uint8_t last;          /* of the bytes so far */
    struct bt_lines lines; /* of its head */
    struct bt_buf text;    /* "target\0name\0value\0…\0" */
    struct bt_buf body;
    struct bt_server_request request; /* once it is done */
    unsigned status;                  /* of the refusal */
    const char *why;
};

void bt_receiver_init(struct bt_receiver *receiver, const struct bt_server_limits *limits);
void bt_receiver_release(struct bt_receiver *receiver);
/* For the next request on the same connection. */
void bt_receiver_reset(struct bt_receiver *receiver);
/* Take bytes of at most one request; returns how many. What is left is the next one's. */
size_t bt_receiver_take(struct bt_receiver *receiver, struct bt_bytes bytes);

/* ---- answer.c ---- */

/* The head of an answer. `date` is bt_date_format()'s. */
void bt_answer_format(const struct bt_server_answer *answer, const char *date, bool keep_alive,
                      struct bt_buf *out);
#define BT_DATE_TEXT_MAX 96 /* what the compiler thinks it could be */
/* RFC 9110 section 5.6.7, in English whatever the locale. */
void bt_date_format(uint64_t now_s, char ret[BT_DATE_TEXT_MAX]);

/* ---- places.c ---- */

#define BT_PLACES_BITS 12
#define BT_PLACE_NONE SIZE_MAX

struct bt_places {
    unsigned most;
    bool loopback_is_free;
    uint64_t secret;
    atomic_uint counters[1 << BT_PLACES_BITS];
};

/* `places` is all zero; `most` as in struct bt_server_limits. */
BT_CHECK baton_status bt_places_init(struct bt_places *places, unsigned most,
                                     struct baton_error *err);
/* False when the address has all that it may have. */
bool bt_places_take(struct bt_places *places, const struct sockaddr_storage *from, size_t *ret);
void bt_places_leave(struct bt_places *places, size_t place);

/* ---- connection.c ---- */

/* What epoll is asked for. */
enum bt_watch { BT_WATCH_NOTHING, BT_WATCH_READ, BT_WATCH_WRITE };

/* What it waits for, and what a deadline is for. */
enum bt_connection_state {
    BT_READING,
    BT_SETTLING, /* its answer is open; only within a turn */
    BT_WRITING,
    BT_LINGERING,
};

#define BT_PEER_TEXT_MAX 48
#define BT_CONNECTION_IN_BYTES ((size_t)16 << 10)

struct bt_connection {
    struct bt_connection *next, *previous; /* in its loop */
    struct bt_connection *next_settling;
    struct bt_fd fd;
    struct bt_tls_session *tls; /* NULL: none */
    char peer[BT_PEER_TEXT_MAX];
    enum bt_watch watch;
    enum bt_connection_state state;
    uint64_t deadline_ms;
    uint64_t begun_ms;      /* its request */
    unsigned turn_requests; /* that this turn of its loop has answered */
    size_t place;
    struct bt_receiver receiver;
    size_t in_len;
    struct bt_server_answer answer;
    struct bt_buf head; /* of the answer */
    size_t sent;        /* of head and body */
    bool has_body;      /* of the answer, to be sent */
    bool is_last;       /* answer, of this connection */
    uint8_t in[BT_CONNECTION_IN_BYTES];
};

struct bt_loop;

/* NULL: no memory. `place` is its own from then on. */
struct bt_connection *bt_connection_new(struct bt_loop *loop, int fd, size_t place);
/* Also takes it out of its loop. */
void bt_connection_drop(struct bt_loop *loop, struct bt_connection *c);
/* epoll says that there is something to do. */
void bt_connection_serve(struct bt_loop *loop, struct bt_connection *c);
/* settle() has completed its answer. */
void bt_connection_settled(struct bt_loop *loop, struct bt_connection *c);
/* Its time is over. */
void bt_connection_expire(struct bt_loop *loop, struct bt_connection *c);

/* ---- loop.c ---- */

struct bt_loop_counts {
    bt_counter taken, turned_away, malformed, bytes_in, bytes_out;
};

struct bt_loop {
    struct bt_server *server;
    unsigned number;
    pthread_t thread;
    struct bt_fd epoll;
    struct bt_connection *connections;
    struct bt_connection *settling;
    bool is_listening; /* the listener is in the epoll set */
    bool is_draining;
    bool is_stopping;
    uint64_t stop_ms; /* when it drains: until then */
    uint64_t now_ms;  /* when this turn began */
    uint64_t sweep_ms;
    uint64_t accept_after_ms; /* out of descriptors: no use to try before */
    struct bt_loop_counts counts;
    uint64_t date_s;
    char date[BT_DATE_TEXT_MAX];
    const struct baton_progress *progress;
    struct baton_error err;
    baton_status status;
};

BT_CHECK baton_status bt_loop_init(struct bt_loop *loop, struct bt_server *server, unsigned number,
                                   struct baton_error *err);
void bt_loop_release(struct bt_loop *loop);
/* Until the server is told to stop; loop->status says how it went. */
void bt_loop_run(struct bt_loop *loop);
/* Ask epoll for something else about the connection. */
void bt_loop_watch(struct bt_loop *loop, struct bt_connection *c, enum bt_watch watch);

/* ---- listen.c ---- */

#define BT_ADDRESS_TEXT_MAX 80
/* The address alone; "" where it has none. */
void bt_peer_format(const struct sockaddr_storage *from, char ret[BT_PEER_TEXT_MAX]);
/* `ret_text` is where it listens, with the port that was free. */
BT_CHECK baton_status bt_listen(const char *address, struct bt_fd *ret,
                                char ret_text[BT_ADDRESS_TEXT_MAX], struct baton_error *err);

/* ---- server.c ---- */

struct bt_server {
    struct bt_server_options options;
    struct bt_fd listener;
    char address[BT_ADDRESS_TEXT_MAX];
    struct bt_loop *loops; /* options.loops of them */
    unsigned loops_made;
    struct bt_places places;
    atomic_size_t open_count; /* connections of all loops */
    atomic_bool is_draining;  /* the first loop that noticed has said so */
    atomic_bool is_stopping;
};

#endif
