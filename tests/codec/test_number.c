/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact numbers. glibc's strtod and printf, which are exact too but share no code with ours, are
 * the second opinion on random input.
 */
#include "unit/unit.h"

#include <fenv.h>
#include <math.h>
#include <stdio.h>

#include "codec/text/number.h"

#define RANDOM_COUNT unit_rounds(1000000)

/* splitmix64: the same sequence on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double f64_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float f32_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void assert_f64(const char *text, uint64_t bits)
{
    double value = 0;
    if (!bt_f64_parse(bt_bytes_of(text), &value))
        fail_msg("%s is a number", text);
    if (bits_of_f64(value) != bits)
        fail_msg("%s: expected %016llx, found %016llx", text, (unsigned long long)bits,
                 (unsigned long long)bits_of_f64(value));
}

static void random_doubles_read_back_and_are_shortest(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < RANDOM_COUNT; i++) {
        char text[BT_NUMBER_TEXT_MAX];
        char peer[64];
        uint64_t bits = next_random(&seed);
        double back = 0;
        double value = f64_of(bits);
        if (value != value || value - value != 0)
            continue;
        size_t len = bt_f64_format(value, text);
        assert_int_equal(strlen(text), len);
        assert_true(bt_f64_parse(bt_bytes_of(text), &back));
        if (bits_of_f64(back) != bits || bits_of_f64(strtod(text, NULL)) != bits)
            fail_msg("%016llx printed as %s", (unsigned long long)bits, text);
        /* One digit fewer must not do, except where ours is already short. */
        int digits = 0;
        for (const char *at = text; *at && *at != 'e'; at++)
            digits += *at >= '0' && *at <= '9';
        if (digits >= 2 && strchr(text, 'e')) {
            (void)snprintf(peer, sizeof peer, "%.*e", digits - 2, value);
            if (bits_of_f64(strtod(peer, NULL)) == bits)
                fail_msg("%s is shorter than %s", peer, text);
        }
    }
}

static void random_floats_read_back(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < RANDOM_COUNT; i++) {
        char text[BT_NUMBER_TEXT_MAX];
        uint32_t bits = (uint32_t)next_random(&seed);
        float back = 0;
        float value = f32_of(bits);
        if (value != value || value - value != 0)
            continue;
        (void)bt_f32_format(value, text);
        assert_true(bt_f32_parse(bt_bytes_of(text), &back));
        if (bits_of_f32(back) != bits || bits_of_f32(strtof(text, NULL)) != bits)
            fail_msg("%08x printed as %s", bits, text);
    }
}

static void assert_as_strtod(const char *text)
{
    double value = 0;
    float narrow = 0;
    assert_true(bt_f64_parse(bt_bytes_of(text), &value));
    /* "1e40" is no float32; strtof says infinity. */
    if (!bt_f32_parse(bt_bytes_of(text), &narrow))
        narrow = strtof(text, NULL) > 0 ? HUGE_VALF : -HUGE_VALF;
    if (bits_of_f64(value) != bits_of_f64(strtod(text, NULL)) ||
        bits_of_f32(narrow) != bits_of_f32(strtof(text, NULL)))
        fail_msg("%s", text);
}

static void random_decimals_round_as_strtod_does(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < RANDOM_COUNT / 2; i++) {
        char text[128];
        uint64_t a = next_random(&seed);
        uint64_t b = next_random(&seed);
        int exponent = (int)(b % 80) - 60;
        (void)snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(a >> b % 64),
                       (unsigned long long)b, exponent);
        assert_as_strtod(text);
    }
}

/* What 128 bits decide: at most 19 digits and 27 places. Of each three, one is half of an ulp of
 * binary32, and one a hair beside that. */
static void short_decimals_round_as_strtod_does(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < RANDOM_COUNT / 2; i++) {
        char text[64];
        uint64_t a = next_random(&seed);
        uint64_t b = next_random(&seed);
        uint64_t half = (a >> 40 | 1 << 23) * 2 + 1;
        unsigned places = (unsigned)(b % 17);
        for (unsigned k = 0; k < places; k++)
            half *= 5;
        (void)snprintf(text, sizeof text, "%llue%d", (unsigned long long)(a >> (1 + b % 63)),
                       (int)(b % 55) - 27);
        assert_as_strtod(text);
        (void)snprintf(text, sizeof text, "%llue-%u", (unsigned long long)half, places);
        assert_as_strtod(text);
        (void)snprintf(text, sizeof text, "-%llue-%u", (unsigned long long)half + b % 3 - 1,
                       places);
        assert_as_strtod(text);
    }
}

/* The exact decimal of the midpoint of two neighbours, and of a hair above and below it. */
static void midpoints_round_to_even_and_hairs_decide(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int i = 0; i < 3000; i++) {
        static char text[1400];
        uint64_t bits = next_random(&seed) & (UINT64_MAX >> 1);
        if (i % 3 == 0)
            bits &= UINT64_C(0x001fffffffffffff); /* subnormals and the smallest normals */
        long double low = (long double)f64_of(bits);
        long double high = (long double)f64_of(bits + 1);
        if (bits >= UINT64_C(0x7fe0000000000000) || sizeof(long double) < 16)
            continue;
        int len = snprintf(text, sizeof text, "%.1200Le", (low + high) / 2);
        assert_in_range(len, 1200, sizeof text - 1);
        assert_f64(text, bits + (bits & 1));
        char *last = strchr(text, 'e') - 1;
        *last = '1';
        assert_f64(text, bits + 1);
    }
}

