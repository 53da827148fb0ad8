/* SPDX-License-Identifier: Apache-2.0 */
/* NPY, NPZ, CSV and safetensors: what goes in comes out. */
#include "unit/unit.h"

#include <math.h>

#include "base/fs.h"
#include "codec/csv.h"
#include "codec/npz.h"
#include "codec/safetensors.h"

static void map_seed(const char *name, struct bt_map *map)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const char *source = getenv("BATON_TEST_SOURCE");
    assert_non_null(source);
    const char *path = bt_arena_printf(&arena, "%s/tests/fuzz/corpus/%s", source, name);
    assert_non_null(path);
    assert_ok(bt_map_user_file(path, 1 << 20, map, &err), err);
}

static void read_seed(const char *name, struct bt_tensor *tensor)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    map_seed(name, &map);
    assert_ok(bt_npy_read(bt_map_bytes(&map), name, NULL, tensor, &err), err);
}

static bool string_is(const struct bt_tensor *tensor, size_t i, const char *text)
{
    return bt_bytes_equal(((const struct bt_bytes *)tensor->data)[i], bt_bytes_of(text));
}

static void npy_files_of_numpy_are_read(void **state)
{
    (void)state;
    BT_AUTO_TENSOR fortran = BT_TENSOR_INIT;
    BT_AUTO_TENSOR big = BT_TENSOR_INIT;
    BT_AUTO_TENSOR unicode = BT_TENSOR_INIT;
    BT_AUTO_TENSOR scalar = BT_TENSOR_INIT;
    read_seed("npy/f4_fortran.npy", &fortran);
    assert_int_equal(fortran.rank, 2);
    assert_int_equal(fortran.dims[1], 3);
    for (int i = 0; i < 6; i++)
        assert_true(bt_f32(&fortran)[i] == (float)i);
    read_seed("npy/i2_big.npy", &big);
    assert_int_equal(big.dtype, BT_I16);
    for (int i = 0; i < 3; i++)
        assert_int_equal(((const int16_t *)big.data)[i], i);
    read_seed("npy/unicode.npy", &unicode);
    assert_true(string_is(&unicode, 0, "a"));
    assert_true(string_is(&unicode, 1, "\xc3\xa9\xf0\x9f\x98\x80"));
    assert_true(string_is(&unicode, 2, ""));
    read_seed("npy/scalar_bool.npy", &scalar);
    assert_int_equal(scalar.rank, 0);
    assert_int_equal(*(const uint8_t *)scalar.data, 1);
}

