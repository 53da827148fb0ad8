/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/served.h"

#include <string.h>

#include "base/alloc.h"
#include "base/counter.h"

/* On a cache line of its own. */
struct outcomes {
    _Alignas(64) bt_counter counts[BT_OUTCOMES];
};

struct bt_served {
    struct bt_arena arena;
    struct bt_bundle bundle;
    struct bt_loaded loaded;
    char digest[BT_DIGEST_TEXT_MAX];
    const char *model;
    const char *version;
    const char *alias;
    struct bt_logging logging;
    struct bt_session **sessions; /* one for each loop */
    struct outcomes *outcomes;    /* as well */
    unsigned session_count;
};

void bt_served_close(struct bt_served *served)
{
    if (!served)
        return;
    for (unsigned i = 0; i < served->session_count; i++)
        bt_session_free(served->sessions[i]);
    bt_loaded_release(&served->loaded);
    bt_bundle_release(&served->bundle);
    bt_arena_release(&served->arena);
    bt_free(served->outcomes);
    bt_free(served);
}

static void close_served(struct bt_served **served)
{
    bt_served_close(*served);
}

static baton_status take_names(struct bt_served *served, const struct bt_served_name *name,
                               struct baton_error *err)
{
    served->model = bt_arena_strndup(&served->arena, name->model, strlen(name->model));
    served->version = bt_arena_strndup(&served->arena, name->version, strlen(name->version));
    served->logging = name->logging;
    if (name->alias)
        served->alias = bt_arena_strndup(&served->arena, name->alias, strlen(name->alias));
    if (!served->model || !served->version || (name->alias && !served->alias))
        return bt_fail_no_memory(err, "the name of a model");
    bt_digest_format(&served->bundle.manifest.digest, served->digest);
    return BATON_OK;
}

static baton_status make_sessions(struct bt_served *served, unsigned loops, struct baton_error *err)
{
    const struct bt_session_options options = {.isa = bt_isa_best(), .threads = 1};
    served->sessions = bt_arena_calloc(&served->arena, loops, sizeof(struct bt_session *));
    served->outcomes = bt_calloc_aligned(loops, sizeof *served->outcomes);
    if (!served->sessions || !served->outcomes)
        return bt_fail_no_memory(err, "the sessions of a model");
    for (; served->session_count < loops; served->session_count++)
        BT_TRY(bt_session_new(&served->loaded.model, &options,
                              &served->sessions[served->session_count], err));
    return BATON_OK;
}

baton_status bt_served_open(const struct bt_store *store, const struct bt_served_name *name,
                            unsigned loops, struct bt_served **ret, struct baton_error *err)
{
    BT_CLEANUP(close_served) struct bt_served *served = bt_calloc(1, sizeof *served);
    if (!served)
        return bt_fail_no_memory(err, "a model to serve");
    served->bundle = (struct bt_bundle)BT_BUNDLE_INIT;
    served->loaded = (struct bt_loaded)BT_LOADED_INIT;
    BT_TRY(bt_bundle_open(store, name->ref, &served->bundle, err));
    BT_TRY(bt_loaded_open_bundle(&served->bundle, &served->loaded, err));
    BT_TRY(take_names(served, name, err));
    BT_TRY(make_sessions(served, loops, err));
    *ret = served;
    served = NULL;
    return BATON_OK;
}

const char *bt_served_model(const struct bt_served *served)
{
    return served->model;
}

const char *bt_served_version(const struct bt_served *served)
{
    return served->version;
}

const char *bt_served_alias(const struct bt_served *served)
{
    return served->alias;
}

struct bt_logging bt_served_logging(const struct bt_served *served)
{
    return served->logging;
}

const char *bt_served_digest(const struct bt_served *served)
{
    return served->digest;
}

struct bt_ports bt_served_inputs(const struct bt_served *served)
{
    return bt_loaded_inputs(&served->loaded);
}

struct bt_ports bt_served_outputs(const struct bt_served *served)
{
    return bt_loaded_outputs(&served->loaded);
}

baton_status bt_served_run(const struct bt_served *served, unsigned loop, struct bt_values *inputs,
                           struct bt_values *ret, struct baton_error *err)
{
    BT_TRY(bt_values_bind(inputs, bt_served_inputs(served), BT_BIND_EXACT, "the request", err));
    return bt_loaded_run(&served->loaded, served->sessions[loop], inputs, NULL, ret, err);
}

void bt_served_count(const struct bt_served *served, unsigned loop, enum bt_outcome outcome)
{
    bt_counter_add(&served->outcomes[loop].counts[outcome], 1);
}

uint64_t bt_served_counted(const struct bt_served *served, enum bt_outcome outcome)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < served->session_count; i++)
        sum += bt_counter_get(&served->outcomes[i].counts[outcome]);
    return sum;
}
