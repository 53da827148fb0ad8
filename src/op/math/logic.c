/* SPDX-License-Identifier: Apache-2.0 */
#include "op/op.h"

static baton_status not_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_need_type(ctx, 0, BT_BOOL, &x, err));
    BT_TRY(bt_op_output_like(ctx, 0, 0, &y, err));
    const uint8_t *from = x->data;
    uint8_t *to = y->data;
    size_t count = bt_tensor_count(y);
    for (size_t i = 0; i < count; i++)
        to[i] = from[i] == 0;
    return BATON_OK;
}

const struct bt_op bt_ops_logic[] = {
    {.name = "Not", .domain = "", .since = 1, .run = not_run},
    {.name = NULL},
};
