/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ENGINE_SESSION_INT_H
#define BT_ENGINE_SESSION_INT_H
/*
 * Inside the engine.
 *
 * One `struct bt_plan` per graph, the top one first, an enclosing graph before those in it. Values
 * of all graphs share one array, for their numbers are unique across subgraphs and no graph is
 * entered twice at a time. A value belongs to the plan that defines it; that plan's steps release
 * it after its last reader, which may be a step whose body captures it.
 *
 * Loading goes through the files in this order:
 *   plan.c   a plan per graph; operators looked up; owners and captures of values
 *   fold.c   prepare() of every step; steps with constant inputs run now, their outputs stay
 *   fuse.c   a step takes over the steps that only finish its result
 *   live.c   who releases what
 */
#include "engine/engine.h"
#include "op/op.h"

struct bt_step {
    const struct bt_node *node;
    const struct bt_op *op;
    void *state;
    const struct bt_op_tail *tail;
    const uint32_t *output_ids; /* the node's, or those of the last step it took over */
    const struct bt_value **inputs;
    struct bt_value *outputs; /* while it runs; of a folded step: aliases of the constants */
    bool *input_dies;
    bool *output_read;
    const uint32_t *dying;
    uint32_t dying_count;
    struct bt_plan **bodies;
    uint32_t body_count;
    bool folded;
    bool taken; /* another step does its work */
};

struct bt_plan {
    const struct bt_graph *graph;
    struct bt_step *steps;
    uint32_t step_count;
    const uint32_t *captures; /* values of enclosing graphs that it or its bodies read */
    uint32_t capture_count;
    uint32_t number;
};

/* Blocks that came back, for the next value of about that size. */
struct bt_free_block {
    struct bt_storage *storage;
    uint64_t run; /* the last one that used it */
};

struct bt_recycler {
    struct bt_free_block *blocks;
    size_t count;
    size_t capacity;
    uint64_t run;
    size_t live_bytes;
    size_t peak_bytes;
};

struct bt_session {
    const struct bt_model *model;
    struct bt_session_options options;
    struct bt_kernels kernels;
    struct bt_pool *pool;
    struct bt_arena arena;
    struct bt_plan **plans;
    uint32_t plan_count;
    uint32_t plan_capacity;
    struct bt_value *values;
    bool *constant;
    uint32_t *owner; /* number of the plan that defines the value */
    struct bt_recycler recycler;
    struct bt_storage **scratch;
    size_t scratch_count;
    size_t scratch_capacity;
    const struct bt_run *run; /* while one is under way */
};

extern const struct bt_op_host bt_session_host;

BT_CHECK baton_status bt_plan_all(struct bt_session *session, struct baton_error *err);
BT_CHECK baton_status bt_fold(struct bt_session *session, struct baton_error *err);
BT_CHECK baton_status bt_fuse(struct bt_session *session, struct baton_error *err);
BT_CHECK baton_status bt_live(struct bt_session *session, struct baton_error *err);

struct bt_op_ctx bt_step_ctx(struct bt_session *session, struct bt_step *step,
                             struct bt_arena *arena);
/* Run the operator: step->outputs made, scratch released. */
BT_CHECK baton_status bt_step_run(struct bt_session *session, struct bt_step *step,
                                  struct baton_error *err);
/* Drop the scratch blocks above the first `keep`. */
void bt_scratch_release(struct bt_session *session, size_t keep);
/* Each value that step or a body of it reads. */
typedef void bt_step_visit(void *user, uint32_t value);
void bt_step_each_read(const struct bt_step *step, bt_step_visit *visit, void *user);

/* NULL: no memory. */
struct bt_storage *bt_recycler_take(struct bt_recycler *recycler, size_t bytes);
/* The block leaves: its last reference frees it. */
void bt_recycler_let_go(struct bt_recycler *recycler, struct bt_storage *storage);
/* Frees what the run that ends here did not use. */
void bt_recycler_end_run(struct bt_recycler *recycler);
void bt_recycler_release(struct bt_recycler *recycler);

BT_CHECK baton_status bt_check_inputs(const struct bt_graph *graph, const struct bt_value *inputs,
                                      uint32_t count, struct baton_error *err);
/* Make `value` independent of the session and canonicalise its NaNs. */
BT_CHECK baton_status bt_detach(struct bt_session *session, struct bt_value *value,
                                struct baton_error *err);

#endif
