/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/loaded.h"

#include <string.h>

#include "tensor/canonical.h"

void bt_loaded_release(struct bt_loaded *loaded)
{
    bt_model_release(&loaded->model);
    bt_external_folder_release(&loaded->folder);
    bt_map_release(&loaded->map);
    for (struct bt_loaded_part *part = loaded->parts; part; part = part->next)
        bt_blob_release(&part->blob);
    bt_arena_release(&loaded->arena);
    *loaded = (struct bt_loaded)BT_LOADED_INIT;
}

baton_status bt_loaded_open_file(const char *path, struct bt_loaded *loaded,
                                 struct baton_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash ? bt_arena_strndup(&loaded->arena, path, slash == path ? 1 : (size_t)(slash - path))
              : ".";
    if (!folder)
        return bt_fail_no_memory(err, "a path");
    BT_TRY(bt_map_user_file(path, BT_MODEL_BYTES_MAX, &loaded->map, err));
    BT_TRY(bt_external_folder_open(folder, &loaded->folder, err));
    struct bt_external_source source = bt_external_folder_source(&loaded->folder);
    return bt_model_parse(bt_map_bytes(&loaded->map), slash ? slash + 1 : path, NULL, &source,
                          &loaded->model, err);
}

static struct bt_loaded_part *find_part(const struct bt_loaded *loaded, const char *path)
{
    struct bt_loaded_part *part = loaded->parts;
    while (part && strcmp(part->path, path) != 0)
        part = part->next;
    return part;
}

static baton_status load_part(struct bt_loaded *loaded, const char *path,
                              struct bt_loaded_part **ret, struct baton_error *err)
{
    struct bt_loaded_part *part = find_part(loaded, path);
    if (!part) {
        part = bt_arena_calloc(&loaded->arena, 1, sizeof *part);
        const char *kept = bt_arena_strndup(&loaded->arena, path, strlen(path));
        if (!part || !kept)
            return bt_fail_no_memory(err, "a part of the bundle");
        BT_TRY(bt_bundle_read(loaded->bundle, path, &part->blob, err));
        part->path = kept;
        part->next = loaded->parts;
        loaded->parts = part;
    }
    *ret = part;
    return BATON_OK;
}

/* External data inside a bundle: the location is the path of a part. */
static baton_status open_external(void *user, const struct bt_external *what, struct bt_bytes *ret,
                                  struct baton_error *err)
{
    struct bt_loaded_part *part = NULL;
    BT_TRY(load_part(user, what->location, &part, err));
    struct bt_bytes all = part->blob.bytes;
    uint64_t length =
        what->length ? what->length : all.len - (what->offset < all.len ? what->offset : all.len);
    if (what->offset > all.len || length > all.len - what->offset)
        return bt_fail(err, BATON_ERR_INVALID,
                       "external data \"%s\": bytes %llu to %llu of a part of %zu", what->location,
                       (unsigned long long)what->offset,
                       (unsigned long long)(what->offset + length), all.len);
    *ret = (struct bt_bytes){all.ptr + what->offset, (size_t)length};
    return BATON_OK;
}

baton_status bt_loaded_open_bundle(const struct bt_bundle *bundle, struct bt_loaded *loaded,
                                   struct baton_error *err)
{
    const struct bt_part *model = NULL;
    struct bt_loaded_part *part = NULL;
    if (strcmp(bundle->format, "onnx") != 0)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "the exact engine runs ONNX models; this bundle's format is \"%s\"",
                       bundle->format);
    loaded->bundle = bundle;
    BT_TRY(bt_bundle_model_part(bundle, &model, err));
    BT_TRY(load_part(loaded, model->path, &part, err));
    struct bt_external_source source = {open_external, loaded};
    return bt_model_parse(part->blob.bytes, model->path, NULL, &source, &loaded->model, err);
}

struct bt_ports bt_loaded_inputs(const struct bt_loaded *loaded)
{
    return (struct bt_ports){loaded->model.graph->inputs, loaded->model.graph->input_count};
}

struct bt_ports bt_loaded_outputs(const struct bt_loaded *loaded)
{
    return (struct bt_ports){loaded->model.graph->outputs, loaded->model.graph->output_count};
}

/* ---- running ---- */

/* A list of values that is released as a whole. */
struct value_list {
    struct bt_value *values;
    size_t count;
};

static void value_list_release(struct value_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        bt_value_release(&list->values[i]);
    bt_free(list->values);
}

static baton_status value_list_new(size_t count, struct value_list *ret, struct baton_error *err)
{
    ret->values = bt_calloc(count, sizeof *ret->values);
    if (!ret->values)
        return bt_fail_no_memory(err, "the values of a run");
    ret->count = count;
    return BATON_OK;
}

static baton_status name_outputs(const struct bt_loaded *loaded, struct value_list *outputs,
                                 struct bt_values *ret, struct baton_error *err)
{
    BT_AUTO_VALUES named = BT_VALUES_INIT;
    struct bt_ports ports = bt_loaded_outputs(loaded);
    for (size_t i = 0; i < ports.count; i++)
        BT_TRY(bt_values_add(&named, ports.ports[i].name, &outputs->values[i], err));
    *ret = named;
    named = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

baton_status bt_loaded_run(const struct bt_loaded *loaded, struct bt_session *session,
                           const struct bt_values *inputs, const struct bt_watcher *watcher,
                           struct bt_values *ret, struct baton_error *err)
{
    BT_CLEANUP(value_list_release) struct value_list given = {0};
    BT_CLEANUP(value_list_release) struct value_list made = {0};
    BT_TRY(value_list_new(inputs->count, &given, err));
    BT_TRY(value_list_new(loaded->model.graph->output_count, &made, err));
    for (size_t i = 0; i < inputs->count; i++)
        BT_TRY(bt_value_ref(&inputs->items[i].value, &given.values[i], err));
    static const struct bt_watcher nobody = {NULL, NULL, NULL};
    watcher = watcher ? watcher : &nobody;
    struct bt_run run = {.inputs = given.values,
                         .input_count = (uint32_t)given.count,
                         .outputs = made.values,
                         .observe = watcher->observe,
                         .user = watcher->user,
                         .interrupted = watcher->progress ? watcher->progress->interrupted : NULL};
    BT_TRY(bt_session_run(session, &run, err));
    return name_outputs(loaded, &made, ret, err);
}

/* ---- digests ---- */

static void hash_sink(void *user, const void *bytes, size_t len)
{
    bt_sha256_update(user, bytes, len);
}

static void hash_name(struct bt_sha256 *hash, const char *name)
{
    size_t len = strlen(name);
    uint8_t le[8];
    for (size_t i = 0; i < sizeof le; i++)
        le[i] = (uint8_t)((uint64_t)len >> (8 * i));
    bt_sha256_update(hash, le, sizeof le);
    bt_sha256_update(hash, name, len);
}

baton_status bt_values_digest(const struct bt_values *values, struct bt_digest *ret,
                              struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    for (size_t i = 0; i < values->count; i++) {
        hash_name(&hash, values->items[i].name);
        bt_value_canonical(&values->items[i].value, hash_sink, &hash);
    }
    return bt_sha256_final(&hash, ret, err);
}

baton_status bt_value_digest(const struct bt_value *value, struct bt_digest *ret,
                             struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    bt_value_canonical(value, hash_sink, &hash);
    return bt_sha256_final(&hash, ret, err);
}
