/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_NAMED_H
#define BT_CODEC_NAMED_H
/*
 * Tensors with names, in the order of the file: what NPZ, safetensors and CSV hold.
 *
 *     BT_AUTO_NAMED list = BT_NAMED_INIT;
 *     BT_TRY(bt_npz_read(bytes, "inputs.npz", NULL, &list, err));
 *     const struct bt_tensor *x = bt_named_find(&list, "x");
 */
#include "tensor/tensor.h"

struct bt_named_tensor {
    const char *name; /* in the list's arena */
    struct bt_tensor tensor;
};

struct bt_named {
    struct bt_named_tensor *items;
    size_t count;
    size_t capacity;
    struct bt_arena arena;
};

#define BT_NAMED_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define BT_AUTO_NAMED BT_CLEANUP(bt_named_release) struct bt_named

void bt_named_release(struct bt_named *list);
/* Appends under a copy of `name`, which the caller knows to be new. On BATON_OK the list owns
 * `*steal`, which becomes empty. */
BT_CHECK baton_status bt_named_add(struct bt_named *list, struct bt_bytes name,
                                   struct bt_tensor *steal, struct baton_error *err);
/* NULL when there is none. Looks at the names one by one. */
const struct bt_tensor *bt_named_find(const struct bt_named *list, const char *name);

#endif
