/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random operators (numerics-ops.md, "Random numbers"): element i is a function of seed, node and
 * i alone. Uniform: u = (w >> 8) / 2^24 from word 0, low + u * (high - low). Normal: z = probit of
 * (53 bits of words 0 and 1, plus a half) / 2^53, mean + scale * z. Both in binary64, one rounding.
 * Bernoulli: u < p.
 */
#include "op/math/math.h"

#include <string.h>

#include "base/philox.h"
#include "kernel/scalar.h"
#include "tensor/half.h"

struct source {
    uint64_t key;
    uint64_t stream;
};

static struct source source_of(const struct bt_op_ctx *ctx)
{
    const struct bt_attr *seed = bt_op_attr(ctx, "seed", BT_ATTR_FLOAT);
    struct source source = {.key = ctx->seed, .stream = ctx->node->index};
    uint32_t bits = 0;
    if (seed) {
        memcpy(&bits, &seed->f, sizeof bits);
        source.key = bits;
    }
    return source;
}

static double uniform(const struct source *source, size_t i)
{
    struct bt_philox random = bt_philox(source->key, source->stream, i);
    return (double)(random.word[0] >> 8) * 0x1p-24;
}

static double normal(const struct source *source, size_t i)
{
    struct bt_philox random = bt_philox(source->key, source->stream, i);
    uint64_t bits = ((uint64_t)random.word[0] << 21) | (random.word[1] >> 11);
    return bt_probit_f64(((double)bits + 0.5) * 0x1p-53);
}

static baton_status put(struct bt_tensor *y, size_t i, double value)
{
    if (y->dtype == BT_F32)
        ((float *)y->data)[i] = (float)value;
    else if (y->dtype == BT_F64)
        ((double *)y->data)[i] = value;
    else if (y->dtype == BT_F16)
        ((uint16_t *)y->data)[i] = bt_f16_narrow_f64(value);
    else
        return BATON_ERR_UNSUPPORTED;
    return BATON_OK;
}

static baton_status fill(struct bt_op_ctx *ctx, enum bt_dtype dtype, unsigned rank,
                         const int64_t *dims, bool gauss, struct baton_error *err)
{
    struct source source = source_of(ctx);
    struct bt_tensor *y = NULL;
    double from = (double)bt_op_attr_float(ctx, gauss ? "mean" : "low", 0.0F);
    double to = (double)bt_op_attr_float(ctx, gauss ? "scale" : "high", 1.0F);
    double spread = gauss ? to : to - from;
    BT_TRY(bt_op_output(ctx, 0, dtype, rank, dims, &y, err));
    size_t count = bt_tensor_count(y);
    for (size_t i = 0; i < count; i++) {
        double value = gauss ? normal(&source, i) : uniform(&source, i);
        if (put(y, i, from + spread * value) != BATON_OK)
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "random numbers of type %s",
                           bt_dtype_name(dtype));
    }
    return BATON_OK;
}

static baton_status read_dtype(const struct bt_op_ctx *ctx, enum bt_dtype fallback,
                               enum bt_dtype *ret, struct baton_error *err)
{
    int64_t dtype = bt_op_attr_int(ctx, "dtype", (int64_t)fallback);
    if (dtype <= 0 || dtype >= BT_DTYPE_COUNT)
        return bt_fail(err, BATON_ERR_INVALID, "attribute dtype is %lld", (long long)dtype);
    *ret = (enum bt_dtype)dtype;
    return BATON_OK;
}

static baton_status by_shape(struct bt_op_ctx *ctx, bool gauss, struct baton_error *err)
{
    enum bt_dtype dtype = BT_F32;
    const struct bt_attr *shape = bt_op_attr(ctx, "shape", BT_ATTR_INTS);
    BT_TRY(read_dtype(ctx, BT_F32, &dtype, err));
    if (!shape || shape->count > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "attribute shape is missing or too long");
    return fill(ctx, dtype, (unsigned)shape->count, shape->ints, gauss, err);
}

static baton_status like_input(struct bt_op_ctx *ctx, bool gauss, struct baton_error *err)
{
    enum bt_dtype dtype = BT_F32;
    const struct bt_tensor *like = NULL;
    BT_TRY(bt_op_need(ctx, 0, &like, err));
    BT_TRY(read_dtype(ctx, like->dtype, &dtype, err));
    return fill(ctx, dtype, like->rank, like->dims, gauss, err);
}

static baton_status uniform_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return by_shape(ctx, false, err);
}

static baton_status normal_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return by_shape(ctx, true, err);
}

static baton_status uniform_like_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return like_input(ctx, false, err);
}

static baton_status normal_like_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return like_input(ctx, true, err);
}

static void set_truth(struct bt_tensor *y, size_t i, bool truth)
{
    union bt_lane_block block;
    void *lane = bt_lane_target(y->dtype, y->data, i, &block);
    if (bt_lane_of(y->dtype) == BT_LANE_F32)
        *(float *)lane = truth ? 1.0F : 0.0F;
    else if (bt_lane_of(y->dtype) == BT_LANE_F64)
        *(double *)lane = truth ? 1.0 : 0.0;
    else
        *(uint64_t *)lane = truth;
    bt_lane_store(y->dtype, lane, 1, y->data, i);
}

static baton_status bernoulli_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct source source = source_of(ctx);
    enum bt_dtype dtype = BT_F32;
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (!bt_dtype_is_float(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(read_dtype(ctx, x->dtype, &dtype, err));
    if (bt_lane_of(dtype) == BT_LANE_NONE)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "random numbers of type %s",
                       bt_dtype_name(dtype));
    BT_TRY(bt_op_output(ctx, 0, dtype, x->rank, x->dims, &y, err));
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++) {
        union bt_lane_block block;
        const void *p = bt_lane_load(x->dtype, x->data, i, 1, 1, &block);
        double chance =
            bt_lane_of(x->dtype) == BT_LANE_F64 ? *(const double *)p : (double)*(const float *)p;
        set_truth(y, i, uniform(&source, i) < chance);
    }
    return BATON_OK;
}

const struct bt_op bt_ops_random[] = {
    {.name = "RandomUniform", .domain = "", .since = 1, .run = uniform_run, .random = true},
    {.name = "RandomNormal", .domain = "", .since = 1, .run = normal_run, .random = true},
    {.name = "RandomUniformLike",
     .domain = "",
     .since = 1,
     .run = uniform_like_run,
     .random = true},
    {.name = "RandomNormalLike", .domain = "", .since = 1, .run = normal_like_run, .random = true},
    {.name = "Bernoulli", .domain = "", .since = 15, .run = bernoulli_run, .random = true},
    {.name = NULL},
};
