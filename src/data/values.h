/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_VALUES_H
#define BT_DATA_VALUES_H
/*
 * Named values: what a model is fed and what it answers, outside the engine.
 *
 * A set is bound to a signature (the ports of a graph): after bt_values_bind() item i is port i, of
 * the port's type and of a shape that the port allows. Reading never guesses: a value of another
 * type is converted only when every element survives exactly, unless the caller says that it may be
 * rounded (the outputs of a training framework often come as binary64).
 *
 * The set owns its names and values.
 */
#include "base/alloc.h"
#include "onnx/graph.h"
#include "tensor/value.h"

struct bt_named_value {
    const char *name; /* in the set's arena */
    struct bt_value value;
};

struct bt_values {
    struct bt_arena arena;
    struct bt_named_value *items; /* in the arena */
    size_t count;
    size_t capacity;
};

#define BT_VALUES_INIT                                                                             \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }
#define BT_AUTO_VALUES BT_CLEANUP(bt_values_release) struct bt_values

void bt_values_release(struct bt_values *values);
/* Takes the value; names are unique. */
BT_CHECK baton_status bt_values_add(struct bt_values *values, const char *name,
                                    struct bt_value *steal, struct baton_error *err);
const struct bt_value *bt_values_find(const struct bt_values *values, const char *name);
/* A set of its own that shares the bytes. */
BT_CHECK baton_status bt_values_ref(const struct bt_values *from, struct bt_values *ret,
                                    struct baton_error *err);

struct bt_ports {
    const struct bt_port *ports;
    size_t count;
};

enum bt_bind_mode {
    BT_BIND_STORED,  /* what baton wrote: every port has a value of its name, type and shape */
    BT_BIND_EXACT,   /* every port has a value, converted only when exact */
    BT_BIND_ROUNDED, /* ports may be missing (kind NONE), floats may be rounded */
};

/* Put the set into the order of `ports` and check types and shapes. A lone value whose name is no
 * port's is taken for the only port, but for stored ones. `what` names the source in messages. */
BT_CHECK baton_status bt_values_bind(struct bt_values *values, struct bt_ports ports,
                                     enum bt_bind_mode mode, const char *what,
                                     struct baton_error *err);

/* Numeric conversion. `exact`: an element that would change is an error that names it. */
BT_CHECK baton_status bt_tensor_convert(const struct bt_tensor *from, enum bt_dtype dtype,
                                        bool exact, struct bt_tensor *ret, struct baton_error *err);

/* Inputs made from the signature alone, the same everywhere (docs/formats/random-inputs.md):
 * unknown dimensions become `batch`. */
BT_CHECK baton_status bt_values_random(struct bt_ports ports, uint64_t seed, int64_t batch,
                                       struct bt_values *ret, struct baton_error *err);

/* Rows [from, from + count) of every value along dimension 0 (all must have the same length
 * there); shares bytes. */
BT_CHECK baton_status bt_values_rows(const struct bt_values *values, size_t from, size_t count,
                                     struct bt_values *ret, struct baton_error *err);
/* The common length of dimension 0, or 0 when the values are not a batch of rows. */
size_t bt_values_row_count(const struct bt_values *values);

#endif
