/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of a table become the values of ports, and none is lost silently. */
#include "unit/unit.h"

#include "data/csv_values.h"

#define COLUMN(text, type_)                                                                        \
    {                                                                                              \
        .name = text,                                                                              \
        .type = {.is_tensor = true,                                                                \
                 .has_shape = true,                                                                \
                 .dtype = type_,                                                                   \
                 .rank = 2,                                                                        \
                 .dims = {BT_DIM_UNKNOWN, 1}},                                                     \
    }

static const struct bt_port columns[] = {COLUMN("age", BT_F32), COLUMN("city", BT_STRING),
                                         COLUMN("kids", BT_I32)};
static const struct bt_port table = {.name = "x",
                                     .type = {.is_tensor = true,
                                              .has_shape = true,
                                              .dtype = BT_F32,
                                              .rank = 2,
                                              .dims = {BT_DIM_UNKNOWN, 3}}};
static const struct bt_port with_image[] = {
    COLUMN("age", BT_F32),
    {.name = "image",
     .type =
         {.is_tensor = true, .has_shape = true, .dtype = BT_F32, .rank = 4, .dims = {1, 3, 2, 2}}},
};

static const struct bt_ports by_name = {columns, 3};
static const struct bt_ports in_order = {&table, 1};

static struct bt_values read_good(const char *csv, struct bt_ports ports,
                                  const struct bt_read_options *options)
{
    struct bt_values values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_csv_values(bt_bytes_of(csv), "t.csv", ports, options, &values, &err), err);
    assert_ok(bt_values_bind(&values, ports, BT_BIND_EXACT, "t.csv", &err), err);
    return values;
}

static void assert_refused(const char *csv, struct bt_ports ports,
                           const struct bt_read_options *options, const char *text)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    assert_int_not_equal(bt_csv_values(bt_bytes_of(csv), "t.csv", ports, options, &values, &err),
                         BATON_OK);
    assert_string_equal(err.text, text);
}

static void columns_go_to_ports_by_name(void **state)
{
    (void)state;
    static const struct bt_read_options options = {.mode = BT_BIND_EXACT};
    BT_AUTO_VALUES values =
        read_good("kids,age,city\n2,30.5,Bonn\n0,41,\"Aix, FR\"\n", by_name, &options);
    const float ages[] = {30.5F, 41.0F};
    const int32_t kids[] = {2, 0};
    const struct bt_bytes *cities = values.items[1].value.tensor.data;
    assert_int_equal(values.items[0].value.tensor.dims[0], 2);
    assert_memory_equal(values.items[0].value.tensor.data, ages, sizeof ages);
    assert_memory_equal(values.items[2].value.tensor.data, kids, sizeof kids);
    assert_true(bt_bytes_equal(cities[1], bt_bytes_of("Aix, FR")));
}

static void a_table_goes_to_a_lone_port_in_order(void **state)
{
    (void)state;
    static const struct bt_read_options options = {
        .mode = BT_BIND_EXACT, .label = "y", .ignore = "id,note"};
    BT_AUTO_VALUES values =
        read_good("id,c,y,a,note,b\n7,1,no,2,?,3\n8,4,yes,5,?,6\n", in_order, &options);
    const float wanted[] = {1, 2, 3, 4, 5, 6};
    assert_memory_equal(values.items[0].value.tensor.data, wanted, sizeof wanted);
}

static void a_label_is_of_the_first_type_that_fits(void **state)
{
    (void)state;
    static const struct {
        const char *csv;
        enum bt_dtype dtype;
    } cases[] = {{"a,b,c,y\n1,2,3,0\n1,2,3,-4\n", BT_I64},
                 {"a,b,c,y\n1,2,3,0\n1,2,3,0.5\n", BT_F64},
                 {"a,b,c,y\n1,2,3,0\n1,2,3,no\n", BT_STRING}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_TENSOR label = BT_TENSOR_INIT;
        struct bt_read_options options = {.mode = BT_BIND_EXACT, .label = "y", .ret_label = &label};
        BT_AUTO_VALUES values = read_good(cases[i].csv, in_order, &options);
        assert_int_equal(label.dtype, cases[i].dtype);
        assert_int_equal(bt_tensor_count(&label), 2);
        assert_int_equal(values.items[0].value.tensor.dims[1], 3);
    }
}

static void no_column_is_lost(void **state)
{
    (void)state;
    static const struct bt_read_options plain = {.mode = BT_BIND_EXACT};
    BT_AUTO_TENSOR label = BT_TENSOR_INIT;
    struct bt_read_options labelled = {.mode = BT_BIND_EXACT, .label = "y", .ret_label = &label};
    assert_refused("age,city,kid\n1,a,2\n", by_name, &plain,
                   "t.csv: column \"kid\" is no input of the model; leave it out with --ignore, or "
                   "name the truth with --label");
    assert_refused("age,image\n1,2\n", (struct bt_ports){with_image, 2}, &plain,
                   "t.csv: a table cannot feed this model: it takes tensors that are no columns");
    assert_refused("a,b,c\n1,2,3\n", in_order, &labelled,
                   "t.csv: no column \"y\"; the columns are: a, b, c");
}

UNIT_MAIN(cmocka_unit_test(columns_go_to_ports_by_name),
          cmocka_unit_test(a_table_goes_to_a_lone_port_in_order),
          cmocka_unit_test(a_label_is_of_the_first_type_that_fits),
          cmocka_unit_test(no_column_is_lost))
