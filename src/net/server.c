/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every connection is in one of three states, and has a deadline in each:
 *
 *     READING    -> a whole request: the handler is called, the answer made -> WRITING
 *                -> what is no request: a refusal is made                   -> WRITING, the last
 * one WRITING    -> all sent: READING the next one, or LINGERING after the last LINGERING  -> the
 * client closed, or had its time: closed
 *
 * Lingering lets a client that is still sending read why it was refused: closing at once would
 * reset the connection and throw the answer away. Bytes of the next request that came early wait in
 * `in`, and nothing is read from the socket meanwhile, so a client that sends and never reads fills
 * its own buffers.
 */
#include "net/server_int.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/fs.h"
#include "codec/text/number.h"

#define IN_BYTES ((size_t)16 << 10)
#define HEAD_OUT_MAX ((size_t)1024)
#define ANSWER_BODY_MAX ((size_t)16 << 20)
#define LISTEN_BACKLOG 128
#define TICK_MS 200
#define LINGER_MS 1000
#define DRAIN_MS 2000
#define TEXT "text/plain; charset=utf-8"

enum state { READING, WRITING, LINGERING };

struct connection {
    struct bt_fd fd; /* none: a free place */
    enum state state;
    uint64_t deadline_ms;
    struct bt_receiver receiver;
    uint8_t in[IN_BYTES];
    size_t in_len;
    struct bt_buf out;
    size_t sent;
    bool is_last; /* answer, of this connection */
};

struct bt_server {
    struct bt_server_options options;
    struct bt_fd listener;
    char address[80];
    struct connection *connections; /* options.limits.connections of them */
    struct pollfd *polls;           /* one more: the listener is the last */
    size_t open_count;
    uint64_t accept_after_ms; /* out of descriptors: no use to try before */
    bool is_stopping;
};

/* ---- time ---- */

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- one connection ---- */

static bool is_open(const struct connection *c)
{
    return c->fd.fd >= 0;
}

static void drop(struct bt_server *server, struct connection *c)
{
    bt_fd_release(&c->fd);
    bt_receiver_release(&c->receiver);
    bt_buf_release(&c->out);
    server->open_count--;
}

static void begin(struct bt_server *server, int fd)
{
    struct connection *c = server->connections;
    while (is_open(c))
        c++;
    int yes = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    c->fd.fd = fd;
    c->state = READING;
    c->deadline_ms = now_ms() + server->options.limits.request_ms;
    c->in_len = 0;
    c->out = (struct bt_buf)BT_BUF_INIT(ANSWER_BODY_MAX + HEAD_OUT_MAX);
    bt_receiver_init(&c->receiver, &server->options.limits);
    server->open_count++;
}

static void answer(struct bt_server *server, struct connection *c,
                   const struct bt_server_answer *made, const char *why)
{
    const struct bt_receiver *receiver = &c->receiver;
    bool is_request = receiver->state == BT_RECEIVE_DONE;
    bool without_body = is_request && strcmp(receiver->request.method, "HEAD") == 0;
    c->is_last = !is_request || !receiver->keep_alive || server->is_stopping;
    bt_buf_clear(&c->out);
    bt_answer_format(made, (uint64_t)time(NULL), !c->is_last, without_body, &c->out);
    c->sent = 0;
    c->state = WRITING;
    c->deadline_ms = now_ms() + server->options.limits.answer_ms;
    if (server->options.seen)
        server->options.seen(server->options.user, is_request ? &receiver->request : NULL,
                             made->status, why);
}

static void answer_plainly(struct bt_server *server, struct connection *c, unsigned status,
                           const char *why)
{
    BT_AUTO_BUF body = BT_BUF_INIT(BATON_ERROR_TEXT_MAX);
    /* What is wrong with us is not the client's to know. */
    bt_buf_printf(&body, "%s\n", status == 500 ? "this server has a problem" : why);
    const struct bt_server_answer made = {status, TEXT, &body};
    answer(server, c, &made, why);
}

static void handle(struct bt_server *server, struct connection *c)
{
    BT_AUTO_BUF body = BT_BUF_INIT(ANSWER_BODY_MAX);
    struct bt_server_answer made = {200, TEXT, &body};
    struct baton_error err = BATON_ERROR_INIT;
    baton_status status =
        server->options.handle(server->options.user, &c->receiver.request, &made, &err);
    if (status == BATON_OK)
        status = bt_buf_finish(&body, "the answer", &err);
    if (status == BATON_OK)
        answer(server, c, &made, NULL);
    else
        answer_plainly(server, c, 500, err.text);
}

