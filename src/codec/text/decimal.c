/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text/decimal.h"

#include <string.h>

#include "codec/text/number_int.h"

#define PLACES_MAX 27 /* 5^27 is the last power of five in 63 bits */
#define DIGITS_MAX 19 /* that surely fit 64 bits */
#define EXPONENT_DIGITS_MAX 6

/* ---- the formats ---- */

const struct bt_float_format bt_binary64 = {53, -1074, UINT64_C(0x7ff0000000000000)};
const struct bt_float_format bt_binary32 = {24, -149, UINT64_C(0x7f800000)};
const struct bt_float_format bt_binary16 = {11, -24, UINT64_C(0x7c00)};
const struct bt_float_format bt_bfloat16 = {8, -133, UINT64_C(0x7f80)};

/* The hidden bit of `kept` adds one to the exponent field, and a carry out of the significand does
 * too, so one formula serves subnormal, normal and just-rounded-up values. */
bool bt_round_bits(const struct bt_float_format *f, uint64_t top, int exponent, bool sticky,
                   uint64_t *ret_bits)
{
    int ulp = exponent + 64 - f->significand_bits;
    if (ulp < f->ulp_min)
        ulp = f->ulp_min;
    int drop = ulp - exponent;
    if (drop > 64) {
        *ret_bits = 0;
        return true;
    }
    uint64_t kept = drop == 64 ? 0 : top >> drop;
    uint64_t half = (uint64_t)1 << (drop - 1);
    bool more = sticky || (top & (half - 1)) != 0;
    /* Without a branch, for none could be foretold. */
    kept += ((top & half) != 0) & (more | (kept & 1));
    uint64_t bits = ((uint64_t)(ulp - f->ulp_min) << (f->significand_bits - 1)) + kept;
    if (bits >= f->infinity)
        return false;
    *ret_bits = bits;
    return true;
}

/* A power of five and 2^127 divided by it, as if its highest bit were bit 63, rounded down. */
struct power {
    uint64_t value;
    uint64_t inverse;
};

#define NORMALIZED(value) ((uint64_t)(value) << __builtin_clzll(value))
#define POWER(value)                                                                               \
    {                                                                                              \
        UINT64_C(value), (uint64_t)(((u128)1 << 127) / NORMALIZED(value))                          \
    }
static const struct power powers_of_five[PLACES_MAX + 1] = {{1, 0},
                                                            POWER(5),
                                                            POWER(25),
                                                            POWER(125),
                                                            POWER(625),
                                                            POWER(3125),
                                                            POWER(15625),
                                                            POWER(78125),
                                                            POWER(390625),
                                                            POWER(1953125),
                                                            POWER(9765625),
                                                            POWER(48828125),
                                                            POWER(244140625),
                                                            POWER(1220703125),
                                                            POWER(6103515625),
                                                            POWER(30517578125),
                                                            POWER(152587890625),
                                                            POWER(762939453125),
                                                            POWER(3814697265625),
                                                            POWER(19073486328125),
                                                            POWER(95367431640625),
                                                            POWER(476837158203125),
                                                            POWER(2384185791015625),
                                                            POWER(11920928955078125),
                                                            POWER(59604644775390625),
                                                            POWER(298023223876953125),
                                                            POWER(1490116119384765625),
                                                            POWER(7450580596923828125)};
#undef POWER

/* Whether every value from `top` to below top + 4 surely rounds to the same bits: none of them is
 * half of an ulp, or a whole one. */
static bool is_certain(const struct bt_float_format *f, uint64_t top, int exponent)
{
    int drop = 64 - f->significand_bits;
    if (exponent + drop < f->ulp_min)
        drop = f->ulp_min - exponent;
    return drop < 64 && ((top + 4) & (((uint64_t)1 << (drop - 1)) - 1)) > 4;
}

/* digits / 5^places * 2^-places. Both have their highest bit set for the division, so the quotient
 * has, when the dividend gets 64 more bits or, where it is the larger, 63. First the product with
 * the inverse: it is too small by less than 4, and mostly this cannot matter. */
static bool divide(const struct bt_float_format *f, uint64_t digits, int places, uint64_t *ret_bits)
{
    const struct power *power = &powers_of_five[places];
    int of_power = __builtin_clzll(power->value);
    int of_digits = __builtin_clzll(digits);
    uint64_t divisor = power->value << of_power;
    uint64_t dividend = digits << of_digits;
    int more = dividend < divisor ? 64 : 63;
    int exponent = of_power - of_digits - more - places;
    u128 product = (u128)dividend * power->inverse;
    uint64_t top = (uint64_t)(product >> (127 - more));
    if (top >> 63 && is_certain(f, top, exponent))
        return bt_round_bits(f, top, exponent, true, ret_bits);
    u128 wide = (u128)dividend << more;
    top = (uint64_t)(wide / divisor);
    return bt_round_bits(f, top, exponent, (uint64_t)wide != top * divisor, ret_bits);
}

