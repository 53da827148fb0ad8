/* SPDX-License-Identifier: Apache-2.0 */
#include "api/ledger/spoken.h"

#include <string.h>

/* ---- references ---- */

baton_status bt_alias_parse(const char *text, struct bt_arena *arena, const char **ret_model,
                            const char **ret_alias, struct baton_error *err)
{
    const char *at = strchr(text, '@');
    if (!at)
        return bt_fail(err, BATON_ERR_USAGE, "\"%s\" is not an alias: expected MODEL@ALIAS", text);
    const char *model = bt_arena_strndup(arena, text, (size_t)(at - text));
    const char *alias = bt_arena_strndup(arena, at + 1, strlen(at + 1));
    if (!model || !alias)
        return bt_fail_no_memory(err, "a reference");
    BT_TRY(bt_model_name_check(model, err));
    BT_TRY(bt_model_name_check(alias, err));
    *ret_model = model;
    *ret_alias = alias;
    return BATON_OK;
}

static baton_status find_alias(const struct bt_registry *registry, const char *ref,
                               struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    const char *model = NULL;
    const char *alias = NULL;
    BT_TRY(bt_alias_parse(ref, arena, &model, &alias, err));
    baton_status status = bt_registry_alias(registry, model, alias, arena, ret, err);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, status, "there is no alias %s (`baton promote %s:N --to %s` makes it)",
                       ref, model, alias);
    return status;
}

/* "credit:3", "credit" */
static baton_status find_version(const struct bt_registry *registry, const char *ref,
                                 struct bt_arena *arena, struct bt_row *ret,
                                 struct baton_error *err)
{
    char model[BT_REF_TEXT_MAX];
    uint64_t version = 0;
    if (bt_ref_parse(ref, model, &version))
        return bt_registry_version(registry, model, version, arena, ret, err);
    if (bt_model_name_check(ref, NULL) != BATON_OK)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "\"%s\" is no version", ref);
    return bt_registry_version(registry, ref, 0, arena, ret, err);
}

static baton_status find_named(const struct bt_registry *registry, const char *ref,
                               struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    return strchr(ref, '@') ? find_alias(registry, ref, arena, ret, err)
                            : find_version(registry, ref, arena, ret, err);
}

baton_status bt_name_in(const baton_store *store, const struct bt_registry *registry,
                        const char *ref, struct bt_named *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_row row;
    bool is_alias = strchr(ref, '@') != NULL;
    ret->ref = ref;
    if (!registry)
        return is_alias ? bt_fail(err, BATON_ERR_NOT_FOUND,
                                  "store %s has no ledger, so there are no aliases",
                                  bt_store_path(store->store))
                        : BATON_OK;
    baton_status status = find_named(registry, ref, &arena, &row, err);
    if (status == BATON_ERR_NOT_FOUND && !is_alias)
        return BATON_OK;
    BT_TRY(status);
    bt_digest_format(&row.subject, ret->digest);
    ret->ref = ret->digest;
    return BATON_OK;
}

baton_status bt_api_name(const baton_store *store, const char *ref, struct bt_named *ret,
                         struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    BT_TRY(bt_seen_open_if_any(store, &registry, err));
    return bt_name_in(store, registry, ref, ret, err);
}

baton_status bt_api_open(const baton_store *store, const char *ref, struct bt_bundle *ret,
                         struct baton_error *err)
{
    struct bt_named named;
    BT_TRY(bt_api_name(store, ref, &named, err));
    return bt_bundle_open(store->store, named.ref, ret, err);
}

/* ---- saying ---- */

void bt_spoken_release(struct bt_spoken *spoken)
{
    bt_seen_keep(spoken->store, spoken->registry);
    bt_registry_close(spoken->registry);
    bt_secret_key_release(&spoken->secret);
    bt_arena_release(&spoken->arena);
}

baton_status bt_spoken_open(const baton_store *store, const struct baton_identity *who,
                            struct bt_spoken *ret, struct baton_error *err)
{
    ret->store = store;
    BT_TRY(bt_seen_open(store, &ret->registry, err));
    return bt_identity_open(who, &ret->secret, err);
}

baton_status bt_spoken_of(struct bt_spoken *spoken, const char *ref, struct baton_error *err)
{
    struct bt_store_entry entry;
    struct bt_row named;
    baton_status status = find_named(spoken->registry, ref, &spoken->arena, &named, err);
    if (status == BATON_OK)
        return bt_registry_bundle(spoken->registry, named.model, &named.subject, &spoken->arena,
                                  &spoken->version, err);
    if (status != BATON_ERR_NOT_FOUND || strchr(ref, '@'))
        return status;
    BT_TRY(bt_store_resolve(spoken->store->store, ref, &spoken->arena, &entry, err));
    status = bt_registry_bundle(spoken->registry, NULL, &entry.blob.digest, &spoken->arena,
                                &spoken->version, err);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, status,
                       "%s is in the store, but nobody has signed for it as a version of a model",
                       ref);
    return status;
}

baton_status bt_spoken_enter(struct bt_spoken *spoken, const struct bt_said *said,
                             struct baton_error *err)
{
    BT_BUG_ON(spoken->count == BT_SPOKEN_MAX);
    BT_TRY(bt_registry_enter(spoken->registry, &spoken->secret, said, &spoken->arena,
                             &spoken->entered[spoken->count], err));
    spoken->count++;
    return BATON_OK;
}

baton_status bt_spoken_say(struct bt_spoken *spoken, const struct bt_said *said,
                           struct baton_error *err)
{
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    BT_TRY(bt_registry_turn_begin(spoken->registry, &turn, err));
    return bt_spoken_enter(spoken, said, err);
}

bool bt_row_is_key(const struct bt_row *row, const char *name)
{
    char id[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&row->subject, id);
    return strcmp(row->name, name) == 0 || strcmp(bt_digest_hex(id), name) == 0;
}

void bt_spoken_put(const struct bt_spoken *spoken, struct bt_json_writer *w)
{
    bt_json_key(w, "statements");
    bt_json_begin_array(w);
    for (size_t i = 0; i < spoken->count; i++) {
        bt_json_begin_object(w);
        bt_json_member_str(w, "effect", spoken->entered[i].effect);
        bt_json_member_str(w, "kind", bt_said_kind_name(spoken->entered[i].kind));
        bt_json_member_u64(w, "statement", spoken->entered[i].leaf);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

void bt_spoken_put_ref(const struct bt_row *version, const char *key, struct bt_json_writer *w)
{
    BT_AUTO_BUF ref = BT_BUF_INIT(BT_REF_TEXT_MAX);
    bt_buf_printf(&ref, "%s:%llu", version->model, (unsigned long long)version->version);
    bt_json_key(w, key);
    bt_json_put_buf(w, &ref);
}
