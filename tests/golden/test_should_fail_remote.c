/* SPDX-License-Identifier: Apache-2.0 */
/* What is typed to name a registry: nothing in tests/golden/should-fail/address/ is accepted. */
#include "unit/should_fail.h"

#include "remote/address.h"

static baton_status read_address(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_address address;
    const char *text = bt_arena_strndup(&arena, (const char *)bytes.ptr, bytes.len);
    (void)what;
    assert_non_null(text);
    return bt_address_parse(text, &address, err);
}

static void no_bad_address_is_accepted(void **state)
{
    (void)state;
    should_fail_folder("address", "address", read_address);
}

UNIT_MAIN(cmocka_unit_test(no_bad_address_is_accepted))