static void npy_is_written_as_documented(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    const int64_t dims[] = {2};
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(1000);
    assert_ok(bt_tensor_new(BT_F32, 1, dims, 0, &tensor, &err), err);
    bt_f32_mut(&tensor)[1] = 1.0f;
    assert_ok(bt_npy_write(&tensor, &out, &err), err);
    assert_int_equal(out.len, 128 + 8);
    assert_memory_equal(out.data, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', ", 27);
    assert_non_null(strstr((char *)out.data + 10, "'fortran_order': False, 'shape': (2,), }"));
    assert_int_equal(out.data[127], '\n');
    assert_memory_equal(out.data + 128, "\0\0\0\0\0\0\x80\x3f", 8);
}

static void npz_files_of_numpy_are_read_and_written_again(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    static const char *const seeds[] = {"zip/stored.npz", "zip/deflated.npz"};
    for (size_t i = 0; i < 2; i++) {
        BT_AUTO_MAP map = BT_MAP_INIT;
        BT_AUTO_NAMED list = BT_NAMED_INIT;
        BT_AUTO_NAMED again = BT_NAMED_INIT;
        BT_AUTO_BUF out = BT_BUF_INIT(1 << 16);
        map_seed(seeds[i], &map);
        assert_ok(bt_npz_read(bt_map_bytes(&map), "seed", NULL, &list, &err), err);
        assert_int_equal(list.count, 2);
        assert_ok(bt_npz_write(&list, &out, &err), err);
        assert_ok(bt_npz_read(bt_buf_bytes(&out), "again", NULL, &again, &err), err);
        const struct bt_tensor *x = bt_named_find(&list, "x");
        const struct bt_tensor *same = bt_named_find(&again, "x");
        assert_true(x && same && bt_tensor_same_shape(x, same));
        assert_memory_equal(x->data, same->data, bt_tensor_bytes(x));
        assert_null(bt_named_find(&again, "z"));
    }
}

static void csv_columns_have_the_type_that_is_asked_for(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_TENSOR floats = BT_TENSOR_INIT;
    BT_AUTO_TENSOR text = BT_TENSOR_INIT;
    BT_AUTO_TENSOR integers = BT_TENSOR_INIT;
    struct bt_csv csv;
    size_t columns[2] = {0, 0};
    struct bt_bytes bytes = bt_bytes_of("\xef\xbb\xbf"
                                        "x,name,y\r\n0.1,\"a \"\"b\"\",\nc\",-2\r\n,,3");
    assert_ok(bt_csv_parse(bytes, "t.csv", NULL, &arena, &csv, &err), err);
    assert_int_equal(csv.rows, 2);
    assert_int_equal(csv.columns, 3);
    assert_ok(bt_csv_find(&csv, "y", &columns[1], &err), err);
    assert_ok(bt_csv_tensor(&csv, columns, 2, BT_F32, &floats, &err), err);
    assert_true(bt_f32(&floats)[0] == 0.1f && bt_f32(&floats)[1] == -2.0f);
    assert_true(isnan(bt_f32(&floats)[2]) && bt_f32(&floats)[3] == 3.0f);
    assert_ok(bt_csv_find(&csv, "name", &columns[0], &err), err);
    assert_ok(bt_csv_tensor(&csv, columns, 1, BT_STRING, &text, &err), err);
    assert_true(string_is(&text, 0, "a \"b\",\nc") && string_is(&text, 1, ""));
    columns[0] = 0;
    assert_int_equal(bt_csv_tensor(&csv, columns, 1, BT_I64, &integers, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "t.csv: line 2: column \"x\": \"0.1\" is not of type int64");
    assert_int_equal(bt_csv_find(&csv, "z", columns, &err), BATON_ERR_NOT_FOUND);
    assert_string_equal(err.text, "t.csv: no column \"z\"; the columns are: x, name, y");
}

static void predictions_are_written_as_csv(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    const int64_t dims[] = {2, 2};
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_AUTO_TENSOR scores = BT_TENSOR_INIT;
    BT_AUTO_TENSOR labels = BT_TENSOR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(1000);
    assert_ok(bt_tensor_new(BT_F32, 2, dims, 0, &scores, &err), err);
    assert_ok(bt_tensor_new(BT_STRING, 1, dims, 0, &labels, &err), err);
    bt_f32_mut(&scores)[0] = 0.1f;
    bt_f32_mut(&scores)[3] = NAN;
    assert_ok(bt_tensor_set_string(&labels, 0, "a,b", 3, &err), err);
    assert_ok(bt_tensor_set_string(&labels, 1, "c", 1, &err), err);
    assert_ok(bt_named_add(&list, bt_bytes_of("label"), &labels, &err), err);
    assert_ok(bt_named_add(&list, bt_bytes_of("score"), &scores, &err), err);
    assert_ok(bt_csv_write(&list, &out, &err), err);
    assert_string_equal(bt_buf_str(&out), "label,score[0],score[1]\n\"a,b\",0.1,0\nc,0,nan\n");
}

static void safetensors_are_borrowed_and_written_again(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_AUTO_NAMED again = BT_NAMED_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(1 << 16);
    map_seed("safetensors/two.safetensors", &map);
    assert_ok(bt_safetensors_read(bt_map_bytes(&map), "seed", NULL, &list, &err), err);
    assert_int_equal(list.count, 3);
    const struct bt_tensor *w = bt_named_find(&list, "w");
    assert_non_null(w);
    assert_int_equal(w->dims[0], 2);
    assert_true(bt_f32(w)[5] == 5.0f);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    assert_null(w->storage);
#endif
    assert_ok(bt_safetensors_write(&list, &out, &err), err);
    assert_ok(bt_safetensors_read(bt_buf_bytes(&out), "again", NULL, &again, &err), err);
    assert_memory_equal(bt_named_find(&again, "w")->data, w->data, bt_tensor_bytes(w));
    assert_int_equal(bt_named_find(&again, "e")->dims[1], 3);
}

UNIT_MAIN(cmocka_unit_test(npy_files_of_numpy_are_read),
          cmocka_unit_test(npy_is_written_as_documented),
          cmocka_unit_test(npz_files_of_numpy_are_read_and_written_again),
          cmocka_unit_test(csv_columns_have_the_type_that_is_asked_for),
          cmocka_unit_test(predictions_are_written_as_csv),
          cmocka_unit_test(safetensors_are_borrowed_and_written_again))
