/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_METRICS_H
#define BT_SERVE_METRICS_H
/*
 * What /metrics tells: the text form 0.0.4 of Prometheus. Each loop counts for itself, without a
 * lock; who asks for the numbers adds them up. A label is a route's pattern, a model's or a
 * bundle's name, or one of a few words: never a text of a client, so there is an end to them.
 */
#include "base/buf.h"
#include "decision/decisions.h"
#include "net/server.h"
#include "serve/served.h"

struct bt_tally;

BT_CHECK baton_status bt_tally_new(unsigned loops, struct bt_tally **ret, struct baton_error *err);
void bt_tally_free(struct bt_tally *metrics);
/* An answer was made. `route` is its number, 0 where there was none. */
void bt_tally_answered(struct bt_tally *metrics, unsigned loop, unsigned route, unsigned status,
                       uint64_t took_us);

/* Where the numbers come from that others count. */
struct bt_tally_sources {
    const struct bt_server *server;
    const struct bt_served *const *models;
    size_t model_count;
    struct bt_decisions *decisions; /* NULL: nothing is logged */
};

void bt_tally_put(const struct bt_tally *metrics, const struct bt_tally_sources *sources,
                  struct bt_buf *out);

#endif
