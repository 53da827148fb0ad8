/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <math.h>
#include <time.h>

#include "codec/json.h"
#include "codec/utf8.h"

static const struct bt_json *parse(const char *text, struct bt_arena *arena)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_json *root = NULL;
    assert_ok(bt_json_parse(bt_bytes_of(text), "doc", NULL, arena, &root, &err), err);
    return root;
}

static void a_tree_holds_what_was_written(void **state)
{
    (void)state;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = parse(
        " {\"a\": [1, -2.50e3, true, false, null, []], \"b\": {\"\": \"x\\u0000y\"}} \n", &arena);
    assert_int_equal(root->kind, BT_JSON_OBJECT);
    assert_int_equal(root->count, 2);
    const struct bt_json *a = bt_json_find(root, "a");
    assert_int_equal(a->count, 6);
    assert_int_equal(a->offset, 7);
    assert_true(bt_bytes_equal(a->items[1].text, bt_bytes_of("-2.50e3")));
    double number = 0;
    assert_int_equal(bt_json_f64(&a->items[1], &number, NULL), BATON_OK);
    assert_true(number == -2500);
    assert_int_equal(a->items[4].kind, BT_JSON_NULL);
    assert_int_equal(a->items[5].count, 0);
    const struct bt_json *b = bt_json_find(root, "b");
    assert_int_equal(b->items[0].key.len, 0);
    assert_int_equal(b->items[0].text.len, 3);
    assert_null(bt_json_find(root, "c"));
    assert_null(bt_json_find(a, "a"));
}

static void escapes_become_utf8(void **state)
{
    (void)state;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root =
        parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\uD83D\\ude00 \xc3\xa9\"", &arena);
    assert_true(
        bt_json_is_str(root, "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xc3\xa9"));
}

static void the_tree_outlives_the_input(void **state)
{
    (void)state;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    char text[] = "{\"key\":\"value\"}";
    const struct bt_json *root = parse(text, &arena);
    memset(text, '#', sizeof text);
    assert_true(bt_json_is_str(bt_json_find(root, "key"), "value"));
}

