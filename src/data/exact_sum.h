/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_EXACT_SUM_H
#define BT_DATA_EXACT_SUM_H
/*
 * A sum of binary64 numbers without any rounding until the end: a fixed-point number wide enough
 * for every finite double and 2^32 additions (Kulisch, "Computer Arithmetic and Validity", ch. 8).
 * The result does not depend on the order of the terms, and is the correctly rounded sum.
 */
#include <stdbool.h>
#include <stdint.h>

/* Bit 0 weighs 2^-1074 * 2^-1074, so that squares of doubles fit too. */
#define BT_EXACT_SUM_WORDS 136

struct bt_exact_sum {
    uint32_t word[BT_EXACT_SUM_WORDS]; /* two's complement, little end first */
    bool special;                      /* a NaN or an infinity was added: the result is NaN */
};

void bt_exact_sum_add(struct bt_exact_sum *sum, double x);
/* Adds x * x exactly. */
void bt_exact_sum_add_square(struct bt_exact_sum *sum, double x);
/* Adds the integer k. */
void bt_exact_sum_add_integer(struct bt_exact_sum *sum, int64_t k);
/* Nearest even. Overflow gives infinity. */
double bt_exact_sum_round(const struct bt_exact_sum *sum);

#endif
