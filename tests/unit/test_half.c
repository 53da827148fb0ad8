/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "tensor/half.h"

static void every_half_survives_the_round_trip(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        bool is_nan = (h & 0x7FFF) > 0x7C00;
        assert_int_equal(bt_f16_narrow(bt_f16_widen((uint16_t)h)), is_nan ? 0x7E00 : h);
        assert_int_equal(bt_f16_narrow_f64((double)bt_f16_widen((uint16_t)h)), is_nan ? 0x7E00 : h);
        is_nan = (h & 0x7FFF) > 0x7F80;
        assert_int_equal(bt_bf16_narrow(bt_bf16_widen((uint16_t)h)), is_nan ? 0x7FC0 : h);
        assert_int_equal(bt_bf16_narrow_f64((double)bt_bf16_widen((uint16_t)h)),
                         is_nan ? 0x7FC0 : h);
    }
}

/* Neighbours h and h+1, and their midpoint: below it rounds down, at it to even, above it up. */
static void midpoints_round_to_even(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x7BFF; h++) {
        double low = (double)bt_f16_widen((uint16_t)h);
        double high = (double)bt_f16_widen((uint16_t)(h + 1));
        double middle = (low + high) / 2;
        double step = (high - low) / 1048576;
        assert_int_equal(bt_f16_narrow_f64(middle - step), h);
        assert_int_equal(bt_f16_narrow_f64(middle), h + (h & 1));
        assert_int_equal(bt_f16_narrow_f64(middle + step), h + 1);
        assert_int_equal(bt_f16_narrow((float)middle), h + (h & 1));
    }
    assert_int_equal(bt_f16_narrow(65519.996F), 0x7BFF);
    assert_int_equal(bt_f16_narrow(65520.0F), 0x7C00);
    assert_int_equal(bt_f16_narrow(-1e30F), 0xFC00);
}

/* A binary64 just beside a midpoint would be the midpoint itself in binary32. */
static void bfloat16_is_rounded_once(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x7F7F; h++) {
        double low = (double)bt_bf16_widen((uint16_t)h);
        double high = (double)bt_bf16_widen((uint16_t)(h + 1));
        double middle = (low + high) / 2;
        double hair = (high - low) / 0x1p40;
        assert_int_equal(bt_bf16_narrow_f64(middle - hair), h);
        assert_int_equal(bt_bf16_narrow_f64(middle), h + (h & 1));
        assert_int_equal(bt_bf16_narrow_f64(middle + hair), h + 1);
        assert_int_equal(bt_bf16_narrow_f64(-middle - hair), (h + 1) | 0x8000);
    }
    assert_int_equal(bt_bf16_narrow_f64(1e300), 0x7F80);
    assert_int_equal(bt_bf16_narrow_f64(-1e-300), 0x8000);
}

UNIT_MAIN(cmocka_unit_test(every_half_survives_the_round_trip),
          cmocka_unit_test(midpoints_round_to_even), cmocka_unit_test(bfloat16_is_rounded_once))
