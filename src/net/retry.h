/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_RETRY_H
#define BT_NET_RETRY_H
/*
 * When to try again, and how long to wait before: 250 ms, doubled each time up to 30 s, of which a
 * random half is left out, so that clients that failed together do not come back together. A server
 * that says Retry-After is believed up to two minutes.
 *
 *     struct bt_retry retry = BT_RETRY_INIT;
 *     for (;;) {
 *         status = bt_http_call(http, &request, &answer, err);
 *         if (!bt_retry_wanted(&retry, status, &answer))
 *             return status;
 *         BT_TRY(bt_retry_wait(&retry, &answer, stop, err));
 *     }
 */
#include "net/http.h"

#define BT_RETRY_MAX 6U

struct bt_retry {
    unsigned failures; /* in a row */
};

#define BT_RETRY_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }

/* An answer, or none, that may be another one later, and not for the last time. */
bool bt_retry_wanted(const struct bt_retry *retry, baton_status status,
                     const struct bt_http_answer *answer);
/* How long bt_retry_wait() waits: `random` is any number, `after` the header or NULL. */
uint64_t bt_retry_delay_ms(unsigned failures, const char *after, uint64_t random);
/* Waits and counts. BATON_ERR_INTERRUPTED when `stop` goes up meanwhile. */
BT_CHECK baton_status bt_retry_wait(struct bt_retry *retry, const struct bt_http_answer *answer,
                                    const volatile sig_atomic_t *stop, struct baton_error *err);
/* Something went well: the next failure is a first one. */
void bt_retry_progress(struct bt_retry *retry);

#endif
