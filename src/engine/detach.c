/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session_int.h"

/* ---- the canonical NaN (docs/numerics.md) ---- */

static void canonical_32(uint32_t *bits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bits[i] = (bits[i] & 0x7FFFFFFFU) > 0x7F800000U ? 0x7FC00000U : bits[i];
}

static void canonical_64(uint64_t *bits, size_t count)
{
    const uint64_t magnitude = UINT64_C(0x7FFFFFFFFFFFFFFF);
    const uint64_t infinity = UINT64_C(0x7FF0000000000000);
    for (size_t i = 0; i < count; i++)
        bits[i] = (bits[i] & magnitude) > infinity ? UINT64_C(0x7FF8000000000000) : bits[i];
}

static void canonical_16(uint16_t *bits, size_t count, uint16_t infinity, uint16_t nan)
{
    for (size_t i = 0; i < count; i++)
        bits[i] = (bits[i] & 0x7FFFU) > infinity ? nan : bits[i];
}

static void canonicalise(struct bt_tensor *tensor)
{
    size_t count = bt_tensor_count(tensor);
    if (tensor->dtype == BT_F32)
        canonical_32(tensor->data, count);
    else if (tensor->dtype == BT_F64)
        canonical_64(tensor->data, count);
    else if (tensor->dtype == BT_F16)
        canonical_16(tensor->data, count, 0x7C00U, 0x7E00U);
    else if (tensor->dtype == BT_BF16)
        canonical_16(tensor->data, count, 0x7F80U, 0x7FC0U);
}

/* ---- ownership ---- */

static baton_status detach_tensor(struct bt_session *session, struct bt_tensor *tensor,
                                  struct baton_error *err)
{
    if (tensor->dtype == BT_DTYPE_NONE)
        return BATON_OK;
    if (bt_tensor_is_exclusive(tensor)) {
        bt_recycler_let_go(&session->recycler, tensor->storage);
    } else {
        struct bt_tensor copy = BT_TENSOR_INIT;
        BT_TRY(bt_tensor_copy(tensor, &copy, err));
        bt_tensor_release(tensor);
        *tensor = copy;
    }
    canonicalise(tensor);
    return BATON_OK;
}

baton_status bt_detach(struct bt_session *session, struct bt_value *value, struct baton_error *err)
{
    BT_TRY(detach_tensor(session, &value->tensor, err));
    BT_TRY(detach_tensor(session, &value->keys, err));
    for (size_t i = 0; i < value->count; i++) {
        BT_TRY(detach_tensor(session, &value->items[i].tensor, err));
        BT_TRY(detach_tensor(session, &value->items[i].keys, err));
    }
    return BATON_OK;
}
