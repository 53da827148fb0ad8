/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <math.h>

#include "base/philox.h"
#include "data/exact_sum.h"

static double sum_of(const double *x, size_t n)
{
    struct bt_exact_sum sum = {{0}, false};
    for (size_t i = 0; i < n; i++)
        bt_exact_sum_add(&sum, x[i]);
    return bt_exact_sum_round(&sum);
}

static void nothing_is_lost_to_cancellation(void **state)
{
    (void)state;
    const double wide[] = {0x1.fffffffffffffp1023, 1.0, 0x1p-1074, -0x1.fffffffffffffp1023, -1.0};
    assert_true(sum_of(wide, 5) == 0x1p-1074);
    const double tie_even[] = {0x1p53, 1.0};
    assert_true(sum_of(tie_even, 2) == 0x1p53);
    const double above_tie[] = {0x1p53, 1.0, 0x1p-1074};
    assert_true(sum_of(above_tie, 3) == 0x1p53 + 2);
    const double negative[] = {-0x1p53, -1.0, -0x1p-1074};
    assert_true(sum_of(negative, 3) == -0x1p53 - 2);
}

static void limits_and_special_values(void **state)
{
    (void)state;
    const double overflow[] = {0x1.fffffffffffffp1023, 0x1.fffffffffffffp1023};
    assert_true(isinf(sum_of(overflow, 2)));
    const double not_a_number[] = {1.0, (double)INFINITY};
    assert_true(isnan(sum_of(not_a_number, 2)));
    const double subnormal[] = {0x1p-1074, 0x1p-1074, 0x1p-1073};
    assert_true(sum_of(subnormal, 3) == 0x1p-1072);
    assert_true(sum_of(NULL, 0) == 0.0);
}

static void squares_are_exact(void **state)
{
    (void)state;
    struct bt_exact_sum sum = {{0}, false};
    /* (2^27 + 1)^2 = 2^54 + 2^28 + 1 does not fit 53 bits; take the rest away and 1 remains. */
    bt_exact_sum_add_square(&sum, 134217729.0);
    bt_exact_sum_add(&sum, -0x1p54);
    bt_exact_sum_add(&sum, -0x1p28);
    assert_true(bt_exact_sum_round(&sum) == 1.0);
    bt_exact_sum_add_square(&sum, 0x1p-600);
    bt_exact_sum_add_integer(&sum, -1);
    assert_true(bt_exact_sum_round(&sum) == 0.0); /* 2^-1200 rounds to zero */
    bt_exact_sum_add_integer(&sum, INT64_MIN);
    assert_true(bt_exact_sum_round(&sum) == -0x1p63);
}

static void order_does_not_matter(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    double x[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct bt_philox r = bt_philox(5, 0, i);
        x[i] = ldexp((double)(int32_t)r.word[0], (int)(r.word[1] % 200) - 100);
    }
    double forward = sum_of(x, COUNT);
    for (size_t i = COUNT - 1; i > 0; i--) {
        size_t j = bt_philox(6, 0, i).word[0] % (i + 1);
        double kept = x[i];
        x[i] = x[j];
        x[j] = kept;
    }
    assert_true(sum_of(x, COUNT) == forward);
}

UNIT_MAIN(cmocka_unit_test(nothing_is_lost_to_cancellation),
          cmocka_unit_test(limits_and_special_values), cmocka_unit_test(squares_are_exact),
          cmocka_unit_test(order_does_not_matter))
