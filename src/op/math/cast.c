/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversions between element types (numerics.md, "Conversions"): to a float one rounding to
 * nearest even; float to integer towards zero, saturating, NaN to 0; integer to integer modulo
 * 2^width; to bool "is not zero"; text by the shortest decimal that reads back.
 */
#include "op/math/math.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/json.h"

/* ---- one rounding, whatever the distance ---- */

/* Rounded to odd, so that a later rounding to 51 bits or fewer is that of the exact value. */
static double f64_odd(uint64_t magnitude)
{
    unsigned shift = 0;
    while (magnitude >> shift >> 53)
        shift++;
    uint64_t kept = magnitude >> shift;
    if (kept << shift != magnitude)
        kept |= 1;
    return (double)kept * (double)(UINT64_C(1) << shift);
}

static double f64_odd_signed(int64_t value)
{
    double magnitude = f64_odd(value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    return value < 0 ? -magnitude : magnitude;
}

/* ---- towards integers ---- */

static int64_t saturate_signed(double value, unsigned width)
{
    double limit = (double)(UINT64_C(1) << (width - 1));
    int64_t most = (int64_t)((UINT64_C(1) << (width - 1)) - 1);
    if (value != value)
        return 0;
    if (value >= limit)
        return most;
    return value < -limit ? -most - 1 : (int64_t)value;
}

static uint64_t saturate_unsigned(double value, unsigned width)
{
    uint64_t most = UINT64_MAX >> (64 - width);
    if (!(value > 0.0))
        return 0;
    return value >= (double)(UINT64_C(1) << (width - 1)) * 2.0 ? most : (uint64_t)value;
}

/* ---- blocks ---- */

struct cast_job {
    const struct bt_tensor *x;
    struct bt_tensor *y;
};

static void to_f64(enum bt_lane lane, const void *x, size_t n, double *to)
{
    const float *f32 = x;
    const double *f64 = x;
    const int64_t *i64 = x;
    const uint64_t *u64 = x;
    for (size_t i = 0; i < n; i++) {
        if (lane == BT_LANE_F32)
            to[i] = (double)f32[i];
        else if (lane == BT_LANE_F64)
            to[i] = f64[i];
        else
            to[i] = lane == BT_LANE_I64 ? f64_odd_signed(i64[i]) : f64_odd(u64[i]);
    }
}

static void float_block(enum bt_dtype dtype, const double *x, size_t n, void *data, size_t at)
{
    for (size_t i = 0; i < n; i++)
        bt_lane_put_f64(dtype, x[i], data, at + i);
}

static void integer_block(enum bt_dtype dtype, const double *x, size_t n, void *data, size_t at)
{
    union bt_lane_block block;
    unsigned width = 8 * (unsigned)bt_dtype_size(dtype);
    void *y = bt_lane_target(dtype, data, at, &block);
    for (size_t i = 0; i < n; i++) {
        if (dtype == BT_BOOL)
            ((uint64_t *)y)[i] = x[i] != 0.0;
        else if (bt_lane_of(dtype) == BT_LANE_I64)
            ((int64_t *)y)[i] = saturate_signed(x[i], width);
        else
            ((uint64_t *)y)[i] = saturate_unsigned(x[i], width);
    }
    bt_lane_store(dtype, y, n, data, at);
}

/* Integers to binary64 need the rounding that f64_odd() puts off. */
static void widest_block(enum bt_lane lane, const void *x, size_t n, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = lane == BT_LANE_I64 ? (double)((const int64_t *)x)[i]
                                   : (double)((const uint64_t *)x)[i];
}

/* Two's complement, so signed and unsigned are the same bits. */
static void wrap_block(enum bt_dtype dtype, const void *x, size_t n, void *data, size_t at)
{
    if (bt_lane_native(dtype))
        memcpy((uint64_t *)data + at, x, n * sizeof(uint64_t));
    else
        bt_lane_store(dtype, x, n, data, at);
}

static bool is_integer_lane(enum bt_lane lane)
{
    return lane == BT_LANE_I64 || lane == BT_LANE_U64;
}

static void cast_block(const struct cast_job *job, size_t at, size_t n)
{
    union bt_lane_block block;
    double wide[BT_LANE_BLOCK];
    enum bt_lane from = bt_lane_of(job->x->dtype);
    enum bt_lane to = bt_lane_of(job->y->dtype);
    const void *x = bt_lane_load(job->x->dtype, job->x->data, at, 1, n, &block);
    if (is_integer_lane(from) && is_integer_lane(to)) {
        wrap_block(job->y->dtype, x, n, job->y->data, at);
        return;
    }
    if (is_integer_lane(from) && to == BT_LANE_F64) {
        widest_block(from, x, n, (double *)job->y->data + at);
        return;
    }
    to_f64(from, x, n, wide);
    if (is_integer_lane(to))
        integer_block(job->y->dtype, wide, n, job->y->data, at);
    else
        float_block(job->y->dtype, wide, n, job->y->data, at);
}

static void cast_part(void *user, unsigned part, unsigned parts)
{
    const struct cast_job *job = user;
    struct bt_range share = bt_pool_share(bt_tensor_count(job->x), 64, part, parts);
    for (size_t at = share.from; at < share.to; at += BT_LANE_BLOCK)
        cast_block(job, at, share.to - at < BT_LANE_BLOCK ? share.to - at : BT_LANE_BLOCK);
}

/* ---- text ---- */

static size_t format(const struct bt_tensor *x, size_t i, char text[BT_NUMBER_TEXT_MAX])
{
    union bt_lane_block block;
    const void *value = bt_lane_load(x->dtype, x->data, i, 1, 1, &block);
    int length = 0;
    switch (bt_lane_of(x->dtype)) {
    case BT_LANE_F32:
        return bt_f32_format(*(const float *)value, text);
    case BT_LANE_F64:
        return bt_f64_format(*(const double *)value, text);
    case BT_LANE_I64:
        length = snprintf(text, BT_NUMBER_TEXT_MAX, "%" PRId64, *(const int64_t *)value);
        break;
    default:
        length = snprintf(text, BT_NUMBER_TEXT_MAX, "%" PRIu64, *(const uint64_t *)value);
        break;
    }
    return length > 0 ? (size_t)length : 0;
}

static baton_status to_text(const struct cast_job *job, struct baton_error *err)
{
    size_t count = bt_tensor_count(job->x);
    for (size_t i = 0; i < count; i++) {
        char text[BT_NUMBER_TEXT_MAX];
        size_t length = format(job->x, i, text);
        BT_TRY(bt_tensor_set_string(job->y, i, text, length, err));
    }
    return BATON_OK;
}

static bool parse(struct bt_bytes text, struct bt_tensor *y, size_t i)
{
    double number = 0;
    int64_t integer = 0;
    if (y->dtype == BT_F32)
        return bt_f32_parse(text, (float *)y->data + i);
    if (is_integer_lane(bt_lane_of(y->dtype)) && bt_i64_parse(text, &integer)) {
        wrap_block(y->dtype, &integer, 1, y->data, i);
        return true;
    }
    if (!bt_f64_parse(text, &number))
        return false;
    if (is_integer_lane(bt_lane_of(y->dtype)))
        integer_block(y->dtype, &number, 1, y->data, i);
    else
        float_block(y->dtype, &number, 1, y->data, i);
    return true;
}

static baton_status from_text(const struct cast_job *job, struct baton_error *err)
{
    const struct bt_bytes *texts = job->x->data;
    size_t count = bt_tensor_count(job->x);
    for (size_t i = 0; i < count; i++)
        if (!parse(texts[i], job->y, i))
            return bt_fail(err, BATON_ERR_INVALID, "element %zu: \"%.*s\" is not a number", i,
                           (int)(texts[i].len < 80 ? texts[i].len : 80),
                           (const char *)texts[i].ptr);
    return BATON_OK;
}

/* ---- operators ---- */

baton_status bt_cast(struct bt_pool *pool, const struct bt_tensor *x, struct bt_tensor *y,
                     struct baton_error *err)
{
    struct cast_job job = {x, y};
    if (y->dtype == BT_STRING)
        return to_text(&job, err);
    if (x->dtype == BT_STRING)
        return from_text(&job, err);
    bt_pool_run(bt_tensor_count(x) < 32768 ? NULL : pool, cast_part, &job);
    return BATON_OK;
}

static baton_status cast_to(struct bt_op_ctx *ctx, enum bt_dtype dtype, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (x->dtype == dtype)
        return bt_op_forward(ctx, 0, x, x->rank, x->dims, err);
    if (x->dtype != BT_STRING && bt_lane_of(x->dtype) == BT_LANE_NONE)
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_op_output(ctx, 0, dtype, x->rank, x->dims, &y, err));
    return bt_cast(ctx->pool, x, y, err);
}

static baton_status cast_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int64_t to = bt_op_attr_int(ctx, "to", 0);
    if (to <= 0 || to >= BT_DTYPE_COUNT)
        return bt_fail(err, BATON_ERR_INVALID, "attribute to: %" PRId64 " is not an element type",
                       to);
    return cast_to(ctx, (enum bt_dtype)to, err);
}

static baton_status cast_like_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *like = NULL;
    BT_TRY(bt_op_need(ctx, 1, &like, err));
    return cast_to(ctx, like->dtype, err);
}

const struct bt_op bt_ops_cast[] = {
    {.name = "Cast", .domain = "", .since = 6, .run = cast_run},
    {.name = "CastLike", .domain = "", .since = 15, .run = cast_like_run},
    {.name = NULL},
};
