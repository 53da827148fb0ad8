/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What MLflow's scoring server takes (its documentation, "Deploy MLflow models"), for models whose
 * inputs are the columns of a table: one port for each, or one port [n, k] for all.
 *
 * A request becomes a table of cells, each a value of the document that is still to be read; what
 * type that has is the port's to say. Messages say where, not what, as the request may be private.
 */
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "codec/json.h"
#include "data/csv_values.h"
#include "data/oip.h"
#include "serve/routes.h"

struct table {
    struct bt_arena *arena;
    struct bt_ports ports;
    size_t columns;
    size_t rows;
    const struct bt_json *names; /* `columns` of them, by text or by key; NULL: by position */
    bool names_are_keys;
    const struct bt_json **cells; /* row by row */
};

/* ---- the model ---- */

static bool is_column(const struct bt_port *port)
{
    const struct bt_value_type *type = &port->type;
    return type->is_tensor && type->has_shape &&
           (type->rank == 1 || (type->rank == 2 && type->dims[1] == 1));
}

/* One port takes all columns. */
static bool is_matrix(struct bt_ports ports)
{
    const struct bt_value_type *type = ports.count == 1 ? &ports.ports[0].type : NULL;
    return type && type->is_tensor && type->has_shape && type->rank == 2 && type->dims[1] != 1;
}

static baton_status check_model(const struct bt_call *call, struct baton_error *err)
{
    if (!call->model)
        return bt_fail(err, BATON_ERR_INVALID,
                       "not one model is served here: use /models/NAME/invocations");
    struct bt_ports ports = bt_served_inputs(call->model);
    bool is_table = ports.count > 0;
    for (size_t i = 0; i < ports.count; i++)
        is_table = is_table && is_column(&ports.ports[i]);
    if (is_table || is_matrix(ports))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID,
                   "the inputs of this model are no columns of a table: use /v2/models/NAME/infer");
}

/* ---- tables ---- */

static baton_status set_columns(struct table *t, size_t columns, struct baton_error *err)
{
    const struct bt_value_type *first = &t->ports.ports[0].type;
    size_t wanted = t->ports.count;
    if (is_matrix(t->ports))
        wanted = first->dims[1] < 0 ? columns : (size_t)first->dims[1];
    t->columns = columns;
    if (columns != wanted)
        return bt_fail(err, BATON_ERR_INVALID, "%zu columns, the model takes %zu", columns, wanted);
    return BATON_OK;
}

static baton_status make_cells(struct table *t, size_t rows, struct baton_error *err)
{
    size_t count = 0;
    if (__builtin_mul_overflow(rows, t->columns, &count))
        return bt_fail(err, BATON_ERR_LIMIT, "too many cells");
    t->rows = rows;
    t->cells = bt_arena_calloc(t->arena, count + 1, sizeof *t->cells);
    return t->cells ? BATON_OK : bt_fail_no_memory(err, "a table");
}

/* A list of rows, each a list; of values, if there is one column. */
static baton_status take_rows(struct table *t, const struct bt_json *list, struct baton_error *err)
{
    bool has_lists = list->count && list->items[0].kind == BT_JSON_ARRAY;
    BT_TRY(set_columns(t, has_lists ? list->items[0].count : list->count ? 1 : t->columns, err));
    BT_TRY(make_cells(t, list->count, err));
    for (size_t r = 0; r < list->count; r++) {
        const struct bt_json *row = &list->items[r];
        if ((row->kind == BT_JSON_ARRAY) != has_lists || (has_lists && row->count != t->columns))
            return bt_fail(err, BATON_ERR_INVALID, "row %zu: expected %zu values", r, t->columns);
        for (size_t c = 0; c < t->columns; c++)
            t->cells[r * t->columns + c] = has_lists ? &row->items[c] : row;
    }
    return BATON_OK;
}

/* Members are mostly in the order of the first row's. */
static const struct bt_json *find_cell(const struct bt_json *row, size_t at, struct bt_bytes name)
{
    if (bt_bytes_equal(row->items[at].key, name))
        return &row->items[at];
    for (size_t i = 0; i < row->count; i++)
        if (bt_bytes_equal(row->items[i].key, name))
            return &row->items[i];
    return NULL;
}

