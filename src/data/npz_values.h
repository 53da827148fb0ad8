/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_NPZ_VALUES_H
#define BT_DATA_NPZ_VALUES_H
/*
 * Named values as one NPZ file, in both directions without loss: a tensor is an array of its name;
 * maps are two arrays, NAME and NAME.keys. Sequences have no form here and are refused.
 */
#include "base/buf.h"
#include "data/values.h"

BT_CHECK baton_status bt_values_format_npz(const struct bt_values *values, struct bt_buf *out,
                                           struct baton_error *err);
BT_CHECK baton_status bt_values_parse_npz(struct bt_bytes npz, const char *what,
                                          struct bt_values *ret, struct baton_error *err);

/* Add references to all of `from`, names with `prefix` in front. */
BT_CHECK baton_status bt_values_add_prefixed(struct bt_values *values, const char *prefix,
                                             const struct bt_values *from, struct baton_error *err);
/* References to those whose name starts with `prefix`, under the rest of the name. */
BT_CHECK baton_status bt_values_take_prefixed(const struct bt_values *from, const char *prefix,
                                              struct bt_values *ret, struct baton_error *err);

#endif
