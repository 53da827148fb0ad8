/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_POOL_H
#define BT_BASE_POOL_H
/*
 * Threads for work that is cut into parts in advance: as many parts as threads, part p always the
 * same share. Which thread does a part depends on timing, so a part must not use anything of the
 * thread it runs on; what it computes depends on its number alone. Workers spin briefly, then
 * sleep. One caller at a time, who works too.
 *
 *     static void add_rows(void *user, unsigned part, unsigned parts) { ... }
 *     bt_pool_run(pool, add_rows, &job);      // returns when every part is done
 *
 * Every worker runs in the environment of base/fpenv.h.
 */
#include <stddef.h>

#include "base/error.h"

typedef void bt_pool_part(void *user, unsigned part, unsigned parts);

struct bt_pool;

/* CPUs that this process may use, at least 1. */
unsigned bt_usable_cpus(void);

/* `threads` >= 1 counts the caller; 0 means one per CPU this process may use. */
BT_CHECK baton_status bt_pool_new(unsigned threads, struct bt_pool **ret, struct baton_error *err);
void bt_pool_free(struct bt_pool *pool);
/* NULL pool counts as one thread. */
unsigned bt_pool_threads(const struct bt_pool *pool);
void bt_pool_run(struct bt_pool *pool, bt_pool_part *fn, void *user);

/* The half-open share [from, to) of `count` items that belongs to `part`, in multiples of `grain`
 * (>= 1) except for the last. */
struct bt_range {
    size_t from;
    size_t to;
};
struct bt_range bt_pool_share(size_t count, size_t grain, unsigned part, unsigned parts);

#endif