static void known_hard_cases_read_exactly(void **state)
{
    (void)state;
    assert_f64("2.2250738585072011e-308", UINT64_C(0x000fffffffffffff));
    assert_f64("2.2250738585072012e-308", UINT64_C(0x0010000000000000));
    assert_f64("4.9406564584124654e-324", 1);
    assert_f64("2.4703282292062327e-324", 0);
    assert_f64("2.4703282292062328e-324", 1);
    assert_f64("1.7976931348623157e308", UINT64_C(0x7fefffffffffffff));
    assert_f64("1.7976931348623158e308", UINT64_C(0x7fefffffffffffff));
    assert_f64("9007199254740993", UINT64_C(0x4340000000000000));
    assert_f64("9007199254740993.00000000000000000000000000000001", UINT64_C(0x4340000000000001));
    assert_f64("0.500000000000000166533453693773481063544750213623046875",
               UINT64_C(0x3fe0000000000002));
    assert_f64("3.518437208883201171875e13", UINT64_C(0x42c0000000000002));
    assert_f64("62.5364939768271845828", UINT64_C(0x404f44abd5aa7ca4));
    assert_f64("1e23", UINT64_C(0x44b52d02c7e14af6));
    assert_f64("-0", UINT64_C(0x8000000000000000));
    assert_f64("0e999999999999999999999", 0);
    assert_f64("1e-999999999999999999999", 0);
    assert_f64("0x1.8p-3", UINT64_C(0x3fc8000000000000));
    assert_f64("0x1.00000000000008p0", UINT64_C(0x3ff0000000000000));
    assert_f64("0x1.000000000000080000001p0", UINT64_C(0x3ff0000000000001));
    assert_f64("0x0.0000000000001p-1022", 1);
    assert_f64("+INF", UINT64_C(0x7ff0000000000000));
    assert_f64("nan", UINT64_C(0x7ff8000000000000));
}

static void single_precision_is_rounded_once(void **state)
{
    (void)state;
    float value = 0;
    /* Through binary64 this would land on the midpoint first and then round to even, down. */
    assert_true(bt_f32_parse(bt_bytes_of("1.00000017881393432617187499"), &value));
    assert_int_equal(bits_of_f32(value), 0x3f800001);
    assert_true(bt_f32_parse(bt_bytes_of("1.000000178813934326171875"), &value));
    assert_int_equal(bits_of_f32(value), 0x3f800002);
    assert_true(bt_f32_parse(bt_bytes_of("1.00000017881393432617187501"), &value));
    assert_int_equal(bits_of_f32(value), 0x3f800002);
    assert_true(bt_f32_parse(bt_bytes_of("3.4028235677973367e38"), &value) == false);
    assert_true(bt_f32_parse(bt_bytes_of("3.4028235677973366e38"), &value));
    assert_int_equal(bits_of_f32(value), 0x7f7fffff);
}

/* The binary64 nearest to each of these is a midpoint of the 16-bit format. */
static void half_precision_is_rounded_once(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t f16;
        uint16_t bf16;
    } cases[] = {
        {"1.00048828125", 0x3C00, 0x3F80},
        {"1.000488281250000000000000001", 0x3C01, 0x3F80},
        {"1.00390625", 0x3C04, 0x3F80},
        {"1.003906250000000000000000001", 0x3C04, 0x3F81},
        {"-2.98023223876953125e-8", 0x8000, 0xB300},
        {"-2.98023223876953125000000001e-8", 0x8001, 0xB300},
        {"65519.99999999999999999999", 0x7BFF, 0x4780},
        {"nan", 0x7E00, 0x7FC0},
        {"-inf", 0xFC00, 0xFF80},
    };
    uint16_t half = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(bt_f16_parse(bt_bytes_of(cases[i].text), &half));
        assert_int_equal(half, cases[i].f16);
        assert_true(bt_bf16_parse(bt_bytes_of(cases[i].text), &half));
        assert_int_equal(half, cases[i].bf16);
    }
    assert_false(bt_f16_parse(bt_bytes_of("65520"), &half));
    assert_false(bt_bf16_parse(bt_bytes_of("3.3961775292304601e38"), &half));
    assert_true(bt_bf16_parse(bt_bytes_of("3.39e38"), &half));
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",    "-",  "+",   ".",     "e5",  "1e",      "1e+",  "1.2.3", " 1",  "1 ",
        "1,5", "0x", "0xp", "0x1.p", "--1", "infinit", "nan1", "1e400", "1_0", "0x1p5000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 7;
        if (bt_f64_parse(bt_bytes_of(bad[i]), &value))
            fail_msg("\"%s\" was read as %g", bad[i], value);
        assert_true(value == 7);
    }
}

