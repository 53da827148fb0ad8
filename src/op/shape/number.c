/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "op/shape/shape_int.h"
#include "tensor/half.h"

int64_t bt_load_int(enum bt_dtype dtype, const void *at)
{
    uint64_t bits = 0;
    uint8_t one;
    uint16_t two;
    uint32_t four;
    switch (bt_dtype_size(dtype)) {
    case 1:
        memcpy(&one, at, 1);
        return dtype == BT_I8 ? (int8_t)one : one;
    case 2:
        memcpy(&two, at, 2);
        return dtype == BT_I16 ? (int16_t)two : two;
    case 4:
        memcpy(&four, at, 4);
        return dtype == BT_I32 ? (int32_t)four : (int64_t)four;
    default:
        memcpy(&bits, at, 8);
        return (int64_t)bits;
    }
}

void bt_store_int(enum bt_dtype dtype, void *at, int64_t value)
{
    uint8_t one = (uint8_t)value;
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;
    switch (bt_dtype_size(dtype)) {
    case 1:
        memcpy(at, &one, 1);
        return;
    case 2:
        memcpy(at, &two, 2);
        return;
    case 4:
        memcpy(at, &four, 4);
        return;
    default:
        memcpy(at, &value, 8);
        return;
    }
}

double bt_load_float(enum bt_dtype dtype, const void *at)
{
    uint16_t half;
    float single;
    double wide;
    switch (dtype) {
    case BT_F16:
        memcpy(&half, at, sizeof half);
        return (double)bt_f16_widen(half);
    case BT_BF16:
        memcpy(&half, at, sizeof half);
        return (double)bt_bf16_widen(half);
    case BT_F32:
        memcpy(&single, at, sizeof single);
        return (double)single;
    default:
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
}

#define SIGN_BIT (UINT64_C(1) << 63)

/* The usual trick: as sign and magnitude the bits already sort; negative ones the other way round.
 * Widening to binary64 is exact and monotonic, so one width is enough. */
static uint64_t float_key(double value)
{
    uint64_t bits;
    if (value != value)
        return UINT64_MAX;
    memcpy(&bits, &value, sizeof bits);
    return bits & SIGN_BIT ? ~bits : bits | SIGN_BIT;
}

uint64_t bt_order_key(enum bt_dtype dtype, const void *at)
{
    if (bt_dtype_is_float(dtype))
        return float_key(bt_load_float(dtype, at));
    uint64_t bits = (uint64_t)bt_load_int(dtype, at);
    return dtype == BT_U64 ? bits : bits ^ SIGN_BIT;
}

bool bt_is_zero(enum bt_dtype dtype, const void *at)
{
    if (dtype == BT_STRING)
        return ((const struct bt_bytes *)at)->len == 0;
    if (bt_dtype_is_float(dtype))
        return bt_load_float(dtype, at) == 0;
    return bt_load_int(dtype, at) == 0;
}

bool bt_is_number(enum bt_dtype dtype)
{
    return bt_dtype_is_float(dtype) || bt_dtype_is_integer(dtype);
}
