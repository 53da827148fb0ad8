/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "tensor/tensor.h"

static void shapes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_tensor t = BT_TENSOR_INIT;
    const int64_t huge[] = {INT64_MAX, INT64_MAX, 0};
    const int64_t negative[] = {2, -3};
    assert_int_equal(bt_tensor_new(BT_F32, 3, huge, 0, &t, &err), BATON_ERR_LIMIT);
    assert_int_equal(bt_tensor_new(BT_F32, 2, negative, 0, &t, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "dimension 1 is -3");
    assert_int_equal(bt_tensor_new(BT_U4, 0, NULL, 0, &t, &err), BATON_ERR_UNSUPPORTED);
    assert_null(t.data);
}

static void references_share_and_copies_do_not(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    const int64_t dims[] = {2};
    BT_AUTO_TENSOR t = BT_TENSOR_INIT;
    assert_ok(bt_tensor_new(BT_STRING, 1, dims, 0, &t, &err), err);
    assert_ok(bt_tensor_set_string(&t, 1, "hi", 2, &err), err);
    BT_AUTO_TENSOR shared = bt_tensor_ref(&t);
    assert_false(bt_tensor_is_exclusive(&t));
    BT_AUTO_TENSOR copy = BT_TENSOR_INIT;
    assert_ok(bt_tensor_copy(&t, &copy, &err), err);
    assert_true(bt_tensor_is_exclusive(&copy));
    assert_ptr_equal(shared.data, t.data);
    assert_memory_equal(((struct bt_bytes *)copy.data)[1].ptr, "hi", 3);
}

static void dtype_names_round_trip(void **state)
{
    (void)state;
    for (int i = 1; i < BT_DTYPE_COUNT; i++)
        assert_int_equal(bt_dtype_find(bt_dtype_name((enum bt_dtype)i)), i);
    assert_int_equal(bt_dtype_find("FP32"), BT_F32);
    assert_int_equal(bt_dtype_find("no"), BT_DTYPE_NONE);
}

UNIT_MAIN(cmocka_unit_test(shapes_that_do_not_fit_are_refused),
          cmocka_unit_test(references_share_and_copies_do_not),
          cmocka_unit_test(dtype_names_round_trip))
