/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fs.h"
#include "codec/csv.h"
#include "codec/named.h"
#include "codec/npy.h"
#include "codec/npz.h"
#include "codec/safetensors.h"
#include "codec/text/element.h"
#include "data/named.h"
#include "data/oip.h"
#include "data/read.h"

#define OUTPUT_BYTES_MAX ((size_t)4 << 30)

static void put_key(const struct bt_tensor *keys, size_t i, struct bt_buf *out)
{
    if (keys->dtype == BT_STRING)
        bt_buf_put(out, ((const struct bt_bytes *)keys->data)[i].ptr,
                   ((const struct bt_bytes *)keys->data)[i].len);
    else
        bt_element_format(keys, i, out);
}

static baton_status format_npy(const struct bt_named *list, struct bt_buf *out,
                               struct baton_error *err)
{
    if (list->count != 1)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "an .npy file holds one array, there are %zu: use .npz", list->count);
    return bt_npy_write(&list->items[0].tensor, out, err);
}

/* ---- tables ---- */

static baton_status add_map_column(const struct bt_named_value *item, size_t column,
                                   struct bt_named *list, struct baton_error *err)
{
    const struct bt_tensor *from = &item->value.tensor;
    size_t columns = (size_t)from->dims[1];
    size_t size = bt_dtype_size(from->dtype);
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    BT_AUTO_BUF name = BT_BUF_INIT(4096);
    BT_TRY(bt_tensor_new(from->dtype, 1, from->dims, 0, &made, err));
    for (size_t row = 0; row < (size_t)from->dims[0]; row++)
        memcpy((uint8_t *)made.data + row * size,
               (const uint8_t *)from->data + (row * columns + column) * size, size);
    bt_buf_printf(&name, "%s[", item->name);
    put_key(&item->value.keys, column, &name);
    bt_buf_put_byte(&name, ']');
    BT_TRY(bt_buf_finish(&name, "a column's name", err));
    return bt_named_add(list, bt_buf_bytes(&name), &made, err);
}

/* A table says a map's keys in the names of its columns: "probabilities[yes]". */
static baton_status columns_of(const struct bt_values *values, struct bt_named *list,
                               struct baton_error *err)
{
    for (size_t i = 0; i < values->count; i++) {
        const struct bt_named_value *item = &values->items[i];
        bool is_map = item->value.kind == BT_VALUE_MAPS;
        size_t columns = is_map ? bt_tensor_count(&item->value.keys) : 0;
        for (size_t column = 0; column < columns; column++)
            BT_TRY(add_map_column(item, column, list, err));
        if (is_map)
            continue;
        if (item->value.kind != BT_VALUE_TENSOR)
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "\"%s\" is not a table", item->name);
        BT_AUTO_TENSOR shared = bt_tensor_ref(&item->value.tensor);
        BT_TRY(bt_named_add(list, bt_bytes_of(item->name), &shared, err));
    }
    return BATON_OK;
}

/* ---- all kinds ---- */

baton_status bt_values_check_path(const char *path, struct baton_error *err)
{
    enum bt_file_kind kind = bt_file_kind_of(path);
    if (kind != BT_FILE_UNKNOWN && kind != BT_FILE_PB)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "%s: cannot tell what kind of file to write: expected .npz, .npy, .csv, "
                   ".safetensors or .json",
                   path);
}

static baton_status format(const char *path, const struct bt_values *values, struct bt_buf *out,
                           struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    enum bt_file_kind kind = bt_file_kind_of(path);
    if (kind == BT_FILE_JSON)
        return bt_oip_format(values, "outputs", out, err);
    if (kind == BT_FILE_CSV)
        BT_TRY(columns_of(values, &list, err));
    else
        BT_TRY(bt_values_to_named(values, &list, err));
    switch (kind) {
    case BT_FILE_NPZ:
        return bt_npz_write(&list, out, err);
    case BT_FILE_NPY:
        return format_npy(&list, out, err);
    case BT_FILE_CSV:
        return bt_csv_write(&list, out, err);
    case BT_FILE_SAFETENSORS:
        return bt_safetensors_write(&list, out, err);
    default:
        return bt_values_check_path(path, err);
    }
}

baton_status bt_values_write(const char *path, const struct bt_values *values,
                             struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(OUTPUT_BYTES_MAX);
    BT_TRY(format(path, values, &out, err));
    return bt_fs_replace_user(path, bt_buf_bytes(&out), err);
}
