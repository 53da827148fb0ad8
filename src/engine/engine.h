/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ENGINE_ENGINE_H
#define BT_ENGINE_ENGINE_H
/*
 * The exact engine: a checked graph becomes a session, a session turns inputs into outputs.
 *
 * bt_session_new() looks every operator up (an unsupported one is named with node and opset), folds
 * constants with the engine's own kernels, packs weights, computes when each value dies. The model
 * must outlive the session. A session runs one call at a time; its pool splits the work of a node.
 * Results depend on the model, the inputs and the numerics version only: not on the instruction
 * level, the thread count, the batch, or what ran before.
 */
#include <signal.h>

#include "kernel/kernel.h"
#include "onnx/graph.h"
#include "tensor/value.h"

#define BT_NUMERICS_VERSION "exact/1"

struct bt_session_options {
    enum bt_isa isa;
    unsigned threads;         /* 0: one per usable CPU */
    uint64_t value_bytes_max; /* of one intermediate value; 0: 2^34 */
    bool no_fusion;           /* one node at a time, as the file has them (traces need it) */
};

struct bt_session;

BT_CHECK baton_status bt_session_new(const struct bt_model *model,
                                     const struct bt_session_options *options,
                                     struct bt_session **ret, struct baton_error *err);
void bt_session_free(struct bt_session *session);
/* The most bytes of values and scratch that were alive at once so far; weights not counted. */
size_t bt_session_peak_bytes(const struct bt_session *session);

/* Called after each node, in order, with its outputs. Return other than BATON_OK to stop. */
typedef baton_status bt_session_observe(void *user, const struct bt_node *node,
                                        const struct bt_value *outputs, struct baton_error *err);

struct bt_run {
    const struct bt_value *inputs; /* in the order of graph->inputs; borrowed */
    uint32_t input_count;
    struct bt_value *outputs;    /* graph->output_count, made by the call, released by the caller */
    bt_session_observe *observe; /* or NULL */
    void *user;
    uint64_t seed;                            /* of random operators without a seed of their own */
    const volatile sig_atomic_t *interrupted; /* or NULL; looked at before each node */
};

/* Checks the inputs against the declared types and shapes first. A NaN in an output is the
 * canonical NaN of its type. On failure no output is made. */
BT_CHECK baton_status bt_session_run(struct bt_session *session, struct bt_run *run,
                                     struct baton_error *err);

#endif
