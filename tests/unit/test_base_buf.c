/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "base/alloc.h"
#include "base/buf.h"

static void buf_keeps_its_limit(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF buf = BT_BUF_INIT(4);
    bt_buf_put_str(&buf, "abcd");
    assert_int_equal(bt_buf_finish(&buf, "it", &err), BATON_OK);
    bt_buf_put_byte(&buf, 'e');
    assert_int_equal(bt_buf_finish(&buf, "it", &err), BATON_ERR_LIMIT);
    assert_string_equal(err.text, "it would be larger than its limit of 4 bytes");
    assert_string_equal(bt_buf_str(&buf), "abcd");
}

static void buf_error_is_sticky(void **state)
{
    (void)state;
    BT_AUTO_BUF buf = BT_BUF_INIT(3);
    bt_buf_put_str(&buf, "abcd");
    bt_buf_put_str(&buf, "a");
    assert_int_equal(buf.len, 0);
    assert_int_equal(bt_buf_finish(&buf, "it", NULL), BATON_ERR_LIMIT);
    bt_buf_clear(&buf);
    bt_buf_printf(&buf, "%d", 123);
    assert_string_equal(bt_buf_str(&buf), "123");
}

static void arena_keeps_its_limit_and_alignment(void **state)
{
    (void)state;
    BT_AUTO_ARENA arena = {.bytes_max = 1000};
    for (int i = 0; i < 10; i++) {
        void *p = bt_arena_calloc(&arena, 1, 33);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
    }
    assert_null(bt_arena_calloc(&arena, 1, 1000));
    assert_null(bt_arena_calloc(&arena, SIZE_MAX, 2));
}

static void errors_lose_control_bytes(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    assert_int_equal(bt_fail(&err, BATON_ERR_INVALID, "name \"%s\"", "a\x1b[31m\nb"),
                     BATON_ERR_INVALID);
    assert_string_equal(err.text, "name \"a?[31m?b\"");
    assert_int_equal(bt_error_prepend(&err, "while reading %d", 3), BATON_ERR_INVALID);
    assert_string_equal(err.text, "while reading 3: name \"a?[31m?b\"");
}

UNIT_MAIN(cmocka_unit_test(buf_keeps_its_limit), cmocka_unit_test(buf_error_is_sticky),
          cmocka_unit_test(arena_keeps_its_limit_and_alignment),
          cmocka_unit_test(errors_lose_control_bytes))
