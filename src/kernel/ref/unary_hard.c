/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ref/unary_hard.h"

#include <string.h>

#include "kernel/ref/unary_hard_list.h"

static const size_t list_count = sizeof bt_unary_hard_list / sizeof *bt_unary_hard_list;

static void repair_one(float x, float *y, const struct bt_unary_hard *hard, size_t count)
{
    if (*y != *y) {
        *y = __builtin_nanf("");
        return;
    }
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    for (size_t i = 0; i < count; i++) {
        if (hard[i].x == bits)
            memcpy(y, &hard[i].y, sizeof *y);
    }
}

void bt_unary_repair(enum bt_unary function, const float *x, float *y, size_t n)
{
    size_t first = 0;
    while (first < list_count && bt_unary_hard_list[first].function != function)
        first++;
    size_t end = first;
    while (end < list_count && bt_unary_hard_list[end].function == function)
        end++;
    for (size_t i = 0; i < n; i++)
        repair_one(x[i], &y[i], &bt_unary_hard_list[first], end - first);
}