/* What is in `in` goes to the receiver; what that leaves is the start of the next request. */
static void digest_input(struct bt_server *server, struct connection *c)
{
    struct bt_receiver *receiver = &c->receiver;
    bool was_idle = receiver->state == BT_RECEIVE_IDLE;
    size_t taken = bt_receiver_take(receiver, (struct bt_bytes){c->in, c->in_len});
    c->in_len -= taken;
    memmove(c->in, c->in + taken, c->in_len);
    if (was_idle && receiver->state == BT_RECEIVE_BEGUN)
        c->deadline_ms = now_ms() + server->options.limits.request_ms;
    if (receiver->state == BT_RECEIVE_DONE)
        handle(server, c);
    else if (receiver->state == BT_RECEIVE_REFUSED)
        answer_plainly(server, c, receiver->status, receiver->why);
    else if (receiver->wants_continue) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        receiver->wants_continue = false;
        /* A fresh socket takes 25 bytes; where it does not, the client sends unasked. */
        (void)send(c->fd.fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL);
    }
}

static bool would_block(ssize_t got)
{
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

static void read_more(struct bt_server *server, struct connection *c)
{
    ssize_t got = recv(c->fd.fd, c->in + c->in_len, sizeof c->in - c->in_len, 0);
    if (would_block(got))
        return;
    if (got <= 0) {
        drop(server, c);
        return;
    }
    c->in_len += (size_t)got;
    digest_input(server, c);
}

static void finish_answer(struct bt_server *server, struct connection *c)
{
    if (c->is_last) {
        (void)shutdown(c->fd.fd, SHUT_WR);
        c->state = LINGERING;
        c->deadline_ms = now_ms() + LINGER_MS;
        return;
    }
    c->state = READING;
    c->deadline_ms = now_ms() + server->options.limits.idle_ms;
    bt_receiver_reset(&c->receiver);
    if (c->in_len)
        digest_input(server, c);
}

static void write_more(struct bt_server *server, struct connection *c)
{
    ssize_t put = send(c->fd.fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
    if (would_block(put))
        return;
    if (put < 0) {
        drop(server, c);
        return;
    }
    c->sent += (size_t)put;
    if (c->sent == c->out.len)
        finish_answer(server, c);
}

static void linger(struct bt_server *server, struct connection *c)
{
    ssize_t got = recv(c->fd.fd, c->in, sizeof c->in, 0);
    if (got == 0 || (got < 0 && !would_block(got)))
        drop(server, c);
}

/* Its time is over. Who was slow to ask is told; who was slow to listen is not. */
static void expire(struct bt_server *server, struct connection *c)
{
    if (c->state == READING && c->receiver.state == BT_RECEIVE_BEGUN)
        answer_plainly(server, c, 408, "the request took too long");
    else
        drop(server, c);
}

static void serve(struct bt_server *server, struct connection *c)
{
    static void (*const steps[])(struct bt_server * server, struct connection * c) = {
        [READING] = read_more, [WRITING] = write_more, [LINGERING] = linger};
    steps[c->state](server, c);
}

/* ---- all of them ---- */

static void take_client(struct bt_server *server)
{
    int fd = accept4(server->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        begin(server, fd);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        server->accept_after_ms = now_ms() + TICK_MS;
}

static bool can_accept(const struct bt_server *server)
{
    return !server->is_stopping && server->open_count < server->options.limits.connections &&
           now_ms() >= server->accept_after_ms;
}

/* Fills server->polls; how long to wait at most. */
static int prepare_polls(struct bt_server *server)
{
    size_t count = server->options.limits.connections;
    uint64_t now = now_ms();
    uint64_t wait = TICK_MS;
    for (size_t i = 0; i < count; i++) {
        const struct connection *c = &server->connections[i];
        short events = c->state == WRITING ? POLLOUT : POLLIN;
        server->polls[i] = (struct pollfd){c->fd.fd, events, 0};
        if (is_open(c))
            wait = c->deadline_ms > now ? bt_min(wait, c->deadline_ms - now) : 0;
    }
    int listener = can_accept(server) ? server->listener.fd : -1;
    server->polls[count] = (struct pollfd){listener, POLLIN, 0};
    return (int)wait;
}

static baton_status serve_once(struct bt_server *server, struct baton_error *err)
{
    size_t count = server->options.limits.connections;
    int wait = prepare_polls(server);
    if (poll(server->polls, count + 1, wait) < 0 && errno != EINTR)
        return bt_fail_os(err, errno, "cannot wait for connections");
    for (size_t i = 0; i < count; i++) {
        struct connection *c = &server->connections[i];
        if (!is_open(c))
            continue;
        if (server->polls[i].revents)
            serve(server, c);
        if (is_open(c) && c->deadline_ms <= now_ms())
            expire(server, c);
    }
    if (server->polls[count].revents)
        take_client(server);
    return BATON_OK;
}

/* Nobody new; who has asked nothing yet goes, the others have a last while. */
static void begin_to_stop(struct bt_server *server)
{
    uint64_t end = now_ms() + DRAIN_MS;
    server->is_stopping = true;
    bt_fd_release(&server->listener);
    for (size_t i = 0; i < server->options.limits.connections; i++) {
        struct connection *c = &server->connections[i];
        if (!is_open(c))
            continue;
        c->is_last = true;
        c->deadline_ms = bt_min(c->deadline_ms, end);
        if (c->state == READING && c->receiver.state == BT_RECEIVE_IDLE)
            drop(server, c);
    }
}

baton_status bt_server_run(struct bt_server *server, const struct baton_progress *progress,
                           struct baton_error *err)
{
    while (!server->is_stopping || server->open_count) {
        BT_TRY(serve_once(server, err));
        if (bt_progress_stopped(progress) && !server->is_stopping)
            begin_to_stop(server);
    }
    return BATON_OK;
}

/* ---- listening ---- */

/* "HOST:PORT" and "[HOST]:PORT" with numbers for both: a name could mean any machine. */
static baton_status resolve(const char *text, struct addrinfo **ret, struct baton_error *err)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    size_t len = colon ? (size_t)(colon - text) : 0;
    int64_t port = -1;
    bool bracketed = len > 2 && text[0] == '[' && text[len - 1] == ']';
    size_t skip = bracketed ? 1 : 0;
    bool is_port =
        colon && bt_i64_parse(bt_bytes_of(colon + 1), &port) && port >= 0 && port <= 65535;
    if (is_port && len > 2 * skip && len < sizeof host) {
        memcpy(host, text + skip, len - 2 * skip);
        host[len - 2 * skip] = '\0';
        if (getaddrinfo(host, colon + 1, &hints, ret) == 0)
            return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_USAGE,
                   "\"%s\" is no address to listen on; expected one like 127.0.0.1:8080 or "
                   "[::1]:8080",
                   text);
}

static baton_status start_listening(struct bt_server *server, const struct addrinfo *at,
                                    struct baton_error *err)
{
    int yes = 1;
    struct bt_fd *fd = &server->listener;
    fd->fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd->fd < 0 || setsockopt(fd->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd->fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd->fd, LISTEN_BACKLOG) != 0)
        return bt_fail_os(err, errno, "cannot listen on %s", server->options.listen);
    return BATON_OK;
}

static baton_status note_address(struct bt_server *server, struct baton_error *err)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof at;
    char host[48];
    char port[8];
    if (getsockname(server->listener.fd, (struct sockaddr *)&at, &len) != 0 ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return bt_fail_os(err, errno, "cannot tell where it listens");
    (void)snprintf(server->address, sizeof server->address,
                   at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return BATON_OK;
}

static baton_status listen_at(struct bt_server *server, struct baton_error *err)
{
    struct addrinfo *at = NULL;
    BT_TRY(resolve(server->options.listen, &at, err));
    baton_status status = start_listening(server, at, err);
    freeaddrinfo(at);
    BT_TRY(status);
    return note_address(server, err);
}

/* ---- lifecycle ---- */

static void set_defaults(struct bt_server_limits *limits)
{
    limits->connections = limits->connections ? limits->connections : 64;
    limits->head_bytes = limits->head_bytes ? limits->head_bytes : (size_t)16 << 10;
    limits->body_bytes = limits->body_bytes ? limits->body_bytes : (size_t)1 << 20;
    limits->request_ms = limits->request_ms ? limits->request_ms : 10000;
    limits->idle_ms = limits->idle_ms ? limits->idle_ms : 60000;
    limits->answer_ms = limits->answer_ms ? limits->answer_ms : 30000;
}

static baton_status make_places(struct bt_server *server, struct baton_error *err)
{
    size_t count = server->options.limits.connections;
    server->connections = bt_calloc(count, sizeof *server->connections);
    server->polls = bt_calloc(count + 1, sizeof *server->polls);
    if (!server->connections || !server->polls)
        return bt_fail_no_memory(err, "the connections of a server");
    for (size_t i = 0; i < count; i++)
        server->connections[i].fd.fd = -1;
    return BATON_OK;
}

static void close_server(struct bt_server **server)
{
    bt_server_close(*server);
}

baton_status bt_server_open(const struct bt_server_options *options, struct bt_server **ret,
                            struct baton_error *err)
{
    BT_CLEANUP(close_server) struct bt_server *server = bt_calloc(1, sizeof *server);
    if (!server)
        return bt_fail_no_memory(err, "a server");
    server->options = *options;
    server->listener.fd = -1;
    set_defaults(&server->options.limits);
    BT_TRY(make_places(server, err));
    BT_TRY(listen_at(server, err));
    *ret = server;
    server = NULL;
    return BATON_OK;
}

void bt_server_close(struct bt_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; server->connections && i < server->options.limits.connections; i++)
        if (is_open(&server->connections[i]))
            drop(server, &server->connections[i]);
    bt_fd_release(&server->listener);
    bt_free(server->connections);
    bt_free(server->polls);
    bt_free(server);
}

const char *bt_server_address(const struct bt_server *server)
{
    return server->address;
}
