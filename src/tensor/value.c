/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/value.h"

/* Sequences hold tensors and maps only (the reader of values and the operators keep it so), so one
 * level of loop is enough. */
void bt_value_release(struct bt_value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        bt_tensor_release(&value->items[i].tensor);
        bt_tensor_release(&value->items[i].keys);
    }
    bt_free(value->items);
    bt_tensor_release(&value->tensor);
    bt_tensor_release(&value->keys);
    *value = (struct bt_value)BT_VALUE_INIT;
}

static struct bt_value ref_flat(const struct bt_value *from)
{
    return (struct bt_value){.kind = from->kind,
                             .tensor = bt_tensor_ref(&from->tensor),
                             .keys = bt_tensor_ref(&from->keys)};
}

baton_status bt_value_ref(const struct bt_value *from, struct bt_value *ret,
                          struct baton_error *err)
{
    struct bt_value copy = ref_flat(from);
    if (from->kind == BT_VALUE_SEQUENCE) {
        copy.items = bt_calloc(from->count, sizeof *copy.items);
        if (!copy.items) {
            bt_value_release(&copy);
            return bt_fail_no_memory(err, "a sequence");
        }
        for (; copy.count < from->count; copy.count++)
            copy.items[copy.count] = ref_flat(&from->items[copy.count]);
    }
    *ret = copy;
    return BATON_OK;
}

struct bt_value bt_value_of_tensor(struct bt_tensor *steal)
{
    struct bt_value value = {.kind = BT_VALUE_TENSOR, .tensor = *steal};
    *steal = (struct bt_tensor)BT_TENSOR_INIT;
    return value;
}
