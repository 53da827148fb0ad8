/* SPDX-License-Identifier: Apache-2.0 */
/* A table is a rectangle; as strings it can be written and read back the same. */
#include "fuzz/fuzz.h"

#include "codec/csv.h"

static void add_columns(const struct bt_csv *csv, struct bt_named *list)
{
    for (size_t i = 0; i < csv->columns; i++) {
        BT_AUTO_TENSOR column = BT_TENSOR_INIT;
        BT_AUTO_TENSOR number = BT_TENSOR_INIT;
        FUZZ_CHECK(bt_csv_tensor(csv, &i, 1, BT_STRING, &column, NULL) == BATON_OK);
        (void)!bt_csv_tensor(csv, &i, 1, BT_F32, &number, NULL);
        column.rank = 1;
        FUZZ_CHECK(bt_named_add(list, csv->fields[i], &column, NULL) == BATON_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct bt_csv_limits limits = {
        .bytes_max = 1 << 20, .columns_max = 1000, .fields_max = 1 << 20};
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT((size_t)1 << 26);
    struct bt_csv csv;
    struct bt_csv again;
    if (bt_csv_parse((struct bt_bytes){bytes, len}, "fuzz", &limits, &arena, &csv, NULL) !=
        BATON_OK)
        return 0;
    add_columns(&csv, &list);
    FUZZ_CHECK(bt_csv_write(&list, &out, NULL) == BATON_OK);
    FUZZ_CHECK(bt_csv_parse(bt_buf_bytes(&out), "fuzz", NULL, &arena, &again, NULL) == BATON_OK);
    FUZZ_CHECK(again.columns == csv.columns && again.rows == csv.rows);
    for (size_t i = 0; i < csv.columns * (csv.rows + 1); i++)
        FUZZ_CHECK(bt_bytes_equal(csv.fields[i], again.fields[i]));
    return 0;
}