static void integers_stop_at_their_range(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(bt_i64_parse(bt_bytes_of("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(bt_i64_parse(bt_bytes_of("+9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_false(bt_i64_parse(bt_bytes_of("9223372036854775808"), &value));
    assert_false(bt_i64_parse(bt_bytes_of("1.0"), &value));
    assert_false(bt_i64_parse(bt_bytes_of("-"), &value));
    assert_false(bt_i64_parse(bt_bytes_of(""), &value));
}

static void assert_text(uint64_t bits, const char *wanted)
{
    char text[BT_NUMBER_TEXT_MAX];
    (void)bt_f64_format(f64_of(bits), text);
    assert_string_equal(text, wanted);
}

/* RFC 8785, appendix B. */
static void doubles_print_as_in_ecmascript(void **state)
{
    (void)state;
    assert_text(0, "0");
    assert_text(UINT64_C(0x8000000000000000), "-0");
    assert_text(1, "5e-324");
    assert_text(UINT64_C(0x8000000000000001), "-5e-324");
    assert_text(UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308");
    assert_text(UINT64_C(0x4340000000000000), "9007199254740992");
    assert_text(UINT64_C(0xc340000000000000), "-9007199254740992");
    assert_text(UINT64_C(0x4430000000000000), "295147905179352830000");
    assert_text(UINT64_C(0x44b52d02c7e14af5), "9.999999999999997e+22");
    assert_text(UINT64_C(0x44b52d02c7e14af6), "1e+23");
    assert_text(UINT64_C(0x44b52d02c7e14af7), "1.0000000000000001e+23");
    assert_text(UINT64_C(0x444b1ae4d6e2ef4e), "999999999999999700000");
    assert_text(UINT64_C(0x444b1ae4d6e2ef4f), "999999999999999900000");
    assert_text(UINT64_C(0x444b1ae4d6e2ef50), "1e+21");
    assert_text(UINT64_C(0x3eb0c6f7a0b5ed8c), "9.999999999999997e-7");
    assert_text(UINT64_C(0x3eb0c6f7a0b5ed8d), "0.000001");
    assert_text(UINT64_C(0x41b3de4355555553), "333333333.3333332");
    assert_text(UINT64_C(0x41b3de4355555554), "333333333.33333325");
    assert_text(UINT64_C(0x41b3de4355555555), "333333333.3333333");
    assert_text(UINT64_C(0x41b3de4355555556), "333333333.3333334");
    assert_text(UINT64_C(0x41b3de4355555557), "333333333.33333343");
    assert_text(UINT64_C(0xbecbf647612f3696), "-0.0000033333333333333333");
    assert_text(UINT64_C(0x43143ff3c1cb0959), "1424953923781206.2");
    assert_text(UINT64_C(0x3d30000000000000), "5.684341886080802e-14");
    assert_text(UINT64_C(0x7ff0000000000000), "inf");
    assert_text(UINT64_C(0xfff0000000000000), "-inf");
    assert_text(UINT64_C(0xfff8000000000000), "nan");
}

static void floats_print_short(void **state)
{
    (void)state;
    char text[BT_NUMBER_TEXT_MAX];
    assert_int_equal(bt_f32_format(0.1f, text), 3);
    assert_string_equal(text, "0.1");
    (void)bt_f32_format(f32_of(1), text);
    assert_string_equal(text, "1e-45");
    (void)bt_f32_format(f32_of(0x7f7fffff), text);
    assert_string_equal(text, "3.4028235e+38");
    (void)bt_f32_format(16777216.0f, text);
    assert_string_equal(text, "16777216");
}

static void rounding_mode_does_not_matter(void **state)
{
    (void)state;
    static const int modes[] = {FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(fesetround(modes[i]), 0);
        double value = 0;
        bool read = bt_f64_parse(bt_bytes_of("0.1"), &value);
        char text[BT_NUMBER_TEXT_MAX];
        (void)bt_f64_format(value, text);
        (void)fesetround(FE_TONEAREST);
        assert_true(read);
        assert_true(bits_of_f64(value) == UINT64_C(0x3fb999999999999a));
        assert_string_equal(text, "0.1");
    }
}

UNIT_MAIN(cmocka_unit_test(random_doubles_read_back_and_are_shortest),
          cmocka_unit_test(random_floats_read_back),
          cmocka_unit_test(random_decimals_round_as_strtod_does),
          cmocka_unit_test(short_decimals_round_as_strtod_does),
          cmocka_unit_test(midpoints_round_to_even_and_hairs_decide),
          cmocka_unit_test(known_hard_cases_read_exactly),
          cmocka_unit_test(single_precision_is_rounded_once),
          cmocka_unit_test(half_precision_is_rounded_once),
          cmocka_unit_test(what_is_no_number_is_refused),
          cmocka_unit_test(integers_stop_at_their_range),
          cmocka_unit_test(doubles_print_as_in_ecmascript), cmocka_unit_test(floats_print_short),
          cmocka_unit_test(rounding_mode_does_not_matter))
