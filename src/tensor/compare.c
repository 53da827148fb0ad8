/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/compare.h"

#include <inttypes.h>
#include <string.h>

#include "tensor/half.h"

/* ---- one element ---- */

/* Bits of a float on a line where neighbours differ by one: -NaN … -0, +0 … +NaN. */
static int64_t ordered(uint64_t bits, unsigned width)
{
    uint64_t sign = UINT64_C(1) << (width - 1);
    return bits & sign ? -(int64_t)(bits & (sign - 1)) - 1 : (int64_t)bits;
}

static uint64_t ordered_distance(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

uint64_t bt_ulps_f32(float a, float b)
{
    uint32_t x;
    uint32_t y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    if (__builtin_isnan(a) || __builtin_isnan(b))
        return __builtin_isnan(a) && __builtin_isnan(b) ? 0 : UINT64_MAX;
    return ordered_distance(ordered(x, 32), ordered(y, 32));
}

uint64_t bt_ulps_f64(double a, double b)
{
    uint64_t x;
    uint64_t y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    if (__builtin_isnan(a) || __builtin_isnan(b))
        return __builtin_isnan(a) && __builtin_isnan(b) ? 0 : UINT64_MAX;
    return ordered_distance(ordered(x, 64), ordered(y, 64));
}

static double float_element(const struct bt_tensor *t, size_t i)
{
    switch (t->dtype) {
    case BT_F32:
        return (double)((const float *)t->data)[i];
    case BT_F64:
        return ((const double *)t->data)[i];
    case BT_F16:
        return (double)bt_f16_widen(((const uint16_t *)t->data)[i]);
    case BT_BF16:
        return (double)bt_bf16_widen(((const uint16_t *)t->data)[i]);
    default:
        return 0;
    }
}

int64_t bt_element_i64(const struct bt_tensor *t, size_t i)
{
    switch (t->dtype) {
    case BT_BOOL:
    case BT_U8:
        return ((const uint8_t *)t->data)[i];
    case BT_I8:
        return ((const int8_t *)t->data)[i];
    case BT_U16:
        return ((const uint16_t *)t->data)[i];
    case BT_I16:
        return ((const int16_t *)t->data)[i];
    case BT_I32:
        return ((const int32_t *)t->data)[i];
    case BT_U32:
        return ((const uint32_t *)t->data)[i];
    case BT_I64:
    case BT_U64:
        return ((const int64_t *)t->data)[i];
    default:
        return 0;
    }
}

double bt_element_f64(const struct bt_tensor *tensor, size_t i)
{
    if (bt_dtype_is_float(tensor->dtype))
        return float_element(tensor, i);
    if (tensor->dtype == BT_U64)
        return (double)((const uint64_t *)tensor->data)[i];
    return (double)bt_element_i64(tensor, i);
}

static uint64_t ulps_of_element(const struct bt_tensor *a, const struct bt_tensor *b, size_t i)
{
    if (a->dtype == BT_F64)
        return bt_ulps_f64(float_element(a, i), float_element(b, i));
    if (a->dtype == BT_F32)
        return bt_ulps_f32(((const float *)a->data)[i], ((const float *)b->data)[i]);
    if (__builtin_isnan(float_element(a, i)) || __builtin_isnan(float_element(b, i)))
        return __builtin_isnan(float_element(a, i)) == __builtin_isnan(float_element(b, i))
                   ? 0
                   : UINT64_MAX;
    return ordered_distance(ordered(((const uint16_t *)a->data)[i], 16),
                            ordered(((const uint16_t *)b->data)[i], 16));
}

static bool same_bits(const struct bt_tensor *a, const struct bt_tensor *b, size_t i)
{
    if (a->dtype == BT_STRING)
        return bt_bytes_equal(((const struct bt_bytes *)a->data)[i],
                              ((const struct bt_bytes *)b->data)[i]);
    size_t size = bt_dtype_size(a->dtype);
    if (memcmp((const uint8_t *)a->data + i * size, (const uint8_t *)b->data + i * size, size) == 0)
        return true;
    return bt_dtype_is_float(a->dtype) && __builtin_isnan(float_element(a, i)) &&
           __builtin_isnan(float_element(b, i));
}

static bool is_close(double got, double expected, const struct bt_rule *rule)
{
    double distance = __builtin_fabs(got - expected);
    if (__builtin_isnan(got) || __builtin_isnan(expected))
        return __builtin_isnan(got) && __builtin_isnan(expected);
    if (__builtin_isinf(got) || __builtin_isinf(expected))
        return got == expected;
    return distance <= rule->abs + rule->rel * __builtin_fabs(expected);
}

/* ---- a whole tensor ---- */

static void measure(const struct bt_tensor *got, const struct bt_tensor *expected, size_t i,
                    struct bt_comparison *c)
{
    double x = bt_element_f64(got, i);
    double y = bt_element_f64(expected, i);
    double distance = __builtin_fabs(x - y);
    if (bt_dtype_is_float(got->dtype)) {
        uint64_t ulps = ulps_of_element(got, expected, i);
        c->ulps_max = ulps > c->ulps_max ? ulps : c->ulps_max;
    }
    if (distance > c->abs_max)
        c->abs_max = distance;
    if (y != 0 && distance / __builtin_fabs(y) > c->rel_max)
        c->rel_max = distance / __builtin_fabs(y);
}

static bool element_within(const struct bt_tensor *got, const struct bt_tensor *expected, size_t i,
                           const struct bt_rule *rule)
{
    if (!bt_dtype_is_float(got->dtype))
        return false;
    if (rule->kind == BT_RULE_ULP)
        return ulps_of_element(got, expected, i) <= rule->ulps;
    if (rule->kind == BT_RULE_CLOSE)
        return is_close(float_element(got, i), float_element(expected, i), rule);
    return false;
}

static bool rule_is_by_row(const struct bt_rule *rule)
{
    return rule->kind == BT_RULE_ARGMAX || rule->kind == BT_RULE_TOPK;
}

static void compare_elements(const struct bt_tensor *got, const struct bt_tensor *expected,
                             const struct bt_rule *rule, struct bt_comparison *c)
{
    size_t count = bt_tensor_count(got);
    for (size_t i = 0; i < count; i++) {
        if (same_bits(got, expected, i))
            continue;
        if (c->different_bits++ == 0)
            c->first = c->elements + i;
        if (got->dtype != BT_STRING)
            measure(got, expected, i, c);
        if (!rule_is_by_row(rule) && !element_within(got, expected, i, rule) && c->outside++ == 0)
            c->first_outside = c->elements + i;
    }
    c->elements += count;
}

/* The order of argmax and topk: NaN first, then the larger, then the lower index. */
static bool precedes(double a, size_t i, double b, size_t j)
{
    bool a_nan = __builtin_isnan(a);
    bool b_nan = __builtin_isnan(b);
    if (a_nan != b_nan)
        return a_nan;
    if (!a_nan && a != b)
        return a > b;
    return i < j;
}

/* The element of a row that comes next behind `after` (`columns`: the first) in that order;
 * `columns` when there is none. */
static size_t next_largest(const struct bt_tensor *t, size_t row, size_t columns, size_t after)
{
    size_t best = columns;
    double top = 0;
    double limit = after < columns ? bt_element_f64(t, row * columns + after) : 0;
    for (size_t i = 0; i < columns; i++) {
        double value = bt_element_f64(t, row * columns + i);
        if (after < columns && !precedes(limit, after, value, i))
            continue;
        if (best == columns || precedes(value, i, top, best)) {
            best = i;
            top = value;
        }
    }
    return best;
}

static bool same_order(const struct bt_tensor *a, const struct bt_tensor *b, size_t row,
                       size_t columns, size_t k)
{
    size_t from_a = columns;
    size_t from_b = columns;
    for (size_t i = 0; i < k && i < columns; i++) {
        from_a = next_largest(a, row, columns, from_a);
        from_b = next_largest(b, row, columns, from_b);
        if (from_a != from_b)
            return false;
    }
    return true;
}

static void compare_rows(const struct bt_tensor *got, const struct bt_tensor *expected,
                         const struct bt_rule *rule, struct bt_comparison *c)
{
    size_t columns = got->rank ? (size_t)got->dims[got->rank - 1] : 1;
    size_t rows = columns ? bt_tensor_count(got) / columns : 0;
    size_t k = rule->kind == BT_RULE_ARGMAX ? 1 : (size_t)rule->k;
    for (size_t row = 0; row < rows; row++)
        if (!same_order(got, expected, row, columns, k) && c->outside++ == 0)
            c->first_outside = row * columns;
}

static void compare_tensors(const struct bt_tensor *got, const struct bt_tensor *expected,
                            const struct bt_rule *rule, struct bt_comparison *c)
{
    if (got->dtype != expected->dtype || !bt_tensor_same_shape(got, expected)) {
        c->shape_differs = true;
        return;
    }
    compare_elements(got, expected, rule, c);
    if (!rule_is_by_row(rule))
        return;
    if (got->dtype == BT_STRING)
        c->outside += c->different_bits;
    else
        compare_rows(got, expected, rule, c);
}

void bt_compare(const struct bt_value *got, const struct bt_value *expected,
                const struct bt_rule *rule, struct bt_comparison *ret)
{
    static const struct bt_rule bits = BT_RULE_INIT;
    *ret = (struct bt_comparison){0};
    if (got->kind != expected->kind || got->count != expected->count) {
        ret->shape_differs = true;
        return;
    }
    if (got->kind == BT_VALUE_MAPS)
        compare_tensors(&got->keys, &expected->keys, &bits, ret);
    if (got->kind == BT_VALUE_MAPS || got->kind == BT_VALUE_TENSOR)
        compare_tensors(&got->tensor, &expected->tensor, rule, ret);
    for (size_t i = 0; i < got->count; i++) {
        if (got->items[i].kind != expected->items[i].kind)
            ret->shape_differs = true;
        else
            compare_tensors(&got->items[i].tensor, &expected->items[i].tensor, rule, ret);
    }
}

bool bt_comparison_identical(const struct bt_comparison *c)
{
    return !c->shape_differs && c->different_bits == 0;
}

bool bt_comparison_within(const struct bt_comparison *c)
{
    return !c->shape_differs && c->outside == 0;
}

/* ---- for people ---- */

void bt_position_format(const struct bt_tensor *tensor, size_t i, struct bt_buf *out)
{
    int64_t index[BT_RANK_MAX] = {0};
    for (unsigned d = tensor->rank; d-- > 0;) {
        size_t dim = (size_t)tensor->dims[d];
        index[d] = dim ? (int64_t)(i % dim) : 0;
        i = dim ? i / dim : 0;
    }
    bt_dims_format(tensor->rank, index, out);
}
