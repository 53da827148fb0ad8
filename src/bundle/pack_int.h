/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_PACK_INT_H
#define BT_BUNDLE_PACK_INT_H
/* Shared by pack.c (the order of things, parts, manifest) and pack_golden.c (running the cases). */
#include "bundle/pack.h"

struct bt_packer {
    const char *model_path;
    const struct bt_pack_options *options;
    struct bt_packed *result;
    struct bt_store_session session;
    struct bt_loaded loaded;
    struct bt_session *engine;
    struct bt_contract contract;
    struct bt_rule fidelity;
    struct bt_golden golden;
    struct bt_part *parts; /* planned before anything is written, filled in then */
    size_t part_count;
    size_t part_capacity;
};

/* Collect the cases, run them, compare with what was expected. */
BT_CHECK baton_status bt_pack_golden(struct bt_packer *p, struct baton_error *err);
/* {"cases":[trace, …],"format":"baton/traces/1"} of the first cases. */
BT_CHECK baton_status bt_pack_traces(struct bt_packer *p, struct bt_buf *out,
                                     struct baton_error *err);

#endif
