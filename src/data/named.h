/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_NAMED_H
#define BT_DATA_NAMED_H
/* Between named values and the codecs' named tensors. Maps become two tensors, NAME and NAME.keys,
 * and back; sequences have no form here and are refused. */
#include "codec/named.h"
#include "data/values.h"

#define BT_KEYS_SUFFIX ".keys"

BT_CHECK baton_status bt_values_to_named(const struct bt_values *values, struct bt_named *ret,
                                         struct baton_error *err);
BT_CHECK baton_status bt_values_from_named(const struct bt_named *named, struct bt_values *ret,
                                           struct baton_error *err);

/* The same for values that a reader made one by one: "x" and "x.keys" become one value. */
BT_CHECK baton_status bt_values_join_keys(struct bt_values *values, struct baton_error *err);

#endif