static bool multiply(const struct bt_float_format *f, uint64_t digits, int places,
                     uint64_t *ret_bits)
{
    u128 product = (u128)digits * powers_of_five[places].value;
    uint64_t high = (uint64_t)(product >> 64);
    int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)product);
    product <<= shift;
    return bt_round_bits(f, (uint64_t)(product >> 64), places + 64 - shift, (uint64_t)product != 0,
                         ret_bits);
}

bool bt_round_decimal(const struct bt_float_format *f, const struct bt_decimal *decimal,
                      uint64_t *ret_bits)
{
    if (decimal->digits == 0) {
        *ret_bits = 0;
        return true;
    }
    if (decimal->exponent < 0)
        return divide(f, decimal->digits, -decimal->exponent, ret_bits);
    return multiply(f, decimal->digits, decimal->exponent, ret_bits);
}

/* ---- reading ---- */

/* Wraps where there are more digits than fit. */
static inline const uint8_t *take_digits(const uint8_t *at, const uint8_t *end, uint64_t *digits)
{
    uint64_t sum = *digits;
    for (unsigned digit; at < end && (digit = (unsigned)*at - '0') <= 9; at++)
        sum = sum * 10 + digit;
    *digits = sum;
    return at;
}

/* At "e"; NULL when no digit follows. */
static const uint8_t *take_exponent(const uint8_t *at, const uint8_t *end, struct bt_decimal *d)
{
    uint64_t value = 0;
    at++;
    bool is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    const uint8_t *start = at;
    at = take_digits(at, end, &value);
    d->is_long = d->is_long || at - start > EXPONENT_DIGITS_MAX;
    if (!d->is_long)
        d->exponent += is_negative ? -(int)value : (int)value;
    return at > start ? at : NULL;
}

/* Behind the point; NULL when no digit follows. */
static const uint8_t *take_fraction(const uint8_t *at, const uint8_t *end, struct bt_decimal *d)
{
    const uint8_t *start = at;
    at = take_digits(at, end, &d->digits);
    d->is_long = at - start > DIGITS_MAX;
    if (!d->is_long)
        d->exponent = (int)(start - at);
    return at > start ? at : NULL;
}

static bool starts_with(const uint8_t *at, const uint8_t *end, char wanted)
{
    return at < end && *at == (uint8_t)wanted;
}

/* Leading zeros count as digits here: "0.00…" of 19 places is long, and none the worse for it. */
bool bt_decimal_take(struct bt_bytes text, struct bt_decimal *ret)
{
    const uint8_t *at = text.ptr;
    const uint8_t *end = at + text.len;
    struct bt_decimal d = {.is_negative = starts_with(at, end, '-')};
    at += d.is_negative;
    const uint8_t *start = at;
    at = take_digits(at, end, &d.digits);
    ptrdiff_t count = at - start;
    if (count == 0 || (count > 1 && *start == '0'))
        return false;
    const uint8_t *after_digits = at;
    if (starts_with(at, end, '.') && !(at = take_fraction(at + 1, end, &d)))
        return false;
    d.is_long = d.is_long || count - d.exponent > DIGITS_MAX;
    if ((starts_with(at, end, 'e') || starts_with(at, end, 'E')) &&
        !(at = take_exponent(at, end, &d)))
        return false;
    d.is_integer = at == after_digits;
    d.is_long = d.is_long || d.exponent < -PLACES_MAX || d.exponent > PLACES_MAX;
    d.text = (struct bt_bytes){text.ptr, (size_t)(at - text.ptr)};
    *ret = d;
    return true;
}

/* ---- converting ---- */

bool bt_decimal_f64(const struct bt_decimal *decimal, double *ret)
{
    uint64_t bits = 0;
    if (decimal->is_long)
        return bt_f64_parse(decimal->text, ret);
    if (!bt_round_decimal(&bt_binary64, decimal, &bits))
        return false;
    bits |= (uint64_t)decimal->is_negative << 63;
    memcpy(ret, &bits, sizeof *ret);
    return true;
}

bool bt_decimal_f32(const struct bt_decimal *decimal, float *ret)
{
    uint64_t bits = 0;
    if (decimal->is_long)
        return bt_f32_parse(decimal->text, ret);
    if (!bt_round_decimal(&bt_binary32, decimal, &bits))
        return false;
    uint32_t narrow = (uint32_t)bits | (uint32_t)decimal->is_negative << 31;
    memcpy(ret, &narrow, sizeof *ret);
    return true;
}

static bool to_half(const struct bt_float_format *f, const struct bt_decimal *decimal,
                    uint16_t *ret)
{
    uint64_t bits = 0;
    if (!bt_round_decimal(f, decimal, &bits))
        return false;
    *ret = (uint16_t)(bits | (uint64_t)decimal->is_negative << 15);
    return true;
}

bool bt_decimal_f16(const struct bt_decimal *decimal, uint16_t *ret)
{
    return decimal->is_long ? bt_f16_parse(decimal->text, ret)
                            : to_half(&bt_binary16, decimal, ret);
}

bool bt_decimal_bf16(const struct bt_decimal *decimal, uint16_t *ret)
{
    return decimal->is_long ? bt_bf16_parse(decimal->text, ret)
                            : to_half(&bt_bfloat16, decimal, ret);
}
