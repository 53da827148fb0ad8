/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <math.h>

#include "codec/text/rule.h"
#include "tensor/canonical.h"
#include "tensor/compare.h"

static struct bt_value floats(float *data, int64_t rows, int64_t columns)
{
    return (struct bt_value){
        .kind = BT_VALUE_TENSOR,
        .tensor = {.dtype = BT_F32, .rank = 2, .dims = {rows, columns}, .data = data}};
}

static struct bt_comparison compare(struct bt_value a, struct bt_value b, const char *text)
{
    struct bt_rule rule = BT_RULE_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_comparison c;
    assert_ok(bt_rule_parse(text, &rule, &err), err);
    bt_compare(&a, &b, &rule, &c);
    return c;
}

static void bits_count_every_difference(void **state)
{
    (void)state;
    float x[] = {1.0F, -0.0F, NAN, 4.0F};
    float y[] = {1.0F, 0.0F, -NAN, 5.0F};
    struct bt_comparison c = compare(floats(x, 2, 2), floats(y, 2, 2), "bits");
    assert_int_equal(c.different_bits, 2);
    assert_int_equal(c.first, 1);
    assert_int_equal(c.outside, 2);
    assert_false(bt_comparison_identical(&c));
    assert_true(c.abs_max > 0.9 && c.abs_max < 1.1);
}

static void ulps_are_steps_on_the_number_line(void **state)
{
    (void)state;
    float x[] = {1.0F, -0.0F};
    float y[] = {__builtin_nextafterf(1.0F, 2.0F), 0.0F};
    struct bt_comparison c = compare(floats(x, 1, 2), floats(y, 1, 2), "ulp:1");
    assert_int_equal(c.ulps_max, 1);
    assert_true(bt_comparison_within(&c));
    assert_false(bt_comparison_identical(&c));
    assert_int_equal(bt_ulps_f32(-1.0F, 1.0F), 2 * UINT64_C(0x3F800000) + 1);
    assert_true(bt_ulps_f64(1.0, (double)NAN) == UINT64_MAX);
}

static void close_has_two_tolerances(void **state)
{
    (void)state;
    float x[] = {100.0F, 0.0001F};
    float y[] = {100.5F, 0.0F};
    struct bt_comparison c = compare(floats(x, 1, 2), floats(y, 1, 2), "abs:1e-3,rel:0.01");
    assert_true(bt_comparison_within(&c));
    c = compare(floats(x, 1, 2), floats(y, 1, 2), "abs:0,rel:0.01");
    assert_int_equal(c.first_outside, 1);
}

static struct bt_value halves(enum bt_dtype dtype, uint16_t *data, int64_t count)
{
    return (struct bt_value){.kind = BT_VALUE_TENSOR,
                             .tensor = {.dtype = dtype, .rank = 1, .dims = {count}, .data = data}};
}

/* 1.0, its neighbour, -0 against +0, two NaNs, a number against NaN. */
static void half_precision_is_counted_in_its_own_steps(void **state)
{
    (void)state;
    static const enum bt_dtype types[] = {BT_F16, BT_BF16};
    uint16_t x[2][4] = {{0x3C00, 0x8000, 0x7E01, 0x3C00}, {0x3F80, 0x8000, 0x7FC1, 0x3F80}};
    uint16_t y[2][4] = {{0x3C02, 0x0000, 0xFE00, 0x7E00}, {0x3F82, 0x0000, 0xFFC0, 0x7FC0}};
    for (int i = 0; i < 2; i++) {
        struct bt_comparison c =
            compare(halves(types[i], x[i], 3), halves(types[i], y[i], 3), "ulp:2");
        assert_int_equal(c.different_bits, 2);
        assert_int_equal(c.ulps_max, 2);
        assert_true(bt_comparison_within(&c));
        c = compare(halves(types[i], x[i], 3), halves(types[i], y[i], 3), "ulp:1");
        assert_int_equal(c.outside, 1);
        c = compare(halves(types[i], x[i], 4), halves(types[i], y[i], 4), "abs:1,rel:1");
        assert_int_equal(c.outside, 1);
        assert_int_equal(c.first_outside, 3);
        assert_true(c.ulps_max == UINT64_MAX);
    }
}