/* A list of rows, each {"name":value}. */
static baton_status take_records(struct table *t, const struct bt_json *list,
                                 struct baton_error *err)
{
    BT_TRY(set_columns(t, list->items[0].count, err));
    BT_TRY(make_cells(t, list->count, err));
    t->names = list->items[0].items;
    t->names_are_keys = true;
    for (size_t r = 0; r < list->count; r++) {
        const struct bt_json *row = &list->items[r];
        if (row->kind != BT_JSON_OBJECT || row->count != t->columns)
            return bt_fail(err, BATON_ERR_INVALID, "row %zu: expected an object of %zu values", r,
                           t->columns);
        for (size_t c = 0; c < t->columns; c++) {
            const struct bt_json *cell = find_cell(row, c, t->names[c].key);
            if (!cell)
                return bt_fail(err, BATON_ERR_INVALID, "row %zu has other columns than row 0", r);
            t->cells[r * t->columns + c] = cell;
        }
    }
    return BATON_OK;
}

static baton_status take_list(struct table *t, const struct bt_json *list, struct baton_error *err)
{
    if (list->kind != BT_JSON_ARRAY)
        return bt_fail(err, BATON_ERR_INVALID, "expected a list of rows");
    return list->count && list->items[0].kind == BT_JSON_OBJECT ? take_records(t, list, err)
                                                                : take_rows(t, list, err);
}

/* {"columns":[…],"data":[[…]]} */
static baton_status take_split(struct table *t, const struct bt_json *split,
                               struct baton_error *err)
{
    const struct bt_json *data = NULL;
    const struct bt_json *columns = bt_json_find(split, "columns");
    BT_TRY(bt_json_need(split, "data", BT_JSON_ARRAY, &data, err));
    t->columns = columns ? columns->count : t->ports.count;
    BT_TRY(take_rows(t, data, err));
    if (!columns)
        return BATON_OK;
    BT_TRY(bt_json_need(split, "columns", BT_JSON_ARRAY, &columns, err));
    t->names = columns->items;
    if (columns->count != t->columns)
        return bt_fail(err, BATON_ERR_INVALID, "%zu names for %zu columns", columns->count,
                       t->columns);
    return BATON_OK;
}

/* {"name":[…],…}: column by column; or all of them, by the name of the only input. */
static baton_status take_columns(struct table *t, const struct bt_json *object,
                                 struct baton_error *err)
{
    if (is_matrix(t->ports) && bt_json_find(object, t->ports.ports[0].name) && object->count == 1)
        return take_list(t, &object->items[0], err);
    BT_TRY(set_columns(t, object->count, err));
    BT_TRY(make_cells(t, object->count ? object->items[0].count : 0, err));
    t->names = object->items;
    t->names_are_keys = true;
    for (size_t c = 0; c < t->columns; c++) {
        const struct bt_json *column = &object->items[c];
        if (column->kind != BT_JSON_ARRAY || column->count != t->rows)
            return bt_fail(err, BATON_ERR_INVALID, "column %zu: expected a list of %zu values", c,
                           t->rows);
        for (size_t r = 0; r < t->rows; r++) {
            const struct bt_json *cell = &column->items[r];
            bool is_wrapped = cell->kind == BT_JSON_ARRAY && cell->count == 1;
            t->cells[r * t->columns + c] = is_wrapped ? &cell->items[0] : cell;
        }
    }
    return BATON_OK;
}

/* ---- from table to inputs ---- */

static baton_status find_column(const struct table *t, size_t port, size_t *ret,
                                struct baton_error *err)
{
    struct bt_bytes wanted = bt_bytes_of(t->ports.ports[port].name);
    *ret = port;
    if (!t->names)
        return BATON_OK;
    for (size_t c = 0; c < t->columns; c++) {
        *ret = c;
        if (bt_bytes_equal(t->names_are_keys ? t->names[c].key : t->names[c].text, wanted))
            return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_INVALID, "there is no column for input \"%s\"",
                   t->ports.ports[port].name);
}

