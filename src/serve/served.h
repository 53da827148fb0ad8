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
#include "decision/decisions.h"

/* What becomes of the decisions of a model. */
struct bt_logging {
    double share; /* of them, by chance, that are logged; 0: none, 1: all */
    enum bt_durability durability;
    bool may_answer; /* when they cannot be logged: answer and count them, if durability allows;
                        else refuse */
};

struct bt_served_name {
    const char *ref;     /* the bundle, as the store understands it */
    const char *model;   /* the name in paths */
    const char *version; /* "3", or the digest's digits where there is no number */
    const char *alias;   /* NULL: it is not served by one */
    struct bt_logging logging;
};

/* Of a request for an answer. */
enum bt_outcome { BT_OUTCOME_ANSWERED, BT_OUTCOME_REFUSED, BT_OUTCOME_FAILED };
#define BT_OUTCOMES 3

struct bt_served;

/* `store` must outlive it. Names are copied. */
BT_CHECK baton_status bt_served_open(const struct bt_store *store,
                                     const struct bt_served_name *name, unsigned loops,
                                     struct bt_served **ret, struct baton_error *err);
void bt_served_close(struct bt_served *served);

const char *bt_served_model(const struct bt_served *served);
const char *bt_served_version(const struct bt_served *served);
/* NULL: none. */
const char *bt_served_alias(const struct bt_served *served);
struct bt_logging bt_served_logging(const struct bt_served *served);
/* "sha256:…" of the manifest. */
const char *bt_served_digest(const struct bt_served *served);
struct bt_ports bt_served_inputs(const struct bt_served *served);
struct bt_ports bt_served_outputs(const struct bt_served *served);

/* Inputs are bound, and converted where that is exact; one call at a time for each loop. */
BT_CHECK baton_status bt_served_run(const struct bt_served *served, unsigned loop,
                                    struct bt_values *inputs, struct bt_values *ret,
                                    struct baton_error *err);

void bt_served_count(const struct bt_served *served, unsigned loop, enum bt_outcome outcome);
/* Of all loops; from any thread. */
uint64_t bt_served_counted(const struct bt_served *served, enum bt_outcome outcome);

#endif
