/* SPDX-License-Identifier: Apache-2.0 */
#include "data/named.h"

#include <string.h>

static baton_status add(struct bt_named *list, const char *name, const struct bt_tensor *tensor,
                        struct baton_error *err)
{
    BT_AUTO_TENSOR shared = bt_tensor_ref(tensor);
    return bt_named_add(list, bt_bytes_of(name), &shared, err);
}

static baton_status add_keys(struct bt_named *list, const char *name, const struct bt_tensor *keys,
                             struct baton_error *err)
{
    BT_AUTO_BUF with_suffix = BT_BUF_INIT(4096);
    bt_buf_printf(&with_suffix, "%s" BT_KEYS_SUFFIX, name);
    BT_TRY(bt_buf_finish(&with_suffix, "a name", err));
    return add(list, bt_buf_str(&with_suffix), keys, err);
}

baton_status bt_values_to_named(const struct bt_values *values, struct bt_named *ret,
                                struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    for (size_t i = 0; i < values->count; i++) {
        const struct bt_named_value *item = &values->items[i];
        if (item->value.kind != BT_VALUE_TENSOR && item->value.kind != BT_VALUE_MAPS)
            return bt_fail(err, BATON_ERR_UNSUPPORTED,
                           "\"%s\" is not a tensor: files have no form "
                           "for it",
                           item->name);
        BT_TRY(add(&list, item->name, &item->value.tensor, err));
        if (item->value.kind == BT_VALUE_MAPS)
            BT_TRY(add_keys(&list, item->name, &item->value.keys, err));
    }
    *ret = list;
    list = (struct bt_named)BT_NAMED_INIT;
    return BATON_OK;
}

/* "x.keys" belongs to "x" only when there is an "x" whose last dimension it names. */
static const struct bt_value *keys_of(const struct bt_values *values,
                                      const struct bt_named_value *item)
{
    BT_AUTO_BUF name = BT_BUF_INIT(4096);
    bt_buf_printf(&name, "%s" BT_KEYS_SUFFIX, item->name);
    if (name.state != BT_BUF_GOOD)
        return NULL;
    const struct bt_value *keys = bt_values_find(values, bt_buf_str(&name));
    const struct bt_tensor *tensor = &item->value.tensor;
    bool fits = keys && keys->tensor.rank == 1 && tensor->rank == 2 &&
                tensor->dims[1] == keys->tensor.dims[0];
    return fits ? keys : NULL;
}

static bool is_keys(const struct bt_values *values, const struct bt_value *value)
{
    for (size_t i = 0; i < values->count; i++)
        if (keys_of(values, &values->items[i]) == value)
            return true;
    return false;
}

baton_status bt_values_join_keys(struct bt_values *values, struct baton_error *err)
{
    BT_AUTO_VALUES joined = BT_VALUES_INIT;
    for (size_t i = 0; i < values->count; i++) {
        const struct bt_named_value *item = &values->items[i];
        const struct bt_value *keys = keys_of(values, item);
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        if (is_keys(values, &item->value))
            continue;
        BT_TRY(bt_value_ref(&item->value, &value, err));
        if (keys) {
            value.kind = BT_VALUE_MAPS;
            value.keys = bt_tensor_ref(&keys->tensor);
        }
        BT_TRY(bt_values_add(&joined, item->name, &value, err));
    }
    bt_values_release(values);
    *values = joined;
    joined = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

baton_status bt_values_from_named(const struct bt_named *named, struct bt_values *ret,
                                  struct baton_error *err)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    for (size_t i = 0; i < named->count; i++) {
        BT_AUTO_VALUE value = {.kind = BT_VALUE_TENSOR,
                               .tensor = bt_tensor_ref(&named->items[i].tensor)};
        BT_TRY(bt_values_add(&values, named->items[i].name, &value, err));
    }
    BT_TRY(bt_values_join_keys(&values, err));
    *ret = values;
    values = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}
