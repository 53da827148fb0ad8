/* SPDX-License-Identifier: Apache-2.0 */
#include "data/exact_sum.h"

#include <string.h>

#define POINT_BITS 2148 /* weight of bit 0 is 2^-2148 */
#define TOP_BITS (BT_EXACT_SUM_WORDS * 32)

/* 53-bit significands squared need 106 bits. */
__extension__ typedef unsigned __int128 u128;

/* The 32 bits of magnitude * 2^bit that start at 32 * i. */
static uint32_t word_of(u128 magnitude, unsigned bit, unsigned i)
{
    if (i == 0)
        return (uint32_t)(magnitude << bit);
    return 32 * i - bit < 128 ? (uint32_t)(magnitude >> (32 * i - bit)) : 0;
}

/* Add magnitude * 2^shift (bit position from the bottom), or subtract it. */
static void add_shifted(struct bt_exact_sum *sum, u128 magnitude, unsigned shift, bool negative)
{
    unsigned first = shift / 32;
    uint64_t carry = negative; /* two's complement: invert and add one */
    for (unsigned i = 0; i < BT_EXACT_SUM_WORDS - first; i++) {
        uint32_t part = word_of(magnitude, shift % 32, i);
        uint64_t total = (uint64_t)sum->word[first + i] + (negative ? ~part : part) + carry;
        sum->word[first + i] = (uint32_t)total;
        carry = total >> 32;
        /* Above the magnitude only the carry (or borrow) moves on. */
        if (i >= 5 && carry == (uint64_t)negative)
            break;
    }
}

struct parts {
    uint64_t significand;
    int exponent; /* value = significand * 2^exponent */
    bool negative;
    bool special;
};

static struct parts split(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    unsigned biased = (bits >> 52) & 0x7FF;
    uint64_t fraction = bits & UINT64_C(0xFFFFFFFFFFFFF);
    return (struct parts){
        .significand = biased ? fraction | UINT64_C(0x10000000000000) : fraction,
        .exponent = (biased ? (int)biased : 1) - 1075,
        .negative = bits >> 63,
        .special = biased == 0x7FF,
    };
}

void bt_exact_sum_add(struct bt_exact_sum *sum, double x)
{
    struct parts p = split(x);
    if (p.special)
        sum->special = true;
    else
        add_shifted(sum, p.significand, (unsigned)(POINT_BITS + p.exponent), p.negative);
}

void bt_exact_sum_add_square(struct bt_exact_sum *sum, double x)
{
    struct parts p = split(x);
    u128 square = (u128)p.significand * p.significand;
    if (p.special)
        sum->special = true;
    else
        add_shifted(sum, square, (unsigned)(POINT_BITS + 2 * p.exponent), false);
}

void bt_exact_sum_add_integer(struct bt_exact_sum *sum, int64_t k)
{
    uint64_t magnitude = k < 0 ? 0 - (uint64_t)k : (uint64_t)k;
    add_shifted(sum, magnitude, POINT_BITS, k < 0);
}

static bool bit_at(const uint32_t *word, unsigned i)
{
    return word[i / 32] >> (i % 32) & 1;
}

static void negate(uint32_t *word)
{
    uint64_t carry = 1;
    for (unsigned i = 0; i < BT_EXACT_SUM_WORDS; i++) {
        uint64_t total = (uint64_t)(uint32_t)~word[i] + carry;
        word[i] = (uint32_t)total;
        carry = total >> 32;
    }
}

static bool any_bit_below(const uint32_t *word, unsigned end)
{
    for (unsigned i = 0; i < end; i++)
        if (bit_at(word, i))
            return true;
    return false;
}

/* Bits below which the magnitude is zero. */
static unsigned top_bit(const uint32_t *word)
{
    unsigned top = TOP_BITS;
    while (top > 0 && !bit_at(word, top - 1))
        top--;
    return top;
}

/* kept * 2^exponent; exact unless it overflows, for kept has at most 53 bits above 2^-1074. */
static double scale(uint64_t kept, int exponent)
{
    double value = (double)kept;
    double rest;
    for (; exponent > 1000; exponent -= 1000)
        value *= 0x1p1000;
    for (; exponent < -1000; exponent += 1000)
        value *= 0x1p-1000;
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    memcpy(&rest, &bits, sizeof rest);
    return value * rest;
}

/* The 53 bits below `top` (fewer where 2^-1074 is reached), rounded to nearest even. */
static double round_magnitude(const uint32_t *word, unsigned top)
{
    const unsigned finest = POINT_BITS - 1074;
    unsigned last = top > finest + 53 ? top - 53 : finest;
    uint64_t kept = 0;
    for (unsigned i = top; i-- > last;)
        kept = kept << 1 | bit_at(word, i);
    if (bit_at(word, last - 1) && ((kept & 1) || any_bit_below(word, last - 1)))
        kept++;
    return scale(kept, (int)last - POINT_BITS);
}

double bt_exact_sum_round(const struct bt_exact_sum *sum)
{
    uint32_t word[BT_EXACT_SUM_WORDS];
    if (sum->special)
        return __builtin_nan("");
    memcpy(word, sum->word, sizeof word);
    bool negative = bit_at(word, TOP_BITS - 1);
    if (negative)
        negate(word);
    unsigned top = top_bit(word);
    if (top == 0)
        return 0.0;
    double magnitude = round_magnitude(word, top);
    return negative ? -magnitude : magnitude;
}
