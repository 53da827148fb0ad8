/* SPDX-License-Identifier: Apache-2.0 */
#include "op/op.h"

#include <string.h>

#define BT_OP_GROUP(name) bt_ops_##name,
static const struct bt_op *const groups[] = {
#include "op/groups.h"
    NULL};
#undef BT_OP_GROUP

size_t bt_op_group_count(void)
{
    return sizeof groups / sizeof groups[0] - 1;
}

const struct bt_op *bt_op_group(size_t group, size_t *ret_count)
{
    size_t count = 0;
    while (groups[group][count].name)
        count++;
    *ret_count = count;
    return groups[group];
}

static bool covers(const struct bt_op *op, const char *domain, const char *name, int opset)
{
    return strcmp(op->name, name) == 0 && strcmp(op->domain, domain) == 0 && opset >= op->since &&
           (op->until == 0 || opset <= op->until);
}

const struct bt_op *bt_op_find(const char *domain, const char *name, int opset)
{
    for (size_t g = 0; g < bt_op_group_count(); g++)
        for (const struct bt_op *op = groups[g]; op->name; op++)
            if (covers(op, domain, name, opset))
                return op;
    return NULL;
}
