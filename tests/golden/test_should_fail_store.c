/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/should_fail.h"

#include "store/store_int.h"

static baton_status read_index(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_index index;
    return bt_index_parse(bytes, what, &arena, &index, err);
}

static void bad_index_is_refused(void **state)
{
    (void)state;
    should_fail_folder("store", "json", read_index);
}

UNIT_MAIN(cmocka_unit_test(bad_index_is_refused))
