/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal text to binary floating point and back, exactly.
 *
 * Both directions rest on one integer type, `struct big`, and three operations whose results are
 * exact or floor-with-remainder: multiply by a power of five, divide by one, shift. No floating-
 * point instruction is used, so neither rounding mode, flush-to-zero, locale nor instruction set
 * can change a bit.
 *
 * Reading: a decimal is N * 10^e = N * 5^e * 2^e. For e >= 0 the product is computed. For e < 0, N
 * is first shifted left until the quotient N / 5^-e has at least 64 bits, then divided. Dividing by
 * 5^27 several times equals dividing once by the product, because floor(floor(a/b)/c) =
 * floor(a/bc), and the division is exact if and only if every step was. The 64 leading bits of the
 * result and one "sticky" flag (was anything nonzero lost?) decide the rounding to nearest even of
 * any format with fewer than 64 bits of significand. Digits after the 800th only feed the flag: a
 * boundary between two values of binary64 has at most 768 significant digits.
 *
 * Writing: v and the two ends of the interval of reals that read back as v are scaled by the same
 * power of ten to about 18 digits. L and H are the smallest and largest integers inside. The
 * answer is the multiple of 10^j in [L, H] for the largest j that has one; of several, the one
 * nearest to v, the even one on a tie. That is what ECMAScript's Number::toString asks for.
 */
#include "codec/text/number.h"

#include <string.h>

#include "codec/text/number_int.h"

/* Enough for 800 digits (2658 bits), for the largest finite value (1024 bits) and for the shifted
 * dividend of the smallest (5^1150 has 2671 bits, plus 66, plus one word to spare). */
#define BIG_WORDS 64
#define DIGITS_MAX 800
#define POW5_STEP 27
#define POW5_STEP_VALUE UINT64_C(7450580596923828125)

struct big {
    unsigned len; /* words in use; the last one is not zero */
    uint64_t words[BIG_WORDS];
};

static uint64_t pow_u64(uint64_t base, unsigned exponent)
{
    uint64_t power = 1;
    while (exponent--)
        power *= base;
    return power;
}

static void big_set(struct big *n, uint64_t value)
{
    n->len = value != 0;
    n->words[0] = value;
}

static void big_push(struct big *n, uint64_t word)
{
    BT_BUG_ON(n->len == BIG_WORDS);
    n->words[n->len++] = word;
}

static void big_trim(struct big *n)
{
    while (n->len && n->words[n->len - 1] == 0)
        n->len--;
}

static unsigned big_bits(const struct big *n)
{
    return n->len ? n->len * 64 - (unsigned)__builtin_clzll(n->words[n->len - 1]) : 0;
}

