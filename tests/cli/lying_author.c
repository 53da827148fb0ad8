/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signs for what they have not seen: registers a bundle with the golden cases of one version
 * and the model of another, and accepts it unseen.
 *
 *     lying_author STORE KEY CASES-REF MODEL-REF
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bundle/bundle.h"
#include "crypto/key_file.h"
#include "engine/engine.h"
#include "registry/registry.h"

struct lie {
    struct bt_store *store;
    struct bt_bundle cases;
    struct bt_bundle model;
    struct bt_secret_key author;
    struct bt_registry *registry;
    struct bt_arena arena;
};

/* The parts of `cases`, but the model of `model`. */
static baton_status put_together(struct lie *lie, const struct bt_store_session *session,
                                 struct bt_store_entry *ret, struct baton_error *err)
{
    BT_AUTO_BUF config = BT_BUF_INIT(1 << 20);
    BT_AUTO_BUF manifest = BT_BUF_INIT(1 << 20);
    struct bt_blob_id config_id;
    const struct bt_bundle *cases = &lie->cases;
    const struct bt_part *model = NULL;
    struct bt_part *parts = bt_arena_calloc(&lie->arena, cases->part_count, sizeof *parts);
    if (!parts)
        return bt_fail_no_memory(err, "the parts");
    BT_TRY(bt_bundle_model_part(&lie->model, &model, err));
    for (size_t i = 0; i < cases->part_count; i++) {
        parts[i] = cases->parts[i];
        if (strcmp(parts[i].path, model->path) == 0)
            parts[i] = *model;
    }
    BT_TRY(bt_bundle_format_config(cases->name, cases->format, parts, cases->part_count, &config,
                                   err));
    BT_TRY(bt_blob_put_bytes(session, bt_buf_bytes(&config), &config_id, err));
    BT_TRY(bt_bundle_format_manifest(&config_id, parts, cases->part_count, &manifest, err));
    ret->media_type = BT_MEDIA_MANIFEST;
    ret->artifact_type = BT_ARTIFACT_TYPE;
    return bt_blob_put_bytes(session, bt_buf_bytes(&manifest), &ret->blob, err);
}

static baton_status accept_unseen(struct lie *lie, struct bt_said *said, struct baton_error *err)
{
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    struct bt_row row;
    BT_TRY(bt_registry_turn_begin(lie->registry, &turn, err));
    said->kind = BT_SAID_ACCEPTANCE;
    said->good = true;
    said->baton_version = "0";
    said->numerics = BT_NUMERICS_VERSION;
    BT_TRY(bt_policy_digest(bt_registry_policy(lie->registry), &said->policy, err));
    BT_TRY(bt_key_id(bt_key_public_of(&lie->author), &said->verifier, err));
    return bt_registry_enter(lie->registry, &lie->author, said, &lie->arena, &row, err);
}

static baton_status lie_about(struct lie *lie, char **args, struct baton_error *err)
{
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    struct bt_store_entry entry = {.media_type = NULL};
    BT_TRY(bt_store_open(args[0], &lie->store, err));
    BT_TRY(bt_key_file_read(AT_FDCWD, args[1], NULL, &lie->author, err));
    BT_TRY(bt_bundle_open(lie->store, args[2], &lie->cases, err));
    BT_TRY(bt_bundle_open(lie->store, args[3], &lie->model, err));
    BT_TRY(bt_registry_open(lie->store, &lie->registry, err));
    BT_TRY(bt_store_session_begin(lie->store, NULL, &session, err));
    BT_TRY(put_together(lie, &session, &entry, err));
    struct bt_said said = {.model = lie->cases.name};
    BT_TRY(bt_registry_publish(lie->registry, &session, &lie->author, &said, &entry, err));
    return accept_unseen(lie, &said, err);
}

int main(int argc, char **argv)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct lie lie = {.cases = BT_BUNDLE_INIT, .model = BT_BUNDLE_INIT, .arena = BT_ARENA_INIT};
    if (argc != 5)
        return 2;
    baton_status status = lie_about(&lie, argv + 1, &err);
    if (status != BATON_OK)
        (void)fprintf(stderr, "lying_author: %s\n", err.text);
    bt_bundle_release(&lie.cases);
    bt_bundle_release(&lie.model);
    bt_registry_close(lie.registry);
    bt_secret_key_release(&lie.author);
    bt_store_close(lie.store);
    bt_arena_release(&lie.arena);
    return status == BATON_OK ? 0 : 1;
}
