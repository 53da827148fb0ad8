/* SPDX-License-Identifier: Apache-2.0 */
#include "op/ml/index.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"

baton_status bt_ml_list_of(const struct bt_op_ctx *ctx, const char *prefix, struct bt_ml_list *ret,
                           struct baton_error *err)
{
    static const struct {
        const char *suffix;
        enum bt_attr_kind kind;
        enum bt_dtype dtype;
    } kinds[] = {{"strings", BT_ATTR_STRINGS, BT_STRING},
                 {"int64s", BT_ATTR_INTS, BT_I64},
                 {"floats", BT_ATTR_FLOATS, BT_F32},
                 {"tensor", BT_ATTR_TENSOR, BT_DTYPE_NONE}};
    struct bt_ml_list list = {BT_DTYPE_NONE, NULL, 0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s%s", prefix, kinds[i].suffix);
        const struct bt_attr *attr = bt_op_attr(ctx, name, kinds[i].kind);
        if (!attr || (kinds[i].dtype && attr->count == 0))
            continue;
        if (list.dtype)
            return bt_fail(err, BATON_ERR_INVALID, "more than one of the attributes %s*", prefix);
        if (attr->kind == BT_ATTR_TENSOR)
            list = (struct bt_ml_list){attr->tensors->dtype, attr->tensors->data,
                                       bt_tensor_count(attr->tensors)};
        else
            list = (struct bt_ml_list){kinds[i].dtype,
                                       attr->kind == BT_ATTR_STRINGS ? (const void *)attr->strings
                                       : attr->kind == BT_ATTR_INTS  ? (const void *)attr->ints
                                                                     : (const void *)attr->floats,
                                       attr->count};
    }
    *ret = list;
    return BATON_OK;
}

static int64_t float_key(double value)
{
    int64_t bits;
    value = value == 0 ? 0 : value != value ? __builtin_nan("") : value;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Element `i` as an entry to compare by; false for a type that is no key. */
static bool entry_of(enum bt_dtype dtype, const void *data, size_t i, struct bt_ml_entry *ret)
{
    *ret = (struct bt_ml_entry){.position = i};
    switch (dtype) {
    case BT_STRING:
        ret->text = ((const struct bt_bytes *)data)[i];
        return true;
    case BT_I64:
        ret->number = ((const int64_t *)data)[i];
        return true;
    case BT_I32:
        ret->number = ((const int32_t *)data)[i];
        return true;
    case BT_I16:
        ret->number = ((const int16_t *)data)[i];
        return true;
    case BT_F32:
        ret->number = float_key((double)((const float *)data)[i]);
        return true;
    case BT_F64:
        ret->number = float_key(((const double *)data)[i]);
        return true;
    default:
        return false;
    }
}

static int compare(const struct bt_ml_entry *a, const struct bt_ml_entry *b)
{
    size_t common = bt_min(a->text.len, b->text.len);
    int order = a->text.ptr && b->text.ptr ? memcmp(a->text.ptr, b->text.ptr, common) : 0;
    if (order == 0 && a->text.len != b->text.len)
        order = a->text.len < b->text.len ? -1 : 1;
    if (order == 0 && a->number != b->number)
        order = a->number < b->number ? -1 : 1;
    return order;
}

/* Equal keys by position, so that the last one is found as the end of its run. */
static int compare_stable(const void *left, const void *right)
{
    const struct bt_ml_entry *a = left;
    const struct bt_ml_entry *b = right;
    int order = compare(a, b);
    return order ? order : a->position < b->position ? -1 : a->position > b->position;
}

baton_status bt_ml_index_build(const struct bt_ml_list *keys, struct bt_arena *arena,
                               struct bt_ml_index *ret, struct baton_error *err)
{
    struct bt_ml_entry *entries = bt_arena_calloc(arena, keys->count, sizeof *entries);
    if (!entries)
        return bt_fail_no_memory(err, "categories");
    for (size_t i = 0; i < keys->count; i++)
        if (!entry_of(keys->dtype, keys->data, i, &entries[i]))
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "keys of type %s are not supported",
                           bt_dtype_name(keys->dtype));
    if (keys->count)
        qsort(entries, keys->count, sizeof *entries, compare_stable);
    *ret = (struct bt_ml_index){keys->dtype, entries, keys->count};
    return BATON_OK;
}

static bool find(const struct bt_ml_index *index, const struct bt_ml_entry *wanted, size_t *ret)
{
    size_t low = 0; /* entries before it are not after `wanted` */
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&index->entries[middle], wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || compare(&index->entries[low - 1], wanted) != 0)
        return false;
    *ret = index->entries[low - 1].position;
    return true;
}

bool bt_ml_index_find(const struct bt_ml_index *index, const void *data, size_t i, size_t *ret)
{
    struct bt_ml_entry wanted;
    return entry_of(index->dtype, data, i, &wanted) && find(index, &wanted, ret);
}

bool bt_ml_index_find_int(const struct bt_ml_index *index, int64_t number, size_t *ret)
{
    const struct bt_ml_entry wanted = {.number = number};
    return find(index, &wanted, ret);
}
