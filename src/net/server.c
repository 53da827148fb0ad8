/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server_int.h"

#include <stdio.h>

#include "base/alloc.h"

static void set_default(size_t *value, size_t otherwise)
{
    *value = *value ? *value : otherwise;
}

static void set_defaults(struct bt_server_options *options)
{
    struct bt_server_limits *limits = &options->limits;
    set_default(&limits->connections, 64);
    set_default(&limits->head_bytes, (size_t)16 << 10);
    set_default(&limits->body_bytes, (size_t)1 << 20);
    limits->request_ms = limits->request_ms ? limits->request_ms : 10000;
    limits->idle_ms = limits->idle_ms ? limits->idle_ms : 60000;
    limits->answer_ms = limits->answer_ms ? limits->answer_ms : 30000;
    options->loops = options->loops ? options->loops : 1;
}

static baton_status make_loops(struct bt_server *server, struct baton_error *err)
{
    server->loops = bt_calloc(server->options.loops, sizeof *server->loops);
    if (!server->loops)
        return bt_fail_no_memory(err, "a server");
    for (; server->loops_made < server->options.loops; server->loops_made++)
        BT_TRY(bt_loop_init(&server->loops[server->loops_made], server, server->loops_made, err));
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
    set_defaults(&server->options);
    BT_TRY(bt_places_init(&server->places, options->limits.per_address, err));
    BT_TRY(bt_listen(options->listen, &server->listener, server->address, err));
    BT_TRY(make_loops(server, err));
    *ret = server;
    server = NULL;
    return BATON_OK;
}

void bt_server_close(struct bt_server *server)
{
    if (!server)
        return;
    for (unsigned i = 0; i < server->loops_made; i++)
        bt_loop_release(&server->loops[i]);
    bt_fd_release(&server->listener);
    bt_free(server->loops);
    bt_free(server);
}

const char *bt_server_address(const struct bt_server *server)
{
    return server->address;
}

struct bt_server_counts bt_server_counts(const struct bt_server *server)
{
    struct bt_server_counts sum = {.open = atomic_load(&server->open_count)};
    for (unsigned i = 0; i < server->loops_made; i++) {
        const struct bt_loop_counts *one = &server->loops[i].counts;
        sum.taken += bt_counter_get(&one->taken);
        sum.turned_away += bt_counter_get(&one->turned_away);
        sum.malformed += bt_counter_get(&one->malformed);
        sum.bytes_in += bt_counter_get(&one->bytes_in);
        sum.bytes_out += bt_counter_get(&one->bytes_out);
    }
    return sum;
}

bool bt_server_is_draining(const struct bt_server *server)
{
    return bt_progress_stopped(server->loops[0].progress);
}

/* ---- running ---- */

static void *run_loop(void *loop)
{
    bt_loop_run(loop);
    return NULL;
}

/* All but the first; how many there are then. One that cannot be started stops the others. */
static unsigned start_loops(struct bt_server *server)
{
    unsigned started = 1;
    for (; started < server->options.loops; started++) {
        struct bt_loop *loop = &server->loops[started];
        int code = pthread_create(&loop->thread, NULL, run_loop, loop);
        if (code == 0)
            continue;
        loop->status = bt_fail_os(&loop->err, code, "cannot start a thread of the server");
        atomic_store(&server->is_stopping, true);
        break;
    }
    return started;
}

baton_status bt_server_run(struct bt_server *server, const struct baton_progress *progress,
                           struct baton_error *err)
{
    for (unsigned i = 0; i < server->options.loops; i++)
        server->loops[i].progress = progress;
    unsigned started = start_loops(server);
    bt_loop_run(&server->loops[0]);
    for (unsigned i = 1; i < started; i++)
        (void)pthread_join(server->loops[i].thread, NULL);
    for (unsigned i = 0; i < server->options.loops; i++)
        if (server->loops[i].status != BATON_OK)
            return bt_fail(err, server->loops[i].status, "%s", server->loops[i].err.text);
    return BATON_OK;
}
