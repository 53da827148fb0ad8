/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_PACK_H
#define BT_BUNDLE_PACK_H
/*
 * Making a bundle: the model is run on its golden cases here and now, its outputs are compared with
 * what the training framework gave (when that is known), metrics are measured, and everything
 * becomes one manifest. Nothing is published unless all of it held.
 */
#include "base/progress.h"
#include "bundle/metrics.h"

/* Parts whose arithmetic is traced node by node, so that a later difference can be located. */
#define BT_TRACED_CASES_MAX ((size_t)8)
/* Float outputs against the framework's, where the user states nothing else. */
#define BT_FIDELITY_DEFAULT "abs:1e-05,rel:0.0001"

struct bt_attachment {
    const char *media_type;
    const char *path;
};

/* Gives the bundle its version, once all of it is in the store. */
typedef baton_status bt_pack_publish(void *user, const struct bt_store_session *session,
                                     const struct bt_store_entry *entry, uint64_t *ret_version,
                                     struct baton_error *err);

struct bt_pack_options {
    const char *name;
    const char *const *golden; /* files of inputs, one case each */
    size_t golden_count;
    const char *const *expect; /* files of outputs: none, or one for each golden file */
    size_t expect_count;
    uint64_t random_seed;
    size_t random_count;  /* cases made from the signature alone */
    const char *fidelity; /* a rule; NULL: BT_FIDELITY_DEFAULT */
    const char *contract; /* a JSON file, or NULL */
    const char *const *rules;
    size_t rule_count;
    const char *const *gates;
    size_t gate_count;
    const char *labelled; /* a file of inputs and labels, or NULL */
    const char *label;    /* the column of `labelled` that is the truth */
    const char *ignore;   /* CSV columns that are no inputs */
    const struct bt_attachment *attachments;
    size_t attachment_count;
    bt_pack_publish *publish; /* NULL: the next version in the store's index */
    void *publish_user;
    const struct baton_progress *progress;
};

/* How far the exact engine is from the framework, over all cases, for one output. */
struct bt_fidelity {
    const char *output;
    bool is_label; /* not a float: `different` counts changed labels */
    struct bt_comparison worst;
    uint64_t elements;
    uint64_t different;
};

struct bt_packed {
    struct bt_arena arena;
    struct bt_blob_id manifest;
    uint64_t version;
    size_t parts;
    uint64_t bytes;
    size_t golden_count;
    struct bt_fidelity *fidelity; /* fidelity_count entries; 0 when nothing was expected */
    size_t fidelity_count;
    bool has_metrics;
    struct bt_metrics metrics;
};

#define BT_PACKED_INIT                                                                             \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }

void bt_packed_release(struct bt_packed *packed);
/* `ret` must stay where it is until released. */
BT_CHECK baton_status bt_pack(const struct bt_store *store, const char *model_path,
                              const struct bt_pack_options *options, struct bt_packed *ret,
                              struct baton_error *err);

#endif
