/* SPDX-License-Identifier: Apache-2.0 */
/* What is served has been proved on this machine first. */
#include <string.h>

#include "api/ledger/seen.h"
#include "api/serving.h"

#define LISTEN_DEFAULT "127.0.0.1:8080"

static void release_serving(struct bt_serving *s)
{
    bt_serve_close(s->server);
    for (size_t i = 0; i < s->count; i++)
        bt_served_close(s->models[i]);
    bt_decisions_close(s->decisions);
    bt_registry_close(s->kept);
    bt_access_close(s->access);
    bt_tls_close(s->tls);
}

/* All of them or none. */
static baton_status load_models(struct bt_serving *s, struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    size_t count = bt_strings_count(s->refs);
    if (count == 0)
        return bt_fail(err, BATON_ERR_USAGE, "no version to serve is given");
    if (count > BT_SERVING_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d models at once", BT_SERVING_MAX);
    BT_TRY(bt_seen_open_if_any(s->store, &registry, err));
    for (; s->count < count; s->count++)
        BT_TRY(bt_serving_load(s, registry, s->refs[s->count], &s->models[s->count], err));
    return BATON_OK;
}

static baton_status open_decisions(struct bt_serving *s, struct baton_error *err)
{
    int folder = bt_store_folder(s->store->store);
    const char *instance = s->options->instance ? s->options->instance : BT_INSTANCE_DEFAULT;
    bool any = false;
    for (size_t i = 0; i < s->count; i++)
        any |= bt_served_logging(s->models[i]).share > 0;
    if (!any)
        return BATON_OK;
    if (folder < 0)
        return bt_fail(
            err, BATON_ERR_USAGE,
            "decisions cannot be logged in an archive: give a store that is a folder, or "
            "--log off");
    return bt_decisions_open(folder, instance, BATON_VERSION, &s->decisions, err);
}

static baton_status run(struct bt_serving *s, struct baton_error *err)
{
    struct bt_watch watch = {.serving = NULL};
    BT_TRY(bt_serving_confine_calls(s, err));
    if (s->options->listening)
        s->options->listening(s->options->user, bt_serve_address(s->server));
    BT_TRY(bt_watch_start(&watch, s, err));
    baton_status status = bt_serve_run(s->server, s->progress, err);
    bt_watch_stop(&watch);
    if (status == BATON_OK && s->decisions)
        status = bt_decisions_stop(s->decisions, err);
    return status;
}

baton_status baton_serve(const baton_store *store, baton_strings refs,
                         const struct baton_serve_options *options,
                         const struct baton_progress *progress, struct baton_error *err)
{
    struct baton_serve_options o = BATON_SERVE_OPTIONS_INIT;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    struct bt_serve_options server = {.listen = o.listen ? o.listen : LISTEN_DEFAULT,
                                      .loops = o.threads,
                                      .drain_ms = o.drain_s * 1000,
                                      .draining = o.draining,
                                      .user = o.user};
    BT_CLEANUP(release_serving)
    struct bt_serving s = {.store = store,
                           .progress = progress,
                           .options = &o,
                           .loops = bt_serve_loops(&server),
                           .refs = refs};
    BT_TRY(bt_serving_admit(&s, server.listen, err));
    BT_TRY(load_models(&s, err));
    BT_TRY(bt_serving_confine_files(&s, err));
    BT_TRY(open_decisions(&s, err));
    server.decisions = s.decisions;
    server.access = s.access;
    server.tls = s.tls;
    server.hosts = o.hosts;
    BT_TRY(
        bt_serve_open(&server, (const struct bt_served *const *)s.models, s.count, &s.server, err));
    return run(&s, err);
}
