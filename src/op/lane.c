/* SPDX-License-Identifier: Apache-2.0 */
#include "op/lane.h"

#include "base/checked.h"
#include "tensor/half.h"

enum bt_lane bt_lane_of(enum bt_dtype dtype)
{
    switch (dtype) {
    case BT_F32:
    case BT_F16:
    case BT_BF16:
        return BT_LANE_F32;
    case BT_F64:
        return BT_LANE_F64;
    case BT_I8:
    case BT_I16:
    case BT_I32:
    case BT_I64:
        return BT_LANE_I64;
    case BT_BOOL:
    case BT_U8:
    case BT_U16:
    case BT_U32:
    case BT_U64:
        return BT_LANE_U64;
    default:
        return BT_LANE_NONE;
    }
}

bool bt_lane_native(enum bt_dtype dtype)
{
    return dtype == BT_F32 || dtype == BT_F64 || dtype == BT_I64 || dtype == BT_U64;
}

size_t bt_lane_chunk(bool native, size_t n)
{
    return native ? n : bt_min(n, BT_LANE_BLOCK);
}

static const void *element(enum bt_dtype dtype, const void *data, size_t offset)
{
    return (const uint8_t *)data + offset * bt_dtype_size(dtype);
}

#define WIDEN(member, type, expression)                                                            \
    do {                                                                                           \
        const type *from = source;                                                                 \
        for (size_t i = 0; i < count; i++)                                                         \
            block->member[i] = expression;                                                         \
    } while (0)

const void *bt_lane_load(enum bt_dtype dtype, const void *data, size_t offset, size_t step,
                         size_t n, union bt_lane_block *block)
{
    const void *source = element(dtype, data, offset);
    if (bt_lane_native(dtype))
        return source;
    size_t count = step ? n : bt_min(n, 1);
    switch (dtype) {
    case BT_F16:
        WIDEN(f32, uint16_t, bt_f16_widen(from[i]));
        break;
    case BT_BF16:
        WIDEN(f32, uint16_t, bt_bf16_widen(from[i]));
        break;
    case BT_I8:
        WIDEN(i64, int8_t, (int64_t)from[i]);
        break;
    case BT_I16:
        WIDEN(i64, int16_t, from[i]);
        break;
    case BT_I32:
        WIDEN(i64, int32_t, from[i]);
        break;
    case BT_U16:
        WIDEN(u64, uint16_t, from[i]);
        break;
    case BT_U32:
        WIDEN(u64, uint32_t, from[i]);
        break;
    case BT_BOOL: /* files may hold other bytes than 0 and 1 */
        WIDEN(u64, uint8_t, from[i] != 0);
        break;
    default:
        WIDEN(u64, uint8_t, from[i]);
        break;
    }
    return block;
}

void *bt_lane_target(enum bt_dtype dtype, void *data, size_t offset, union bt_lane_block *block)
{
    if (bt_lane_native(dtype))
        return (uint8_t *)data + offset * bt_dtype_size(dtype);
    return block;
}

#define NARROW(lane_type, type, expression)                                                        \
    do {                                                                                           \
        const lane_type *from = lane;                                                              \
        type *to = (type *)data + offset;                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = expression;                                                                    \
    } while (0)

void bt_lane_store(enum bt_dtype dtype, const void *lane, size_t n, void *data, size_t offset)
{
    switch (dtype) {
    case BT_F16:
        NARROW(float, uint16_t, bt_f16_narrow(from[i]));
        break;
    case BT_BF16:
        NARROW(float, uint16_t, bt_bf16_narrow(from[i]));
        break;
    case BT_I8:
        NARROW(int64_t, int8_t, (int8_t)from[i]);
        break;
    case BT_I16:
        NARROW(int64_t, int16_t, (int16_t)from[i]);
        break;
    case BT_I32:
        NARROW(int64_t, int32_t, (int32_t)from[i]);
        break;
    case BT_U8:
        NARROW(uint64_t, uint8_t, (uint8_t)from[i]);
        break;
    case BT_U16:
        NARROW(uint64_t, uint16_t, (uint16_t)from[i]);
        break;
    case BT_U32:
        NARROW(uint64_t, uint32_t, (uint32_t)from[i]);
        break;
    case BT_BOOL:
        NARROW(uint64_t, uint8_t, from[i] != 0);
        break;
    default: /* native: computed in place */
        break;
    }
}

void bt_lane_put_f64(enum bt_dtype dtype, double value, void *data, size_t i)
{
    switch (dtype) {
    case BT_F16:
        ((uint16_t *)data)[i] = bt_f16_narrow_f64(value);
        break;
    case BT_BF16:
        ((uint16_t *)data)[i] = bt_bf16_narrow_f64(value);
        break;
    case BT_F32:
        ((float *)data)[i] = (float)value;
        break;
    default:
        ((double *)data)[i] = value;
        break;
    }
}
