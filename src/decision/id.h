/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_ID_H
#define BT_DECISION_ID_H
/* What a decision is called. */
#include "crypto/digest.h"

#define BT_DECISION_ID_MAX 72
#define BT_INSTANCE_MAX ((size_t)32)
#define BT_INSTANCE_DEFAULT "serve"

/* "serve-17-9f3c2a1b": the log of which server, the place in it, and the start of the record's
 * commitment, by which a record that was lost is told from the one that took its place. */
struct bt_decision_id {
    char instance[BT_INSTANCE_MAX + 1];
    uint64_t index;
    uint32_t check;
};

/* The check of a record that commits to `fields`. */
uint32_t bt_decision_check(const struct bt_digest *fields);
void bt_decision_id_format(const struct bt_decision_id *id, char ret[BT_DECISION_ID_MAX]);
/* BATON_ERR_USAGE when it is no such name. */
BT_CHECK baton_status bt_decision_id_parse(const char *text, struct bt_decision_id *ret,
                                           struct baton_error *err);
/* 1 to 32 of a-z, 0-9 and "-". */
BT_CHECK baton_status bt_instance_check(const char *name, struct baton_error *err);

#endif
