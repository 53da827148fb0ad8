/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/serve.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/clock.h"
#include "serve/logged.h"
#include "serve/routes.h"

#define LOOPS_MAX ((size_t)256)

static const struct bt_server_limits for_models = {
    .connections = 4096,
    .head_bytes = (size_t)32 << 10,
    .body_bytes = (size_t)64 << 20,
};

struct bt_serve {
    struct bt_server *server;
    const struct bt_served *const *models;
    size_t model_count;
    struct bt_logged *logged;
};

static void release_call(struct bt_call *call)
{
    bt_values_release(&call->inference.inputs);
    bt_values_release(&call->inference.outputs);
    bt_arena_release(&call->inference.arena);
}

static baton_status handle(void *user, const struct bt_server_request *request,
                           struct bt_server_answer *answer, struct baton_error *err)
{
    const struct bt_serve *serve = user;
    BT_CLEANUP(release_call)
    struct bt_call call = {
        .request = request,
        .answer = answer,
        .models = serve->models,
        .model_count = serve->model_count,
        .inference = {.arena = BT_ARENA_INIT, .inputs = BT_VALUES_INIT, .outputs = BT_VALUES_INIT}};
    uint64_t began = bt_clock_now_us();
    BT_TRY(bt_route_call(&call, err));
    if (call.is_decision)
        bt_logged_add(serve->logged, &call, began);
    return BATON_OK;
}

static void settle(void *user, unsigned loop)
{
    const struct bt_serve *serve = user;
    bt_logged_settle(serve->logged, loop);
}

unsigned bt_serve_loops(const struct bt_serve_options *options)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t usable = cpus > 0 ? (size_t)cpus : 1;
    return options->loops ? options->loops : (unsigned)bt_min(usable, LOOPS_MAX);
}

void bt_serve_close(struct bt_serve *serve)
{
    if (!serve)
        return;
    bt_server_close(serve->server);
    bt_logged_close(serve->logged);
    bt_free(serve);
}

static void close_serve(struct bt_serve **serve)
{
    bt_serve_close(*serve);
}

baton_status bt_serve_open(const struct bt_serve_options *options,
                           const struct bt_served *const *models, size_t count,
                           struct bt_serve **ret, struct baton_error *err)
{
    BT_CLEANUP(close_serve) struct bt_serve *serve = bt_calloc(1, sizeof *serve);
    if (!serve)
        return bt_fail_no_memory(err, "a server of models");
    serve->models = models;
    serve->model_count = count;
    const struct bt_server_options server = {
        .listen = options->listen,
        .limits = for_models,
        .loops = bt_serve_loops(options),
        .handle = handle,
        .settle = settle,
        .user = serve,
    };
    BT_TRY(bt_logged_open(options->decisions, server.loops, &serve->logged, err));
    BT_TRY(bt_server_open(&server, &serve->server, err));
    *ret = serve;
    serve = NULL;
    return BATON_OK;
}

const char *bt_serve_address(const struct bt_serve *serve)
{
    return bt_server_address(serve->server);
}

baton_status bt_serve_run(struct bt_serve *serve, const struct baton_progress *progress,
                          struct baton_error *err)
{
    return bt_server_run(serve->server, progress, err);
}
