/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_NET_SERVER_FIXTURE_H
#define BT_TESTS_NET_SERVER_FIXTURE_H
/* A server in a thread that answers with what it was asked, and clients that write raw bytes. */
#include "unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/server.h"

#define SERVER_LOOPS_MAX 4
#define SERVER_OPEN_MAX 256

/* Answers that a loop has left open. */
struct server_open {
    const struct bt_server_request *requests[SERVER_OPEN_MAX];
    struct bt_server_answer *answers[SERVER_OPEN_MAX];
    size_t count;
};

struct server_fixture {
    struct bt_server *server;
    pthread_t thread;
    volatile sig_atomic_t stop;
    struct baton_progress progress;
    struct baton_error err;
    baton_status status;
    unsigned short port;
    struct server_open open[SERVER_LOOPS_MAX];
};

/* How the servers of the tests work: alone and at once, or several loops that settle. */
static unsigned server_loops = 1;

/* "METHOD PATH QUERY BODY", and the headers named x-…; /fail fails, /big answers 4 MiB. */
static inline baton_status server_echo(void *user, const struct bt_server_request *request,
                                       struct bt_server_answer *answer, struct baton_error *err)
{
    (void)user;
    if (strcmp(request->path, "/fail") == 0)
        return bt_fail(err, BATON_ERR_IO, "a secret of the machine");
    if (strcmp(request->path, "/big") == 0) {
        (void)bt_buf_extend(&answer->body, (size_t)4 << 20);
        return BATON_OK;
    }
    bt_buf_printf(&answer->body, "%s %s?%s ", request->method, request->path, request->query);
    bt_buf_put(&answer->body, request->body.ptr, request->body.len);
    for (const char *f = request->fields; *f;) {
        const char *value = f + strlen(f) + 1;
        if (strncmp(f, "x-", 2) == 0)
            bt_buf_printf(&answer->body, " [%s=%s]", f, value);
        f = value + strlen(value) + 1;
    }
    return BATON_OK;
}

static inline baton_status server_leave_open(void *user, const struct bt_server_request *request,
                                             struct bt_server_answer *answer,
                                             struct baton_error *err)
{
    struct server_fixture *f = user;
    struct server_open *open = &f->open[request->loop];
    if (open->count == SERVER_OPEN_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "too many open answers");
    open->requests[open->count] = request;
    open->answers[open->count++] = answer;
    answer->is_open = true;
    return BATON_OK;
}

static inline void server_settle(void *user, unsigned loop)
{
    struct server_fixture *f = user;
    struct server_open *open = &f->open[loop];
    for (size_t i = 0; i < open->count; i++)
        if (server_echo(NULL, open->requests[i], open->answers[i], NULL) != BATON_OK)
            open->answers[i]->status = 500;
    open->count = 0;
}

static inline void *server_thread(void *user)
{
    struct server_fixture *f = user;
    f->status = bt_server_run(f->server, &f->progress, &f->err);
    return NULL;
}

static inline struct server_fixture *server_start(const struct bt_server_limits *limits)
{
    struct server_fixture *f = bt_calloc(1, sizeof *f);
    assert_non_null(f);
    const struct bt_server_options options = {
        .listen = "127.0.0.1:0",
        .limits = *limits,
        .loops = server_loops,
        .handle = server_loops > 1 ? server_leave_open : server_echo,
        .settle = server_settle,
        .user = f,
    };
    assert_ok(bt_server_open(&options, &f->server, &f->err), f->err);
    f->progress.interrupted = &f->stop;
    f->port = (unsigned short)strtoul(strrchr(bt_server_address(f->server), ':') + 1, NULL, 10);
    assert_int_equal(pthread_create(&f->thread, NULL, server_thread, f), 0);
    return f;
}

static inline void server_stop(struct server_fixture **at)
{
    struct server_fixture *f = *at;
    f->stop = 1;
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    assert_int_equal(f->status, BATON_OK);
    bt_server_close(f->server);
    bt_free(f);
}

#define AUTO_SERVER BT_CLEANUP(server_stop) struct server_fixture *

static inline int client_connect(const struct server_fixture *f)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons(f->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static inline void client_send(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t put = send(fd, text, len, MSG_NOSIGNAL);
        if (put < 0)
            return; /* the server has had enough: what it answered counts */
        text += put;
        len -= (size_t)put;
    }
}

/* All until the server closes, at most `max` - 1 bytes; -1 after `wait_ms` without a byte. */
static inline ssize_t client_read(int fd, char *text, size_t max, int wait_ms)
{
    size_t len = 0;
    while (len + 1 < max) {
        struct pollfd poll_fd = {fd, POLLIN, 0};
        if (poll(&poll_fd, 1, wait_ms) == 0)
            return -1;
        ssize_t got = recv(fd, text + len, max - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    text[len] = '\0';
    return (ssize_t)len;
}

static inline unsigned status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

/* One request, and all there is to its answer. */
static inline void client_exchange(const struct server_fixture *f, const char *request, size_t len,
                                   char *answer, size_t max)
{
    int fd = client_connect(f);
    client_send(fd, request, len);
    if (client_read(fd, answer, max, 2000) < 0)
        fail_msg("the connection stays open after %.200s", request);
    (void)close(fd);
}

#endif
