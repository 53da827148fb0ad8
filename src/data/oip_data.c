/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers go from the text into the tensor without a stop between. What store_number() does not
 * take, because it is no number, or none of that type, goes the longer way through bt_oip_store(),
 * which takes what is good all the same and can say what is wrong with the rest.
 */
#include <inttypes.h>
#include <string.h>

#include "codec/text/base64.h"
#include "data/oip_int.h"
#include "tensor/compare.h"

/* ---- reading ---- */

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

static void put_integer(struct bt_tensor *t, size_t i, int64_t value)
{
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
}

static baton_status store_integer(const struct bt_json *item, struct bt_tensor *t, size_t i,
                                  struct baton_error *err)
{
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
    put_integer(t, i, value);
    return BATON_OK;
}

baton_status bt_oip_store(const struct bt_json *item, struct bt_tensor *t, size_t i,
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

static bool store_small(const struct bt_decimal *number, struct bt_tensor *t, size_t i)
{
    uint64_t digits = number->digits;
    if (!number->is_integer || number->is_long || digits > INT64_MAX)
        return false;
    int64_t value = number->is_negative ? -(int64_t)digits : (int64_t)digits;
    if (t->dtype == BT_U64 ? value < 0
                           : value < ranges[t->dtype].low || value > ranges[t->dtype].high)
        return false;
    put_integer(t, i, value);
    return true;
}

static bool store_number(const struct bt_decimal *number, struct bt_tensor *t, size_t i)
{
    switch (t->dtype) {
    case BT_F32:
        return bt_decimal_f32(number, &((float *)t->data)[i]);
    case BT_F64:
        return bt_decimal_f64(number, &((double *)t->data)[i]);
    case BT_F16:
        return bt_decimal_f16(number, &((uint16_t *)t->data)[i]);
    case BT_BF16:
        return bt_decimal_bf16(number, &((uint16_t *)t->data)[i]);
    case BT_STRING:
        return false;
    default:
        return store_small(number, t, i);
    }
}

static baton_status store_base64(const struct bt_json *item, struct bt_tensor *t, size_t i,
                                 struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(item->text.len);
    if (item->kind != BT_JSON_STRING || !bt_base64_parse(item->text, &bytes))
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: expected a string in base64",
                       item->offset);
    return bt_tensor_set_string(t, i, bytes.data, bytes.len, err);
}

/* Where a scan is in the shape. */
struct filling {
    struct bt_json_scan scan;
    struct bt_tensor *tensor;
    bool is_base64;
    unsigned leaf;                  /* depth of elements: 1, or the rank */
    size_t counts[BT_RANK_MAX + 1]; /* items of each array that is open */
    size_t filled;
    size_t count;
};

static baton_status store_next(struct filling *f, struct baton_error *err)
{
    struct bt_json *item = &f->scan.item;
    size_t i = f->filled;
    if (f->scan.depth != f->leaf)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: an element beside arrays",
                       item->offset);
    if (i == f->count)
        return bt_fail(err, BATON_ERR_INVALID,
                       "offset %zu: more than the %zu elements of the shape", item->offset,
                       f->count);
    f->filled++;
    f->counts[f->leaf]++;
    if (item->kind == BT_JSON_NUMBER && store_number(&f->scan.number, f->tensor, i))
        return BATON_OK;
    if (item->kind == BT_JSON_NUMBER)
        item->text = f->scan.number.text;
    baton_status status = f->is_base64 ? store_base64(item, f->tensor, i, err)
                                       : bt_oip_store(item, f->tensor, i, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "element %zu", i);
    return status;
}

/* The second array says that the data are nested. */
static baton_status open_level(struct filling *f, struct baton_error *err)
{
    unsigned depth = f->scan.depth;
    if (depth == 1)
        return BATON_OK;
    if (depth == 2 && f->filled == 0)
        f->leaf = f->tensor->rank;
    if (depth > f->leaf)
        return bt_fail(err, BATON_ERR_INVALID,
                       "data are nested deeper than the shape, or unevenly");
    f->counts[depth - 1]++;
    f->counts[depth] = 0;
    return BATON_OK;
}

static baton_status close_level(const struct filling *f, struct baton_error *err)
{
    unsigned depth = f->scan.depth + 1;
    if (f->leaf == 1 || f->counts[depth] == (size_t)f->tensor->dims[depth - 1])
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID,
                   "data have %zu items where dimension %u of the shape says %" PRId64,
                   f->counts[depth], depth - 1, f->tensor->dims[depth - 1]);
}

static baton_status fill_step(struct filling *f, struct baton_error *err)
{
    switch (f->scan.step) {
    case BT_JSON_OPENED:
        return open_level(f, err);
    case BT_JSON_CLOSED:
        return close_level(f, err);
    case BT_JSON_ITEM:
        return store_next(f, err);
    case BT_JSON_ENDED:
        break;
    }
    if (f->filled == f->count)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID, "data has %zu elements, the shape says %zu", f->filled,
                   f->count);
}

baton_status bt_oip_fill(const struct bt_json *raw, bool is_base64, struct bt_tensor *tensor,
                         struct baton_error *err)
{
    struct filling f = {.scan = bt_json_scan_of(raw),
                        .tensor = tensor,
                        .is_base64 = is_base64,
                        .leaf = 1,
                        .count = bt_tensor_count(tensor)};
    do {
        BT_TRY(bt_json_scan_next(&f.scan, err));
        BT_TRY(fill_step(&f, err));
    } while (f.scan.step != BT_JSON_ENDED);
    return BATON_OK;
}

/* ---- writing ---- */

void bt_oip_put_element(struct bt_json_writer *w, const struct bt_tensor *t, size_t i)
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

static void put_base64(struct bt_json_writer *w, struct bt_bytes bytes)
{
    BT_AUTO_BUF text = BT_BUF_INIT(2 * bytes.len + 4);
    bt_base64_format(bytes, &text);
    bt_json_put_buf(w, &text);
}

void bt_oip_put_data(const struct bt_tensor *tensor, bool is_base64, struct bt_json_writer *w)
{
    size_t count = bt_tensor_count(tensor);
    bt_json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        if (is_base64)
            put_base64(w, ((const struct bt_bytes *)tensor->data)[i]);
        else
            bt_oip_put_element(w, tensor, i);
    bt_json_end_array(w);
}
