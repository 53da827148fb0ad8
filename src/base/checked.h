/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_CHECKED_H
#define BT_BASE_CHECKED_H
/* Size arithmetic that cannot wrap. Each returns true and writes `*ret` when the mathematical
 * result fits, and returns false and leaves `*ret` alone when it does not. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool bt_add(size_t a, size_t b, size_t *ret)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

static inline bool bt_mul(size_t a, size_t b, size_t *ret)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *ret = product;
    return true;
}

static inline bool bt_add_i64(int64_t a, int64_t b, int64_t *ret)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

static inline bool bt_mul_i64(int64_t a, int64_t b, int64_t *ret)
{
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *ret = product;
    return true;
}

static inline size_t bt_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t bt_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