static void text_is_the_same_or_not(void **state)
{
    (void)state;
    static const char *const rules[] = {"bits", "ulp:4", "abs:9,rel:9"};
    struct bt_bytes x[] = {bt_bytes_of("yes"), bt_bytes_of("no"), bt_bytes_of("")};
    struct bt_bytes y[] = {bt_bytes_of("yes"), bt_bytes_of("not"), bt_bytes_of("")};
    struct bt_value a = {.kind = BT_VALUE_TENSOR,
                         .tensor = {.dtype = BT_STRING, .rank = 1, .dims = {3}, .data = x}};
    struct bt_value b = a;
    b.tensor.data = y;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct bt_comparison c = compare(a, b, rules[i]);
        assert_int_equal(c.different_bits, 1);
        assert_int_equal(c.outside, 1);
        assert_int_equal(c.first, 1);
        c = compare(a, a, rules[i]);
        assert_true(bt_comparison_identical(&c));
    }
}

static void argmax_and_topk_look_at_order_only(void **state)
{
    (void)state;
    float x[] = {0.1F, 0.7F, 0.2F, 0.5F, 0.5F, 0.0F};
    float y[] = {0.2F, 0.6F, 0.1F, 0.6F, 0.4F, 0.0F};
    struct bt_comparison c = compare(floats(x, 2, 3), floats(y, 2, 3), "argmax");
    assert_true(bt_comparison_within(&c));
    c = compare(floats(x, 2, 3), floats(y, 2, 3), "topk:2");
    assert_int_equal(c.outside, 1);
    assert_int_equal(c.first_outside, 0);
}

static void rules_round_trip_and_refuse_nonsense(void **state)
{
    (void)state;
    static const char *const good[] = {"bits", "ulp:4", "abs:0.00001,rel:0.001", "argmax",
                                       "topk:5"};
    static const char *const bad[] = {"",
                                      "bit",
                                      "ulp:",
                                      "ulp:-1",
                                      "ulp:1x",
                                      "topk:0",
                                      "abs:1,rel:",
                                      "abs:1",
                                      "abs:.",
                                      "abs:1,rel:1e",
                                      "argmax ",
                                      "abs:1e99,rel:0",
                                      "abs:0x1p-2,rel:0",
                                      "abs:inf,rel:0",
                                      "abs:+1,rel:0",
                                      "abs:1e-31,rel:0",
                                      "ulp:9999999999999999999"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct bt_rule rule = BT_RULE_INIT;
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_BUF text = BT_BUF_INIT(100);
        assert_ok(bt_rule_parse(good[i], &rule, &err), err);
        bt_rule_format(&rule, &text);
        assert_string_equal(bt_buf_str(&text), good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bt_rule rule = BT_RULE_INIT;
        assert_int_equal(bt_rule_parse(bad[i], &rule, NULL), BATON_ERR_USAGE);
    }
}

static void collect(void *user, const void *bytes, size_t len)
{
    bt_buf_put(user, bytes, len);
}

static void canonical_bytes_are_little_endian_with_one_nan(void **state)
{
    (void)state;
    float x[] = {1.0F, -NAN};
    struct bt_value value = floats(x, 1, 2);
    BT_AUTO_BUF out = BT_BUF_INIT(1000);
    bt_value_canonical(&value, collect, &out);
    const uint8_t expected[] = {1, 1, 2, 1, 0, 0, 0, 0,    0,    0, 0, 2,    0,   0,
                                0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0xC0, 0x7F};
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
}

UNIT_MAIN(cmocka_unit_test(bits_count_every_difference),
          cmocka_unit_test(ulps_are_steps_on_the_number_line),
          cmocka_unit_test(close_has_two_tolerances),
          cmocka_unit_test(half_precision_is_counted_in_its_own_steps),
          cmocka_unit_test(text_is_the_same_or_not),
          cmocka_unit_test(argmax_and_topk_look_at_order_only),
          cmocka_unit_test(rules_round_trip_and_refuse_nonsense),
          cmocka_unit_test(canonical_bytes_are_little_endian_with_one_nan))