static void big_mul_add(struct big *n, uint64_t factor, uint64_t carry)
{
    for (unsigned i = 0; i < n->len; i++) {
        u128 product = (u128)n->words[i] * factor + carry;
        n->words[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    if (carry)
        big_push(n, carry);
}

/* Returns whether there was a remainder. */
static bool big_div(struct big *n, uint64_t divisor)
{
    uint64_t remainder = 0;
    for (unsigned i = n->len; i-- > 0;) {
        u128 part = (u128)remainder << 64 | n->words[i];
        n->words[i] = (uint64_t)(part / divisor);
        remainder = (uint64_t)(part % divisor);
    }
    big_trim(n);
    return remainder != 0;
}

static void big_shift_left(struct big *n, unsigned bits)
{
    unsigned whole = bits / 64;
    if (n->len == 0)
        return;
    big_mul_add(n, (uint64_t)1 << bits % 64, 0);
    if (whole == 0)
        return;
    BT_BUG_ON(n->len + whole > BIG_WORDS);
    memmove(n->words + whole, n->words, n->len * sizeof n->words[0]);
    memset(n->words, 0, whole * sizeof n->words[0]);
    n->len += whole;
}

/* Returns whether a one was shifted out. */
static bool big_shift_right(struct big *n, unsigned bits)
{
    unsigned whole = bits / 64;
    bool lost = false;
    if (bits == 0)
        return false;
    for (unsigned i = 0; i < whole && i < n->len; i++)
        lost = lost || n->words[i] != 0;
    if (whole >= n->len) {
        n->len = 0;
        return lost;
    }
    n->len -= whole;
    memmove(n->words, n->words + whole, n->len * sizeof n->words[0]);
    return bits % 64 ? big_div(n, (uint64_t)1 << bits % 64) || lost : lost;
}

static void big_mul_pow5(struct big *n, unsigned exponent)
{
    for (; exponent >= POW5_STEP; exponent -= POW5_STEP)
        big_mul_add(n, POW5_STEP_VALUE, 0);
    big_mul_add(n, pow_u64(5, exponent), 0);
}

static bool big_div_pow5(struct big *n, unsigned exponent)
{
    bool inexact = false;
    for (; exponent >= POW5_STEP; exponent -= POW5_STEP)
        inexact |= big_div(n, POW5_STEP_VALUE);
    return exponent ? big_div(n, pow_u64(5, exponent)) || inexact : inexact;
}

/* ---- reading ---- */

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static bool take(struct cursor *c, char wanted)
{
    /* Letters come in as small; digits and signs have bit 0x20 set already. */
    if (c->at == c->end || (*c->at | 0x20) != wanted)
        return false;
    c->at++;
    return true;
}

static bool take_sign(struct cursor *c)
{
    if (c->at < c->end && (*c->at == '-' || *c->at == '+'))
        return *c->at++ == '-';
    return false;
}

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    uint8_t small = byte | 0x20;
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* [+-]digits, clamped: far beyond any exponent that matters, far below overflow. */
static bool take_exponent(struct cursor *c, int64_t *ret)
{
    bool negative = take_sign(c);
    int64_t value = 0;
    const uint8_t *start = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (value < INT64_C(1) << 50)
            value = value * 10 + (*c->at - '0');
    *ret = negative ? -value : value;
    return c->at > start;
}

struct decimal {
    struct big digits;
    unsigned count;   /* significant digits in `digits` */
    int64_t exponent; /* value = digits * 10^exponent */
    bool more;        /* nonzero digits were left out */
};

/* Digits and at most one point; at least one digit. Collects 19 digits at a time. */
static bool take_digits(struct cursor *c, struct decimal *d)
{
    bool any = false;
    bool fraction = false;
    uint64_t chunk = 0;
    unsigned chunk_len = 0;
    for (; c->at < c->end; c->at++) {
        if (*c->at == '.' && !fraction) {
            fraction = true;
            continue;
        }
        unsigned digit = (unsigned)*c->at - '0';
        if (digit > 9)
            break;
        any = true;
        if (d->count == DIGITS_MAX) {
            d->more = d->more || digit != 0;
            d->exponent += !fraction;
            continue;
        }
        d->exponent -= fraction;
        if (digit == 0 && d->count == 0)
            continue;
        d->count++;
        chunk = chunk * 10 + digit;
        if (++chunk_len == 19) {
            big_mul_add(&d->digits, pow_u64(10, chunk_len), chunk);
            chunk = 0;
            chunk_len = 0;
        }
    }
    big_mul_add(&d->digits, pow_u64(10, chunk_len), chunk);
    return any;
}

static bool round_decimal(const struct bt_float_format *f, struct decimal *d, uint64_t *ret_bits)
{
    struct big *n = &d->digits;
    int64_t magnitude = d->exponent + d->count;
    int exponent = 0;
    bool sticky = d->more;
    if (d->count == 0 || magnitude < -350) {
        *ret_bits = 0;
        return true;
    }
    if (magnitude > 310)
        return false;
    exponent = (int)d->exponent;
    if (exponent >= 0) {
        big_mul_pow5(n, (unsigned)exponent);
    } else {
        /* 7/3 > log2(5): the quotient gets at least 64 bits. */
        unsigned wanted = (unsigned)-exponent * 7 / 3 + 66;
        unsigned shift = wanted > big_bits(n) ? wanted - big_bits(n) : 0;
        big_shift_left(n, shift);
        sticky |= big_div_pow5(n, (unsigned)-exponent);
        exponent -= (int)shift;
    }
    int surplus = (int)big_bits(n) - 64;
    if (surplus > 0)
        sticky |= big_shift_right(n, (unsigned)surplus);
    else
        big_shift_left(n, (unsigned)-surplus);
    return bt_round_bits(f, n->words[0], exponent + surplus, sticky, ret_bits);
}

static bool parse_decimal(const struct bt_float_format *f, struct cursor *c, uint64_t *ret_bits)
{
    struct decimal d;
    int64_t exponent = 0;
    big_set(&d.digits, 0);
    d.count = 0;
    d.exponent = 0;
    d.more = false;
    if (!take_digits(c, &d))
        return false;
    if (take(c, 'e') && !take_exponent(c, &exponent))
        return false;
    d.exponent += exponent;
    return round_decimal(f, &d, ret_bits);
}

struct hexadecimal {
    uint64_t top;
    int64_t exponent; /* value = (top + more) * 2^exponent */
    bool more;        /* nonzero digits were left out */
};

static bool take_hex_digits(struct cursor *c, struct hexadecimal *h)
{
    bool any = false;
    bool fraction = false;
    for (; c->at < c->end; c->at++) {
        if (*c->at == '.' && !fraction) {
            fraction = true;
            continue;
        }
        int digit = hex_digit(*c->at);
        if (digit < 0)
            break;
        any = true;
        if (h->top >> 60) {
            h->more = h->more || digit != 0;
            h->exponent += fraction ? 0 : 4;
        } else {
            h->top = h->top << 4 | (unsigned)digit;
            h->exponent -= fraction ? 4 : 0;
        }
    }
    return any;
}

static bool parse_hexadecimal(const struct bt_float_format *f, struct cursor *c, uint64_t *ret_bits)
{
    struct hexadecimal h = {0, 0, false};
    int64_t exponent = 0;
    if (!take_hex_digits(c, &h))
        return false;
    if (take(c, 'p') && !take_exponent(c, &exponent))
        return false;
    exponent += h.exponent;
    if (h.top == 0 || exponent < -2000) {
        *ret_bits = 0;
        return true;
    }
    if (exponent > 2000)
        return false;
    int shift = __builtin_clzll(h.top);
    return bt_round_bits(f, h.top << shift, (int)exponent - shift, h.more, ret_bits);
}

static bool take_word(struct cursor *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->at) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((c->at[i] | 0x20) != word[i])
            return false;
    c->at = c->end;
    return true;
}

static bool parse_bits(const struct bt_float_format *f, struct bt_bytes text, bool *ret_negative,
                       uint64_t *ret_bits)
{
    struct cursor c = {text.ptr, text.ptr + text.len};
    bool good = true;
    struct bt_decimal decimal;
    if (bt_decimal_take(text, &decimal) && decimal.text.len == text.len && !decimal.is_long) {
        *ret_negative = decimal.is_negative;
        return bt_round_decimal(f, &decimal, ret_bits);
    }
    if (text.len == 0)
        return false;
    *ret_negative = take_sign(&c);
    if (take_word(&c, "inf") || take_word(&c, "infinity")) {
        *ret_bits = f->infinity;
    } else if (take_word(&c, "nan")) {
        *ret_bits = f->infinity | (uint64_t)1 << (f->significand_bits - 2);
        *ret_negative = false;
    } else if (c.end - c.at > 2 && c.at[0] == '0' && (c.at[1] | 0x20) == 'x') {
        c.at += 2;
        good = parse_hexadecimal(f, &c, ret_bits);
    } else {
        good = parse_decimal(f, &c, ret_bits);
    }
    return good && c.at == c.end;
}

bool bt_f64_parse(struct bt_bytes text, double *ret)
{
    bool negative = false;
    uint64_t bits = 0;
    if (!parse_bits(&bt_binary64, text, &negative, &bits))
        return false;
    bits |= (uint64_t)negative << 63;
    memcpy(ret, &bits, sizeof *ret);
    return true;
}

bool bt_f32_parse(struct bt_bytes text, float *ret)
{
    bool negative = false;
    uint64_t bits = 0;
    if (!parse_bits(&bt_binary32, text, &negative, &bits))
        return false;
    uint32_t narrow = (uint32_t)bits | (uint32_t)negative << 31;
    memcpy(ret, &narrow, sizeof *ret);
    return true;
}

static bool parse_half(const struct bt_float_format *f, struct bt_bytes text, uint16_t *ret)
{
    bool negative = false;
    uint64_t bits = 0;
    if (!parse_bits(f, text, &negative, &bits))
        return false;
    *ret = (uint16_t)(bits | (uint64_t)negative << 15);
    return true;
}

bool bt_f16_parse(struct bt_bytes text, uint16_t *ret)
{
    return parse_half(&bt_binary16, text, ret);
}

bool bt_bf16_parse(struct bt_bytes text, uint16_t *ret)
{
    return parse_half(&bt_bfloat16, text, ret);
}

bool bt_i64_parse(struct bt_bytes text, int64_t *ret)
{
    struct cursor c = {text.ptr, text.ptr + text.len};
    int64_t value = 0;
    if (text.len == 0)
        return false;
    bool negative = take_sign(&c);
    if (c.at == c.end)
        return false;
    for (; c.at < c.end; c.at++) {
        int digit = *c.at - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *ret = value;
    return true;
}

/* ---- writing ---- */

/* floor(x * 2^exp2 * 10^exp10), which the caller knows to be below 2^64. */
static uint64_t scale(uint64_t x, int exp2, int exp10, bool *ret_inexact)
{
    struct big n;
    bool inexact = false;
    int shift = exp2 + exp10;
    big_set(&n, x);
    if (exp10 >= 0)
        big_mul_pow5(&n, (unsigned)exp10);
    if (shift >= 0)
        big_shift_left(&n, (unsigned)shift);
    else
        inexact = big_shift_right(&n, (unsigned)-shift);
    if (exp10 < 0)
        inexact |= big_div_pow5(&n, (unsigned)-exp10);
    BT_BUG_ON(n.len > 1);
    *ret_inexact = inexact;
    return n.len ? n.words[0] : 0;
}

struct shortest {
    uint64_t digits;
    int exponent; /* value = digits * 10^exponent */
};

/* Which multiple of `unit` to take; [low, high] holds one. */
static uint64_t pick(uint64_t v, bool v_inexact, uint64_t unit, uint64_t low, uint64_t high)
{
    uint64_t down = v / unit;
    uint64_t rest = v % unit;
    if (down * unit < low)
        return down + 1;
    if ((down + 1) * unit > high)
        return down;
    /* For unit 1 nothing but the inexact part is left, and it is not compared: callers scale so
     * that the interval is wider than ten units. */
    bool above = rest * 2 > unit || (rest * 2 == unit && (v_inexact || (down & 1)));
    return above ? down + 1 : down;
}

static struct shortest shorten(const struct bt_float_format *f, uint64_t bits)
{
    uint64_t hidden = (uint64_t)1 << (f->significand_bits - 1);
    uint64_t fraction = bits & (hidden - 1);
    int field = (int)(bits >> (f->significand_bits - 1));
    uint64_t m = field ? fraction | hidden : fraction;
    int ulp = f->ulp_min + (field ? field - 1 : 0);
    /* Below a power of two the next value is half as far away. */
    uint64_t below = fraction == 0 && field > 1 ? 1 : 2;

    /* floor(log2 v) * log10(2), rounded down: v has 18 or 19 digits after scaling. */
    int log2 = ulp + 63 - __builtin_clzll(m);
    int log10 = (log2 * 78913 - (log2 < 0 ? 262143 : 0)) / 262144;
    int exp10 = 17 - log10;
    bool v_inexact = false;
    bool low_inexact = false;
    bool high_inexact = false;
    uint64_t v = scale(4 * m, ulp - 2, exp10, &v_inexact);
    uint64_t low = scale(4 * m - below, ulp - 2, exp10, &low_inexact);
    uint64_t high = scale(4 * m + 2, ulp - 2, exp10, &high_inexact);
    /* The ends themselves read back as v only when v is even. */
    bool even = (m & 1) == 0;
    if (low_inexact || !even)
        low++;
    if (!high_inexact && !even)
        high--;

    uint64_t unit = 1;
    int dropped = 0;
    while (unit <= high / 10 && high / (unit * 10) * (unit * 10) >= low) {
        unit *= 10;
        dropped++;
    }
    return (struct shortest){pick(v, v_inexact, unit, low, high), dropped - exp10};
}

static size_t put_digits(uint64_t value, char *out)
{
    char reversed[20];
    size_t len = 0;
    do {
        reversed[len++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (size_t i = 0; i < len; i++)
        out[i] = reversed[len - 1 - i];
    return len;
}

/* d.ddde+x; `point` digits stand before the point in plain notation. */
static size_t lay_out_exponent(const char *digits, int len, int point, char *out)
{
    char *at = out;
    *at++ = digits[0];
    if (len > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, (size_t)len - 1);
        at += len - 1;
    }
    *at++ = 'e';
    *at++ = point > 0 ? '+' : '-';
    at += put_digits((uint64_t)(point > 0 ? point - 1 : 1 - point), at);
    return (size_t)(at - out);
}

/* ECMAScript's layout. */
static size_t lay_out(struct shortest s, char *out)
{
    char digits[20];
    int len = (int)put_digits(s.digits, digits);
    int point = len + s.exponent;
    char *at = out;
    if (point > 21 || point < -5)
        return lay_out_exponent(digits, len, point, out);
    if (point <= 0) {
        *at++ = '0';
        *at++ = '.';
    }
    for (int i = point; i < 0; i++)
        *at++ = '0';
    for (int i = 0; i < len || i < point; i++) {
        if (i == point && i > 0)
            *at++ = '.';
        *at++ = i < len ? digits[i] : '0';
    }
    return (size_t)(at - out);
}

static size_t format_bits(const struct bt_float_format *f, bool negative, uint64_t bits, char *out)
{
    char *at = out;
    if (bits > f->infinity) {
        memcpy(out, "nan", 4);
        return 3;
    }
    if (negative)
        *at++ = '-';
    if (bits == f->infinity) {
        memcpy(at, "inf", 3);
        at += 3;
    } else if (bits == 0) {
        *at++ = '0';
    } else {
        at += lay_out(shorten(f, bits), at);
    }
    *at = 0;
    return (size_t)(at - out);
}

size_t bt_f64_format(double value, char buf[BT_NUMBER_TEXT_MAX])
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return format_bits(&bt_binary64, bits >> 63, bits & (UINT64_MAX >> 1), buf);
}

size_t bt_f32_format(float value, char buf[BT_NUMBER_TEXT_MAX])
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return format_bits(&bt_binary32, bits >> 31, bits & (UINT32_MAX >> 1), buf);
}
