/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codec/endian.h"
#include "data/oip_int.h"

#define LENGTH_BYTES 4

/* ---- reading ---- */

/* The string at the start of `rest`, which loses it. */
static baton_status take_string(struct bt_bytes *rest, struct bt_bytes *ret,
                                struct baton_error *err)
{
    uint64_t len = rest->len >= LENGTH_BYTES ? load_le(rest->ptr, LENGTH_BYTES) : 0;
    if (rest->len < LENGTH_BYTES || len > rest->len - LENGTH_BYTES)
        return bt_fail(err, BATON_ERR_INVALID, "the string is longer than the data");
    *ret = (struct bt_bytes){rest->ptr + LENGTH_BYTES, (size_t)len};
    rest->ptr += LENGTH_BYTES + len;
    rest->len -= LENGTH_BYTES + (size_t)len;
    return BATON_OK;
}

baton_status bt_oip_count_strings(struct bt_bytes bytes, size_t *ret, struct baton_error *err)
{
    size_t count = 0;
    for (struct bt_bytes text; bytes.len; count++)
        BT_TRY(take_string(&bytes, &text, err));
    *ret = count;
    return BATON_OK;
}

static baton_status fill_strings(struct bt_bytes bytes, struct bt_tensor *t,
                                 struct baton_error *err)
{
    size_t count = bt_tensor_count(t);
    for (size_t i = 0; i < count; i++) {
        struct bt_bytes text;
        baton_status status = take_string(&bytes, &text, err);
        if (status == BATON_OK)
            status = bt_tensor_set_string(t, i, text.ptr, text.len, err);
        if (status != BATON_OK) {
            (void)bt_error_prepend(err, "element %zu", i);
            return status;
        }
    }
    if (bytes.len)
        return bt_fail(err, BATON_ERR_INVALID, "%zu bytes of data after the last of %zu strings",
                       bytes.len, count);
    return BATON_OK;
}

static baton_status check_bools(const struct bt_tensor *t, struct baton_error *err)
{
    const uint8_t *values = t->data;
    size_t count = bt_tensor_count(t);
    for (size_t i = 0; i < count; i++)
        if (values[i] > 1)
            return bt_fail(err, BATON_ERR_INVALID, "element %zu: byte %u is neither 0 nor 1", i,
                           values[i]);
    return BATON_OK;
}

baton_status bt_oip_fill_binary(struct bt_bytes bytes, struct bt_tensor *tensor,
                                struct baton_error *err)
{
    size_t size = bt_dtype_size(tensor->dtype);
    if (tensor->dtype == BT_STRING)
        return fill_strings(bytes, tensor, err);
    if (bytes.len != bt_tensor_bytes(tensor))
        return bt_fail(err, BATON_ERR_INVALID, "%zu bytes of data, the shape says %zu", bytes.len,
                       bt_tensor_bytes(tensor));
    if (bytes.len)
        memcpy(tensor->data, bytes.ptr, bytes.len);
    if (HOST_IS_BIG)
        swap_elements(tensor->data, bt_tensor_count(tensor), size);
    return tensor->dtype == BT_BOOL ? check_bools(tensor, err) : BATON_OK;
}

/* ---- writing ---- */

static void put_string(struct bt_bytes text, struct bt_buf *out)
{
    uint8_t len[LENGTH_BYTES];
    store_le(len, sizeof len, text.len);
    bt_buf_put(out, len, sizeof len);
    bt_buf_put(out, text.ptr, text.len);
}

void bt_oip_put_binary(const struct bt_tensor *tensor, struct bt_buf *out)
{
    size_t count = bt_tensor_count(tensor);
    size_t before = out->len;
    if (tensor->dtype == BT_STRING) {
        for (size_t i = 0; i < count; i++)
            put_string(((const struct bt_bytes *)tensor->data)[i], out);
        return;
    }
    bt_buf_put(out, tensor->data, bt_tensor_bytes(tensor));
    if (HOST_IS_BIG && out->state == BT_BUF_GOOD)
        swap_elements(out->data + before, count, bt_dtype_size(tensor->dtype));
}