static void getters_check_kind_and_range(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = parse("{\"i\":-5,\"u\":18446744073709551615,\"s\":\"NaN\","
                                       "\"z\":\"a\\u0000\",\"f\":1.5,\"b\":true,\"h\":1e39}",
                                       &arena);
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0;
    float f = 0;
    const struct bt_json *found = NULL;
    const char *text = NULL;
    assert_ok(bt_json_i64(bt_json_find(root, "i"), &i, &err), err);
    assert_int_equal(i, -5);
    assert_ok(bt_json_u64(bt_json_find(root, "u"), &u, &err), err);
    assert_true(u == UINT64_MAX);
    assert_ok(bt_json_f64(bt_json_find(root, "s"), &d, &err), err);
    assert_true(d != d);
    assert_ok(bt_json_need(root, "b", BT_JSON_FALSE, &found, &err), err);
    assert_int_equal(bt_json_u64(bt_json_find(root, "i"), &u, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 5: \"i\": -5 is not an integer of 64 bits without sign");
    assert_int_equal(bt_json_i64(bt_json_find(root, "f"), &i, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 61: \"f\": 1.5 is not an integer of 64 bits with sign");
    assert_int_equal(bt_json_f32(bt_json_find(root, "h"), &f, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 78: \"h\": 1e39 is beyond the range of float32");
    assert_int_equal(bt_json_f32(bt_json_find(root, "z"), &f, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 47: \"z\": expected a number, \"NaN\", \"Infinity\" or "
                                  "\"-Infinity\", found a string");
    assert_int_equal(bt_json_need_str(root, "z", &arena, &text, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 47: \"z\" holds a NUL");
    assert_int_equal(bt_json_need_str(root, "q", &arena, &text, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 0: the object lacks the key \"q\"");
    assert_int_equal(bt_json_need_str(root, "i", &arena, &text, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 5: \"i\": expected a string, found a number");
    static const char *const keys[] = {"i", "u", "s", "z", "f", NULL};
    assert_int_equal(bt_json_only(root, keys, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 69: unknown key \"b\"");
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    struct bt_json_limits limits = {.depth_max = 2, .bytes_max = 12, .values_max = 4};
    struct bt_bytes deep = bt_bytes_of("[[[]]]");
    assert_int_equal(bt_json_parse(deep, "d", &limits, &arena, &root, &err), BATON_ERR_LIMIT);
    assert_string_equal(err.text, "d: line 1, column 3: nested deeper than 2 levels");
    struct bt_bytes many = bt_bytes_of("[1,2,\n3,4]");
    assert_int_equal(bt_json_parse(many, "d", &limits, &arena, &root, &err), BATON_ERR_LIMIT);
    assert_string_equal(err.text, "d: line 2, column 3: more than 4 values");
    struct bt_bytes large = bt_bytes_of("\"abcdefghijklm\"");
    assert_int_equal(bt_json_parse(large, "d", &limits, &arena, &root, &err), BATON_ERR_LIMIT);
    assert_string_equal(err.text, "d: 15 bytes: the limit is 12");
    assert_null(root);
}

static void the_writer_separates_and_indents(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    for (unsigned indent = 0; indent <= 2; indent += 2) {
        BT_AUTO_BUF out = BT_BUF_INIT(1000);
        struct bt_json_writer w = bt_json_writer(&out, indent);
        bt_json_begin_object(&w);
        bt_json_member_str(&w, "s", "a\"\\\n\x01\xff");
        bt_json_key(&w, "list");
        bt_json_begin_array(&w);
        bt_json_put_f64(&w, 1.5);
        bt_json_put_f32(&w, 0.1f);
        bt_json_put_f64(&w, (double)INFINITY);
        bt_json_put_null(&w);
        bt_json_begin_object(&w);
        bt_json_end_object(&w);
        bt_json_end_array(&w);
        bt_json_member_u64(&w, "u", UINT64_MAX);
        bt_json_member_i64(&w, "i", INT64_MIN);
        bt_json_member_bool(&w, "b", false);
        bt_json_end_object(&w);
        assert_ok(bt_buf_finish(&out, "out", &err), err);
        assert_string_equal(bt_buf_str(&out),
                            indent ? "{\n  \"s\": \"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\",\n"
                                     "  \"list\": [\n    1.5,\n    0.1,\n    \"Infinity\",\n"
                                     "    null,\n    {}\n  ],\n"
                                     "  \"u\": 18446744073709551615,\n"
                                     "  \"i\": -9223372036854775808,\n  \"b\": false\n}"
                                   : "{\"s\":\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\",\"list\":[1.5,0.1,"
                                     "\"Infinity\",null,{}],\"u\":18446744073709551615,"
                                     "\"i\":-9223372036854775808,\"b\":false}");
    }
}

static void assert_canonical(const char *text, const char *wanted)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    assert_ok(bt_json_canonical(parse(text, &arena), &out, &err), err);
    assert_string_equal(bt_buf_str(&out), wanted);
}

/* The examples of RFC 8785, sections 3.2.2 and 3.2.3. */
static void canonical_form_is_that_of_the_rfc(void **state)
{
    (void)state;
    assert_canonical("{\n\"numbers\": [333333333.33333329, 1E30, 4.50,\n 2e-3, "
                     "0.000000000000000000000000001],\n"
                     "\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
                     "\"literals\": [null, true, false]\n}",
                     "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,"
                     "0.002,1e-27],\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    assert_canonical("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,"
                     "\"\\u0080\":6,\"\\u00f6\":7}",
                     "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,"
                     "\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
    assert_canonical("[-0,-0.0,{\"b\":[],\"a\":{}},\"\"]", "[0,0,{\"a\":{},\"b\":[]},\"\"]");
}

static void a_large_object_with_one_duplicate_is_refused_quickly(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(1 << 24);
    const struct bt_json *root = NULL;
    bt_buf_put_byte(&text, '{');
    for (int i = 0; i < 300000; i++)
        bt_buf_printf(&text, "\"key%d\":1,\n", i);
    bt_buf_put_str(&text, "\"key7\":2}");
    assert_int_equal(bt_json_parse(bt_buf_bytes(&text), "big", NULL, &arena, &root, &err),
                     BATON_ERR_INVALID);
    assert_string_equal(err.text, "big: line 300001, column 8: duplicate key \"key7\"");
}

/* Two thirds of the bytes of real documents are floats: this is the speed that counts. */
static void a_megabyte_of_floats_is_read_and_measured(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(1 << 22);
    struct bt_json_writer w = bt_json_writer(&text, 0);
    uint32_t random = 1;
    bt_json_begin_array(&w);
    while (text.len < 1000000) {
        random = random * 1664525 + 1013904223;
        bt_json_put_f32(&w, (float)random / 4294967296.0f);
    }
    bt_json_end_array(&w);
    struct timespec from;
    struct timespec to;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    float sum = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    assert_ok(bt_json_parse(bt_buf_bytes(&text), "floats", NULL, &arena, &root, &err), err);
    for (size_t i = 0; i < root->count; i++) {
        float value = 0;
        assert_int_equal(bt_json_f32(&root->items[i], &value, NULL), BATON_OK);
        sum += value;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    double ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
    print_message("# %zu floats, %zu bytes: %.1f ms\n", root->count, text.len, ms);
    assert_in_range((uintmax_t)sum, root->count / 3, root->count);
}

static void utf8_is_shortest_form_without_surrogates(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",         "\xc0\xaf",     "\xc1\xbf",
                                      "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xf5\x80",     "\xe2\x82",     "\xf0\x80\x80\x80",
                                      "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bt_utf8_valid_prefix(bt_bytes_of(bad[i])), 0);
    for (uint32_t point = 1; point <= 0x10ffff; point++) {
        uint8_t bytes[4];
        uint32_t back = 0;
        if (point == 0xd800)
            point = 0xe000;
        size_t len = bt_utf8_encode(point, bytes);
        assert_int_equal(bt_utf8_decode((struct bt_bytes){bytes, len}, &back), len);
        assert_int_equal(back, point);
        assert_int_equal(bt_utf8_decode((struct bt_bytes){bytes, len - 1}, &back), 0);
    }
    assert_int_equal(bt_utf8_valid_prefix(bt_bytes_of("0123456789abcdef\xc3\xa9z\xc3")), 19);
}

UNIT_MAIN(cmocka_unit_test(a_tree_holds_what_was_written), cmocka_unit_test(escapes_become_utf8),
          cmocka_unit_test(the_tree_outlives_the_input),
          cmocka_unit_test(getters_check_kind_and_range), cmocka_unit_test(limits_are_kept),
          cmocka_unit_test(the_writer_separates_and_indents),
          cmocka_unit_test(canonical_form_is_that_of_the_rfc),
          cmocka_unit_test(a_large_object_with_one_duplicate_is_refused_quickly),
          cmocka_unit_test(a_megabyte_of_floats_is_read_and_measured),
          cmocka_unit_test(utf8_is_shortest_form_without_surrogates))
