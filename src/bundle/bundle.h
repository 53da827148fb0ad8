/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_BUNDLE_H
#define BT_BUNDLE_BUNDLE_H
/*
 * A bundle: one model version as an OCI artifact in the CNCF ModelPack form. docs/formats/bundle.md
 * is normative.
 *
 * The manifest names parts by path; each part is one blob. Nothing in manifest or configuration
 * depends on time, user, machine or tool version, so equal inputs give an equal digest, and that
 * digest is the identity. Our own parts live under "baton/"; the rest is what any ModelPack reader
 * unpacks as files.
 */
#include "codec/json.h"
#include "store/blob.h"
#include "store/store.h"

#define BT_PART_CONTRACT "baton/contract.json"
#define BT_PART_GOLDEN "baton/golden.npz"
#define BT_PART_TRACE "baton/trace.json"
#define BT_PART_LABELLED "baton/labelled.npz"
#define BT_PART_METRICS "baton/metrics.json"
#define BT_PART_OWN_PREFIX "baton/"

#define BT_ARTIFACT_TYPE "application/vnd.cncf.model.manifest.v1+json"
#define BT_MEDIA_CONFIG "application/vnd.cncf.model.config.v1+json"
#define BT_MEDIA_WEIGHT "application/vnd.cncf.model.weight.v1.raw"
#define BT_MEDIA_DOC "application/vnd.cncf.model.doc.v1.raw"
#define BT_MEDIA_CODE "application/vnd.cncf.model.code.v1.raw"
#define BT_MEDIA_DATASET "application/vnd.cncf.model.dataset.v1.raw"

#define BT_PARTS_MAX ((size_t)4096)
#define BT_PART_PATH_MAX ((size_t)512)

struct bt_part {
    const char *path;
    const char *media_type;
    struct bt_blob_id blob;
};

struct bt_bundle {
    struct bt_arena arena;
    const struct bt_store *store;
    struct bt_blob_id manifest;
    const char *name;   /* of the model, from the configuration */
    const char *format; /* "onnx", "safetensors" */
    struct bt_blob_id config;
    const struct bt_part *parts;
    size_t part_count;
};

#define BT_BUNDLE_INIT                                                                             \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }
#define BT_AUTO_BUNDLE BT_CLEANUP(bt_bundle_release) struct bt_bundle

void bt_bundle_release(struct bt_bundle *bundle);

/* Read and check the manifest and configuration of `ref` in `store`, which must outlive the bundle.
 */
BT_CHECK baton_status bt_bundle_open(const struct bt_store *store, const char *ref,
                                     struct bt_bundle *ret, struct baton_error *err);
/* Its two steps, without a store: the parts and where the configuration is, then name and format.
 */
BT_CHECK baton_status bt_bundle_parse_manifest(struct bt_bytes bytes, struct bt_bundle *bundle,
                                               struct baton_error *err);
BT_CHECK baton_status bt_bundle_parse_config(struct bt_bytes bytes, struct bt_bundle *bundle,
                                             struct baton_error *err);
/* NULL when the bundle has no such part. */
const struct bt_part *bt_bundle_find(const struct bt_bundle *bundle, const char *path);
/* The verified bytes of a part; BATON_ERR_NOT_FOUND when the bundle has none of that path. */
BT_CHECK baton_status bt_bundle_read(const struct bt_bundle *bundle, const char *path,
                                     struct bt_blob *ret, struct baton_error *err);
/* The part that the engine loads: the only weight part, or the one named model.onnx. */
BT_CHECK baton_status bt_bundle_model_part(const struct bt_bundle *bundle,
                                           const struct bt_part **ret, struct baton_error *err);

/* Relative, "/"-separated, no empty, "." or ".." component, printable, not too long. */
BT_CHECK baton_status bt_part_path_check(const char *path, struct baton_error *err);

/* The bytes of configuration and manifest for parts sorted by path. */
BT_CHECK baton_status bt_bundle_format_config(const char *name, const char *format,
                                              const struct bt_part *parts, size_t count,
                                              struct bt_buf *out, struct baton_error *err);
BT_CHECK baton_status bt_bundle_format_manifest(const struct bt_blob_id *config,
                                                const struct bt_part *parts, size_t count,
                                                struct bt_buf *out, struct baton_error *err);

#endif
