/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reduce…: the reduced elements of an output are taken in row-major order of the reduced axes and
 * summed by RSUM (numerics.md, "Reductions"); integers wrap, so their order does not show. float16
 * and bfloat16 are reduced in binary32 and rounded once.
 */
#include "op/math/math.h"

#include <string.h>

#include "base/checked.h"
#include "kernel/scalar.h"
#include "op/math/reduce.h"

/* ---- which elements ---- */

static baton_status read_axes(const struct bt_op_ctx *ctx, unsigned rank, bool *reduced,
                              size_t *ret_count, struct baton_error *err)
{
    int64_t list[BT_RANK_MAX];
    size_t count = 0;
    const struct bt_attr *attr = bt_op_attr(ctx, "axes", BT_ATTR_INTS);
    if (attr && attr->count > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "%zu axes for rank %u", attr->count, rank);
    if (attr && attr->count) {
        count = attr->count;
        memcpy(list, attr->ints, count * sizeof *list);
    } else if (!attr) {
        BT_TRY(bt_op_ints(ctx, 1, list, BT_RANK_MAX, &count, err));
    }
    for (size_t i = 0; i < count; i++) {
        unsigned axis = 0;
        BT_TRY(bt_op_axis(list[i], rank, false, &axis, err));
        reduced[axis] = true;
    }
    *ret_count = count;
    return BATON_OK;
}

void bt_reduction_init(struct bt_reduction *r, const struct bt_tensor *x, const bool *reduced,
                       bool keep)
{
    size_t strides[BT_RANK_MAX];
    size_t stride = 1;
    memset(r, 0, sizeof *r);
    r->count = 1;
    r->outputs = 1;
    r->contiguous = true;
    for (unsigned d = x->rank; d-- > 0;) {
        strides[d] = stride;
        stride *= (size_t)x->dims[d];
    }
    for (unsigned d = 0; d < x->rank; d++) {
        size_t extent = (size_t)x->dims[d];
        if (reduced[d]) {
            r->in_extents[r->in_rank] = extent;
            r->in_strides[r->in_rank++] = strides[d];
            r->count *= extent;
        } else {
            r->contiguous = r->contiguous && (r->in_rank == 0 || extent == 1);
            r->out_extents[r->out_rank] = extent;
            r->out_strides[r->out_rank++] = strides[d];
            r->outputs *= extent;
        }
        if (!reduced[d] || keep)
            r->dims[r->rank++] = reduced[d] ? 1 : x->dims[d];
    }
}

static size_t offset_of(size_t index, unsigned rank, const size_t *extents, const size_t *strides)
{
    size_t offset = 0;
    for (unsigned d = rank; d-- > 0;) {
        offset += index % extents[d] * strides[d];
        index /= extents[d];
    }
    return offset;
}

size_t bt_reduction_base(const struct bt_reduction *r, size_t output)
{
    return offset_of(output, r->out_rank, r->out_extents, r->out_strides);
}

size_t bt_reduction_offset(const struct bt_reduction *r, size_t element)
{
    return offset_of(element, r->in_rank, r->in_extents, r->in_strides);
}

/* ---- sums ---- */

#define RSUM_LANES 32

