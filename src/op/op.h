/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_OP_H
#define BT_OP_OP_H
/*
 * An operator: from a node's attributes and input values to calls of kernels.
 *
 * One operator family is one file in a folder of src/op/, which ends in a `const struct bt_op`
 * array, named in src/op/table.c. An entry holds for the opsets [since, until]; several entries of
 * one name cover an operator whose meaning changed.
 *
 *   prepare  once, at load. Checks attributes, reads them into `state` (arena memory, kept for the
 *            session, shared by threads: read-only afterwards), packs constant weights.
 *   run      each time. Checks the inputs' types and shapes, makes the outputs, computes.
 *
 * Rules. Never trust a shape or an index that came from a value. Every failure names what was found
 * (the engine puts the node in front). Outputs are made with bt_op_output(), once each, or passed
 * on with bt_op_forward(). Arithmetic whose bits matter comes from ctx->kernels or follows
 * docs/numerics.md to the letter; moving bytes is the operator's own business.
 */
#include "kernel/kernel.h"
#include "onnx/graph.h"
#include "tensor/value.h"

struct bt_session; /* the engine's; operators do not look inside */
struct bt_op;
struct bt_op_ctx;

/* What the engine does for operators; they call it through the bt_op_… functions below. */
struct bt_op_host {
    /* A block of at least `bytes`, contents undefined, with one reference. NULL: no memory. */
    struct bt_storage *(*storage)(struct bt_session *session, size_t bytes);
    void *(*scratch)(struct bt_op_ctx *ctx, size_t bytes);
    baton_status (*run_graph)(struct bt_op_ctx *ctx, const struct bt_graph *graph,
                              struct bt_value *inputs, struct bt_value *outputs,
                              struct baton_error *err);
};

/* What the engine found to follow a node and to be its only reader: the operator does it in the
 * same pass, with the same roundings (bt_op.head and bt_op.tail say who can). */
struct bt_op_tail {
    size_t columns;              /* from head: extent of the last axis, 0 when `add` cannot be */
    const struct bt_tensor *add; /* constant float32 [columns], or NULL */
    size_t rows;                 /* from head: output channels, 0 when there is no `row_…` */
    const float *row_mean;       /* [rows] a batch normalisation: all three or none */
    const float *row_scale;
    const float *row_shift;
    enum bt_activation activation;
    float clip_lo;
    float clip_hi;
};

struct bt_op_ctx {
    const struct bt_model *model; /* the node's */
    const struct bt_node *node;
    const struct bt_op *op;
    const struct bt_kernels *kernels;
    struct bt_pool *pool;
    struct bt_session *session;
    const struct bt_op_host *host;
    const void *step; /* the host's */
    /* input_count; NULL for an absent optional input, and in prepare for one that is not constant
     */
    const struct bt_value *const *inputs;
    const bool *input_dies; /* this node is the last reader; NULL: of none */
    uint32_t input_count;
    struct bt_value *outputs; /* output_count; kind NONE until made */
    uint32_t output_count;
    const bool *output_read;       /* NULL: every output is wanted */
    const struct bt_op_tail *tail; /* NULL: nothing is fused */
    void *state;                   /* what prepare left */
    struct bt_arena *arena;        /* prepare: of the session; run: of this call */
    uint64_t bytes_max;            /* of one output */
    uint64_t seed;                 /* of the call, for random operators */
};

typedef baton_status bt_op_fn(struct bt_op_ctx *ctx, struct baton_error *err);

struct bt_op {
    const char *name;
    const char *domain; /* "" or "ai.onnx.ml" or "com.microsoft" */
    int since;
    int until;         /* 0: still in force */
    bt_op_fn *prepare; /* may be NULL */
    bt_op_fn *run;
    bool random; /* not a function of its inputs: never folded */
    /* Asked at load with constant inputs visible. `head`: run honours ctx->tail for this node.
     * `tail`: this node, after what `tail` already holds, can be a part of it; fill it in. */
    bool (*head)(const struct bt_op_ctx *ctx, struct bt_op_tail *tail);
    bool (*tail)(const struct bt_op_ctx *ctx, struct bt_op_tail *tail);
};

/* Entries of the usual kind: the default domain, nothing to prepare. */
#define BT_OP_UNTIL(op, first, last, fn)                                                           \
    {                                                                                              \
        .name = (op), .domain = "", .since = (first), .until = (last), .run = (fn)                 \
    }
