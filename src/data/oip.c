/* SPDX-License-Identifier: Apache-2.0 */
#include "data/oip.h"

#include <string.h>

#include "tensor/compare.h"

/* The largest element in memory; in the document each takes at least one byte. */
#define ELEMENT_BYTES_MAX ((uint64_t)16)

/* ---- reading ---- */

static baton_status store_integer(const struct bt_json *item, struct bt_tensor *t, size_t i,
                                  struct baton_error *err)
{
    static const struct {
        int64_t low;
        int64_t high;
    } ranges[] = {
        [BT_U8] = {0, UINT8_MAX},
        [BT_I8] = {INT8_MIN, INT8_MAX},
        [BT_U16] = {0, UINT16_MAX},
        [BT_I16] = {INT16_MIN, INT16_MAX},
        [BT_I32] = {INT32_MIN, INT32_MAX},
        [BT_I64] = {INT64_MIN, INT64_MAX},
        [BT_BOOL] = {0, 1},
        [BT_U32] = {0, UINT32_MAX},
    };
    if (t->dtype == BT_U64)
        return bt_json_u64(item, &((uint64_t *)t->data)[i], err);
    int64_t value = 0;
    if (t->dtype == BT_BOOL && (item->kind == BT_JSON_TRUE || item->kind == BT_JSON_FALSE))
        value = item->kind == BT_JSON_TRUE;
    else
        BT_TRY(bt_json_i64(item, &value, err));
    if (value < ranges[t->dtype].low || value > ranges[t->dtype].high)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: %.*s is outside %s", item->offset,
                       (int)item->text.len, (const char *)item->text.ptr, bt_dtype_name(t->dtype));
    size_t size = bt_dtype_size(t->dtype);
    uint8_t *at = (uint8_t *)t->data + i * size;
    if (size == 8)
        memcpy(at, &value, 8);
    else if (size == 4)
        memcpy(at, &(uint32_t){(uint32_t)value}, 4);
    else if (size == 2)
        memcpy(at, &(uint16_t){(uint16_t)value}, 2);
    else
        *at = (uint8_t)value;
    return BATON_OK;
}

static baton_status store_item(const struct bt_json *item, struct bt_tensor *t, size_t i,
                               struct baton_error *err)
{
    switch (t->dtype) {
    case BT_F32:
        return bt_json_f32(item, &((float *)t->data)[i], err);
    case BT_F64:
        return bt_json_f64(item, &((double *)t->data)[i], err);
    case BT_F16:
        return bt_json_f16(item, &((uint16_t *)t->data)[i], err);
    case BT_BF16:
        return bt_json_bf16(item, &((uint16_t *)t->data)[i], err);
    case BT_STRING:
        if (item->kind != BT_JSON_STRING)
            return bt_fail(err, BATON_ERR_INVALID, "offset %zu: expected a string", item->offset);
        return bt_tensor_set_string(t, i, item->text.ptr, item->text.len, err);
    default:
        return store_integer(item, t, i, err);
    }
}

/* Walks nested arrays in row-major order without recursion: one cursor per level. */
static baton_status fill_from_arrays(const struct bt_json *data, struct bt_tensor *t,
                                     struct baton_error *err)
{
    const struct bt_json *level[BT_RANK_MAX + 1] = {data};
    size_t next[BT_RANK_MAX + 1] = {0};
    size_t filled = 0;
    size_t count = bt_tensor_count(t);
    for (unsigned depth = 0;;) {
        if (next[depth] == level[depth]->count) {
            if (depth == 0)
                break;
            depth--;
            continue;
        }
        const struct bt_json *item = &level[depth]->items[next[depth]++];
        if (item->kind == BT_JSON_ARRAY) {
            if (depth == BT_RANK_MAX)
                return bt_fail(err, BATON_ERR_LIMIT, "offset %zu: data nested deeper than %d",
                               item->offset, BT_RANK_MAX);
            level[++depth] = item;
            next[depth] = 0;
            continue;
        }
        if (filled == count)
            return bt_fail(err, BATON_ERR_INVALID,
                           "offset %zu: more than the %zu elements of the "
                           "shape",
                           item->offset, count);
        BT_TRY(store_item(item, t, filled++, err));
    }
    if (filled != count)
        return bt_fail(err, BATON_ERR_INVALID, "data has %zu elements, the shape says %zu", filled,
                       count);
    return BATON_OK;
}

static baton_status read_shape(const struct bt_json *tensor, int64_t *dims, unsigned *ret_rank,
                               struct baton_error *err)
{
    const struct bt_json *shape = NULL;
    BT_TRY(bt_json_need(tensor, "shape", BT_JSON_ARRAY, &shape, err));
    if (shape->count > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "shape has %zu dimensions: the limit is %d",
                       shape->count, BT_RANK_MAX);
    for (size_t i = 0; i < shape->count; i++)
        BT_TRY(bt_json_i64(&shape->items[i], &dims[i], err));
    *ret_rank = (unsigned)shape->count;
    return BATON_OK;
}

/* `bytes_max`: a shape that claims more elements than the document has room for is refused before
 * anything is allocated. */
static baton_status read_tensor(const struct bt_json *tensor, struct bt_arena *arena,
                                uint64_t bytes_max, struct bt_value *ret, struct baton_error *err)
{
    const char *datatype = NULL;
    const struct bt_json *data = NULL;
    int64_t dims[BT_RANK_MAX];
    unsigned rank = 0;
    BT_TRY(bt_json_need_str(tensor, "datatype", arena, &datatype, err));
    enum bt_dtype dtype = bt_dtype_find(datatype);
    if (!bt_dtype_oip_name(dtype) || strcmp(bt_dtype_oip_name(dtype), datatype) != 0)
        return bt_fail(err, BATON_ERR_INVALID, "datatype \"%s\" is none of the protocol's",
                       datatype);
    BT_TRY(read_shape(tensor, dims, &rank, err));
    BT_TRY(bt_json_need(tensor, "data", BT_JSON_ARRAY, &data, err));
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(dtype, rank, dims, bytes_max, &made, err));
    BT_TRY(fill_from_arrays(data, &made, err));
    *ret = bt_value_of_tensor(&made);
    return BATON_OK;
}

