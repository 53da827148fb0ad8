/* SPDX-License-Identifier: Apache-2.0 */
/* One IEEE operation per element, integers modulo 2^width; x / 0 is 0 and never traps. */
#include "op/math/math.h"

#include <string.h>

#include "op/broadcast.h"

static int64_t wrap_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrap_sub(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t wrap_mul(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* Truncating. INT64_MIN / -1 wraps to INT64_MIN, where the instruction would trap. */
static int64_t safe_div(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? wrap_sub(0, a) : a / b;
}

BT_ZIP_FN(add_f64, double, double, a + b)
BT_ZIP_FN(sub_f64, double, double, a - b)
BT_ZIP_FN(mul_f64, double, double, a *b)
BT_ZIP_FN(div_f64, double, double, a / b)
BT_ZIP_FN(min_f64, double, double, bt_min_f64(a, b))
BT_ZIP_FN(max_f64, double, double, bt_max_f64(a, b))
BT_ZIP_FN(add_i64, int64_t, int64_t, wrap_add(a, b))
BT_ZIP_FN(sub_i64, int64_t, int64_t, wrap_sub(a, b))
BT_ZIP_FN(mul_i64, int64_t, int64_t, wrap_mul(a, b))
BT_ZIP_FN(div_i64, int64_t, int64_t, safe_div(a, b))
BT_ZIP_FN(min_i64, int64_t, int64_t, a < b ? a : b)
BT_ZIP_FN(max_i64, int64_t, int64_t, a > b ? a : b)
BT_ZIP_FN(add_u64, uint64_t, uint64_t, a + b)
BT_ZIP_FN(sub_u64, uint64_t, uint64_t, a - b)
BT_ZIP_FN(mul_u64, uint64_t, uint64_t, a *b)
BT_ZIP_FN(div_u64, uint64_t, uint64_t, b ? a / b : 0)
BT_ZIP_FN(min_u64, uint64_t, uint64_t, a < b ? a : b)
BT_ZIP_FN(max_u64, uint64_t, uint64_t, a > b ? a : b)

static const struct bt_zip add_zip = {BT_ADD, NULL, add_f64, add_i64, add_u64};
static const struct bt_zip sub_zip = {BT_SUB, NULL, sub_f64, sub_i64, sub_u64};
static const struct bt_zip mul_zip = {BT_MUL, NULL, mul_f64, mul_i64, mul_u64};
static const struct bt_zip div_zip = {BT_DIV, NULL, div_f64, div_i64, div_u64};
static const struct bt_zip min_zip = {BT_MIN, NULL, min_f64, min_i64, min_u64};
static const struct bt_zip max_zip = {BT_MAX, NULL, max_f64, max_i64, max_u64};

static baton_status add_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_zip(ctx, &add_zip, err);
}

static baton_status sub_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_zip(ctx, &sub_zip, err);
}

static baton_status mul_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_zip(ctx, &mul_zip, err);
}

static baton_status div_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_zip(ctx, &div_zip, err);
}

/* A constant row after a matrix product (fuse.c): which operand is the row does not matter, for
 * addition commutes. */
static bool add_tail(const struct bt_op_ctx *ctx, struct bt_op_tail *tail)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct bt_tensor *row = bt_op_input(ctx, i);
        if (!row || row->dtype != BT_F32 || row->rank != 1 || tail->columns == 0 ||
            (size_t)row->dims[0] != tail->columns || tail->add || tail->activation != BT_ACT_NONE)
            continue;
        tail->add = row;
        return true;
    }
    return false;
}

/* ---- any number of operands, left to right ---- */

static baton_status gather_inputs(const struct bt_op_ctx *ctx, const struct bt_tensor **operands,
                                  struct baton_error *err)
{
    for (uint32_t i = 0; i < ctx->input_count; i++) {
        BT_TRY(bt_op_need(ctx, i, &operands[i], err));
        if (operands[i]->dtype != operands[0]->dtype)
            return bt_fail(err, BATON_ERR_INVALID, "input %u is %s, but input 0 is %s", i,
                           bt_dtype_name(operands[i]->dtype), bt_dtype_name(operands[0]->dtype));
    }
    return BATON_OK;
}

static baton_status fold_inputs(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                                struct bt_tensor **ret, struct baton_error *err)
{
    const struct bt_tensor **operands =
        bt_arena_calloc(ctx->arena, ctx->input_count, sizeof(struct bt_tensor *));
    unsigned rank = 0;
    int64_t dims[BT_RANK_MAX];
    struct bt_tensor *y = NULL;
    if (!operands)
        return bt_fail_no_memory(err, "the operands");
    if (ctx->input_count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "at least one input is needed");
    BT_TRY(gather_inputs(ctx, operands, err));
    BT_TRY(bt_broadcast_shape(operands, ctx->input_count, &rank, dims, err));
    BT_TRY(bt_op_output(ctx, 0, operands[0]->dtype, rank, dims, &y, err));
    if (ctx->input_count == 1) {
        memcpy(y->data, operands[0]->data, bt_tensor_bytes(y));
    } else {
        BT_TRY(bt_math_zip_into(ctx, zip, operands[0], operands[1], y, err));
        for (uint32_t i = 2; i < ctx->input_count; i++)
            BT_TRY(bt_math_zip_into(ctx, zip, y, operands[i], y, err));
    }
    *ret = y;
    return BATON_OK;
}

static baton_status sum_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    return fold_inputs(ctx, &add_zip, &y, err);
}

static baton_status min_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    return fold_inputs(ctx, &min_zip, &y, err);
}

static baton_status max_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    return fold_inputs(ctx, &max_zip, &y, err);
}

static baton_status mean_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    BT_TRY(fold_inputs(ctx, &add_zip, &y, err));
    size_t size = bt_dtype_size(y->dtype);
    struct bt_tensor divisor = {.dtype = y->dtype, .data = bt_arena_calloc(ctx->arena, 1, size)};
    if (!divisor.data)
        return bt_fail_no_memory(err, "the divisor");
    if (!bt_dtype_is_float(y->dtype))
        return bt_op_bad_type(ctx, 0, err);
    bt_lane_put_f64(y->dtype, ctx->input_count, divisor.data, 0);
    return bt_math_zip_into(ctx, &div_zip, y, &divisor, y, err);
}

const struct bt_op bt_ops_arith[] = {
    {.name = "Add", .domain = "", .since = 7, .run = add_run, .tail = add_tail},
    {.name = "Sub", .domain = "", .since = 7, .run = sub_run},
    {.name = "Mul", .domain = "", .since = 7, .run = mul_run},
    {.name = "Div", .domain = "", .since = 7, .run = div_run},
    {.name = "Sum", .domain = "", .since = 8, .run = sum_run},
    {.name = "Mean", .domain = "", .since = 8, .run = mean_run},
    {.name = "Min", .domain = "", .since = 8, .run = min_run},
    {.name = "Max", .domain = "", .since = 8, .run = max_run},
    {.name = NULL},
};
