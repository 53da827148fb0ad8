/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/serve.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/clock.h"
#include "serve/logged.h"
#include "serve/metrics.h"
#include "serve/routes.h"

#define LOOPS_MAX ((size_t)256)

static const struct bt_server_limits for_models = {
    .connections = 4096,
    .head_bytes = (size_t)32 << 10,
    .body_bytes = (size_t)64 << 20,
};

/* What is served at one time. Nothing in it changes. */
struct set {
    size_t count;
    const struct bt_served *models[];
};

/* A loop shows which set it is using, so that nobody takes it away. On a cache line of its own. */
struct loop_state {
    _Alignas(64) _Atomic(const struct set *) uses;
};

struct bt_serve {
    struct bt_server *server;
    _Atomic(const struct set *) current;
    struct loop_state *loops;
    unsigned loop_count;
    struct bt_logged *logged;
    struct bt_tally *metrics;
    void (*draining)(void *user);
    void *draining_user;
    struct bt_serve_self self;
    struct bt_access *access;
    const char *const *hosts;
};

/* ---- sets ---- */

static baton_status make_set(const struct bt_served *const *models, size_t count, struct set **ret,
                             struct baton_error *err)
{
    size_t bytes = count * sizeof models[0];
    struct set *set = bt_calloc(1, sizeof *set + bytes);
    if (!set)
        return bt_fail_no_memory(err, "the models that are served");
    set->count = count;
    memcpy(set->models, models, bytes);
    *ret = set;
    return BATON_OK;
}

/* The one that is current, which stays as long as the loop says that it uses it: whoever took it
 * away between the two looks is seen by the second. */
static const struct set *begin_use(struct bt_serve *serve, unsigned loop)
{
    const struct set *set = atomic_load(&serve->current);
    for (;;) {
        atomic_store(&serve->loops[loop].uses, set);
        const struct set *now = atomic_load(&serve->current);
        if (now == set)
            return set;
        set = now;
    }
}

static void end_use(struct bt_serve *serve, unsigned loop)
{
    atomic_store(&serve->loops[loop].uses, NULL);
}

/* A request takes as long as its model does: microseconds, or seconds. */
static void wait_until_unused(struct bt_serve *serve, const struct set *set)
{
    const struct timespec nap = {0, 1000000};
    for (unsigned i = 0; i < serve->loop_count; i++)
        while (atomic_load(&serve->loops[i].uses) == set)
            (void)nanosleep(&nap, NULL);
}

baton_status bt_serve_replace(struct bt_serve *serve, const struct bt_served *const *models,
                              size_t count, struct baton_error *err)
{
    struct set *set = NULL;
    BT_TRY(make_set(models, count, &set, err));
    const struct set *before = atomic_exchange(&serve->current, set);
    wait_until_unused(serve, before);
    bt_free((void *)(uintptr_t)before);
    return BATON_OK;
}

/* ---- requests ---- */

static void release_call(struct bt_call *call)
{
    bt_values_release(&call->inference.inputs);
    bt_values_release(&call->inference.outputs);
    bt_arena_release(&call->inference.arena);
}

static baton_status answer_with(struct bt_serve *serve, const struct set *set,
                                const struct bt_server_request *request,
                                struct bt_server_answer *answer, struct baton_error *err)
{
    BT_CLEANUP(release_call)
    struct bt_call call = {
        .request = request,
        .answer = answer,
        .self = &serve->self,
        .access = serve->access,
        .hosts = serve->hosts,
        .caller = bt_caller_anonymous(),
        .models = set->models,
        .model_count = set->count,
        .inference = {.arena = BT_ARENA_INIT, .inputs = BT_VALUES_INIT, .outputs = BT_VALUES_INIT}};
    uint64_t began = bt_clock_now_us();
    BT_TRY(bt_route_call(&call, err));
    if (call.is_decision)
        bt_logged_add(serve->logged, &call, began);
    return BATON_OK;
}

static baton_status handle(void *user, const struct bt_server_request *request,
                           struct bt_server_answer *answer, struct baton_error *err)
{
    struct bt_serve *serve = user;
    const struct set *set = begin_use(serve, request->loop);
    baton_status status = answer_with(serve, set, request, answer, err);
    end_use(serve, request->loop);
    return status;
}

static void settle(void *user, unsigned loop)
{
    const struct bt_serve *serve = user;
    bt_logged_settle(serve->logged, loop);
}

static void seen(void *user, const struct bt_server_request *request,
                 const struct bt_server_answer *answer, const char *why)
{
    const struct bt_serve *serve = user;
    (void)why;
    if (!request)
        return;
    bt_tally_answered(serve->metrics, request->loop, answer->tag, answer->status,
                      bt_clock_ticks_us() - request->ticks_us);
}

static void draining(void *user)
{
    const struct bt_serve *serve = user;
    if (serve->draining)
        serve->draining(serve->draining_user);
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
    bt_tally_free(serve->metrics);
    bt_free((void *)(uintptr_t)atomic_load(&serve->current));
    bt_free(serve->loops);
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
    struct set *set = NULL;
    BT_TRY(make_set(models, count, &set, err));
    atomic_init(&serve->current, set);
    serve->draining = options->draining;
    serve->draining_user = options->user;
    serve->loop_count = bt_serve_loops(options);
    serve->access = options->access;
    serve->hosts = options->hosts;
    serve->loops = bt_calloc_aligned(serve->loop_count, sizeof *serve->loops);
    if (!serve->loops)
        return bt_fail_no_memory(err, "the loops of a server");
    const struct bt_server_options server = {
        .listen = options->listen,
        .limits = for_models,
        .tls = options->tls,
        .loops = serve->loop_count,
        .codings = true,
        .handle = handle,
        .settle = settle,
        .seen = seen,
        .drain_ms = options->drain_ms,
        .draining = draining,
        .user = serve,
    };
    BT_TRY(bt_logged_open(options->decisions, server.loops, &serve->logged, err));
    BT_TRY(bt_tally_new(server.loops, &serve->metrics, err));
    BT_TRY(bt_server_open(&server, &serve->server, err));
    serve->self = (struct bt_serve_self){
        .metrics = serve->metrics,
        .server = serve->server,
        .decisions = options->decisions,
    };
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
