/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "codec/text/element.h"
#include "data/values.h"
#include "tensor/compare.h"
#include "tensor/half.h"

/*
 * One element passes through a number that holds every value of every numeric type exactly: a
 * binary64 for floats and small integers, an int64 for integers. That is why float -> uint64 above
 * 2^63 and the like are simply not offered.
 */
struct number {
    bool is_integer;
    int64_t i;
    double d;
};

static struct number load(const struct bt_tensor *t, size_t i)
{
    struct number n = {.is_integer = !bt_dtype_is_float(t->dtype), .d = bt_element_f64(t, i)};
    if (t->dtype == BT_I64)
        n.i = ((const int64_t *)t->data)[i];
    else if (n.is_integer)
        n.i = (int64_t)n.d;
    return n;
}

static bool integer_of(struct number n, int64_t *ret)
{
    if (n.is_integer) {
        *ret = n.i;
        return true;
    }
    /* NaN fails both comparisons. */
    if (!(n.d >= -0x1p63 && n.d < 0x1p63))
        return false;
    *ret = (int64_t)n.d;
    return (double)*ret == n.d;
}

static bool store_integer(int64_t value, enum bt_dtype dtype, void *at)
{
#define STORE(type, low, high)                                                                     \
    do {                                                                                           \
        type stored = (type)value;                                                                 \
        if (value < (low) || value > (high))                                                       \
            return false;                                                                          \
        memcpy(at, &stored, sizeof stored);                                                        \
        return true;                                                                               \
    } while (0)
    switch (dtype) {
    case BT_BOOL:
        STORE(uint8_t, 0, 1);
    case BT_U8:
        STORE(uint8_t, 0, UINT8_MAX);
    case BT_I8:
        STORE(int8_t, INT8_MIN, INT8_MAX);
    case BT_U16:
        STORE(uint16_t, 0, UINT16_MAX);
    case BT_I16:
        STORE(int16_t, INT16_MIN, INT16_MAX);
    case BT_U32:
        STORE(uint32_t, 0, UINT32_MAX);
    case BT_I32:
        STORE(int32_t, INT32_MIN, INT32_MAX);
    case BT_U64:
        STORE(uint64_t, 0, INT64_MAX);
    case BT_I64:
        STORE(int64_t, INT64_MIN, INT64_MAX);
    default:
        return false;
    }
#undef STORE
}

static bool same_number(double a, double b)
{
    return a == b || (__builtin_isnan(a) && __builtin_isnan(b));
}

/* The integer as binary64, when that is exact. */
static bool float_of(struct number n, bool exact, double *ret)
{
    *ret = n.is_integer ? (double)n.i : n.d;
    if (!n.is_integer || !exact)
        return true;
    return *ret < 0x1p63 && (int64_t)*ret == n.i;
}

static bool store_float(double value, enum bt_dtype dtype, bool exact, void *at)
{
    float f = (float)value;
    uint16_t half;
    switch (dtype) {
    case BT_F64:
        memcpy(at, &value, sizeof value);
        return true;
    case BT_F32:
        memcpy(at, &f, sizeof f);
        return !exact || same_number((double)f, value);
    case BT_F16:
        half = bt_f16_narrow_f64(value);
        memcpy(at, &half, sizeof half);
        return !exact || same_number((double)bt_f16_widen(half), value);
    case BT_BF16:
        half = bt_bf16_narrow_f64(value);
        memcpy(at, &half, sizeof half);
        return !exact || same_number((double)bt_bf16_widen(half), value);
    default:
        return false;
    }
}

static bool convert_element(const struct bt_tensor *from, size_t i, enum bt_dtype dtype, bool exact,
                            void *at)
{
    struct number n = load(from, i);
    int64_t integer;
    double real;
    if (bt_dtype_is_float(dtype))
        return float_of(n, exact, &real) && store_float(real, dtype, exact, at);
    return integer_of(n, &integer) && store_integer(integer, dtype, at);
}

static baton_status element_would_change(const struct bt_tensor *from, size_t i,
                                         enum bt_dtype dtype, struct baton_error *err)
{
    BT_AUTO_BUF element = BT_BUF_INIT(256);
    BT_AUTO_BUF index = BT_BUF_INIT(256);
    bt_element_format(from, i, &element);
    bt_position_format(from, i, &index);
    return bt_fail(err, BATON_ERR_INVALID,
                   "element %s is %s as %s, which %s cannot hold exactly: convert the data first",
                   bt_buf_str(&index), bt_buf_str(&element), bt_dtype_name(from->dtype),
                   bt_dtype_name(dtype));
}

baton_status bt_tensor_convert(const struct bt_tensor *from, enum bt_dtype dtype, bool exact,
                               struct bt_tensor *ret, struct baton_error *err)
{
    if (from->dtype == BT_STRING || dtype == BT_STRING || from->dtype == BT_U64)
        return bt_fail(err, BATON_ERR_INVALID, "the data is %s, the model wants %s",
                       bt_dtype_name(from->dtype), bt_dtype_name(dtype));
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(dtype, from->rank, from->dims, 0, &made, err));
    size_t size = bt_dtype_size(dtype);
    size_t count = bt_tensor_count(from);
    for (size_t i = 0; i < count; i++)
        if (!convert_element(from, i, dtype, exact, (uint8_t *)made.data + i * size))
            return element_would_change(from, i, dtype, err);
    *ret = bt_tensor_ref(&made);
    return BATON_OK;
}
