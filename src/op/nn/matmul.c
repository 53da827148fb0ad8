/* SPDX-License-Identifier: Apache-2.0 */
/* MatMul and Gemm (numerics.md, "Sums of products"). */
#include "op/nn/nn.h"

#include <string.h>

#include "op/broadcast.h"

/* ---- MatMul ---- */

/* The operands as stacks of matrices: a vector is a row on the left and a column on the right. */
struct stack {
    size_t m, n, k;
    struct bt_broadcast batch; /* over the stacks; offsets count matrices */
    size_t count;
    unsigned rank; /* of the result */
    int64_t dims[BT_RANK_MAX];
};

static struct bt_tensor outer_dims(const struct bt_tensor *tensor)
{
    struct bt_tensor outer = *tensor;
    outer.rank = tensor->rank > 2 ? tensor->rank - 2 : 0;
    return outer;
}

static baton_status stack_init(struct stack *stack, const struct bt_tensor *a,
                               const struct bt_tensor *b, struct baton_error *err)
{
    if (a->rank == 0 || b->rank == 0)
        return bt_fail(err, BATON_ERR_INVALID, "a scalar cannot be multiplied as a matrix");
    stack->m = a->rank > 1 ? (size_t)a->dims[a->rank - 2] : 1;
    stack->k = (size_t)a->dims[a->rank - 1];
    stack->n = b->rank > 1 ? (size_t)b->dims[b->rank - 1] : 1;
    size_t b_rows = (size_t)b->dims[b->rank > 1 ? b->rank - 2 : 0];
    if (b_rows != stack->k)
        return bt_fail(err, BATON_ERR_INVALID, "rows of %zu do not match columns of %zu", stack->k,
                       b_rows);
    struct bt_tensor outer_a = outer_dims(a);
    struct bt_tensor outer_b = outer_dims(b);
    const struct bt_tensor *outers[] = {&outer_a, &outer_b};
    BT_TRY(bt_broadcast_init(&stack->batch, outers, 2, err));
    stack->rank = stack->batch.rank;
    memcpy(stack->dims, stack->batch.dims, sizeof stack->dims);
    stack->count = bt_dims_product(stack->dims, 0, stack->rank);
    if (a->rank > 1)
        stack->dims[stack->rank++] = (int64_t)stack->m;
    if (b->rank > 1)
        stack->dims[stack->rank++] = (int64_t)stack->n;
    return BATON_OK;
}

struct matmul_job {
    struct bt_op_ctx *ctx;
    const struct stack *stack;
    enum bt_lane lane;
    const void *a;
    const void *b;
    void *y;
    baton_status status;
    struct baton_error *err;
};

static void one_f32(struct matmul_job *job, size_t a, size_t b, size_t y, size_t m)
{
    const struct stack *s = job->stack;
    struct bt_gemm g = {.m = m, .n = s->n, .k = s->k, .epilogue = BT_EPILOGUE_INIT};
    g.a = (const float *)job->a + a * s->m * s->k;
    g.a_row = s->k;
    g.a_col = 1;
    g.b = (const float *)job->b + b * s->k * s->n;
    g.b_row = s->n;
    g.b_col = 1;
    g.packed_b = job->ctx->state;
    g.c = (float *)job->y + y * s->m * s->n;
    g.c_row = s->n;
    bt_nn_tail(job->ctx, &g.epilogue);
    if (job->status == BATON_OK)
        job->status = bt_nn_gemm(job->ctx, &g, job->err);
}

static void one_wide(const struct matmul_job *job, size_t a, size_t b, size_t y)
{
    const struct stack *s = job->stack;
    const uint64_t *a_wide = job->a;
    const uint64_t *b_wide = job->b;
    uint64_t *y_wide = job->y;
    struct bt_product p = {.lane = job->lane,
                           .m = s->m,
                           .n = s->n,
                           .k = s->k,
                           .a = a_wide + a * s->m * s->k,
                           .a_row = s->k,
                           .a_col = 1,
                           .b = b_wide + b * s->k * s->n,
                           .b_row = s->n,
                           .b_col = 1,
                           .c = y_wide + y * s->m * s->n};
    bt_nn_product(job->ctx->pool, &p);
}

static void each_matrix(void *user, const struct bt_broadcast_run *run)
{
    struct matmul_job *job = user;
    for (size_t i = 0; i < run->count; i++) {
        size_t a = run->offsets[0] + i * run->steps[0];
        size_t b = run->offsets[1] + i * run->steps[1];
        if (job->lane == BT_LANE_F32)
            one_f32(job, a, b, run->out + i, job->stack->m);
        else
            one_wide(job, a, b, run->out + i);
    }
}

