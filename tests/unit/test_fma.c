/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "kernel/ref/fma.h"

/*
 * The software form is compared with the exact answer computed in integers: operands are small
 * integers times powers of two, so that a * b + c fits 127 bits, and rounding that is a shift.
 */
__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 wide_signed;

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 20;
}

static float scaled(int64_t integer, int exponent)
{
    float f = (float)integer;
    for (; exponent > 0; exponent--)
        f *= 2.0F;
    for (; exponent < 0; exponent++)
        f *= 0.5F;
    return f;
}

/* value * 2^exponent to nearest even, by hand. */
static float round_wide(wide_signed value, int exponent)
{
    bool negative = value < 0;
    wide magnitude = negative ? (wide)-value : (wide)value;
    while (magnitude >> 26 || exponent < -151) {
        magnitude = (magnitude >> 1) | (magnitude & 1); /* sticky */
        exponent++;
    }
    int drop = exponent < -149 ? -149 - exponent : 0;
    while (magnitude >> (24 + drop))
        drop++;
    if (drop) {
        wide half = (wide)1 << (drop - 1);
        wide rest = magnitude & ((half << 1) - 1);
        magnitude >>= drop;
        magnitude += rest > half || (rest == half && (magnitude & 1));
    }
    float f = scaled((int64_t)magnitude, exponent + drop);
    return negative ? -f : f;
}

static uint32_t bits_of(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static void check(int64_t a, int64_t b, int64_t c, int shift, int exponent)
{
    float want = round_wide((wide_signed)a * b * ((wide_signed)1 << 50) +
                                (wide_signed)c * ((wide_signed)1 << shift),
                            exponent - 50);
    float fa = scaled(a, exponent / 2);
    float fb = scaled(b, exponent - exponent / 2);
    float fc = scaled(c, exponent + shift - 50);
    float got = bt_fma32_soft(fa, fb, fc);
    if (got != want || bits_of(bt_fma32(fa, fb, fc)) != bits_of(got))
        fail_msg("%a * %a + %a: got %a, want %a", (double)fa, (double)fb, (double)fc, (double)got,
                 (double)want);
}

static void fma_rounds_once(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 400000; i++) {
        int64_t a = (int64_t)(next(&seed) & 0xffffff);
        int64_t b = (int64_t)(next(&seed) & 0xffffff);
        int64_t c = (int64_t)(next(&seed) & 0xffffff);
        if (i & 1)
            a = (a & 0xfff) << 12 | 0x800; /* short products meet ties more often */
        int shift = (int)(next(&seed) % 77);
        int exponent = i % 3 ? -20 : -146 - (int)(next(&seed) % 30);
        if (exponent + shift - 50 < -149) /* c itself must be a float */
            shift = exponent < -149 ? 50 - 149 - exponent : shift;
        if (exponent + shift - 50 < -149)
            continue;
        check(a, b, next(&seed) & 1 ? c : -c, shift, exponent);
    }
}

static void special_operands_behave_as_addition(void **state)
{
    (void)state;
    float inf = __builtin_inff();
    assert_true(bt_fma32_soft(inf, 1.0F, 1.0F) == inf);
    assert_true(bt_fma32_soft(1.0F, 1.0F, -inf) == -inf);
    assert_true(bt_fma32_soft(0x1p127F, 2.0F, -0x1p127F) == 0x1p127F);
    assert_true(bt_fma32_soft(0x1p127F, 2.0F, 0.0F) == inf);
    float nan = bt_fma32_soft(inf, 0.0F, 1.0F);
    assert_true(nan != nan);
    assert_true(bits_of(bt_fma32_soft(-1.0F, 0.0F, -0.0F)) == 0x80000000U);
    assert_true(bits_of(bt_fma32_soft(1.0F, 1.0F, -1.0F)) == 0);
}

UNIT_MAIN(cmocka_unit_test(fma_rounds_once), cmocka_unit_test(special_operands_behave_as_addition))
