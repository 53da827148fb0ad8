/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "codec/csv.h"
#include "codec/npy.h"
#include "codec/npz.h"
#include "codec/safetensors.h"
#include "data/named.h"
#include "data/oip.h"
#include "data/read.h"

#define OUTPUT_BYTES_MAX ((size_t)4 << 30)

static baton_status format_npy(const struct bt_named *list, struct bt_buf *out,
                               struct baton_error *err)
{
    if (list->count != 1)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "an .npy file holds one array, there are %zu: use .npz", list->count);
    return bt_npy_write(&list->items[0].tensor, out, err);
}

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
    return bt_fs_replace_user(path, out.data, out.len, err);
}
