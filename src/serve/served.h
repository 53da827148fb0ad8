/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_SERVED_H
#define BT_SERVE_SERVED_H
/*
 * A version that answers: its bundle, loaded once, and for each loop of the server a session of its
 * own with one thread. Nothing in it changes while it serves.
 */
#include "bundle/bundle.h"
#include "bundle/loaded.h"
#include "data/values.h"

struct bt_served_name {
    const char *ref;     /* the bundle, as the store understands it */
    const char *model;   /* the name in paths */
    const char *version; /* "3", or the digest's digits where there is no number */
};

struct bt_served;

/* `store` must outlive it. Names are copied. */
BT_CHECK baton_status bt_served_open(const struct bt_store *store,
                                     const struct bt_served_name *name, unsigned loops,
                                     struct bt_served **ret, struct baton_error *err);
void bt_served_close(struct bt_served *served);

const char *bt_served_model(const struct bt_served *served);
const char *bt_served_version(const struct bt_served *served);
/* "sha256:…" of the manifest. */
const char *bt_served_digest(const struct bt_served *served);
struct bt_ports bt_served_inputs(const struct bt_served *served);
struct bt_ports bt_served_outputs(const struct bt_served *served);

/* Inputs are bound, and converted where that is exact; one call at a time for each loop. */
BT_CHECK baton_status bt_served_run(const struct bt_served *served, unsigned loop,
                                    struct bt_values *inputs, struct bt_values *ret,
                                    struct baton_error *err);

#endif
