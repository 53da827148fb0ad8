/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_LOADED_H
#define BT_BUNDLE_LOADED_H
/*
 * A model that can be run: from a file of the user's (external data beneath its folder) or from a
 * bundle (external data by part path, every part verified on the mapping that is used).
 *
 * The loaded model owns the mappings that its weights point into.
 */
#include "base/progress.h"
#include "bundle/bundle.h"
#include "data/values.h"
#include "engine/engine.h"
#include "onnx/external.h"

struct bt_loaded_part {
    struct bt_loaded_part *next;
    const char *path;
    struct bt_blob blob;
};

struct bt_loaded {
    struct bt_arena arena;
    struct bt_model model;
    struct bt_map map;                /* of a file */
    struct bt_external_folder folder; /* of a file */
    const struct bt_bundle *bundle;   /* of a bundle */
    struct bt_loaded_part *parts;     /* of a bundle */
};

#define BT_LOADED_INIT                                                                             \
    {                                                                                              \
        .model = BT_MODEL_INIT, .map = BT_MAP_INIT, .folder = BT_EXTERNAL_FOLDER_INIT              \
    }
#define BT_AUTO_LOADED BT_CLEANUP(bt_loaded_release) struct bt_loaded

#define BT_MODEL_BYTES_MAX ((uint64_t)1 << 40)

/* `loaded` must stay where it is until it is released: the model's reader keeps its address. */
BT_CHECK baton_status bt_loaded_open_file(const char *path, struct bt_loaded *loaded,
                                          struct baton_error *err);
/* `bundle` must outlive it. */
BT_CHECK baton_status bt_loaded_open_bundle(const struct bt_bundle *bundle,
                                            struct bt_loaded *loaded, struct baton_error *err);
void bt_loaded_release(struct bt_loaded *loaded);

struct bt_ports bt_loaded_inputs(const struct bt_loaded *loaded);
struct bt_ports bt_loaded_outputs(const struct bt_loaded *loaded);

/* Who watches the nodes of a run go by, and may stop it. */
struct bt_watcher {
    bt_session_observe *observe; /* may be NULL */
    void *user;
    const struct baton_progress *progress; /* may be NULL */
};

/* One run: bound inputs to named outputs. `watcher` may be NULL. */
BT_CHECK baton_status bt_loaded_run(const struct bt_loaded *loaded, struct bt_session *session,
                                    const struct bt_values *inputs,
                                    const struct bt_watcher *watcher, struct bt_values *ret,
                                    struct baton_error *err);

/* SHA-256 over names and canonical bytes of a set (docs/formats/value-digest.md). */
BT_CHECK baton_status bt_values_digest(const struct bt_values *values, struct bt_digest *ret,
                                       struct baton_error *err);
BT_CHECK baton_status bt_value_digest(const struct bt_value *value, struct bt_digest *ret,
                                      struct baton_error *err);

#endif
