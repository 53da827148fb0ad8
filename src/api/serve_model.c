/* SPDX-License-Identifier: Apache-2.0 */
/* One version on its way to being served: named, proved, loaded. */
#include <stdio.h>
#include <string.h>

#include "api/decision/logging.h"
#include "api/ledger/spoken.h"
#include "api/serving.h"
#include "base/alloc.h"

#define VERSION_TEXT_MAX 80

struct load {
    const struct bt_serving *serving;
    const struct bt_registry *registry; /* NULL: the store has none */
    struct bt_arena *arena;
};

/* As the ledger has it; a bundle that it does not know is called as in its configuration, and its
 * version is its digest. */
static baton_status find_name(const struct load *l, const struct bt_digest *bundle,
                              struct bt_served_name *ret, char version[VERSION_TEXT_MAX],
                              struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_row row;
    BT_AUTO_BUNDLE opened = BT_BUNDLE_INIT;
    baton_status status = l->registry
                              ? bt_registry_bundle(l->registry, NULL, bundle, l->arena, &row, err)
                              : BATON_ERR_NOT_FOUND;
    ret->version = version;
    if (status == BATON_OK) {
        (void)snprintf(version, VERSION_TEXT_MAX, "%llu", (unsigned long long)row.version);
        ret->model = row.model;
        return BATON_OK;
    }
    if (status != BATON_ERR_NOT_FOUND)
        return status;
    BT_TRY(bt_bundle_open(l->serving->store->store, ret->ref, &opened, err));
    bt_digest_format(bundle, text);
    (void)snprintf(version, VERSION_TEXT_MAX, "%s", bt_digest_hex(text));
    ret->model = bt_arena_strndup(l->arena, opened.name, strlen(opened.name));
    return ret->model ? BATON_OK : bt_fail_no_memory(err, "the name of a model");
}

static baton_status prove(const struct load *l, const struct bt_digest *bundle, const char *ref,
                          struct baton_error *err)
{
    BT_CLEANUP(bt_verification_release) struct bt_verification proof = BT_VERIFICATION_INIT;
    const struct bt_verify_options options = {.progress = l->serving->progress};
    BT_TRY(bt_api_verify(l->serving->store, l->registry, bundle, &options, &proof, err));
    baton_verdict verdict = bt_checks_verdict(&proof.checks);
    for (size_t i = 0; i < proof.checks.count && verdict > BATON_WITHIN_CONTRACT; i++)
        if (proof.checks.rows[i].verdict == verdict)
            return bt_fail(err, BATON_ERR_REFUSED,
                           "%s is not served, it does not prove itself here: %s: %s (`baton verify "
                           "%s` tells more)",
                           ref, proof.checks.rows[i].what, proof.checks.rows[i].detail, ref);
    return BATON_OK;
}

static baton_status resolve(const struct load *l, const char *ref, struct bt_named *named,
                            struct bt_digest *ret, struct baton_error *err)
{
    struct bt_store_entry entry;
    BT_TRY(bt_name_in(l->serving->store, l->registry, ref, named, err));
    BT_TRY(bt_store_resolve(l->serving->store->store, named->ref, l->arena, &entry, err));
    *ret = entry.blob.digest;
    return BATON_OK;
}

baton_status bt_serving_find(const struct bt_serving *serving, const struct bt_registry *registry,
                             const char *ref, struct bt_digest *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct load l = {serving, registry, &arena};
    struct bt_named named;
    return resolve(&l, ref, &named, ret, err);
}

baton_status bt_serving_load(const struct bt_serving *serving, const struct bt_registry *registry,
                             const char *ref, struct bt_served **ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct load l = {serving, registry, &arena};
    const char *at = strchr(ref, '@');
    char version[VERSION_TEXT_MAX];
    struct bt_named named;
    struct bt_digest bundle;
    struct bt_served_name name = {.alias = at ? at + 1 : NULL};
    BT_TRY(resolve(&l, ref, &named, &bundle, err));
    name.ref = named.ref;
    BT_TRY(prove(&l, &bundle, ref, err));
    BT_TRY(find_name(&l, &bundle, &name, version, err));
    BT_TRY(bt_logging_of(serving->options->log, name.model, &name.logging, err));
    name.logging.may_answer = serving->options->answer_when_full != 0;
    return bt_served_open(serving->store->store, &name, serving->loops, ret, err);
}
