/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of things, and why:
 *  1. load and check the model, read the contract: nothing is written for input that is no good;
 *  2. run the golden cases, compare with the framework, measure: nothing is written for a model
 *     that does not do what its sender says;
 *  3. plan the parts: nothing is written when two would have one path, or one cannot be read;
 *  4. write the parts, then configuration and manifest that name them;
 *  5. enter the manifest in the index: only now does the version exist.
 * A crash before 5 leaves blobs that nothing names; `store gc` removes them.
 */
#include "bundle/pack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "bundle/pack_int.h"
#include "codec/safetensors.h"
#include "data/read.h"

#define DOCUMENT_BYTES_MAX ((size_t)256 << 20)
#define CONTRACT_BYTES_MAX ((uint64_t)1 << 20)
#define PART_MODEL "model.onnx"
#define PART_WEIGHTS "model.safetensors"

void bt_packed_release(struct bt_packed *packed)
{
    bt_arena_release(&packed->arena);
    *packed = (struct bt_packed)BT_PACKED_INIT;
}

/* ---- parts ---- */

static struct bt_part *find_part(const struct bt_packer *p, const char *path)
{
    for (size_t i = 0; i < p->part_count; i++)
        if (strcmp(p->parts[i].path, path) == 0)
            return &p->parts[i];
    return NULL;
}

static baton_status plan_part(struct bt_packer *p, const char *path, const char *media_type,
                              struct baton_error *err)
{
    BT_TRY(bt_part_path_check(path, err));
    if (find_part(p, path))
        return bt_fail(err, BATON_ERR_INVALID, "two parts would be \"%s\"", path);
    if (p->part_count == p->part_capacity) {
        size_t capacity = bt_max(16, 2 * p->part_capacity);
        struct bt_part *parts = bt_arena_calloc(&p->result->arena, capacity, sizeof *parts);
        if (!parts)
            return bt_fail_no_memory(err, "the parts");
        if (p->part_count)
            memcpy(parts, p->parts, p->part_count * sizeof *parts);
        p->parts = parts;
        p->part_capacity = capacity;
    }
    const char *kept = bt_arena_strndup(&p->result->arena, path, strlen(path));
    if (!kept)
        return bt_fail_no_memory(err, "the parts");
    p->parts[p->part_count++] = (struct bt_part){.path = kept, .media_type = media_type};
    return BATON_OK;
}

static void fill_part(struct bt_packer *p, const char *path, const struct bt_blob_id *blob)
{
    struct bt_part *part = find_part(p, path);
    BT_BUG_ON(!part);
    part->blob = *blob;
    p->result->bytes += blob->bytes;
}

static baton_status put_bytes(struct bt_packer *p, const char *path, struct bt_bytes bytes,
                              struct baton_error *err)
{
    struct bt_blob_id blob;
    BT_TRY(bt_blob_put_bytes(&p->session, bytes, &blob, err));
    fill_part(p, path, &blob);
    return BATON_OK;
}

