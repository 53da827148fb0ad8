/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_STORE_WALK_H
#define BT_STORE_WALK_H
/*
 * From entries to all that they name: manifests, indexes, configs, layers, each blob once, whoever
 * names it, in the order in which they are met. A manifest stands before its parts, so going
 * through the list backwards brings parts before what names them.
 *
 * bt_walk_entries() reads manifests from a store. Whoever gets them elsewhere goes the same way by
 * hand: bt_walk_add() the first, then for each node that is a manifest, while the list grows,
 * bt_walk_add_manifest() with its bytes.
 */
#include "store/store.h"

struct bt_walk_node {
    struct bt_blob_id blob;
    bool is_manifest;
};

struct bt_walk {
    struct bt_walk_node *nodes; /* entries first */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* hash table: index of a node plus one, 0 for none */
    size_t slot_count;
};

#define BT_WALK_INIT                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define BT_AUTO_WALK BT_CLEANUP(bt_walk_release) struct bt_walk

/* Whether what has this media type names other blobs. */
bool bt_walk_is_manifest(const char *media_type);
void bt_walk_release(struct bt_walk *walk);
/* Nothing when it is there already; BATON_ERR_CORRUPT when it is there with another size. */
BT_CHECK baton_status bt_walk_add(struct bt_walk *walk, const struct bt_blob_id *blob,
                                  const char *media_type, struct baton_error *err);
/* What the manifest of these bytes names. `what` is for messages. */
BT_CHECK baton_status bt_walk_add_manifest(struct bt_walk *walk, struct bt_bytes manifest,
                                           const char *what, struct baton_error *err);
/* NULL: not among them. */
const struct bt_walk_node *bt_walk_find(const struct bt_walk *walk, const struct bt_digest *digest);

/* Asked when a manifest cannot be read or used, or two descriptors of one blob disagree; BATON_OK
 * means go on without it. */
typedef baton_status bt_walk_problem(void *user, const struct bt_blob_id *blob,
                                     const struct baton_error *why);
struct bt_walk_options {
    bt_walk_problem *problem; /* NULL: the first problem ends the walk */
    void *user;
    const struct baton_progress *progress;
};
/* Everything the entries reach. */
BT_CHECK baton_status bt_walk_entries(const struct bt_store *store,
                                      const struct bt_store_entry *entries, size_t count,
                                      const struct bt_walk_options *options, struct bt_walk *ret,
                                      struct baton_error *err);

#endif
