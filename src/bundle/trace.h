/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_TRACE_H
#define BT_BUNDLE_TRACE_H
/*
 * A trace: the digest of every intermediate value of one run, node by node, in the order of the
 * graph. Two traces of one model with one input are equal on machines that compute the same; where
 * they are not, the first node that differs is where the arithmetic parted.
 * docs/formats/trace.md is normative.
 */
#include "bundle/loaded.h"

struct bt_trace_value {
    const char *name;
    enum bt_dtype dtype; /* BT_DTYPE_NONE when it is no tensor */
    unsigned rank;
    int64_t dims[BT_RANK_MAX];
    struct bt_digest digest;
};

struct bt_trace_node {
    uint32_t index; /* in the model file */
    const char *name;
    const char *op;
    struct bt_trace_value *outputs;
    size_t output_count;
};

struct bt_trace {
    struct bt_arena arena;
    struct bt_trace_node *nodes;
    size_t count;
    size_t capacity;
};

#define BT_TRACE_INIT                                                                              \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }
#define BT_AUTO_TRACE BT_CLEANUP(bt_trace_release) struct bt_trace

void bt_trace_release(struct bt_trace *trace);
/* Runs the model one node at a time; `ret_outputs` may be NULL. */
BT_CHECK baton_status bt_trace_run(const struct bt_loaded *loaded,
                                   const struct bt_session_options *options,
                                   const struct bt_values *inputs, struct bt_trace *ret,
                                   struct bt_values *ret_outputs, struct baton_error *err);

/* {"format":"baton/trace/1","nodes":[{"index","name","op","outputs":[{"name","dtype","shape",
 * "sha256"}]}],"numerics":"exact/1"} */
void bt_trace_put(const struct bt_trace *trace, struct bt_json_writer *w);
BT_CHECK baton_status bt_trace_parse(const struct bt_json *json, struct bt_trace *ret,
                                     struct baton_error *err);

/* The first node, in a's order, that is in both and whose outputs differ, or NULL; *ret_in_b is the
 * other trace's. */
const struct bt_trace_node *bt_trace_first_difference(const struct bt_trace *a,
                                                      const struct bt_trace *b,
                                                      const struct bt_trace_node **ret_in_b);
/* The first node of `stored` that `ours`, a trace of the same model, contradicts: it has another
 * operator, another name, or outputs of other names or values; or NULL. *ret_confirmed is how many
 * nodes are in both and equal. */
const struct bt_trace_node *bt_trace_contradicted(const struct bt_trace *stored,
                                                  const struct bt_trace *ours,
                                                  size_t *ret_confirmed);

#endif