/* A regular file: a pipe would keep us waiting, a device would never end. */
static baton_status open_file(const char *from, struct bt_fd *ret, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    uint64_t bytes = 0;
    BT_TRY(bt_fs_open_user(from, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    BT_TRY(bt_fs_regular_size(fd.fd, from, &bytes, err));
    ret->fd = bt_fd_steal(&fd);
    return BATON_OK;
}

static baton_status put_file(struct bt_packer *p, int fd, const char *from, const char *path,
                             struct baton_error *err)
{
    struct bt_blob_id blob;
    BT_TRY(bt_blob_put_fd(&p->session, fd, from, p->options->progress, &blob, err));
    fill_part(p, path, &blob);
    return BATON_OK;
}

/* ---- files to carry along ---- */

static baton_status attachment_path(const struct bt_attachment *a, struct bt_buf *path,
                                    struct baton_error *err)
{
    const char *slash = strrchr(a->path, '/');
    bt_buf_printf(path, "files/%s", slash ? slash + 1 : a->path);
    return bt_buf_finish(path, "a part's path", err);
}

static baton_status plan_attachments(struct bt_packer *p, struct baton_error *err)
{
    for (size_t i = 0; i < p->options->attachment_count; i++) {
        const struct bt_attachment *a = &p->options->attachments[i];
        BT_AUTO_FD fd = BT_FD_INIT;
        BT_AUTO_BUF path = BT_BUF_INIT(BT_PART_PATH_MAX);
        BT_TRY(open_file(a->path, &fd, err));
        BT_TRY(attachment_path(a, &path, err));
        BT_TRY(plan_part(p, bt_buf_str(&path), a->media_type, err));
    }
    return BATON_OK;
}

static baton_status put_attachments(struct bt_packer *p, struct baton_error *err)
{
    for (size_t i = 0; i < p->options->attachment_count; i++) {
        const struct bt_attachment *a = &p->options->attachments[i];
        BT_AUTO_FD fd = BT_FD_INIT;
        BT_AUTO_BUF path = BT_BUF_INIT(BT_PART_PATH_MAX);
        BT_TRY(open_file(a->path, &fd, err));
        BT_TRY(attachment_path(a, &path, err));
        BT_TRY(put_file(p, fd.fd, a->path, bt_buf_str(&path), err));
    }
    return BATON_OK;
}

/* ---- the model ---- */

static baton_status plan_model(struct bt_packer *p, struct baton_error *err)
{
    BT_TRY(plan_part(p, PART_MODEL, BT_MEDIA_WEIGHT, err));
    for (const struct bt_external_file *f = p->loaded.folder.files; f; f = f->next) {
        if (strncmp(f->location, BT_PART_OWN_PREFIX, strlen(BT_PART_OWN_PREFIX)) == 0)
            return bt_fail(err, BATON_ERR_REFUSED,
                           "external data \"%s\": the folder baton/ is for the bundle's own parts",
                           f->location);
        BT_TRY(plan_part(p, f->location, BT_MEDIA_WEIGHT, err));
    }
    return BATON_OK;
}

static baton_status put_model(struct bt_packer *p, struct baton_error *err)
{
    BT_TRY(put_bytes(p, PART_MODEL, bt_map_bytes(&p->loaded.map), err));
    for (const struct bt_external_file *f = p->loaded.folder.files; f; f = f->next)
        BT_TRY(put_bytes(p, f->location, bt_map_bytes(&f->map), err));
    return BATON_OK;
}

/* ---- what is measured ---- */

static baton_status read_contract(struct bt_packer *p, struct baton_error *err)
{
    const struct bt_pack_options *o = p->options;
    BT_TRY(
        bt_contract_default(bt_loaded_outputs(&p->loaded), &p->result->arena, &p->contract, err));
    if (o->contract) {
        BT_AUTO_MAP map = BT_MAP_INIT;
        BT_TRY(bt_map_user_file(o->contract, CONTRACT_BYTES_MAX, &map, err));
        BT_TRY(bt_contract_apply_json(bt_map_bytes(&map), o->contract, &p->contract, err));
    }
    for (size_t i = 0; i < o->rule_count; i++)
        BT_TRY(bt_contract_apply_rule(o->rules[i], &p->contract, err));
    for (size_t i = 0; i < o->gate_count; i++)
        BT_TRY(bt_contract_apply_gate(o->gates[i], &p->contract, err));
    return BATON_OK;
}

static baton_status check_gates(struct bt_packer *p, struct baton_error *err)
{
    enum bt_metric broken = BT_METRIC_COUNT;
    if (bt_contract_metrics_hold(&p->contract, &p->result->metrics, &broken))
        return BATON_OK;
    if (!p->result->metrics.known[broken])
        return bt_fail(err, BATON_ERR_REFUSED,
                       "the contract bounds %s, which is not measured: give labelled rows with "
                       "--labelled FILE --label COLUMN",
                       bt_metric_name(broken));
    char measured[BT_NUMBER_TEXT_MAX];
    char bound[BT_NUMBER_TEXT_MAX];
    (void)bt_f64_format(p->result->metrics.value[broken], measured);
    (void)bt_f64_format(p->contract.bound[broken], bound);
    return bt_fail(err, BATON_ERR_REFUSED, "%s is %s, the contract's bound is %s",
                   bt_metric_name(broken), measured, bound);
}

static baton_status read_labelled(struct bt_packer *p, struct bt_labelled *ret,
                                  struct baton_error *err)
{
    const struct bt_pack_options *o = p->options;
    struct bt_read_options options = {.mode = BT_BIND_EXACT,
                                      .label = o->label ? o->label : "label",
                                      .ret_label = &ret->labels,
                                      .ignore = o->ignore};
    return bt_values_read(o->labelled, bt_loaded_inputs(&p->loaded), &options, &ret->inputs, err);
}

static baton_status measure(struct bt_packer *p, struct bt_labelled *labelled,
                            struct baton_error *err)
{
    if (p->options->labelled) {
        BT_TRY(read_labelled(p, labelled, err));
        BT_TRY(bt_metrics_measure(&p->loaded, p->engine, labelled, &p->result->metrics, err));
        p->result->has_metrics = true;
    }
    return check_gates(p, err);
}

/* ---- planning and writing ---- */

static baton_status plan_documents(struct bt_packer *p, struct baton_error *err)
{
    BT_TRY(plan_part(p, BT_PART_CONTRACT, BT_MEDIA_DOC, err));
    if (p->golden.count) {
        BT_TRY(plan_part(p, BT_PART_GOLDEN, BT_MEDIA_DATASET, err));
        BT_TRY(plan_part(p, BT_PART_TRACE, BT_MEDIA_DOC, err));
    }
    if (p->result->has_metrics) {
        BT_TRY(plan_part(p, BT_PART_LABELLED, BT_MEDIA_DATASET, err));
        BT_TRY(plan_part(p, BT_PART_METRICS, BT_MEDIA_DOC, err));
    }
    return BATON_OK;
}

static baton_status put_documents(struct bt_packer *p, const struct bt_labelled *labelled,
                                  struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(DOCUMENT_BYTES_MAX);
    BT_TRY(bt_contract_format(&p->contract, &out, err));
    BT_TRY(put_bytes(p, BT_PART_CONTRACT, bt_buf_bytes(&out), err));
    if (p->golden.count) {
        bt_buf_clear(&out);
        BT_TRY(bt_golden_format(&p->golden, &out, err));
        BT_TRY(put_bytes(p, BT_PART_GOLDEN, bt_buf_bytes(&out), err));
        bt_buf_clear(&out);
        BT_TRY(bt_pack_traces(p, &out, err));
        BT_TRY(put_bytes(p, BT_PART_TRACE, bt_buf_bytes(&out), err));
    }
    if (!p->result->has_metrics)
        return BATON_OK;
    bt_buf_clear(&out);
    BT_TRY(bt_labelled_format(labelled, &out, err));
    BT_TRY(put_bytes(p, BT_PART_LABELLED, bt_buf_bytes(&out), err));
    bt_buf_clear(&out);
    BT_TRY(bt_metrics_format(&p->result->metrics, &out, err));
    return put_bytes(p, BT_PART_METRICS, bt_buf_bytes(&out), err);
}

static int compare_parts(const void *a, const void *b)
{
    return strcmp(((const struct bt_part *)a)->path, ((const struct bt_part *)b)->path);
}

static baton_status publish(struct bt_packer *p, const char *format, struct baton_error *err)
{
    BT_AUTO_BUF config = BT_BUF_INIT(DOCUMENT_BYTES_MAX);
    BT_AUTO_BUF manifest = BT_BUF_INIT(BT_MANIFEST_BYTES_MAX);
    struct bt_blob_id config_blob;
    qsort(p->parts, p->part_count, sizeof *p->parts, compare_parts);
    BT_TRY(
        bt_bundle_format_config(p->options->name, format, p->parts, p->part_count, &config, err));
    BT_TRY(bt_blob_put_bytes(&p->session, bt_buf_bytes(&config), &config_blob, err));
    BT_TRY(bt_bundle_format_manifest(&config_blob, p->parts, p->part_count, &manifest, err));
    BT_TRY(bt_blob_put_bytes(&p->session, bt_buf_bytes(&manifest), &p->result->manifest, err));
    struct bt_store_entry entry = {.blob = p->result->manifest,
                                   .media_type = BT_MEDIA_MANIFEST,
                                   .artifact_type = BT_ARTIFACT_TYPE};
    p->result->parts = p->part_count;
    const struct bt_pack_options *o = p->options;
    return o->publish ? o->publish(o->publish_user, &p->session, &entry, &p->result->version, err)
                      : bt_store_publish(&p->session, o->name, &entry, &p->result->version, err);
}

/* ---- the two kinds of model ---- */

static baton_status pack_onnx(struct bt_packer *p, const struct bt_store *store,
                              struct baton_error *err)
{
    BT_AUTO_LABELLED labelled = BT_LABELLED_INIT;
    struct bt_session_options engine = {.isa = bt_isa_best()};
    BT_TRY(bt_loaded_open_file(p->model_path, &p->loaded, err));
    BT_TRY(read_contract(p, err));
    BT_TRY(bt_session_new(&p->loaded.model, &engine, &p->engine, err));
    BT_TRY(bt_pack_golden(p, err));
    BT_TRY(measure(p, &labelled, err));
    BT_TRY(plan_model(p, err));
    BT_TRY(plan_attachments(p, err));
    BT_TRY(plan_documents(p, err));
    BT_TRY(bt_store_session_begin(store, p->options->progress, &p->session, err));
    BT_TRY(put_model(p, err));
    BT_TRY(put_attachments(p, err));
    BT_TRY(put_documents(p, &labelled, err));
    return publish(p, "onnx", err);
}

static baton_status check_weights(int fd, const char *path, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_NAMED tensors = BT_NAMED_INIT;
    BT_TRY(bt_map_fd(fd, path, BT_MODEL_BYTES_MAX, &map, err));
    return bt_safetensors_read(bt_map_bytes(&map), path, NULL, &tensors, err);
}

/* Weights alone: no engine runs them, so nothing about predictions can be promised or asked. */
static baton_status pack_safetensors(struct bt_packer *p, const struct bt_store *store,
                                     struct baton_error *err)
{
    const struct bt_pack_options *o = p->options;
    BT_AUTO_FD fd = BT_FD_INIT;
    if (o->golden_count || o->expect_count || o->random_count || o->labelled || o->contract ||
        o->rule_count || o->gate_count)
        return bt_fail(err, BATON_ERR_USAGE,
                       "%s is weights without a graph: golden cases, contracts and metrics need an "
                       "ONNX model",
                       p->model_path);
    BT_TRY(open_file(p->model_path, &fd, err));
    BT_TRY(check_weights(fd.fd, p->model_path, err));
    BT_TRY(plan_part(p, PART_WEIGHTS, BT_MEDIA_WEIGHT, err));
    BT_TRY(plan_attachments(p, err));
    BT_TRY(bt_store_session_begin(store, o->progress, &p->session, err));
    BT_TRY(put_file(p, fd.fd, p->model_path, PART_WEIGHTS, err));
    BT_TRY(put_attachments(p, err));
    return publish(p, "safetensors", err);
}

static void packer_release(struct bt_packer *p)
{
    bt_store_session_end(&p->session);
    bt_golden_release(&p->golden);
    bt_session_free(p->engine);
    bt_loaded_release(&p->loaded);
}

baton_status bt_pack(const struct bt_store *store, const char *model_path,
                     const struct bt_pack_options *options, struct bt_packed *ret,
                     struct baton_error *err)
{
    BT_CLEANUP(packer_release)
    struct bt_packer packer = {
        .model_path = model_path,
        .options = options,
        .result = ret,
        .session = BT_STORE_SESSION_INIT,
        .loaded = BT_LOADED_INIT,
    };
    BT_TRY(bt_model_name_check(options->name, err));
    if (bt_file_kind_of(model_path) == BT_FILE_SAFETENSORS)
        return pack_safetensors(&packer, store, err);
    return pack_onnx(&packer, store, err);
}
