/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "data/metric.h"

static struct bt_tensor ints(int64_t *data, int64_t n)
{
    return (struct bt_tensor){.dtype = BT_I64, .rank = 1, .dims = {n}, .data = data};
}

static void add(struct bt_values *values, const char *name, struct bt_tensor tensor)
{
    struct bt_value value = {.kind = BT_VALUE_TENSOR, .tensor = tensor};
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_values_add(values, name, &value, &err), err);
}

/* Expected values by hand; scikit-learn 1.5 gives the same. */
static void two_classes(void **state)
{
    (void)state;
    int64_t truth_data[] = {0, 0, 1, 1, 1, 0};
    int64_t label_data[] = {0, 1, 1, 1, 0, 0};
    float score_data[] = {0.75F, 0.25F, 0.5F,  0.5F,  0.25F,  0.75F,
                          0.5F,  0.5F,  0.75F, 0.25F, 0.875F, 0.125F};
    struct bt_tensor truth = ints(truth_data, 6);
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_metrics m;
    add(&outputs, "label", ints(label_data, 6));
    add(&outputs, "probabilities",
        (struct bt_tensor){.dtype = BT_F32, .rank = 2, .dims = {6, 2}, .data = score_data});
    assert_ok(bt_metrics_compute(&truth, &outputs, &m, &err), err);
    assert_true(m.value[BT_METRIC_ACCURACY] == 4.0 / 6.0);
    assert_true(m.value[BT_METRIC_BALANCED_ACCURACY] == 2.0 / 3.0);
    assert_true(m.value[BT_METRIC_F1] == 4.0 / 6.0);
    /* Pairs (positive, negative): scores 0.75 0.5 0.25 against 0.25 0.5 0.125: 6 right, 2 ties. */
    assert_true(m.value[BT_METRIC_ROC_AUC] == 14.0 / 18.0);
    assert_true(m.value[BT_METRIC_LOG_LOSS] > 0.58 && m.value[BT_METRIC_LOG_LOSS] < 0.59);
    assert_false(m.known[BT_METRIC_RMSE]);
}

static void regression_is_exact(void **state)
{
    (void)state;
    double truth_data[] = {1.0, 2.0, 3.0, 4.0};
    float predicted_data[] = {1.5F, 2.0F, 2.5F, 5.0F};
    struct bt_tensor truth = {.dtype = BT_F64, .rank = 1, .dims = {4}, .data = truth_data};
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_metrics m;
    add(&outputs, "y",
        (struct bt_tensor){.dtype = BT_F32, .rank = 2, .dims = {4, 1}, .data = predicted_data});
    assert_ok(bt_metrics_compute(&truth, &outputs, &m, &err), err);
    assert_true(m.value[BT_METRIC_MAE] == 0.5);
    assert_true(m.value[BT_METRIC_RMSE] == 0x1.3988e1409212ep-1); /* sqrt(1.5 / 4) */
    assert_true(m.value[BT_METRIC_R2] == 1.0 - 1.5 / 5.0);
}

static void absent_classes_do_not_count(void **state)
{
    (void)state;
    int64_t truth_data[] = {0, 0, 1};
    int64_t label_data[] = {0, 2, 1};
    struct bt_tensor truth = ints(truth_data, 3);
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_metrics m;
    add(&outputs, "label", ints(label_data, 3));
    assert_ok(bt_metrics_compute(&truth, &outputs, &m, &err), err);
    assert_true(m.value[BT_METRIC_BALANCED_ACCURACY] == (0.5 + 1.0) / 2.0);
    assert_false(m.known[BT_METRIC_LOG_LOSS]);
}

static void labels_of_another_kind_are_refused(void **state)
{
    (void)state;
    int64_t label_data[] = {0};
    struct bt_bytes text = bt_bytes_of("no");
    struct bt_tensor truth = {.dtype = BT_STRING, .rank = 1, .dims = {1}, .data = &text};
    BT_AUTO_VALUES outputs = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_metrics m;
    add(&outputs, "label", ints(label_data, 1));
    assert_int_equal(bt_metrics_compute(&truth, &outputs, &m, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "labels are string, predicted classes are int64");
}

UNIT_MAIN(cmocka_unit_test(two_classes), cmocka_unit_test(regression_is_exact),
          cmocka_unit_test(absent_classes_do_not_count),
          cmocka_unit_test(labels_of_another_kind_are_refused))
