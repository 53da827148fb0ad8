/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TENSOR_VALUE_H
#define BT_TENSOR_VALUE_H
/*
 * What flows along an edge of a graph.
 *
 *   BT_VALUE_NONE      an absent optional
 *   BT_VALUE_TENSOR    `tensor`
 *   BT_VALUE_MAPS      a sequence of maps, all with the same keys (what ZipMap makes): `tensor` is
 *                      [rows, keys] and `keys` is [keys], int64 or string
 *   BT_VALUE_SEQUENCE  `items`, `count` of them
 */
#include "tensor/tensor.h"

enum bt_value_kind { BT_VALUE_NONE = 0, BT_VALUE_TENSOR, BT_VALUE_MAPS, BT_VALUE_SEQUENCE };

struct bt_value {
    enum bt_value_kind kind;
    struct bt_tensor tensor;
    struct bt_tensor keys;
    struct bt_value *items;
    size_t count;
};

#define BT_VALUE_INIT                                                                              \
    {                                                                                              \
        .kind = BT_VALUE_NONE                                                                      \
    }
#define BT_AUTO_VALUE BT_CLEANUP(bt_value_release) struct bt_value

void bt_value_release(struct bt_value *value);
/* A second reference to all its tensors. */
BT_CHECK baton_status bt_value_ref(const struct bt_value *from, struct bt_value *ret,
                                   struct baton_error *err);
struct bt_value bt_value_of_tensor(struct bt_tensor *steal);

#endif