#define BT_OP_SINCE(op, first, fn) BT_OP_UNTIL(op, first, 0, fn)
#define BT_OP_END                                                                                  \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* The groups: `const struct bt_op bt_ops_<name>[]`, each ending with a NULL name. */
#define BT_OP_GROUP(name) extern const struct bt_op bt_ops_##name[];
#include "op/groups.h"
#undef BT_OP_GROUP

/* NULL: not supported. `opset` is the version of the node's domain. */
const struct bt_op *bt_op_find(const char *domain, const char *name, int opset);

/* For listing what is supported. */
size_t bt_op_group_count(void);
const struct bt_op *bt_op_group(size_t group, size_t *ret_count);

/* ---- inputs ---- */
/* NULL when absent or not a tensor. */
const struct bt_tensor *bt_op_input(const struct bt_op_ctx *ctx, uint32_t i);
/* The same, required: an error when absent. */
BT_CHECK baton_status bt_op_need(const struct bt_op_ctx *ctx, uint32_t i,
                                 const struct bt_tensor **ret, struct baton_error *err);
/* Required, of this type. */
BT_CHECK baton_status bt_op_need_type(const struct bt_op_ctx *ctx, uint32_t i, enum bt_dtype dtype,
                                      const struct bt_tensor **ret, struct baton_error *err);
/* A 0-D or 1-D int64 (or int32) input as integers, at most `max` of them; *ret_count 0 when absent.
 */
BT_CHECK baton_status bt_op_ints(const struct bt_op_ctx *ctx, uint32_t i, int64_t *values,
                                 size_t max, size_t *ret_count, struct baton_error *err);

/* ---- attributes (the fallback when the node has none of that name and kind) ---- */
int64_t bt_op_attr_int(const struct bt_op_ctx *ctx, const char *name, int64_t fallback);
float bt_op_attr_float(const struct bt_op_ctx *ctx, const char *name, float fallback);
/* True when the attribute is the string `value`; `fallback` when there is none. */
bool bt_op_attr_is(const struct bt_op_ctx *ctx, const char *name, const char *value, bool fallback);
const struct bt_attr *bt_op_attr(const struct bt_op_ctx *ctx, const char *name,
                                 enum bt_attr_kind kind);
/* A string attribute that is one of a list of words, which ends with a NULL text. */
struct bt_op_word {
    const char *text;
    int value;
};
BT_CHECK baton_status bt_op_attr_word(const struct bt_op_ctx *ctx, const char *name,
                                      const struct bt_op_word *words, int fallback, int *ret,
                                      struct baton_error *err);
/* `axis` counted from the end when negative, checked against [0, rank) (or [0, rank] when
 * `allow_end`). */
BT_CHECK baton_status bt_op_axis(int64_t axis, unsigned rank, bool allow_end, unsigned *ret,
                                 struct baton_error *err);

/* ---- outputs ---- */
/* True when somebody reads output i. */
bool bt_op_wants(const struct bt_op_ctx *ctx, uint32_t i);
/* Make output i; contents undefined except for strings (empty). */
BT_CHECK baton_status bt_op_output(struct bt_op_ctx *ctx, uint32_t i, enum bt_dtype dtype,
                                   unsigned rank, const int64_t *dims, struct bt_tensor **ret,
                                   struct baton_error *err);
/* Output i shares the bytes of `from` under a new shape of the same count. */
BT_CHECK baton_status bt_op_forward(struct bt_op_ctx *ctx, uint32_t i, const struct bt_tensor *from,
                                    unsigned rank, const int64_t *dims, struct baton_error *err);
/* As bt_op_output with the shape and type of input `in`, and in its bytes when nobody else needs
 * them: for elementwise work, where y may equal x. */
BT_CHECK baton_status bt_op_output_like(struct bt_op_ctx *ctx, uint32_t i, uint32_t in,
                                        struct bt_tensor **ret, struct baton_error *err);
/* Scratch of the call, 64-byte aligned, undefined contents; released when the node is done. */
void *bt_op_scratch(struct bt_op_ctx *ctx, size_t count, size_t size);

/* ---- graph attributes ---- */
/* Run `graph`, an attribute of this node, with graph->input_count inputs, which it takes over, and
 * graph->output_count outputs, which the caller releases. What the graph captures from around it
 * is there already. */
BT_CHECK baton_status bt_op_run_graph(struct bt_op_ctx *ctx, const struct bt_graph *graph,
                                      struct bt_value *inputs, struct bt_value *outputs,
                                      struct baton_error *err);

/* The usual messages. */
baton_status bt_op_bad_type(const struct bt_op_ctx *ctx, uint32_t i, struct baton_error *err);
#define bt_op_bad_type(...) bt_not_ok(bt_op_bad_type(__VA_ARGS__))

#endif
