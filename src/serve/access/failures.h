/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_ACCESS_FAILURES_H
#define BT_SERVE_ACCESS_FAILURES_H
/*
 * Who has been wrong about who they are, how often. A table of fixed size: an address that falls on
 * another's place takes it. IPv6 counts by its first 64 bits, which one customer usually has.
 * For all loops at the same time.
 */
#include <pthread.h>
#include <stdint.h>

#include "base/buf.h"

#define BT_FAILURES_PLACES 1024
#define BT_FAILURES_MAX 10
#define BT_FAILURES_SPAN_S 60

struct bt_failures {
    pthread_mutex_t mutex;
    uint64_t seed; /* so that nobody can choose a place */
    struct bt_failure {
        uint64_t peer;
        int64_t since_s;
        unsigned count;
    } places[BT_FAILURES_PLACES];
};

#define BT_FAILURES_INIT                                                                           \
    {                                                                                              \
        .mutex = PTHREAD_MUTEX_INITIALIZER                                                         \
    }

/* `peer` is the text of an address. */
bool bt_failures_are_over(struct bt_failures *failures, const char *peer, int64_t now_s);
void bt_failures_add(struct bt_failures *failures, const char *peer, int64_t now_s);

#endif