double bt_rsum_f64(const double *x, size_t n)
{
    double lane[RSUM_LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % RSUM_LANES] += x[i];
    for (size_t half = RSUM_LANES / 2; half >= 1; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

/* Each reduces n elements of its lane, which it may overwrite, to one. */
typedef void reduce_fn(const struct bt_kernels *k, void *x, size_t n, void *y);

#define REDUCE(name, type, statements)                                                             \
    static void name(const struct bt_kernels *k, void *px, size_t n, void *py)                     \
    {                                                                                              \
        type *x = px;                                                                              \
        type y = 0;                                                                                \
        (void)k;                                                                                   \
        statements;                                                                                \
        *(type *)py = y;                                                                           \
    }

#define EACH for (size_t i = 0; i < n; i++)

static float log_f32(const struct bt_kernels *k, float x)
{
    k->map_f32[BT_LOG](&x, &x, 1);
    return x;
}

static float sqrt_f32(const struct bt_kernels *k, float x)
{
    k->map_f32[BT_SQRT](&x, &x, 1);
    return x;
}

static float log_sum_exp_f32(const struct bt_kernels *k, float *x, size_t n)
{
    float most = n ? k->max_f32(x, n) : -__builtin_inff();
    /* Subtracting an infinite maximum would make NaN of inf - inf. */
    float shift = most - most == 0.0F ? most : 0.0F;
    for (size_t i = 0; i < n; i++)
        x[i] -= shift;
    k->map_f32[BT_EXP](x, x, n);
    return log_f32(k, k->rsum_f32(x, n)) + shift;
}

static double log_sum_exp_f64(double *x, size_t n)
{
    double most = -__builtin_inf();
    for (size_t i = 0; i < n; i++)
        most = bt_max_f64(most, x[i]);
    double shift = most - most == 0.0 ? most : 0.0;
    for (size_t i = 0; i < n; i++)
        x[i] = bt_exp_f64(x[i] - shift);
    return bt_log_f64(bt_rsum_f64(x, n)) + shift;
}

REDUCE(sum_f32, float, y = k->rsum_f32(x, n))
REDUCE(mean_f32, float, y = k->rsum_f32(x, n) / (float)n)
REDUCE(squares_f32, float, y = k->rsum_squares_f32(x, n))
REDUCE(l1_f32, float, EACH x[i] = x[i] < 0 ? -x[i] : x[i]; y = k->rsum_f32(x, n))
REDUCE(l2_f32, float, y = sqrt_f32(k, k->rsum_squares_f32(x, n)))
REDUCE(log_sum_f32, float, y = log_f32(k, k->rsum_f32(x, n)))
REDUCE(log_sum_exp_f32_fn, float, y = log_sum_exp_f32(k, x, n))
REDUCE(prod_f32, float, y = 1; EACH y *= x[i])
REDUCE(max_f32, float, y = n ? k->max_f32(x, n) : -__builtin_inff())
REDUCE(min_f32, float, y = n ? k->min_f32(x, n) : __builtin_inff())

REDUCE(sum_f64, double, y = bt_rsum_f64(x, n))
REDUCE(mean_f64, double, y = bt_rsum_f64(x, n) / (double)n)
REDUCE(squares_f64, double, EACH x[i] *= x[i]; y = bt_rsum_f64(x, n))
REDUCE(l1_f64, double, EACH x[i] = x[i] < 0 ? -x[i] : x[i]; y = bt_rsum_f64(x, n))
REDUCE(l2_f64, double, EACH x[i] *= x[i]; y = bt_sqrt_f64(bt_rsum_f64(x, n)))
REDUCE(log_sum_f64, double, y = bt_log_f64(bt_rsum_f64(x, n)))
REDUCE(log_sum_exp_f64_fn, double, y = log_sum_exp_f64(x, n))
REDUCE(prod_f64, double, y = 1; EACH y *= x[i])
REDUCE(max_f64, double, y = -__builtin_inf(); EACH y = bt_max_f64(y, x[i]))
REDUCE(min_f64, double, y = __builtin_inf(); EACH y = bt_min_f64(y, x[i]))

/* Signed sums and products wrap, so they are taken on the unsigned bits. */
REDUCE(sum_u64, uint64_t, EACH y += x[i])
REDUCE(squares_u64, uint64_t, EACH y += x[i] * x[i])
REDUCE(prod_u64, uint64_t, y = 1; EACH y *= x[i])
REDUCE(mean_u64, uint64_t, EACH y += x[i]; y = n ? y / n : 0)
REDUCE(max_u64, uint64_t, EACH y = x[i] > y ? x[i] : y)
REDUCE(min_u64, uint64_t, y = UINT64_MAX; EACH y = x[i] < y ? x[i] : y)
REDUCE(l1_i64, uint64_t, EACH y += (int64_t)x[i] < 0 ? 0 - x[i] : x[i])
REDUCE(mean_i64, uint64_t, EACH y += x[i]; y = n ? (uint64_t)((int64_t)y / (int64_t)n) : 0)
REDUCE(max_i64, int64_t, y = INT64_MIN; EACH y = x[i] > y ? x[i] : y)
REDUCE(min_i64, int64_t, y = INT64_MAX; EACH y = x[i] < y ? x[i] : y)

struct reducer {
    const char *op;
    reduce_fn *f32;
    reduce_fn *f64;
    reduce_fn *i64;
    reduce_fn *u64;
};

static const struct reducer reducers[] = {
    {"ReduceSum", sum_f32, sum_f64, sum_u64, sum_u64},
    {"ReduceMean", mean_f32, mean_f64, mean_i64, mean_u64},
    {"ReduceSumSquare", squares_f32, squares_f64, squares_u64, squares_u64},
    {"ReduceL1", l1_f32, l1_f64, l1_i64, sum_u64},
    {"ReduceL2", l2_f32, l2_f64, NULL, NULL},
    {"ReduceLogSum", log_sum_f32, log_sum_f64, NULL, NULL},
    {"ReduceLogSumExp", log_sum_exp_f32_fn, log_sum_exp_f64_fn, NULL, NULL},
    {"ReduceProd", prod_f32, prod_f64, prod_u64, prod_u64},
    {"ReduceMax", max_f32, max_f64, max_i64, max_u64},
    {"ReduceMin", min_f32, min_f64, min_i64, min_u64},
};

static baton_status prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct reducer *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    for (size_t i = 0; i < sizeof reducers / sizeof reducers[0]; i++)
        if (strcmp(reducers[i].op, ctx->node->op) == 0)
            *state = reducers[i];
    ctx->state = state;
    return BATON_OK;
}

static reduce_fn *pick(const struct reducer *reducer, enum bt_dtype dtype)
{
    switch (bt_lane_of(dtype)) {
    case BT_LANE_F32:
        return reducer->f32;
    case BT_LANE_F64:
        return reducer->f64;
    case BT_LANE_I64:
        return reducer->i64;
    case BT_LANE_U64:
        return reducer->u64;
    default:
        return NULL;
    }
}

/* ---- running ---- */

struct job {
    const struct bt_kernels *kernels;
    const struct bt_tensor *x;
    struct bt_tensor *y;
    struct bt_reduction reduction;
    reduce_fn *fn;
    uint8_t *scratch; /* per part: count elements of the lane */
};

#define LANE_BYTES 8

/* The elements of one output, in order, widened. */
static void gather(const struct job *job, size_t output, uint8_t *to)
{
    const struct bt_reduction *r = &job->reduction;
    enum bt_dtype dtype = job->x->dtype;
    size_t base = bt_reduction_base(r, output);
    size_t lane_size = bt_lane_of(dtype) == BT_LANE_F32 ? sizeof(float) : LANE_BYTES;
    size_t at = 0;
    while (at < r->count) {
        union bt_lane_block block;
        size_t n = r->contiguous ? bt_min(r->count - at, BT_LANE_BLOCK) : 1;
        size_t from = base + (r->contiguous ? at : bt_reduction_offset(r, at));
        memcpy(to + at * lane_size, bt_lane_load(dtype, job->x->data, from, 1, n, &block),
               n * lane_size);
        at += n;
    }
}

static void reduce_part(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    const struct bt_reduction *r = &job->reduction;
    struct bt_range share = bt_pool_share(r->outputs, 1, part, parts);
    uint8_t *elements = job->scratch + part * r->count * LANE_BYTES;
    for (size_t output = share.from; output < share.to; output++) {
        union bt_lane_block result;
        gather(job, output, elements);
        void *y = bt_lane_target(job->y->dtype, job->y->data, output, &result);
        job->fn(job->kernels, elements, r->count, y);
        bt_lane_store(job->y->dtype, y, 1, job->y->data, output);
    }
}

static baton_status forward(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                            struct baton_error *err)
{
    return bt_op_forward(ctx, 0, x, x->rank, x->dims, err);
}

static baton_status reduce_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.kernels = ctx->kernels};
    bool reduced[BT_RANK_MAX] = {false};
    size_t axes = 0;
    BT_TRY(bt_op_need(ctx, 0, &job.x, err));
    BT_TRY(read_axes(ctx, job.x->rank, reduced, &axes, err));
    if (axes == 0 && bt_op_attr_int(ctx, "noop_with_empty_axes", 0) != 0)
        return forward(ctx, job.x, err);
    for (unsigned d = 0; d < job.x->rank && axes == 0; d++)
        reduced[d] = true;
    job.fn = pick(ctx->state, job.x->dtype);
    if (!job.fn)
        return bt_op_bad_type(ctx, 0, err);
    bt_reduction_init(&job.reduction, job.x, reduced, bt_op_attr_int(ctx, "keepdims", 1) != 0);
    BT_TRY(bt_op_output(ctx, 0, job.x->dtype, job.reduction.rank, job.reduction.dims, &job.y, err));
    bool small = bt_tensor_count(job.x) < 32768;
    struct bt_pool *pool = small ? NULL : ctx->pool;
    size_t parts = bt_pool_threads(pool);
    job.scratch = bt_op_scratch(ctx, parts, (job.reduction.count + 1) * LANE_BYTES);
    if (!job.scratch)
        return bt_fail_no_memory(err, "the reduced elements");
    bt_pool_run(pool, reduce_part, &job);
    return BATON_OK;
}

#define REDUCE_OP(text)                                                                            \
    {                                                                                              \
        .name = text, .domain = "", .since = 1, .prepare = prepare, .run = reduce_run              \
    }

const struct bt_op bt_ops_reduce[] = {
    REDUCE_OP("ReduceSum"),       REDUCE_OP("ReduceMean"), REDUCE_OP("ReduceSumSquare"),
    REDUCE_OP("ReduceL1"),        REDUCE_OP("ReduceL2"),   REDUCE_OP("ReduceLogSum"),
    REDUCE_OP("ReduceLogSumExp"), REDUCE_OP("ReduceProd"), REDUCE_OP("ReduceMax"),
    REDUCE_OP("ReduceMin"),       {.name = NULL},
};
