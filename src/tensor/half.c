/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/half.h"

#include <string.h>

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float bt_f16_widen(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000U) << 16;
    uint32_t exponent = (half >> 10) & 0x1FU;
    uint32_t fraction = half & 0x3FFU;
    if (exponent == 31)
        return float_of(fraction ? 0x7FC00000U : sign | 0x7F800000U);
    if (exponent != 0)
        return float_of(sign | ((exponent + 112) << 23) | (fraction << 13));
    if (fraction == 0)
        return float_of(sign);
    /* Subnormal: fraction * 2^-24, normal in binary32. */
    uint32_t shift = (uint32_t)__builtin_clz(fraction) - 21;
    return float_of(sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3FFU) << 13));
}

/* `fraction` with `drop` low bits removed, rounded to nearest even; drop in 1..63. */
static uint64_t round_shift(uint64_t fraction, unsigned drop)
{
    uint64_t kept = fraction >> drop;
    uint64_t rest = fraction & ((UINT64_C(1) << drop) - 1);
    uint64_t half = UINT64_C(1) << (drop - 1);
    return kept + (rest > half || (rest == half && (kept & 1)));
}

struct narrow {
    unsigned fraction_bits;
    int exponent_max; /* of finite values; the bias too */
    uint16_t infinity;
    uint16_t nan;
};

static const struct narrow binary16 = {10, 15, 0x7C00U, 0x7E00U};
static const struct narrow bfloat16 = {7, 127, 0x7F80U, 0x7FC0U};

/* A finite nonzero |value| = significand * 2^(exponent - bits), significand with its leading one at
 * bit `bits`, to a narrow format without its sign. */
static uint16_t narrow_magnitude(const struct narrow *to, uint64_t significand, int exponent,
                                 unsigned bits)
{
    int exponent_min = 1 - to->exponent_max;
    if (exponent > to->exponent_max)
        return to->infinity;
    if (exponent >= exponent_min) {
        /* The carry of the rounding may move into the exponent, which is what it should do. */
        uint64_t fraction = significand - (UINT64_C(1) << bits);
        uint64_t packed = ((uint64_t)(exponent + to->exponent_max) << bits) | fraction;
        return (uint16_t)round_shift(packed, bits - to->fraction_bits);
    }
    unsigned drop = bits - to->fraction_bits + (unsigned)(exponent_min - exponent);
    return drop > 62 ? 0 : (uint16_t)round_shift(significand, drop);
}

uint16_t bt_f16_narrow(float value)
{
    uint32_t bits = bits_of(value);
    uint16_t sign = (uint16_t)((bits >> 16) & 0x8000U);
    uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U)
        return 0x7E00U;
    if (magnitude == 0x7F800000U)
        return sign | 0x7C00U;
    if (magnitude < 0x00800000U) /* below 2^-126: far under the smallest half */
        return sign;
    uint64_t significand = (magnitude & 0x7FFFFFU) | 0x800000U;
    return sign | narrow_magnitude(&binary16, significand, (int)(magnitude >> 23) - 127, 23);
}

static uint16_t narrow_f64(const struct narrow *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)((bits >> 48) & 0x8000U);
    uint64_t magnitude = bits & UINT64_C(0x7FFFFFFFFFFFFFFF);
    if (magnitude > UINT64_C(0x7FF0000000000000))
        return to->nan;
    if (magnitude == UINT64_C(0x7FF0000000000000))
        return sign | to->infinity;
    if (magnitude < UINT64_C(0x0010000000000000))
        return sign;
    uint64_t significand = (magnitude & UINT64_C(0xFFFFFFFFFFFFF)) | UINT64_C(0x10000000000000);
    return sign | narrow_magnitude(to, significand, (int)(magnitude >> 52) - 1023, 52);
}

uint16_t bt_f16_narrow_f64(double value)
{
    return narrow_f64(&binary16, value);
}

uint16_t bt_bf16_narrow_f64(double value)
{
    return narrow_f64(&bfloat16, value);
}

float bt_bf16_widen(uint16_t half)
{
    if ((half & 0x7FFFU) > 0x7F80U)
        return float_of(0x7FC00000U);
    return float_of((uint32_t)half << 16);
}

uint16_t bt_bf16_narrow(float value)
{
    uint32_t bits = bits_of(value);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U)
        return 0x7FC0U;
    return (uint16_t)round_shift(bits, 16);
}
