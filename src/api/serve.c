/* SPDX-License-Identifier: Apache-2.0 */
/* What is served has been proved on this machine first. */
#include "serve/serve.h"

#include <stdio.h>
#include <string.h>

#include "api/decision/logging.h"
#include "api/ledger/spoken.h"
#include "base/alloc.h"

#define LISTEN_DEFAULT "127.0.0.1:8080"
#define MODELS_MAX 64
#define VERSION_TEXT_MAX 80

struct serving {
    struct bt_arena arena;
    const baton_store *store;
    struct bt_registry *registry; /* NULL: the store has none */
    const struct baton_progress *progress;
    const struct baton_serve_options *options;
    unsigned loops;
    struct bt_served *models[MODELS_MAX];
    size_t count;
    struct bt_decisions *decisions; /* NULL: nothing is logged */
    struct bt_serve *server;
};

static void release_serving(struct serving *s)
{
    bt_serve_close(s->server);
    bt_decisions_close(s->decisions);
    for (size_t i = 0; i < s->count; i++)
        bt_served_close(s->models[i]);
    bt_registry_close(s->registry);
    bt_arena_release(&s->arena);
}

/* As the ledger has it; a bundle that it does not know is called as in its configuration, and its
 * version is its digest. */
static baton_status find_name(struct serving *s, const struct bt_digest *bundle, const char *ref,
                              struct bt_served_name *ret, char version[VERSION_TEXT_MAX],
                              struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_row row;
    BT_AUTO_BUNDLE opened = BT_BUNDLE_INIT;
    baton_status status = s->registry
                              ? bt_registry_bundle(s->registry, NULL, bundle, &s->arena, &row, err)
                              : BATON_ERR_NOT_FOUND;
    ret->ref = ref;
    ret->version = version;
    if (status == BATON_OK) {
        (void)snprintf(version, VERSION_TEXT_MAX, "%llu", (unsigned long long)row.version);
        ret->model = row.model;
        return BATON_OK;
    }
    if (status != BATON_ERR_NOT_FOUND)
        return status;
    BT_TRY(bt_bundle_open(s->store->store, ref, &opened, err));
    bt_digest_format(bundle, text);
    (void)snprintf(version, VERSION_TEXT_MAX, "%s", bt_digest_hex(text));
    ret->model = bt_arena_strndup(&s->arena, opened.name, strlen(opened.name));
    return ret->model ? BATON_OK : bt_fail_no_memory(err, "the name of a model");
}

static baton_status prove(const struct serving *s, const struct bt_digest *bundle, const char *ref,
                          struct baton_error *err)
{
    BT_CLEANUP(bt_verification_release) struct bt_verification proof = BT_VERIFICATION_INIT;
    const struct bt_verify_options options = {.progress = s->progress};
    BT_TRY(bt_api_verify(s->store, s->registry, bundle, &options, &proof, err));
    baton_verdict verdict = bt_checks_verdict(&proof.checks);
    for (size_t i = 0; i < proof.checks.count && verdict > BATON_WITHIN_CONTRACT; i++)
        if (proof.checks.rows[i].verdict == verdict)
            return bt_fail(err, BATON_ERR_REFUSED,
                           "%s is not served, it does not prove itself here: %s: %s (`baton verify "
                           "%s` tells more)",
                           ref, proof.checks.rows[i].what, proof.checks.rows[i].detail, ref);
    return BATON_OK;
}

static baton_status add_model(struct serving *s, const char *ref, struct baton_error *err)
{
    char version[VERSION_TEXT_MAX];
    struct bt_store_entry entry;
    struct bt_served_name name = {.ref = NULL};
    struct bt_named named;
    if (s->count == MODELS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d models at once", MODELS_MAX);
    BT_TRY(bt_name_in(s->store, s->registry, ref, &named, err));
    BT_TRY(bt_store_resolve(s->store->store, named.ref, &s->arena, &entry, err));
    BT_TRY(prove(s, &entry.blob.digest, ref, err));
    BT_TRY(find_name(s, &entry.blob.digest, named.ref, &name, version, err));
    BT_TRY(bt_logging_of(s->options->log, name.model, &name.logging, err));
    name.logging.may_answer = s->options->answer_when_full != 0;
    name.alias = strchr(ref, '@') ? strchr(ref, '@') + 1 : NULL;
    BT_TRY(bt_served_open(s->store->store, &name, s->loops, &s->models[s->count], err));
    s->count++;
    return BATON_OK;
}

static baton_status open_decisions(struct serving *s, struct baton_error *err)
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

/* Addresses are numbers here, so their texts tell. Whoever can reach another one can ask anything,
 * and read what others are answered. */
static baton_status need_loopback(const char *listen, struct baton_error *err)
{
    if (strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_REFUSED,
                   "%s is not on this machine's loopback: without TLS and authentication, which "
                   "baton does not have yet, it serves 127.0.0.1 and [::1] only; put a proxy that "
                   "has them in front",
                   listen);
}

baton_status baton_serve(const baton_store *store, baton_strings refs,
                         const struct baton_serve_options *options,
                         const struct baton_progress *progress, struct baton_error *err)
{
    BT_CLEANUP(release_serving)
    struct serving s = {.arena = BT_ARENA_INIT, .store = store, .progress = progress};
    struct baton_serve_options o = BATON_SERVE_OPTIONS_INIT;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    struct bt_serve_options server = {.listen = o.listen ? o.listen : LISTEN_DEFAULT,
                                      .loops = o.threads};
    size_t count = bt_strings_count(refs);
    s.options = &o;
    s.loops = bt_serve_loops(&server);
    if (count == 0)
        return bt_fail(err, BATON_ERR_USAGE, "no version to serve is given");
    BT_TRY(need_loopback(server.listen, err));
    BT_TRY(bt_seen_open_if_any(store, &s.registry, err));
    for (size_t i = 0; i < count; i++)
        BT_TRY(add_model(&s, refs[i], err));
    BT_TRY(open_decisions(&s, err));
    server.decisions = s.decisions;
    BT_TRY(
        bt_serve_open(&server, (const struct bt_served *const *)s.models, s.count, &s.server, err));
    if (o.listening)
        o.listening(o.user, bt_serve_address(s.server));
    BT_TRY(bt_serve_run(s.server, progress, err));
    return s.decisions ? bt_decisions_stop(s.decisions, err) : BATON_OK;
}
