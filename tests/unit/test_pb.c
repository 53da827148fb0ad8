/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "codec/pb.h"
#include "codec/utf8.h"

static struct bt_pb_reader reader(const void *bytes, size_t len)
{
    return bt_pb_reader((struct bt_bytes){bytes, len}, 100);
}

static void every_wire_type_reads_back(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(1000);
    bt_pb_put_varint(&out, 1, UINT64_MAX);
    bt_pb_put_str(&out, 2, "hi");
    bt_pb_put_f32(&out, 300, -1.5F);
    bt_buf_put(&out, "\x21\0\0\0\0\0\0\xF8\x3F", 9);
    struct bt_pb_reader r = reader(out.data, out.len);
    struct bt_pb_field field;
    bool more = false;
    assert_ok(bt_pb_next(&r, &field, &more, &err), err);
    assert_true(more && field.number == 1 && field.wire == BT_PB_VARINT);
    assert_true(field.scalar == UINT64_MAX);
    assert_ok(bt_pb_next(&r, &field, &more, &err), err);
    assert_true(field.number == 2 && bt_bytes_equal(field.bytes, bt_bytes_of("hi")));
    assert_int_equal(field.offset, 100 + 11 + 2);
    assert_int_equal(bt_pb_expect(&field, BT_PB_VARINT, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "offset 113: field 2 is a length and bytes, expected a varint");
    assert_ok(bt_pb_next(&r, &field, &more, &err), err);
    assert_true(field.number == 300 && bt_pb_f32(field.scalar) == -1.5F);
    assert_ok(bt_pb_next(&r, &field, &more, &err), err);
    assert_true(field.number == 4 && bt_pb_f64(field.scalar) == 1.5);
    assert_ok(bt_pb_next(&r, &field, &more, &err), err);
    assert_false(more);
}

static void bad_bytes_are_refused_with_their_offset(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *text;
    } cases[] = {
        {"\x08", 1, "offset 101: the message ends inside a field"},
        {"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 11,
         "offset 101: a varint does not fit 64 bits"},
        {"\x00\x01", 2, "offset 100: field number 0 is not allowed"},
        {"\x80\x80\x80\x80\x10\x01", 6, "offset 100: field number 536870912 is not allowed"},
        {"\x0B\x0C", 2, "offset 101: field 1 has wire type 3"},
        {"\x0E\x0C", 2, "offset 101: field 1 has wire type 6"},
        {"\x0A\x05hi", 4, "offset 101: a length of 5 bytes, but the message has 2 left"},
        {"\x0D\x05hi", 4, "offset 101: the message ends inside a field"},
        {"\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11,
         "offset 101: a length of 18446744073709551615 bytes, but the message has 0 left"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        struct bt_pb_reader r = reader(cases[i].bytes, cases[i].len);
        struct bt_pb_field field;
        bool more = false;
        assert_int_equal(bt_pb_next(&r, &field, &more, &err), BATON_ERR_INVALID);
        assert_string_equal(err.text, cases[i].text);
    }
}

static void only_well_formed_utf8_passes(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xE2\x82",
                                      "\xE2\x82z",
                                      "\xFF"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(bt_utf8_valid_prefix(bt_bytes_of(good[i])), strlen(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_true(bt_utf8_valid_prefix(bt_bytes_of(bad[i])) < strlen(bad[i]));
    assert_int_equal(bt_utf8_valid_prefix(bt_bytes_of("ab\xC2\x80\xFF")), 4);
}

UNIT_MAIN(cmocka_unit_test(every_wire_type_reads_back),
          cmocka_unit_test(bad_bytes_are_refused_with_their_offset),
          cmocka_unit_test(only_well_formed_utf8_passes))
