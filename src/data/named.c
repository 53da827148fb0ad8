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
static const struct bt_tensor *keys_of(const struct bt_named *named, const char *name,
                                       const struct bt_tensor *tensor)
{
    BT_AUTO_BUF with_suffix = BT_BUF_INIT(4096);
    bt_buf_printf(&with_suffix, "%s" BT_KEYS_SUFFIX, name);
    if (with_suffix.state != BT_BUF_GOOD)
        return NULL;
    const struct bt_tensor *keys = bt_named_find(named, bt_buf_str(&with_suffix));
    bool fits = keys && keys->rank == 1 && tensor->rank == 2 && tensor->dims[1] == keys->dims[0];
    return fits ? keys : NULL;
}

static bool is_keys(const struct bt_named *named, const char *name)
{
    size_t len = strlen(name);
    size_t suffix = strlen(BT_KEYS_SUFFIX);
    if (len <= suffix || strcmp(name + len - suffix, BT_KEYS_SUFFIX) != 0)
        return false;
    for (size_t i = 0; i < named->count; i++)
        if (strlen(named->items[i].name) == len - suffix &&
            memcmp(named->items[i].name, name, len - suffix) == 0)
            return keys_of(named, named->items[i].name, &named->items[i].tensor) != NULL;
    return false;
}

baton_status bt_values_from_named(const struct bt_named *named, struct bt_values *ret,
                                  struct baton_error *err)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    for (size_t i = 0; i < named->count; i++) {
        const char *name = named->items[i].name;
        const struct bt_tensor *tensor = &named->items[i].tensor;
        if (is_keys(named, name))
            continue;
        const struct bt_tensor *keys = keys_of(named, name, tensor);
        BT_AUTO_VALUE value = {.kind = keys ? BT_VALUE_MAPS : BT_VALUE_TENSOR,
                               .tensor = bt_tensor_ref(tensor)};
        if (keys)
            value.keys = bt_tensor_ref(keys);
        BT_TRY(bt_values_add(&values, name, &value, err));
    }
    *ret = values;
    values = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}
