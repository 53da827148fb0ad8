/* SPDX-License-Identifier: Apache-2.0 */
/* Truth values, bits, comparisons. */
#include "op/math/math.h"

#include <string.h>

#include "op/broadcast.h"

/* ---- bool ---- */

BT_ZIP_FN(and_u64, uint64_t, uint64_t, a &b)
BT_ZIP_FN(or_u64, uint64_t, uint64_t, a | b)
BT_ZIP_FN(xor_u64, uint64_t, uint64_t, a ^ b)
BT_ZIP_FN(and_i64, int64_t, int64_t, a &b)
BT_ZIP_FN(or_i64, int64_t, int64_t, a | b)
BT_ZIP_FN(xor_i64, int64_t, int64_t, a ^ b)

static const struct bt_zip and_zip = {BT_NO_KERNEL, NULL, NULL, and_i64, and_u64};
static const struct bt_zip or_zip = {BT_NO_KERNEL, NULL, NULL, or_i64, or_u64};
static const struct bt_zip xor_zip = {BT_NO_KERNEL, NULL, NULL, xor_i64, xor_u64};

static baton_status bool_zip(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                             struct baton_error *err)
{
    const struct bt_tensor *operand = NULL;
    BT_TRY(bt_op_need_type(ctx, 0, BT_BOOL, &operand, err));
    BT_TRY(bt_op_need_type(ctx, 1, BT_BOOL, &operand, err));
    return bt_math_zip(ctx, zip, err);
}

static baton_status and_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bool_zip(ctx, &and_zip, err);
}

static baton_status or_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bool_zip(ctx, &or_zip, err);
}

static baton_status xor_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bool_zip(ctx, &xor_zip, err);
}

BT_MAP_FN(not_u64, uint64_t, x == 0)

static baton_status not_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {.u64 = not_u64};
    const struct bt_tensor *x = NULL;
    BT_TRY(bt_op_need_type(ctx, 0, BT_BOOL, &x, err));
    return bt_math_map(ctx, &map, NULL, err);
}

/* ---- bits ---- */

static baton_status bit_and_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_zip(ctx, &and_zip, err);
}

static baton_status bit_or_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_zip(ctx, &or_zip, err);
}

static baton_status bit_xor_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_zip(ctx, &xor_zip, err);
}

BT_MAP_FN(bit_not_i64, int64_t, ~x)
BT_MAP_FN(bit_not_u64, uint64_t, ~x)

static baton_status bit_not_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_map map = {.i64 = bit_not_i64, .u64 = bit_not_u64};
    return bt_math_map(ctx, &map, NULL, err);
}

/* A shift by the width or more gives 0. Storing cuts a left shift to the narrower types' width, and
 * nothing above their width comes down in a right shift of an unsigned value. */
BT_ZIP_FN(shift_left, uint64_t, uint64_t, b < 64 ? a << b : 0)
BT_ZIP_FN(shift_right, uint64_t, uint64_t, b < 64 ? a >> b : 0)

static baton_status shift_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const struct bt_zip left = {.kernel = BT_NO_KERNEL, .u64 = shift_left};
    static const struct bt_zip right = {.kernel = BT_NO_KERNEL, .u64 = shift_right};
    bool to_left = bt_op_attr_is(ctx, "direction", "LEFT", false);
    if (!to_left && !bt_op_attr_is(ctx, "direction", "RIGHT", false))
        return bt_fail(err, BATON_ERR_INVALID, "direction is neither LEFT nor RIGHT");
    return bt_math_zip(ctx, to_left ? &left : &right, err);
}

/* ---- comparisons ---- */

#define COMPARISON(name, operator)                                                                 \
    BT_ZIP_FN(name##_f32, float, uint64_t, a operator b)                                           \
    BT_ZIP_FN(name##_f64, double, uint64_t, a operator b)                                          \
    BT_ZIP_FN(name##_i64, int64_t, uint64_t, a operator b)                                         \
    BT_ZIP_FN(name##_u64, uint64_t, uint64_t, a operator b)                                        \
    static const struct bt_zip name##_zip = {BT_NO_KERNEL, name##_f32, name##_f64, name##_i64,     \
                                             name##_u64};

COMPARISON(equal, ==)
COMPARISON(less, <)
COMPARISON(less_equal, <=)
COMPARISON(greater, >)
COMPARISON(greater_equal, >=)

struct string_job {
    const struct bt_tensor *a;
    const struct bt_tensor *b;
    uint8_t *y;
};

static void equal_strings_run(void *user, const struct bt_broadcast_run *run)
{
    const struct string_job *job = user;
    const struct bt_bytes *a = (const struct bt_bytes *)job->a->data + run->offsets[0];
    const struct bt_bytes *b = (const struct bt_bytes *)job->b->data + run->offsets[1];
    for (size_t i = 0; i < run->count; i++)
        job->y[run->out + i] = bt_bytes_equal(a[i * run->steps[0]], b[i * run->steps[1]]);
}

static baton_status equal_strings(struct bt_op_ctx *ctx, const struct bt_tensor *a,
                                  struct baton_error *err)
{
    const struct bt_tensor *b = NULL;
    struct bt_tensor *y = NULL;
    struct bt_broadcast broadcast;
    BT_TRY(bt_op_need_type(ctx, 1, BT_STRING, &b, err));
    const struct bt_tensor *operands[] = {a, b};
    BT_TRY(bt_broadcast_init(&broadcast, operands, 2, err));
    BT_TRY(bt_op_output(ctx, 0, BT_BOOL, broadcast.rank, broadcast.dims, &y, err));
    struct string_job job = {a, b, y->data};
    bt_broadcast_each(&broadcast, NULL, equal_strings_run, &job);
    return BATON_OK;
}

static baton_status equal_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *a = bt_op_input(ctx, 0);
    if (a && a->dtype == BT_STRING)
        return equal_strings(ctx, a, err);
    return bt_math_compare(ctx, &equal_zip, err);
}

static baton_status less_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_compare(ctx, &less_zip, err);
}

static baton_status less_equal_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_compare(ctx, &less_equal_zip, err);
}

static baton_status greater_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_compare(ctx, &greater_zip, err);
}

static baton_status greater_equal_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    return bt_math_compare(ctx, &greater_equal_zip, err);
}

const struct bt_op bt_ops_logic[] = {
    {.name = "And", .domain = "", .since = 7, .run = and_run},
    {.name = "Or", .domain = "", .since = 7, .run = or_run},
    {.name = "Xor", .domain = "", .since = 7, .run = xor_run},
    {.name = "Not", .domain = "", .since = 1, .run = not_run},
    {.name = "BitwiseAnd", .domain = "", .since = 18, .run = bit_and_run},
    {.name = "BitwiseOr", .domain = "", .since = 18, .run = bit_or_run},
    {.name = "BitwiseXor", .domain = "", .since = 18, .run = bit_xor_run},
    {.name = "BitwiseNot", .domain = "", .since = 18, .run = bit_not_run},
    {.name = "BitShift", .domain = "", .since = 11, .run = shift_run},
    {.name = "Equal", .domain = "", .since = 7, .run = equal_run},
    {.name = "Less", .domain = "", .since = 7, .run = less_run},
    {.name = "LessOrEqual", .domain = "", .since = 12, .run = less_equal_run},
    {.name = "Greater", .domain = "", .since = 7, .run = greater_run},
    {.name = "GreaterOrEqual", .domain = "", .since = 12, .run = greater_equal_run},
    {.name = NULL},
};
