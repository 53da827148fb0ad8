/* SPDX-License-Identifier: Apache-2.0 */
#include "op/math/math.h"

#include "op/broadcast.h"

#define PARALLEL_MIN ((size_t)32768)

double bt_min_f64(double a, double b)
{
    if (a != a || b != b)
        return a + b;
    if (a == b)
        return __builtin_signbit(a) ? a : b;
    return a < b ? a : b;
}

double bt_max_f64(double a, double b)
{
    if (a != a || b != b)
        return a + b;
    if (a == b)
        return __builtin_signbit(a) ? b : a;
    return a > b ? a : b;
}

/* ---- two operands ---- */

struct zip_job {
    bt_zip_fn *fn;
    bt_zip_f32 *kernel;
    const struct bt_tensor *a;
    const struct bt_tensor *b;
    struct bt_tensor *y;
};

static bt_zip_fn *zip_fn(const struct bt_zip *zip, enum bt_dtype dtype)
{
    switch (bt_lane_of(dtype)) {
    case BT_LANE_F32:
        return zip->f32;
    case BT_LANE_F64:
        return zip->f64;
    case BT_LANE_I64:
        return zip->i64;
    case BT_LANE_U64:
        return zip->u64;
    default:
        return NULL;
    }
}

static void zip_run(void *user, const struct bt_broadcast_run *run)
{
    const struct zip_job *job = user;
    union bt_lane_block block_a;
    union bt_lane_block block_b;
    union bt_lane_block block_y;
    bool native = bt_lane_native(job->a->dtype) && bt_lane_native(job->y->dtype);
    for (size_t at = 0; at < run->count;) {
        size_t n = bt_lane_chunk(native, run->count - at);
        const void *a =
            bt_lane_load(job->a->dtype, job->a->data, run->offsets[0] + at * run->steps[0],
                         run->steps[0], n, &block_a);
        const void *b =
            bt_lane_load(job->b->dtype, job->b->data, run->offsets[1] + at * run->steps[1],
                         run->steps[1], n, &block_b);
        void *y = bt_lane_target(job->y->dtype, job->y->data, run->out + at, &block_y);
        if (job->kernel)
            job->kernel(a, run->steps[0], b, run->steps[1], y, n);
        else
            job->fn(a, run->steps[0], b, run->steps[1], y, n);
        bt_lane_store(job->y->dtype, y, n, job->y->data, run->out + at);
        at += n;
    }
}

static baton_status zip_job_init(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                                 const struct bt_tensor *a, const struct bt_tensor *b,
                                 struct zip_job *job, struct baton_error *err)
{
    if (a->dtype != b->dtype)
        return bt_fail(err, BATON_ERR_INVALID, "operands of different types: %s and %s",
                       bt_dtype_name(a->dtype), bt_dtype_name(b->dtype));
    *job = (struct zip_job){.fn = zip_fn(zip, a->dtype), .a = a, .b = b};
    if (bt_lane_of(a->dtype) == BT_LANE_F32 && zip->kernel != BT_NO_KERNEL)
        job->kernel = ctx->kernels->zip_f32[zip->kernel];
    if (!job->fn && !job->kernel)
        return bt_op_bad_type(ctx, 0, err);
    return BATON_OK;
}

baton_status bt_math_zip_into(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                              const struct bt_tensor *a, const struct bt_tensor *b,
                              struct bt_tensor *y, struct baton_error *err)
{
    struct zip_job job;
    const struct bt_tensor *operands[] = {a, b};
    struct bt_broadcast broadcast;
    BT_TRY(zip_job_init(ctx, zip, a, b, &job, err));
    job.y = y;
    bt_broadcast_init_to(&broadcast, operands, 2, y->rank, y->dims);
    bt_broadcast_each(&broadcast, ctx->pool, zip_run, &job);
    return BATON_OK;
}

static bool has_shape(const struct bt_tensor *tensor, const struct bt_broadcast *broadcast)
{
    if (tensor->rank != broadcast->rank)
        return false;
    for (unsigned d = 0; d < tensor->rank; d++)
        if (tensor->dims[d] != broadcast->dims[d])
            return false;
    return true;
}

