/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_CHECKS_H
#define BT_BUNDLE_CHECKS_H
/*
 * The rows of a verification: what was looked at, the verdict, and a line of detail. Rows are added
 * as they are answered; the overall verdict is the worst of them, and cannot-tell while there is
 * none.
 */
#include "base/alloc.h"
#include "baton/verdict.h"
#include "codec/json.h"

struct bt_check {
    const char *what;
    baton_verdict verdict;
    const char *detail;
};

struct bt_checks {
    struct bt_arena *arena;
    struct bt_check *rows;
    size_t count;
    size_t capacity;
};

BT_CHECK baton_status bt_checks_add(struct bt_checks *checks, const char *what,
                                    baton_verdict verdict, struct baton_error *err,
                                    const char *detail_fmt, ...) BT_PRINTF(5, 6);
baton_verdict bt_checks_verdict(const struct bt_checks *checks);
/* An array of {"check","detail","verdict"}. */
void bt_checks_put(const struct bt_checks *checks, struct bt_json_writer *w);

baton_verdict bt_verdict_worse(baton_verdict a, baton_verdict b);

#endif
