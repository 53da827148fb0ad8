/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One turn: wait, serve whoever has something, settle what was left open, look who is late.
 *
 * A connection stays with the loop that took it. A loop takes one new client a turn, so a busy loop
 * takes fewer than one with nothing to do.
 */
#include "net/server_int.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/checked.h"

#define EVENTS_MAX 256
#define TICK_MS 200
#define FINISH_MS 10000

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

baton_status bt_loop_init(struct bt_loop *loop, struct bt_server *server, unsigned number,
                          struct baton_error *err)
{
    *loop = (struct bt_loop){.server = server, .number = number};
    loop->epoll.fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll.fd >= 0 ? BATON_OK
                               : bt_fail_os(err, errno, "cannot watch connections with epoll");
}

void bt_loop_release(struct bt_loop *loop)
{
    while (loop->connections)
        bt_connection_drop(loop, loop->connections);
    bt_fd_release(&loop->epoll);
}

/* ---- epoll ---- */

void bt_loop_watch(struct bt_loop *loop, struct bt_connection *c, enum bt_watch watch)
{
    struct epoll_event event = {.events = watch == BT_WATCH_WRITE ? EPOLLOUT : EPOLLIN,
                                .data.ptr = c};
    if (c->watch == watch)
        return;
    /* Fails only for want of memory: then its deadline ends it. */
    (void)epoll_ctl(loop->epoll.fd, c->watch ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd.fd, &event);
    c->watch = watch;
}

static bool can_accept(const struct bt_loop *loop)
{
    const struct bt_server *server = loop->server;
    return !loop->is_stopping && loop->now_ms >= loop->accept_after_ms &&
           atomic_load(&server->open_count) < server->options.limits.connections;
}

/* Out of the set while nobody can be taken, or it would wake the loop all the time. */
static void listen_or_not(struct bt_loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL};
    bool listens = can_accept(loop);
    int listener = loop->server->listener.fd;
    if (listens == loop->is_listening)
        return;
    if (epoll_ctl(loop->epoll.fd, listens ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener, &event) == 0)
        loop->is_listening = listens;
}

/* ---- clients ---- */

static void add_client(struct bt_loop *loop, int fd, const struct sockaddr_storage *from)
{
    int yes = 1;
    (void)setsockopt(fd, SOL_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct bt_places *places = &loop->server->places;
    size_t place = BT_PLACE_NONE;
    bool may_come = bt_places_take(places, from, &place);
    bt_counter_add(may_come ? &loop->counts.taken : &loop->counts.turned_away, 1);
    struct bt_connection *c = may_come ? bt_connection_new(loop, fd, place) : NULL;
    if (!c) {
        bt_places_leave(places, place);
        struct bt_fd dropped = {fd};
        bt_fd_release(&dropped);
        atomic_fetch_sub(&loop->server->open_count, 1);
        return;
    }
    bt_peer_format(from, c->peer);
    c->deadline_ms = loop->now_ms + loop->server->options.limits.request_ms;
    bt_loop_watch(loop, c, BT_WATCH_READ);
}

/* The place is taken before the client is: other loops count the same places. */
static void take_client(struct bt_loop *loop)
{
    struct bt_server *server = loop->server;
    if (atomic_fetch_add(&server->open_count, 1) < server->options.limits.connections) {
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t len = sizeof from;
        int fd = accept4(server->listener.fd, (struct sockaddr *)&from, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            add_client(loop, fd, &from);
            return;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            loop->accept_after_ms = loop->now_ms + TICK_MS;
    }
    atomic_fetch_sub(&server->open_count, 1);
}

/* ---- turns ---- */

static void settle(struct bt_loop *loop)
{
    const struct bt_server_options *options = &loop->server->options;
    struct bt_connection *c = loop->settling;
    loop->settling = NULL;
    if (c)
        options->settle(options->user, loop->number);
    while (c) {
        struct bt_connection *next = c->next_settling;
        bt_connection_settled(loop, c);
        c = next;
    }
}

static void sweep(struct bt_loop *loop)
{
    struct bt_connection *c = loop->connections;
    uint64_t next_ms = loop->now_ms + TICK_MS;
    while (c) {
        struct bt_connection *next = c->next;
        if (c->deadline_ms <= loop->now_ms)
            bt_connection_expire(loop, c);
        else
            next_ms = bt_min(next_ms, c->deadline_ms);
        c = next;
    }
    loop->sweep_ms = next_ms;
}

static baton_status take_turn(struct bt_loop *loop, struct baton_error *err)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t now = now_ms();
    int wait = loop->sweep_ms > now ? (int)bt_min(loop->sweep_ms - now, TICK_MS) : 0;
    listen_or_not(loop);
    int count = epoll_wait(loop->epoll.fd, events, EVENTS_MAX, wait);
    if (count < 0 && errno != EINTR)
        return bt_fail_os(err, errno, "cannot wait for connections");
    loop->now_ms = now_ms();
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            bt_connection_serve(loop, events[i].data.ptr);
        else
            take_client(loop);
    }
    settle(loop);
    if (loop->now_ms >= loop->sweep_ms)
        sweep(loop);
    return BATON_OK;
}

static bool has_asked(const struct bt_connection *c)
{
    char byte;
    return c->state != BT_READING || c->receiver.state != BT_RECEIVE_IDLE || c->in_len ||
           recv(c->fd.fd, &byte, 1, MSG_PEEK) > 0;
}

/* Nobody new; who has asked nothing yet goes, the others have a last while. */
static void begin_to_stop(struct bt_loop *loop)
{
    uint64_t end = loop->now_ms + FINISH_MS;
    struct bt_connection *c = loop->connections;
    loop->is_stopping = true;
    /* Who comes now is refused, and does not wait for an answer that nobody gives. */
    (void)shutdown(loop->server->listener.fd, SHUT_RDWR);
    while (c) {
        struct bt_connection *next = c->next;
        c->is_last = true;
        c->deadline_ms = bt_min(c->deadline_ms, end);
        if (!has_asked(c))
            bt_connection_drop(loop, c);
        c = next;
    }
}

static void begin_to_drain(struct bt_loop *loop)
{
    struct bt_server *server = loop->server;
    const struct bt_server_options *options = &server->options;
    loop->is_draining = true;
    loop->stop_ms = loop->now_ms + options->drain_ms;
    if (!atomic_exchange(&server->is_draining, true) && options->draining)
        options->draining(options->user);
}

/* A loop that fails stops the others, too. */
static void look_whether_to_stop(struct bt_loop *loop)
{
    struct bt_server *server = loop->server;
    if (bt_progress_stopped(loop->progress) && !loop->is_draining)
        begin_to_drain(loop);
    if (loop->status != BATON_OK || (loop->is_draining && loop->now_ms >= loop->stop_ms))
        atomic_store(&server->is_stopping, true);
    if (atomic_load(&server->is_stopping) && !loop->is_stopping)
        begin_to_stop(loop);
}

void bt_loop_run(struct bt_loop *loop)
{
    loop->now_ms = now_ms();
    loop->status = BATON_OK;
    while (loop->status == BATON_OK && (!loop->is_stopping || loop->connections)) {
        loop->status = take_turn(loop, &loop->err);
        look_whether_to_stop(loop);
    }
}
