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
#include "tensor/compare.h"

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

static double bits_of(const struct source *source, size_t i)
{
    struct bt_philox random = bt_philox(source->key, source->stream, i);
    return (double)(((uint64_t)random.word[0] << 21) | (random.word[1] >> 11));
}

static double normal(const struct source *source, size_t i)
{
    return bt_probit_f64((bits_of(source, i) + 0.5) * 0x1p-53);
}

static baton_status fill(struct bt_op_ctx *ctx, enum bt_dtype dtype, unsigned rank,
                         const int64_t *dims, bool gauss, struct baton_error *err)
{
    struct source source = source_of(ctx);
    struct bt_tensor *y = NULL;
    double from = (double)bt_op_attr_float(ctx, gauss ? "mean" : "low", 0.0F);
    double to = (double)bt_op_attr_float(ctx, gauss ? "scale" : "high", 1.0F);
    double spread = gauss ? to : to - from;
    if (!bt_dtype_is_float(dtype))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "random numbers of type %s",
                       bt_dtype_name(dtype));
    BT_TRY(bt_op_output(ctx, 0, dtype, rank, dims, &y, err));
    size_t count = bt_tensor_count(y);
    for (size_t i = 0; i < count; i++) {
        double value = gauss ? normal(&source, i) : uniform(&source, i);
        bt_lane_put_f64(dtype, from + spread * value, y->data, i);
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
        double chance = bt_element_f64(x, i);
        set_truth(y, i, uniform(&source, i) < chance);
    }
    return BATON_OK;
}

/* ---- Multinomial ---- */

/* The sums of exp(x[0] - max), exp(x[1] - max), ..., of which the last is the total. */
static void accumulate(const struct bt_tensor *x, size_t row, size_t classes, double *sums)
{
    double most = -__builtin_inf();
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        most = bt_max_f64(most, bt_element_f64(x, row * classes + c));
    for (size_t c = 0; c < classes; c++) {
        sum += bt_exp_f64(bt_element_f64(x, row * classes + c) - most);
        sums[c] = sum;
    }
}

/* The first class whose sum is beyond u * total; that is never one of probability 0. */
static size_t pick(const double *sums, size_t classes, double u)
{
    double target = u * sums[classes - 1];
    size_t low = 0;
    size_t high = classes - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sums[middle] > target)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static baton_status multinomial_output(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                                       struct bt_tensor **ret, struct baton_error *err)
{
    enum bt_dtype dtype = BT_I32;
    int64_t samples = bt_op_attr_int(ctx, "sample_size", 1);
    BT_TRY(read_dtype(ctx, BT_I32, &dtype, err));
    if (!bt_dtype_is_float(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    if (dtype != BT_I32 && dtype != BT_I64)
        return bt_fail(err, BATON_ERR_INVALID, "attribute dtype is %s", bt_dtype_name(dtype));
    if (x->rank != 2 || x->dims[1] < 1 || x->dims[1] > INT32_MAX || samples < 0)
        return bt_fail(err, BATON_ERR_INVALID, "%lld samples of an input of rank %u",
                       (long long)samples, x->rank);
    const int64_t dims[] = {x->dims[0], samples};
    return bt_op_output(ctx, 0, dtype, 2, dims, ret, err);
}

static baton_status multinomial_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct source source = source_of(ctx);
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    BT_TRY(multinomial_output(ctx, x, &y, err));
    size_t classes = (size_t)x->dims[1];
    size_t samples = (size_t)y->dims[1];
    double *sums = bt_op_scratch(ctx, classes, sizeof *sums);
    if (!sums)
        return bt_fail_no_memory(err, "the probabilities");
    for (size_t row = 0; row < (size_t)x->dims[0]; row++) {
        accumulate(x, row, classes, sums);
        if (!(sums[classes - 1] > 0))
            return bt_fail(err, BATON_ERR_INVALID, "row %zu has no probabilities", row);
        for (size_t i = row * samples; i < (row + 1) * samples; i++) {
            size_t class = pick(sums, classes, bits_of(&source, i) * 0x1p-53);
            if (y->dtype == BT_I32)
                ((int32_t *)y->data)[i] = (int32_t) class;
            else
                ((int64_t *)y->data)[i] = (int64_t) class;
        }
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
    {.name = "Multinomial", .domain = "", .since = 7, .run = multinomial_run, .random = true},
    {.name = "Bernoulli", .domain = "", .since = 15, .run = bernoulli_run, .random = true},
    {.name = NULL},
};