static baton_status matmul_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *operands[2];
    struct bt_tensor *y = NULL;
    struct stack stack;
    struct matmul_job job = {.ctx = ctx, .stack = &stack, .err = err};
    BT_TRY(bt_op_need(ctx, 0, &operands[0], err));
    BT_TRY(bt_op_need(ctx, 1, &operands[1], err));
    BT_TRY(bt_nn_same_type(operands, 2, err));
    BT_TRY(stack_init(&stack, operands[0], operands[1], err));
    BT_TRY(bt_op_output(ctx, 0, operands[0]->dtype, stack.rank, stack.dims, &y, err));
    job.lane = bt_lane_of(y->dtype);
    BT_TRY(bt_nn_widen(ctx, operands[0], &job.a, err));
    BT_TRY(bt_nn_widen(ctx, operands[1], &job.b, err));
    BT_TRY(bt_nn_target(ctx, y, &job.y, err));
    /* One matrix on the right: the left ones are one tall matrix. */
    if (operands[1]->rank <= 2 && job.lane == BT_LANE_F32)
        one_f32(&job, 0, 0, 0, stack.count * stack.m);
    else
        bt_broadcast_each(&stack.batch, NULL, each_matrix, &job);
    bt_nn_narrow(job.y, y);
    return job.status;
}

static baton_status matmul_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *b = bt_nn_constant_f32(ctx, 1);
    if (!b || b->rank != 2 || bt_tensor_count(b) == 0)
        return BATON_OK;
    struct bt_gemm g = {.n = (size_t)b->dims[1], .k = (size_t)b->dims[0], .b = b->data};
    g.b_row = g.n;
    g.b_col = 1;
    return bt_nn_pack_b(ctx, &g, &ctx->state, err);
}

static bool matmul_head(const struct bt_op_ctx *ctx, struct bt_op_tail *tail)
{
    const struct bt_tensor *b = bt_nn_constant_f32(ctx, 1);
    if (!b || b->rank != 2)
        return false;
    tail->columns = (size_t)b->dims[1];
    return true;
}

/* ---- Gemm ---- */

struct gemm {
    bool trans_a;
    bool trans_b;
    float alpha;
    float beta;
    void *packed;
};

static baton_status gemm_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct gemm *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    state->trans_a = bt_op_attr_int(ctx, "transA", 0) != 0;
    state->trans_b = bt_op_attr_int(ctx, "transB", 0) != 0;
    state->alpha = bt_op_attr_float(ctx, "alpha", 1.0F);
    state->beta = bt_op_attr_float(ctx, "beta", 1.0F);
    ctx->state = state;
    const struct bt_tensor *b = bt_nn_constant_f32(ctx, 1);
    if (!b || b->rank != 2 || bt_tensor_count(b) == 0)
        return BATON_OK;
    struct bt_gemm g = {.b = b->data};
    g.k = (size_t)b->dims[state->trans_b ? 1 : 0];
    g.n = (size_t)b->dims[state->trans_b ? 0 : 1];
    g.b_row = state->trans_b ? 1 : g.n;
    g.b_col = state->trans_b ? g.k : 1;
    return bt_nn_pack_b(ctx, &g, &state->packed, err);
}

static bool gemm_head(const struct bt_op_ctx *ctx, struct bt_op_tail *tail)
{
    const struct bt_tensor *b = bt_nn_constant_f32(ctx, 1);
    const struct gemm *state = ctx->state;
    bool has_c = ctx->input_count > 2 && ctx->node->inputs[2] != BT_ABSENT;
    if (!b || b->rank != 2)
        return false;
    tail->columns = has_c ? 0 : (size_t)b->dims[state->trans_b ? 0 : 1];
    return true;
}

/* beta * C, spread over [m, n] by strides 0 or 1. */
struct addend {
    const void *data;
    size_t row;
    size_t col;
};

static void scale(enum bt_lane lane, float beta, const void *from, void *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lane == BT_LANE_F32)
            ((float *)to)[i] = beta * ((const float *)from)[i];
        else if (lane == BT_LANE_F64)
            ((double *)to)[i] = (double)beta * ((const double *)from)[i];
        else
            ((uint64_t *)to)[i] = (uint64_t)(int64_t)beta * ((const uint64_t *)from)[i];
    }
}

static baton_status read_addend(struct bt_op_ctx *ctx, const struct bt_tensor *c, size_t m,
                                size_t n, struct addend *ret, struct baton_error *err)
{
    const struct gemm *state = ctx->state;
    size_t rows = c->rank > 1 ? (size_t)c->dims[c->rank - 2] : 1;
    size_t cols = c->rank > 0 ? (size_t)c->dims[c->rank - 1] : 1;
    if (c->rank > 2 || (rows != 1 && rows != m) || (cols != 1 && cols != n))
        return bt_fail(err, BATON_ERR_INVALID,
                       "input 2 of %zu x %zu does not spread over %zu x %zu", rows, cols, m, n);
    BT_TRY(bt_nn_widen(ctx, c, &ret->data, err));
    ret->row = rows == 1 ? 0 : cols;
    ret->col = cols == 1 ? 0 : 1;
    if (state->beta == 1.0F)
        return BATON_OK;
    void *scaled = bt_op_scratch(ctx, bt_tensor_count(c), sizeof(double));
    if (!scaled)
        return bt_fail_no_memory(err, "the scaled addend");
    scale(bt_lane_of(c->dtype), state->beta, ret->data, scaled, bt_tensor_count(c));
    ret->data = scaled;
    return BATON_OK;
}

