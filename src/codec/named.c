/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/named.h"

#include <string.h>

void bt_named_release(struct bt_named *list)
{
    for (size_t i = 0; i < list->count; i++)
        bt_tensor_release(&list->items[i].tensor);
    bt_free(list->items);
    bt_arena_release(&list->arena);
    *list = (struct bt_named)BT_NAMED_INIT;
}

baton_status bt_named_add(struct bt_named *list, struct bt_bytes name, struct bt_tensor *steal,
                          struct baton_error *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct bt_named_tensor *grown = bt_realloc(list->items, capacity, sizeof *grown);
        if (!grown)
            return bt_fail_no_memory(err, "a list of tensors");
        list->items = grown;
        list->capacity = capacity;
    }
    char *copy = bt_arena_strndup(&list->arena, (const char *)name.ptr, name.len);
    if (!copy)
        return bt_fail_no_memory(err, "the name of a tensor");
    list->items[list->count++] = (struct bt_named_tensor){copy, *steal};
    *steal = (struct bt_tensor)BT_TENSOR_INIT;
    return BATON_OK;
}

const struct bt_tensor *bt_named_find(const struct bt_named *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i].tensor;
    return NULL;
}
