/* SPDX-License-Identifier: Apache-2.0 */
/* Values out of their canonical bytes, which may come from anybody. */
#include <string.h>

#include "base/alloc.h"
#include "tensor/canonical.h"

struct reader {
    struct bt_bytes rest;
    struct baton_error *err;
};

static baton_status invalid(const struct reader *r)
{
    return bt_fail(r->err, BATON_ERR_INVALID, "these are no canonical bytes of a value");
}

static bool take(struct reader *r, size_t len, const uint8_t **ret)
{
    if (len > r->rest.len)
        return false;
    *ret = r->rest.ptr;
    r->rest.ptr += len;
    r->rest.len -= len;
    return true;
}

static bool take_le(struct reader *r, size_t len, uint64_t *ret)
{
    const uint8_t *at;
    if (!take(r, len, &at))
        return false;
    *ret = 0;
    for (size_t i = 0; i < len; i++)
        *ret |= (uint64_t)at[i] << (8 * i);
    return true;
}

static void store_element(uint8_t *to, const uint8_t *le, size_t size)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)le[i] << (8 * i);
    const uint16_t u16 = (uint16_t)bits;
    const uint32_t u32 = (uint32_t)bits;
    const uint8_t u8 = (uint8_t)bits;
    memcpy(to,
           size == 8   ? (const void *)&bits
           : size == 4 ? (const void *)&u32
           : size == 2 ? (const void *)&u16
                       : (const void *)&u8,
           size);
}

static baton_status read_numbers(struct reader *r, struct bt_tensor *t)
{
    size_t size = bt_dtype_size(t->dtype);
    size_t count = bt_tensor_count(t);
    const uint8_t *from;
    if (!take(r, count * size, &from))
        return invalid(r);
    for (size_t i = 0; i < count; i++)
        store_element((uint8_t *)t->data + i * size, from + i * size, size);
    return BATON_OK;
}

static baton_status read_strings(struct reader *r, struct bt_tensor *t)
{
    size_t count = bt_tensor_count(t);
    for (size_t i = 0; i < count; i++) {
        uint64_t len;
        const uint8_t *from;
        if (!take_le(r, 8, &len) || len > r->rest.len || !take(r, (size_t)len, &from))
            return invalid(r);
        BT_TRY(bt_tensor_set_string(t, i, from, (size_t)len, r->err));
    }
    return BATON_OK;
}

static baton_status read_tensor(struct reader *r, struct bt_tensor *ret)
{
    uint64_t dtype, rank, dim;
    int64_t dims[BT_RANK_MAX] = {0};
    if (!take_le(r, 1, &dtype) || !take_le(r, 1, &rank) || rank > BT_RANK_MAX ||
        dtype >= BT_DTYPE_COUNT || bt_dtype_size((enum bt_dtype)dtype) == 0)
        return invalid(r);
    for (unsigned i = 0; i < rank; i++) {
        if (!take_le(r, 8, &dim) || dim > INT64_MAX)
            return invalid(r);
        dims[i] = (int64_t)dim;
    }
    /* A string takes eight bytes here and two words in memory: so no more than is there already. */
    BT_TRY(bt_tensor_new((enum bt_dtype)dtype, (unsigned)rank, dims, 2 * (uint64_t)r->rest.len + 1,
                         ret, r->err));
    return ret->dtype == BT_STRING ? read_strings(r, ret) : read_numbers(r, ret);
}

static baton_status read_flat(struct reader *r, uint64_t kind, struct bt_value *ret)
{
    ret->kind = (enum bt_value_kind)kind;
    if (kind == BT_VALUE_MAPS)
        BT_TRY(read_tensor(r, &ret->keys));
    if (kind == BT_VALUE_MAPS || kind == BT_VALUE_TENSOR)
        BT_TRY(read_tensor(r, &ret->tensor));
    return BATON_OK;
}

static baton_status read_sequence(struct reader *r, struct bt_value *ret)
{
    uint64_t count, kind;
    /* Each item takes a byte at least. */
    if (!take_le(r, 8, &count) || count > r->rest.len)
        return invalid(r);
    ret->kind = BT_VALUE_SEQUENCE;
    ret->items = bt_calloc((size_t)count, sizeof *ret->items);
    if (count && !ret->items)
        return bt_fail_no_memory(r->err, "a sequence");
    while (ret->count < count) {
        if (!take_le(r, 1, &kind) || kind >= BT_VALUE_SEQUENCE)
            return invalid(r);
        BT_TRY(read_flat(r, kind, &ret->items[ret->count++]));
    }
    return BATON_OK;
}

static baton_status read_value(struct reader *r, struct bt_value *ret)
{
    uint64_t kind;
    if (!take_le(r, 1, &kind) || kind > BT_VALUE_SEQUENCE)
        return invalid(r);
    BT_TRY(kind == BT_VALUE_SEQUENCE ? read_sequence(r, ret) : read_flat(r, kind, ret));
    return r->rest.len ? invalid(r) : BATON_OK;
}

baton_status bt_value_from_canonical(struct bt_bytes bytes, struct bt_value *ret,
                                     struct baton_error *err)
{
    BT_AUTO_VALUE value = BT_VALUE_INIT;
    struct reader r = {bytes, err};
    BT_TRY(read_value(&r, &value));
    *ret = value;
    value = (struct bt_value)BT_VALUE_INIT;
    return BATON_OK;
}