/* In the bytes of an operand that dies and has the result's shape, else new. */
static baton_status zip_output(struct bt_op_ctx *ctx, const struct zip_job *job,
                               const struct bt_broadcast *broadcast, enum bt_dtype dtype,
                               struct bt_tensor **ret, struct baton_error *err)
{
    for (uint32_t i = 0; i < 2 && ctx->input_dies; i++) {
        const struct bt_tensor *from = i ? job->b : job->a;
        if (ctx->input_dies[i] && from->dtype == dtype && bt_tensor_is_exclusive(from) &&
            has_shape(from, broadcast))
            return bt_op_output_like(ctx, 0, i, ret, err);
    }
    return bt_op_output(ctx, 0, dtype, broadcast->rank, broadcast->dims, ret, err);
}

static baton_status zip_inputs(struct bt_op_ctx *ctx, const struct bt_zip *zip, bool compare,
                               struct baton_error *err)
{
    const struct bt_tensor *operands[2];
    struct bt_broadcast broadcast;
    struct zip_job job;
    BT_TRY(bt_op_need(ctx, 0, &operands[0], err));
    BT_TRY(bt_op_need(ctx, 1, &operands[1], err));
    BT_TRY(zip_job_init(ctx, zip, operands[0], operands[1], &job, err));
    BT_TRY(bt_broadcast_init(&broadcast, operands, 2, err));
    BT_TRY(zip_output(ctx, &job, &broadcast, compare ? BT_BOOL : operands[0]->dtype, &job.y, err));
    bt_broadcast_each(&broadcast, ctx->pool, zip_run, &job);
    return BATON_OK;
}

baton_status bt_math_zip(struct bt_op_ctx *ctx, const struct bt_zip *zip, struct baton_error *err)
{
    return zip_inputs(ctx, zip, false, err);
}

baton_status bt_math_compare(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                             struct baton_error *err)
{
    return zip_inputs(ctx, zip, true, err);
}

/* ---- one operand ---- */

struct map_job {
    bt_map_fn *fn;
    const void *param;
    const struct bt_tensor *x;
    struct bt_tensor *y;
};

static bt_map_fn *map_fn(const struct bt_map *map, enum bt_dtype dtype)
{
    switch (bt_lane_of(dtype)) {
    case BT_LANE_F32:
        return map->f32;
    case BT_LANE_F64:
        return map->f64;
    case BT_LANE_I64:
        return map->i64;
    case BT_LANE_U64:
        return map->u64;
    default:
        return NULL;
    }
}

static void map_part(void *user, unsigned part, unsigned parts)
{
    const struct map_job *job = user;
    enum bt_dtype dtype = job->x->dtype;
    struct bt_range share = bt_pool_share(bt_tensor_count(job->x), 64, part, parts);
    union bt_lane_block block_x;
    union bt_lane_block block_y;
    for (size_t at = share.from; at < share.to;) {
        size_t n = bt_lane_chunk(bt_lane_native(dtype), share.to - at);
        const void *x = bt_lane_load(dtype, job->x->data, at, 1, n, &block_x);
        void *y = bt_lane_target(dtype, job->y->data, at, &block_y);
        job->fn(job->param, x, y, n);
        bt_lane_store(dtype, y, n, job->y->data, at);
        at += n;
    }
}

baton_status bt_math_map(struct bt_op_ctx *ctx, const struct bt_map *map, const void *param,
                         struct baton_error *err)
{
    struct map_job job = {.param = param};
    BT_TRY(bt_op_need(ctx, 0, &job.x, err));
    job.fn = map_fn(map, job.x->dtype);
    if (!job.fn)
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_op_output_like(ctx, 0, 0, &job.y, err));
    bt_pool_run(bt_tensor_count(job.x) < PARALLEL_MIN ? NULL : ctx->pool, map_part, &job);
    return BATON_OK;
}