/* Nothing is not a number, as pandas has it. */
static baton_status store_cell(const struct table *t, size_t row, size_t column,
                               struct bt_tensor *tensor, size_t at, struct baton_error *err)
{
    static const struct bt_json nan = {.kind = BT_JSON_NUMBER, .text = {(const uint8_t *)"NaN", 3}};
    const struct bt_json *cell = t->cells[row * t->columns + column];
    if (cell->kind == BT_JSON_NULL && bt_dtype_is_float(tensor->dtype))
        cell = &nan;
    if (bt_oip_store(cell, tensor, at, NULL) == BATON_OK)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID, "row %zu, column %zu: no value of type %s", row, column,
                   bt_dtype_name(tensor->dtype));
}

/* `count` columns from `first` on, which become the port's tensor. */
static baton_status add_input(const struct table *t, const struct bt_port *port, size_t first,
                              size_t count, struct bt_values *ret, struct baton_error *err)
{
    const int64_t dims[] = {(int64_t)t->rows, (int64_t)count};
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(port->type.dtype, port->type.rank, dims, 0, &tensor, err));
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < count; c++)
            BT_TRY(store_cell(t, r, first + c, &tensor, r * count + c, err));
    BT_AUTO_VALUE value = bt_value_of_tensor(&tensor);
    return bt_values_add(ret, port->name, &value, err);
}

static baton_status table_to_values(const struct table *t, struct bt_values *ret,
                                    struct baton_error *err)
{
    if (is_matrix(t->ports))
        return add_input(t, &t->ports.ports[0], 0, t->columns, ret, err);
    for (size_t p = 0; p < t->ports.count; p++) {
        size_t column = 0;
        BT_TRY(find_column(t, p, &column, err));
        BT_TRY(add_input(t, &t->ports.ports[p], column, 1, ret, err));
    }
    return BATON_OK;
}

/* ---- the request ---- */

static baton_status take_object(struct table *t, const struct bt_json *value,
                                struct baton_error *err)
{
    return value->kind == BT_JSON_OBJECT ? take_columns(t, value, err) : take_list(t, value, err);
}

static const struct form {
    const char *key;
    baton_status (*take)(struct table *t, const struct bt_json *value, struct baton_error *err);
} forms[] = {{"dataframe_split", take_split},
             {"dataframe_records", take_list},
             {"instances", take_list},
             {"inputs", take_object}};

static baton_status check_params(const struct bt_json *root, struct baton_error *err)
{
    const struct bt_json *params = bt_json_find(root, "params");
    if (!params || params->kind == BT_JSON_NULL ||
        (params->kind == BT_JSON_OBJECT && params->count == 0))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID, "the model takes no \"params\"");
}

static baton_status read_json(struct bt_call *call, struct baton_error *err)
{
    struct bt_json_limits limits = BT_JSON_LIMITS_DEFAULT;
    struct bt_inference *i = &call->inference;
    struct table t = {.arena = &i->arena, .ports = bt_served_inputs(call->model)};
    const struct bt_json *root = NULL;
    const struct bt_json *value = NULL;
    const struct form *form = NULL;
    limits.bare_words = true;
    BT_TRY(bt_json_parse(call->request->body, "the request", &limits, &i->arena, &root, err));
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        const struct bt_json *found = bt_json_find(root, forms[f].key);
        if (found && form)
            return bt_fail(err, BATON_ERR_INVALID, "both \"%s\" and \"%s\"", form->key,
                           forms[f].key);
        form = found ? &forms[f] : form;
        value = found ? found : value;
    }
    if (!form)
        return bt_fail(err, BATON_ERR_INVALID,
                       "expected one of dataframe_split, dataframe_records, instances, inputs");
    BT_TRY(check_params(root, err));
    BT_TRY(form->take(&t, value, err));
    return table_to_values(&t, &i->inputs, err);
}

/* "text/csv; charset=utf-8" is text/csv. */
static bool is_type(const char *found, const char *wanted)
{
    size_t len = found ? strcspn(found, "; ") : 0;
    return len == strlen(wanted) && strncasecmp(found, wanted, len) == 0;
}

static baton_status read_inputs(struct bt_call *call, struct baton_error *err)
{
    static const struct bt_read_options plain = {.label = NULL};
    const char *type = bt_server_field(call->request, "content-type");
    if (is_type(type, "text/csv"))
        return bt_csv_values(call->request->body, "the request", bt_served_inputs(call->model),
                             &plain, &call->inference.inputs, err);
    if (is_type(type, "application/json"))
        return read_json(call, err);
    return bt_fail(err, BATON_ERR_INVALID, "Content-Type: expected application/json or text/csv");
}

