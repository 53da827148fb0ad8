/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_LOGGED_H
#define BT_SERVE_LOGGED_H
/*
 * Between the routes and the log of decisions. Each loop of the server collects the decisions of a
 * turn; bt_logged_settle() hands them over, gives the answers their names, and turns those that
 * could not be logged into refusals.
 */
#include "decision/decisions.h"
#include "serve/routes.h"

struct bt_logged;

/* `decisions` must outlive it; NULL: nothing is logged. */
BT_CHECK baton_status bt_logged_open(struct bt_decisions *decisions, unsigned loops,
                                     struct bt_logged **ret, struct baton_error *err);
void bt_logged_close(struct bt_logged *logged);
/* The answer of `call` is made, whatever it is: it stays open until the loop's turn is settled.
 * Failing is a refusal already. */
void bt_logged_add(struct bt_logged *logged, const struct bt_call *call, uint64_t began_us);
void bt_logged_settle(struct bt_logged *logged, unsigned loop);

#endif
