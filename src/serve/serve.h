/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_SERVE_H
#define BT_SERVE_SERVE_H
/*
 * Models over HTTP: the Open Inference Protocol's REST form, version 2
 * (github.com/kserve/open-inference-protocol), served by the exact engine.
 *
 * Every route is one line of the table in routes.h, with who may use it; there is no other way in.
 * Nothing that a client sends is ever taken for a path or an address.
 */
#include "net/server.h"
#include "serve/served.h"

struct bt_serve_options {
    const char *listen;           /* as in struct bt_server_options */
    unsigned loops;               /* 0: one for each CPU */
    unsigned drain_ms;            /* as in struct bt_server_options */
    void (*draining)(void *user); /* as well; with the user below */
    void *user;
    struct bt_tls *tls;             /* as well */
    const char *const *hosts;       /* as in struct bt_call */
    struct bt_access *access;       /* outlives the server; NULL: anybody may do anything */
    struct bt_decisions *decisions; /* outlives the server; NULL: nothing is logged */
};

struct bt_serve;

/* Listening when it returns; `models` must outlive it, or be replaced; each was opened for
 * bt_serve_loops(). */
BT_CHECK baton_status bt_serve_open(const struct bt_serve_options *options,
                                    const struct bt_served *const *models, size_t count,
                                    struct bt_serve **ret, struct baton_error *err);
void bt_serve_close(struct bt_serve *serve);
const char *bt_serve_address(const struct bt_serve *serve);
/* Until `progress` is interrupted. */
BT_CHECK baton_status bt_serve_run(struct bt_serve *serve, const struct baton_progress *progress,
                                   struct baton_error *err);
/* Serve other models from now on; by another thread than those that serve. Every request is
 * answered by one set of models alone; when this returns, no request uses those before. After a
 * failure they go on. */
BT_CHECK baton_status bt_serve_replace(struct bt_serve *serve,
                                       const struct bt_served *const *models, size_t count,
                                       struct baton_error *err);
/* How many loops options ask for. */
unsigned bt_serve_loops(const struct bt_serve_options *options);

#endif