static void finish_wide(enum bt_lane lane, const struct gemm *state, const struct addend *add,
                        const struct bt_product *p)
{
    for (size_t i = 0; i < p->m * p->n; i++) {
        size_t at = i / p->n * add->row + i % p->n * add->col;
        if (lane == BT_LANE_F64) {
            double *c = p->c;
            c[i] = state->alpha == 1.0F ? c[i] : (double)state->alpha * c[i];
            c[i] = add->data ? c[i] + ((const double *)add->data)[at] : c[i];
        } else {
            uint64_t *c = p->c;
            c[i] *= (uint64_t)(int64_t)state->alpha;
            c[i] += add->data ? ((const uint64_t *)add->data)[at] : 0;
        }
    }
}

struct gemm_shape {
    size_t m, n, k;
};

static baton_status gemm_shape(const struct gemm *state, const struct bt_tensor *a,
                               const struct bt_tensor *b, struct gemm_shape *ret,
                               struct baton_error *err)
{
    if (a->rank != 2 || b->rank != 2)
        return bt_fail(err, BATON_ERR_INVALID, "inputs 0 and 1 have ranks %u and %u, expected 2",
                       a->rank, b->rank);
    ret->m = (size_t)a->dims[state->trans_a ? 1 : 0];
    ret->k = (size_t)a->dims[state->trans_a ? 0 : 1];
    ret->n = (size_t)b->dims[state->trans_b ? 0 : 1];
    size_t b_rows = (size_t)b->dims[state->trans_b ? 1 : 0];
    if (b_rows != ret->k)
        return bt_fail(err, BATON_ERR_INVALID, "rows of %zu do not match columns of %zu", ret->k,
                       b_rows);
    return BATON_OK;
}

static baton_status gemm_f32(struct bt_op_ctx *ctx, const struct bt_product *p,
                             const struct addend *add, struct baton_error *err)
{
    const struct gemm *state = ctx->state;
    struct bt_gemm g = {.m = p->m, .n = p->n, .k = p->k, .epilogue = BT_EPILOGUE_INIT};
    g.a = p->a;
    g.a_row = p->a_row;
    g.a_col = p->a_col;
    g.b = p->b;
    g.b_row = p->b_row;
    g.b_col = p->b_col;
    g.packed_b = state->packed;
    g.c = p->c;
    g.c_row = p->n;
    bt_nn_tail(ctx, &g.epilogue);
    g.epilogue.alpha = state->alpha;
    if (add->data) {
        g.epilogue.full_add = add->data;
        g.epilogue.full_row = add->row;
        g.epilogue.full_col = add->col;
    }
    return bt_nn_gemm(ctx, &g, err);
}

static baton_status gemm_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct gemm *state = ctx->state;
    const struct bt_tensor *in[3] = {NULL, NULL, bt_op_input(ctx, 2)};
    struct bt_tensor *y = NULL;
    struct gemm_shape shape;
    struct addend add = {NULL, 0, 0};
    BT_TRY(bt_op_need(ctx, 0, &in[0], err));
    BT_TRY(bt_op_need(ctx, 1, &in[1], err));
    BT_TRY(bt_nn_same_type(in, 3, err));
    BT_TRY(gemm_shape(state, in[0], in[1], &shape, err));
    const int64_t dims[] = {(int64_t)shape.m, (int64_t)shape.n};
    BT_TRY(bt_op_output(ctx, 0, in[0]->dtype, 2, dims, &y, err));
    struct bt_product p = {.lane = bt_lane_of(y->dtype), .m = shape.m, .n = shape.n, .k = shape.k};
    p.a_row = state->trans_a ? 1 : p.k;
    p.a_col = state->trans_a ? p.m : 1;
    p.b_row = state->trans_b ? 1 : p.n;
    p.b_col = state->trans_b ? p.k : 1;
    BT_TRY(bt_nn_widen(ctx, in[0], &p.a, err));
    BT_TRY(bt_nn_widen(ctx, in[1], &p.b, err));
    BT_TRY(bt_nn_target(ctx, y, &p.c, err));
    if (in[2])
        BT_TRY(read_addend(ctx, in[2], p.m, p.n, &add, err));
    if (p.lane == BT_LANE_F32) {
        BT_TRY(gemm_f32(ctx, &p, &add, err));
    } else {
        bt_nn_product(ctx->pool, &p);
        finish_wide(p.lane, state, &add, &p);
    }
    bt_nn_narrow(p.c, y);
    return BATON_OK;
}

const struct bt_op bt_ops_matmul[] = {
    {.name = "MatMul",
     .domain = "",
     .since = 1,
     .prepare = matmul_prepare,
     .run = matmul_run,
     .head = matmul_head},
    {.name = "Gemm",
     .domain = "",
     .since = 7,
     .prepare = gemm_prepare,
     .run = gemm_run,
     .head = gemm_head},
    {.name = NULL},
};
