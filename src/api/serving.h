/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_SERVING_H
#define BT_API_SERVING_H
/* What the files behind baton_serve() share. */
#include <pthread.h>

#include "api/api_int.h"
#include "net/tls.h"
#include "serve/access/access.h"
#include "serve/serve.h"

#define BT_SERVING_MAX 64 /* models at once */

struct bt_serving {
    const baton_store *store;
    const struct baton_progress *progress;
    const struct baton_serve_options *options;
    unsigned loops;
    baton_strings refs;                       /* what was asked for, such as "credit@production" */
    struct bt_served *models[BT_SERVING_MAX]; /* models[i] is what refs[i] stands for now */
    size_t count;
    struct bt_decisions *decisions; /* NULL: nothing is logged */
    struct bt_tls *tls;             /* NULL: none */
    struct bt_access *access;       /* NULL: anybody may ask anything */
    struct bt_serve *server;
    struct bt_registry *kept; /* open so that its files stay the ones that are allowed; or NULL */
    bool files_confined;
};

/* ---- serve_access.c ---- */
/* Whether it may listen there with what it has; then who may ask. */
BT_CHECK baton_status bt_serving_admit(struct bt_serving *serving, const char *listen,
                                       struct baton_error *err);

/* ---- serve_model.c ---- */
/* What `ref` stands for now, proved on this machine and loaded. BATON_ERR_REFUSED when it does not
 * prove itself. */
BT_CHECK baton_status bt_serving_load(const struct bt_serving *serving,
                                      const struct bt_registry *registry, const char *ref,
                                      struct bt_served **ret, struct baton_error *err);
/* The manifest that `ref` stands for now. */
BT_CHECK baton_status bt_serving_find(const struct bt_serving *serving,
                                      const struct bt_registry *registry, const char *ref,
                                      struct bt_digest *ret, struct baton_error *err);

/* ---- serve_confine.c ---- */
/* Files first, before any thread is started; system calls when it listens. Nothing where it was not
 * asked for. */
BT_CHECK baton_status bt_serving_confine_files(struct bt_serving *serving, struct baton_error *err);
BT_CHECK baton_status bt_serving_confine_calls(const struct bt_serving *serving,
                                               struct baton_error *err);
/* For a person. */
void bt_serving_tell(const struct bt_serving *serving, const char *ref, const char *what,
                     const char *more);

/* ---- serve_watch.c ---- */
/* A thread that looks for aliases that move, and serves what they stand for then. */
struct bt_watch {
    struct bt_serving *serving;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_running;
    bool is_stopping;
};

BT_CHECK baton_status bt_watch_start(struct bt_watch *watch, struct bt_serving *serving,
                                     struct baton_error *err);
void bt_watch_stop(struct bt_watch *watch);

#endif
