/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of src/codec: nothing in tests/golden/should-fail/<format>/ is accepted. */
#include "unit/should_fail.h"

#include "codec/csv.h"
#include "codec/json.h"
#include "codec/npz.h"
#include "codec/safetensors.h"
#include "codec/tar.h"

static baton_status read_json(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    return bt_json_parse(bytes, what, NULL, &arena, &root, err);
}

static baton_status read_npy(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    return bt_npy_read(bytes, what, NULL, &tensor, err);
}

static baton_status read_npz(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    return bt_npz_read(bytes, what, NULL, &list, err);
}

static baton_status read_csv(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    struct bt_csv csv;
    size_t column = 0;
    BT_TRY(bt_csv_parse(bytes, what, NULL, &arena, &csv, err));
    BT_TRY(bt_csv_find(&csv, "b", &column, err));
    return bt_csv_tensor(&csv, &column, 1, BT_F32, &tensor, err);
}

static baton_status read_safetensors(struct bt_bytes bytes, const char *what,
                                     struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    return bt_safetensors_read(bytes, what, NULL, &list, err);
}

static baton_status from_bytes(void *user, void *bytes, size_t len, size_t *ret_len,
                               struct baton_error *err)
{
    struct bt_bytes *left = user;
    *ret_len = left->len < len ? left->len : len;
    if (*ret_len)
        memcpy(bytes, left->ptr, *ret_len);
    left->ptr += *ret_len;
    left->len -= *ret_len;
    return BATON_OK;
}

static baton_status read_tar(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_TAR_READER tar = bt_tar_reader(from_bytes, &bytes, what, NULL);
    struct bt_tar_entry entry;
    bool more = true;
    while (more)
        BT_TRY(bt_tar_next(&tar, &entry, &more, err));
    return BATON_OK;
}

static void bad_json_is_refused(void **state)
{
    (void)state;
    should_fail_folder("json", "json", read_json);
}

static void bad_npy_is_refused(void **state)
{
    (void)state;
    should_fail_folder("npy", "npy", read_npy);
}

static void bad_npz_is_refused(void **state)
{
    (void)state;
    should_fail_folder("npz", "npz", read_npz);
}

static void bad_csv_is_refused(void **state)
{
    (void)state;
    should_fail_folder("csv", "csv", read_csv);
}

static void bad_safetensors_is_refused(void **state)
{
    (void)state;
    should_fail_folder("safetensors", "safetensors", read_safetensors);
}

static void bad_tar_is_refused(void **state)
{
    (void)state;
    should_fail_folder("tar", "tar", read_tar);
}

UNIT_MAIN(cmocka_unit_test(bad_json_is_refused), cmocka_unit_test(bad_npy_is_refused),
          cmocka_unit_test(bad_npz_is_refused), cmocka_unit_test(bad_csv_is_refused),
          cmocka_unit_test(bad_safetensors_is_refused), cmocka_unit_test(bad_tar_is_refused))
