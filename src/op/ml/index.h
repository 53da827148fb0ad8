/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_ML_INDEX_H
#define BT_OP_ML_INDEX_H
/*
 * Finding a category: a list of keys from attributes, sorted once, searched for each element.
 * Keys are strings, integers or floats. Floats are equal by value (-0 is 0) and NaN equals NaN. Of
 * equal keys the last counts.
 */
#include "op/op.h"

/* A list from an attribute, whatever its kind. */
struct bt_ml_list {
    enum bt_dtype dtype; /* NONE: absent */
    const void *data;
    size_t count;
};

/* The one of `prefix`strings, `prefix`int64s, `prefix`floats and `prefix`tensor that is there; two
 * are an error, none is an empty list. */
BT_CHECK baton_status bt_ml_list_of(const struct bt_op_ctx *ctx, const char *prefix,
                                    struct bt_ml_list *ret, struct baton_error *err);

struct bt_ml_entry {
    struct bt_bytes text;
    int64_t number;
    size_t position;
};

struct bt_ml_index {
    enum bt_dtype dtype;
    const struct bt_ml_entry *entries;
    size_t count;
};

BT_CHECK baton_status bt_ml_index_build(const struct bt_ml_list *keys, struct bt_arena *arena,
                                        struct bt_ml_index *ret, struct baton_error *err);
/* Position among the keys of element `i` of `data`, which has the index's type. */
bool bt_ml_index_find(const struct bt_ml_index *index, const void *data, size_t i, size_t *ret);
bool bt_ml_index_find_int(const struct bt_ml_index *index, int64_t number, size_t *ret);

#endif
