/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "codec/text/base64.h"

/* RFC 4648, section 10. */
static void the_vectors_of_the_rfc_hold(void **state)
{
    (void)state;
    static const char *const pairs[][3] = {
        {"", "", ""},
        {"f", "Zg==", "66"},
        {"fo", "Zm8=", "666f"},
        {"foo", "Zm9v", "666f6f"},
        {"foob", "Zm9vYg==", "666f6f62"},
        {"fooba", "Zm9vYmE=", "666f6f6261"},
        {"foobar", "Zm9vYmFy", "666f6f626172"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        BT_AUTO_BUF base64 = BT_BUF_INIT(100);
        BT_AUTO_BUF hex = BT_BUF_INIT(100);
        BT_AUTO_BUF from_base64 = BT_BUF_INIT(100);
        BT_AUTO_BUF from_hex = BT_BUF_INIT(100);
        bt_base64_format(bt_bytes_of(pairs[i][0]), &base64);
        bt_hex_format(bt_bytes_of(pairs[i][0]), &hex);
        assert_string_equal(bt_buf_str(&base64), pairs[i][1]);
        assert_string_equal(bt_buf_str(&hex), pairs[i][2]);
        assert_true(bt_base64_parse(bt_buf_bytes(&base64), &from_base64));
        assert_true(bt_hex_parse(bt_buf_bytes(&hex), &from_hex));
        assert_string_equal(bt_buf_str(&from_base64), pairs[i][0]);
        assert_string_equal(bt_buf_str(&from_hex), pairs[i][0]);
    }
}

static void only_the_one_spelling_is_read(void **state)
{
    (void)state;
    static const char *const base64[] = {
        "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm-v", "Zg==Zg==", "=Zm9", "Zm=v"};
    static const char *const hex[] = {"6", "6G", "6F", "0x66", " 66", "6 "};
    BT_AUTO_BUF out = BT_BUF_INIT(100);
    for (size_t i = 0; i < sizeof base64 / sizeof base64[0]; i++)
        if (bt_base64_parse(bt_bytes_of(base64[i]), &out))
            fail_msg("\"%s\" was read", base64[i]);
    for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++)
        if (bt_hex_parse(bt_bytes_of(hex[i]), &out))
            fail_msg("\"%s\" was read", hex[i]);
}

static void more_than_there_is_room_for_is_not_read(void **state)
{
    (void)state;
    BT_AUTO_BUF three = BT_BUF_INIT(3);
    BT_AUTO_BUF two = BT_BUF_INIT(2);
    assert_true(bt_base64_parse(bt_bytes_of("Zm9v"), &three));
    assert_false(bt_base64_parse(bt_bytes_of("Zm9v"), &two));
    bt_buf_clear(&two);
    assert_false(bt_hex_parse(bt_bytes_of("666f6f"), &two));
}

UNIT_MAIN(cmocka_unit_test(the_vectors_of_the_rfc_hold),
          cmocka_unit_test(only_the_one_spelling_is_read),
          cmocka_unit_test(more_than_there_is_room_for_is_not_read))