static const struct bt_json *find_list(const struct bt_json *root)
{
    const struct bt_json *list = bt_json_find(root, "inputs");
    if (!list)
        list = bt_json_find(root, "outputs");
    return list && list->kind == BT_JSON_ARRAY ? list : NULL;
}

static baton_status parse_list(const struct bt_json *list, struct bt_arena *arena,
                               uint64_t bytes_max, struct bt_values *values,
                               struct baton_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        const char *name = NULL;
        BT_TRY(bt_json_need_str(&list->items[i], "name", arena, &name, err));
        baton_status status = read_tensor(&list->items[i], arena, bytes_max, &value, err);
        if (status != BATON_OK) {
            (void)bt_error_prepend(err, "\"%s\"", name);
            return status;
        }
        BT_TRY(bt_values_add(values, name, &value, err));
    }
    return BATON_OK;
}

static baton_status read_list(const struct bt_json *list, size_t bytes, struct bt_values *ret,
                              struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_TRY(parse_list(list, &arena, ELEMENT_BYTES_MAX * (uint64_t)bytes, &values, err));
    *ret = values;
    values = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

baton_status bt_oip_read(const struct bt_json *root, const char *key, size_t bytes,
                         struct bt_values *ret, struct baton_error *err)
{
    const struct bt_json *list = NULL;
    BT_TRY(bt_json_need(root, key, BT_JSON_ARRAY, &list, err));
    return read_list(list, bytes, ret, err);
}

baton_status bt_oip_parse(struct bt_bytes json, const char *what, struct bt_values *ret,
                          struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(json, what, NULL, &arena, &root, err));
    const struct bt_json *list = find_list(root);
    if (!list)
        return bt_fail(err, BATON_ERR_INVALID, "%s: there is no list \"inputs\" or \"outputs\"",
                       what);
    baton_status status = read_list(list, json.len, ret, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "%s", what);
    return status;
}

/* ---- writing ---- */

static void put_element(struct bt_json_writer *w, const struct bt_tensor *t, size_t i)
{
    switch (t->dtype) {
    case BT_F32:
        bt_json_put_f32(w, ((const float *)t->data)[i]);
        break;
    case BT_F16:
    case BT_BF16:
        bt_json_put_f32(w, (float)bt_element_f64(t, i));
        break;
    case BT_F64:
        bt_json_put_f64(w, ((const double *)t->data)[i]);
        break;
    case BT_STRING:
        bt_json_put_bytes(w, ((const struct bt_bytes *)t->data)[i]);
        break;
    case BT_BOOL:
        bt_json_put_bool(w, ((const uint8_t *)t->data)[i] != 0);
        break;
    case BT_U64:
        bt_json_put_u64(w, ((const uint64_t *)t->data)[i]);
        break;
    case BT_I64:
        bt_json_put_i64(w, ((const int64_t *)t->data)[i]);
        break;
    default:
        bt_json_put_i64(w, (int64_t)bt_element_f64(t, i));
        break;
    }
}

static void put_tensor(struct bt_json_writer *w, const char *name, const struct bt_tensor *t)
{
    bt_json_begin_object(w);
    bt_json_member_str(w, "name", name);
    bt_json_key(w, "shape");
    bt_json_begin_array(w);
    for (unsigned i = 0; i < t->rank; i++)
        bt_json_put_i64(w, t->dims[i]);
    bt_json_end_array(w);
    bt_json_member_str(w, "datatype", bt_dtype_oip_name(t->dtype));
    bt_json_key(w, "data");
    bt_json_begin_array(w);
    size_t count = bt_tensor_count(t);
    for (size_t i = 0; i < count; i++)
        put_element(w, t, i);
    bt_json_end_array(w);
    bt_json_end_object(w);
}

static baton_status put_value(struct bt_json_writer *w, const struct bt_named_value *item,
                              struct baton_error *err)
{
    if (item->value.kind != BT_VALUE_TENSOR && item->value.kind != BT_VALUE_MAPS)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "\"%s\" is not a tensor: the protocol has no form for it", item->name);
    put_tensor(w, item->name, &item->value.tensor);
    if (item->value.kind == BT_VALUE_MAPS) {
        BT_AUTO_BUF keys = BT_BUF_INIT(4096);
        bt_buf_printf(&keys, "%s.keys", item->name);
        BT_TRY(bt_buf_finish(&keys, "an output's name", err));
        put_tensor(w, bt_buf_str(&keys), &item->value.keys);
    }
    return BATON_OK;
}

baton_status bt_oip_put(const struct bt_values *values, struct bt_json_writer *w,
                        struct baton_error *err)
{
    bt_json_begin_array(w);
    for (size_t i = 0; i < values->count; i++)
        BT_TRY(put_value(w, &values->items[i], err));
    bt_json_end_array(w);
    return BATON_OK;
}

baton_status bt_oip_format(const struct bt_values *values, const char *list, struct bt_buf *out,
                           struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, list);
    BT_TRY(bt_oip_put(values, &w, err));
    bt_json_end_object(&w);
    bt_buf_put_byte(out, '\n');
    return bt_buf_finish(out, "the response", err);
}