/* ---- the answer ---- */

/* How many of the lists within a row begin, or end, before its element `i`. */
static unsigned edges(const struct bt_tensor *t, size_t i)
{
    unsigned count = 0;
    for (unsigned d = 1; d < t->rank; d++)
        count += i % bt_dims_product(t->dims, d, t->rank) == 0;
    return count;
}

/* A value, or nested lists. */
static void put_row(struct bt_json_writer *w, const struct bt_tensor *t, size_t row)
{
    size_t len = bt_dims_product(t->dims, 1, t->rank);
    if (len == 0) {
        bt_json_begin_array(w);
        bt_json_end_array(w);
    }
    for (size_t i = 0; i < len; i++) {
        for (unsigned n = edges(t, i); n > 0; n--)
            bt_json_begin_array(w);
        bt_oip_put_element(w, t, row * len + i);
        for (unsigned n = edges(t, i + 1); n > 0; n--)
            bt_json_end_array(w);
    }
}

static baton_status check_outputs(const struct bt_values *outputs, size_t *ret_rows,
                                  struct baton_error *err)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const struct bt_value *value = &outputs->items[i].value;
        bool has_rows = (value->kind == BT_VALUE_TENSOR || value->kind == BT_VALUE_MAPS) &&
                        value->tensor.rank > 0;
        size_t rows = has_rows ? (size_t)value->tensor.dims[0] : 0;
        if (!has_rows || (i > 0 && rows != *ret_rows))
            return bt_fail(err, BATON_ERR_INVALID,
                           "the outputs of this model are no rows: use /v2/models/NAME/infer");
        *ret_rows = rows;
    }
    return BATON_OK;
}

/* What the only output has, or {"output":…}. */
static void put_prediction(struct bt_json_writer *w, const struct bt_values *outputs, size_t row)
{
    if (outputs->count == 1) {
        put_row(w, &outputs->items[0].value.tensor, row);
        return;
    }
    bt_json_begin_object(w);
    for (size_t i = 0; i < outputs->count; i++) {
        bt_json_key(w, outputs->items[i].name);
        put_row(w, &outputs->items[i].value.tensor, row);
    }
    bt_json_end_object(w);
}

static baton_status write_predictions(struct bt_call *call, struct baton_error *err)
{
    const struct bt_values *outputs = &call->inference.outputs;
    struct bt_json_writer w = bt_json_writer(&call->answer->body, 0);
    size_t rows = 0;
    BT_TRY(check_outputs(outputs, &rows, err));
    bt_json_begin_object(&w);
    bt_json_key(&w, "predictions");
    bt_json_begin_array(&w);
    for (size_t r = 0; r < rows; r++)
        put_prediction(&w, outputs, r);
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return BATON_OK;
}

void bt_mlflow_refuse(struct bt_server_answer *answer, unsigned status, const char *text)
{
    struct bt_json_writer w = bt_json_writer(&answer->body, 0);
    bt_buf_clear(&answer->body);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "error_code", status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR");
    bt_json_member_str(&w, "message", text);
    bt_json_end_object(&w);
    answer->status = status;
}

baton_status bt_mlflow_invoke(struct bt_call *call, struct baton_error *err)
{
    struct bt_inference *i = &call->inference;
    call->is_mlflow = true;
    BT_TRY(check_model(call, err));
    BT_TRY(read_inputs(call, err));
    BT_TRY(bt_served_run(call->model, call->request->loop, &i->inputs, &i->outputs, err));
    return write_predictions(call, err);
}

/* ---- health ---- */

baton_status bt_mlflow_ping(struct bt_call *call, struct baton_error *err)
{
    bt_buf_put_byte(&call->answer->body, '\n');
    return BATON_OK;
}

baton_status bt_mlflow_version(struct bt_call *call, struct baton_error *err)
{
    call->answer->content_type = "text/plain; charset=utf-8";
    bt_buf_put_str(&call->answer->body, BATON_VERSION);
    return BATON_OK;
}
