/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/canonical.h"

#include <string.h>

#define CHUNK_BYTES ((size_t)4096)

static void put_le(bt_canonical_sink *sink, void *user, uint64_t value, size_t bytes)
{
    uint8_t le[8];
    for (size_t i = 0; i < bytes; i++)
        le[i] = (uint8_t)(value >> (8 * i));
    sink(user, le, bytes);
}

static uint64_t load_element(const uint8_t *at, size_t size)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 2:
        memcpy(&u16, at, 2);
        return u16;
    case 4:
        memcpy(&u32, at, 4);
        return u32;
    case 8:
        memcpy(&u64, at, 8);
        return u64;
    default:
        return *at;
    }
}

static uint64_t canonical_element(enum bt_dtype dtype, uint64_t bits)
{
    switch (dtype) {
    case BT_F32:
        return (bits & 0x7FFFFFFFU) > 0x7F800000U ? 0x7FC00000U : bits;
    case BT_F64:
        return (bits << 1) > (UINT64_C(0x7FF0000000000000) << 1) ? UINT64_C(0x7FF8000000000000)
                                                                 : bits;
    case BT_F16:
        return (bits & 0x7FFFU) > 0x7C00U ? 0x7E00U : bits;
    case BT_BF16:
        return (bits & 0x7FFFU) > 0x7F80U ? 0x7FC0U : bits;
    case BT_BOOL:
        return bits != 0;
    default:
        return bits;
    }
}

static void put_elements(const struct bt_tensor *t, bt_canonical_sink *sink, void *user)
{
    uint8_t chunk[CHUNK_BYTES];
    size_t size = bt_dtype_size(t->dtype);
    size_t count = bt_tensor_count(t);
    const uint8_t *from = t->data;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = canonical_element(t->dtype, load_element(from + i * size, size));
        for (size_t byte = 0; byte < size; byte++)
            chunk[used++] = (uint8_t)(bits >> (8 * byte));
        if (used + size > sizeof chunk) {
            sink(user, chunk, used);
            used = 0;
        }
    }
    if (used)
        sink(user, chunk, used);
}

static void put_strings(const struct bt_tensor *t, bt_canonical_sink *sink, void *user)
{
    const struct bt_bytes *strings = t->data;
    size_t count = bt_tensor_count(t);
    for (size_t i = 0; i < count; i++) {
        put_le(sink, user, strings[i].len, 8);
        if (strings[i].len)
            sink(user, strings[i].ptr, strings[i].len);
    }
}

void bt_tensor_canonical(const struct bt_tensor *tensor, bt_canonical_sink *sink, void *user)
{
    put_le(sink, user, tensor->dtype, 1);
    put_le(sink, user, tensor->rank, 1);
    for (unsigned i = 0; i < tensor->rank; i++)
        put_le(sink, user, (uint64_t)tensor->dims[i], 8);
    if (tensor->dtype == BT_STRING)
        put_strings(tensor, sink, user);
    else
        put_elements(tensor, sink, user);
}

static void put_flat(const struct bt_value *value, bt_canonical_sink *sink, void *user)
{
    put_le(sink, user, value->kind, 1);
    if (value->kind == BT_VALUE_MAPS)
        bt_tensor_canonical(&value->keys, sink, user);
    if (value->kind == BT_VALUE_MAPS || value->kind == BT_VALUE_TENSOR)
        bt_tensor_canonical(&value->tensor, sink, user);
}

void bt_value_canonical(const struct bt_value *value, bt_canonical_sink *sink, void *user)
{
    put_flat(value, sink, user);
    if (value->kind != BT_VALUE_SEQUENCE)
        return;
    put_le(sink, user, value->count, 8);
    for (size_t i = 0; i < value->count; i++)
        put_flat(&value->items[i], sink, user);
}
