/* SPDX-License-Identifier: Apache-2.0 */
/* Pow and Mod. */
#include "op/math/math.h"

#include <string.h>

#include "kernel/scalar.h"
#include "op/broadcast.h"

/* ---- Mod ---- */

/* The exact remainder of magnitudes, bit by bit as one divides by hand: every intermediate value
 * is below 2 b and so exact. */
static double remainder_of(double a, double b)
{
    double scaled = b;
    while (scaled <= a / 2.0)
        scaled *= 2.0;
    while (scaled >= b) {
        if (a >= scaled)
            a -= scaled;
        scaled /= 2.0;
    }
    return a;
}

/* C's fmod: the sign of a. */
static double fmod_f64(double a, double b)
{
    double divisor = __builtin_fabs(b);
    if (a - a != 0.0 || b != b || b == 0.0)
        return __builtin_nan("");
    if (divisor == __builtin_inf())
        return a;
    return __builtin_copysign(remainder_of(__builtin_fabs(a), divisor), a);
}

/* The sign of the divisor, as Python and NumPy have it. */
static int64_t floor_mod(int64_t a, int64_t b)
{
    if (b == 0 || b == -1)
        return 0;
    int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static double floor_mod_f64(double a, double b)
{
    double rest = fmod_f64(a, b);
    return rest != 0.0 && (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}

BT_ZIP_FN(fmod_f32_zip, float, float, fmod_f64((double)a, (double)b))
BT_ZIP_FN(fmod_f64_zip, double, double, fmod_f64(a, b))
BT_ZIP_FN(mod_f32_zip, float, float, floor_mod_f64((double)a, (double)b))
BT_ZIP_FN(mod_f64_zip, double, double, floor_mod_f64(a, b))
BT_ZIP_FN(mod_i64, int64_t, int64_t, floor_mod(a, b))
BT_ZIP_FN(fmod_i64, int64_t, int64_t, b == 0 || b == -1 ? 0 : a % b)
BT_ZIP_FN(mod_u64, uint64_t, uint64_t, b == 0 ? 0 : a % b)

static baton_status mod_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_zip floored = {BT_NO_KERNEL, mod_f32_zip, mod_f64_zip, mod_i64, mod_u64};
    static const struct bt_zip truncated = {BT_NO_KERNEL, fmod_f32_zip, fmod_f64_zip, fmod_i64,
                                            mod_u64};
    return bt_math_zip(ctx, bt_op_attr_int(ctx, "fmod", 0) ? &truncated : &floored, err);
}

/* ---- Pow ---- */

/* By squaring, modulo 2^64. A negative exponent is 1 / base^n in whole numbers: 1, -1 or 0. */
static int64_t power_i64(int64_t base, int64_t exponent)
{
    uint64_t result = 1;
    uint64_t square = (uint64_t)base;
    if (exponent < 0) {
        if (base == -1)
            return exponent % 2 ? -1 : 1;
        return base == 1 ? 1 : 0;
    }
    for (uint64_t left = (uint64_t)exponent; left; left >>= 1) {
        if (left & 1)
            result *= square;
        square *= square;
    }
    return (int64_t)result;
}

struct pow_job {
    const struct bt_tensor *base;
    const struct bt_tensor *exponent;
    struct bt_tensor *y;
};

static float as_f32(enum bt_lane lane, const void *x, size_t i)
{
    if (lane == BT_LANE_F32)
        return ((const float *)x)[i];
    if (lane == BT_LANE_F64)
        return (float)((const double *)x)[i];
    return lane == BT_LANE_I64 ? (float)((const int64_t *)x)[i] : (float)((const uint64_t *)x)[i];
}

static double as_f64(enum bt_lane lane, const void *x, size_t i)
{
    if (lane == BT_LANE_F64)
        return ((const double *)x)[i];
    if (lane == BT_LANE_F32)
        return (double)((const float *)x)[i];
    return lane == BT_LANE_I64 ? (double)((const int64_t *)x)[i] : (double)((const uint64_t *)x)[i];
}

/* Towards zero, saturating, as Cast does. */
static int64_t whole(float x)
{
    if (x != x)
        return 0;
    if (x >= 9223372036854775808.0F)
        return INT64_MAX;
    return x < -9223372036854775808.0F ? INT64_MIN : (int64_t)x;
}

static bool is_integer(enum bt_lane lane)
{
    return lane == BT_LANE_I64 || lane == BT_LANE_U64;
}

static void pow_run_part(void *user, const struct bt_broadcast_run *run)
{
    const struct pow_job *job = user;
    union bt_lane_block blocks[3];
    enum bt_lane base_lane = bt_lane_of(job->base->dtype);
    enum bt_lane exponent_lane = bt_lane_of(job->exponent->dtype);
    for (size_t at = 0; at < run->count;) {
        size_t n = bt_lane_chunk(false, run->count - at);
        const void *base =
            bt_lane_load(job->base->dtype, job->base->data, run->offsets[0] + at * run->steps[0],
                         run->steps[0], n, &blocks[0]);
        const void *exponent =
            bt_lane_load(job->exponent->dtype, job->exponent->data,
                         run->offsets[1] + at * run->steps[1], run->steps[1], n, &blocks[1]);
        void *y = bt_lane_target(job->y->dtype, job->y->data, run->out + at, &blocks[2]);
        for (size_t i = 0; i < n; i++) {
            size_t b = i * run->steps[0];
            size_t e = i * run->steps[1];
            if (is_integer(base_lane) && is_integer(exponent_lane))
                ((int64_t *)y)[i] =
                    power_i64(((const int64_t *)base)[b], ((const int64_t *)exponent)[e]);
            else if (is_integer(base_lane))
                ((int64_t *)y)[i] = whole(
                    bt_pow_f32(as_f32(base_lane, base, b), as_f32(exponent_lane, exponent, e)));
            else if (base_lane == BT_LANE_F64)
                ((double *)y)[i] =
                    bt_pow_f64(((const double *)base)[b], as_f64(exponent_lane, exponent, e));
            else
                ((float *)y)[i] =
                    bt_pow_f32(as_f32(base_lane, base, b), as_f32(exponent_lane, exponent, e));
        }
        bt_lane_store(job->y->dtype, y, n, job->y->data, run->out + at);
        at += n;
    }
}

/* x^2 is one product, correctly rounded as the power is: the usual case of exported norms. */
static bool is_square(const struct bt_tensor *exponent)
{
    union bt_lane_block block;
    if (bt_tensor_count(exponent) != 1)
        return false;
    const void *value = bt_lane_load(exponent->dtype, exponent->data, 0, 1, 1, &block);
    return as_f64(bt_lane_of(exponent->dtype), value, 0) == 2.0;
}

BT_ZIP_FN(mul_f64, double, double, a *b)

static baton_status pow_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_zip square = {BT_MUL, NULL, mul_f64, NULL, NULL};
    const struct bt_tensor *operands[2];
    struct bt_broadcast broadcast;
    struct pow_job job;
    BT_TRY(bt_op_need(ctx, 0, &operands[0], err));
    BT_TRY(bt_op_need(ctx, 1, &operands[1], err));
    enum bt_lane lane = bt_lane_of(operands[0]->dtype);
    bool squares = is_square(operands[1]) && (lane == BT_LANE_F32 || lane == BT_LANE_F64);
    if (lane == BT_LANE_NONE)
        return bt_op_bad_type(ctx, 0, err);
    if (bt_lane_of(operands[1]->dtype) == BT_LANE_NONE)
        return bt_op_bad_type(ctx, 1, err);
    BT_TRY(bt_broadcast_init(&broadcast, operands, 2, err));
    job = (struct pow_job){operands[0], operands[1], NULL};
    BT_TRY(bt_op_output(ctx, 0, operands[0]->dtype, broadcast.rank, broadcast.dims, &job.y, err));
    if (squares)
        return bt_math_zip_into(ctx, &square, operands[0], operands[0], job.y, err);
    bt_broadcast_each(&broadcast, ctx->pool, pow_run_part, &job);
    return BATON_OK;
}

const struct bt_op bt_ops_power[] = {
    {.name = "Pow", .domain = "", .since = 7, .run = pow_run},
    {.name = "Mod", .domain = "", .since = 10, .run = mod_run},
    {.name = NULL},
};
