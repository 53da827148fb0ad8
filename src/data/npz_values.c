/* SPDX-License-Identifier: Apache-2.0 */
#include "data/npz_values.h"

#include <string.h>

#include "codec/npz.h"
#include "data/named.h"

baton_status bt_values_format_npz(const struct bt_values *values, struct bt_buf *out,
                                  struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_TRY(bt_values_to_named(values, &list, err));
    return bt_npz_write(&list, out, err);
}

baton_status bt_values_parse_npz(struct bt_bytes npz, const char *what, struct bt_values *ret,
                                 struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_TRY(bt_npz_read(npz, what, NULL, &list, err));
    return bt_values_from_named(&list, ret, err);
}

baton_status bt_values_add_prefixed(struct bt_values *values, const char *prefix,
                                    const struct bt_values *from, struct baton_error *err)
{
    for (size_t i = 0; i < from->count; i++) {
        BT_AUTO_BUF name = BT_BUF_INIT(4096);
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        bt_buf_printf(&name, "%s%s", prefix, from->items[i].name);
        BT_TRY(bt_buf_finish(&name, "a name", err));
        BT_TRY(bt_value_ref(&from->items[i].value, &value, err));
        BT_TRY(bt_values_add(values, bt_buf_str(&name), &value, err));
    }
    return BATON_OK;
}

baton_status bt_values_take_prefixed(const struct bt_values *from, const char *prefix,
                                     struct bt_values *ret, struct baton_error *err)
{
    BT_AUTO_VALUES taken = BT_VALUES_INIT;
    size_t len = strlen(prefix);
    for (size_t i = 0; i < from->count; i++) {
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        if (strncmp(from->items[i].name, prefix, len) != 0)
            continue;
        BT_TRY(bt_value_ref(&from->items[i].value, &value, err));
        BT_TRY(bt_values_add(&taken, from->items[i].name + len, &value, err));
    }
    *ret = taken;
    taken = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}
