/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_ORDER_H
#define BT_KERNEL_REF_ORDER_H
/*
 * Minimum and maximum of numerics.md, "Order": -0 is below +0, and a NaN on either side gives the
 * canonical NaN. Processors disagree about both, so neither may be left to an instruction.
 */
#include <stdint.h>
#include <string.h>

static inline float bt_canonical_nan(void)
{
    const uint32_t bits = 0x7FC00000U;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The integer order of these keys is the total order of the floats that are not NaN. */
static inline int32_t bt_order_key(float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? bits ^ INT32_MAX : bits;
}

static inline float bt_max_f32(float a, float b)
{
    if (a != a || b != b)
        return bt_canonical_nan();
    return bt_order_key(a) > bt_order_key(b) ? a : b;
}

static inline float bt_min_f32(float a, float b)
{
    if (a != a || b != b)
        return bt_canonical_nan();
    return bt_order_key(a) < bt_order_key(b) ? a : b;
}

#endif
