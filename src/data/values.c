/* SPDX-License-Identifier: Apache-2.0 */
#include "data/values.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

/* Names are looked up one by one, so their number is kept small. */
#define VALUES_MAX ((size_t)20000)

void bt_values_release(struct bt_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        bt_value_release(&values->items[i].value);
    bt_arena_release(&values->arena);
    *values = (struct bt_values)BT_VALUES_INIT;
}

static struct bt_named_value *find_item(const struct bt_values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i].name, name) == 0)
            return &values->items[i];
    return NULL;
}

const struct bt_value *bt_values_find(const struct bt_values *values, const char *name)
{
    const struct bt_named_value *item = find_item(values, name);
    return item ? &item->value : NULL;
}

static baton_status make_room(struct bt_values *values, struct baton_error *err)
{
    if (values->count < values->capacity)
        return BATON_OK;
    if (values->count >= VALUES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %zu named values", VALUES_MAX);
    size_t capacity = bt_max(8, values->capacity * 2);
    struct bt_named_value *items =
        bt_arena_calloc(&values->arena, capacity, sizeof values->items[0]);
    if (!items)
        return bt_fail_no_memory(err, "named values");
    if (values->count)
        memcpy(items, values->items, values->count * sizeof items[0]);
    values->items = items;
    values->capacity = capacity;
    return BATON_OK;
}

baton_status bt_values_add(struct bt_values *values, const char *name, struct bt_value *steal,
                           struct baton_error *err)
{
    if (find_item(values, name))
        return bt_fail(err, BATON_ERR_INVALID, "two values are named \"%s\"", name);
    BT_TRY(make_room(values, err));
    const char *kept = bt_arena_strndup(&values->arena, name, strlen(name));
    if (!kept)
        return bt_fail_no_memory(err, "a name");
    values->items[values->count++] = (struct bt_named_value){kept, *steal};
    *steal = (struct bt_value)BT_VALUE_INIT;
    return BATON_OK;
}

baton_status bt_values_ref(const struct bt_values *from, struct bt_values *ret,
                           struct baton_error *err)
{
    BT_AUTO_VALUES copy = BT_VALUES_INIT;
    for (size_t i = 0; i < from->count; i++) {
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        BT_TRY(bt_value_ref(&from->items[i].value, &value, err));
        BT_TRY(bt_values_add(&copy, from->items[i].name, &value, err));
    }
    *ret = copy;
    copy = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

/* ---- binding ---- */

static baton_status check_shape(const struct bt_port *port, const struct bt_tensor *tensor,
                                const char *what, struct baton_error *err)
{
    if (!port->type.has_shape)
        return BATON_OK;
    bool fits = port->type.rank == tensor->rank;
    for (unsigned i = 0; fits && i < tensor->rank; i++)
        fits = port->type.dims[i] == BT_DIM_UNKNOWN || port->type.dims[i] == tensor->dims[i];
    if (fits)
        return BATON_OK;
    BT_AUTO_BUF found = BT_BUF_INIT(512);
    BT_AUTO_BUF wanted = BT_BUF_INIT(512);
    bt_dims_format(tensor->rank, tensor->dims, &found);
    bt_dims_format(port->type.rank, port->type.dims, &wanted);
    return bt_fail(err, BATON_ERR_INVALID,
                   "%s: \"%s\" has shape %s, the model says %s (-1: any length)", what, port->name,
                   bt_buf_str(&found), bt_buf_str(&wanted));
}

/* A table column [n] for a port [n,1], or the other way round: the same elements in the same
 * order, so the shape is the port's to say. */
static void fit_column(const struct bt_port *port, struct bt_tensor *tensor)
{
    if (!port->type.has_shape)
        return;
    if (port->type.rank == 2 && tensor->rank == 1 && port->type.dims[1] == 1) {
        tensor->rank = 2;
        tensor->dims[1] = 1;
    } else if (port->type.rank == 1 && tensor->rank == 2 && tensor->dims[1] == 1) {
        tensor->rank = 1;
    }
}

static baton_status fit_to_port(const struct bt_port *port, enum bt_bind_mode mode,
                                const char *what, struct bt_value *value, struct baton_error *err)
{
    if (!port->type.is_tensor)
        return BATON_OK;
    if (value->kind != BT_VALUE_TENSOR)
        return bt_fail(err, BATON_ERR_INVALID,
                       "%s: \"%s\" has keys beside it, the model says it is a tensor", what,
                       port->name);
    struct bt_tensor *tensor = &value->tensor;
    if (mode != BT_BIND_STORED)
        fit_column(port, tensor);
    BT_TRY(check_shape(port, tensor, what, err));
    if (port->type.dtype == BT_DTYPE_NONE || port->type.dtype == tensor->dtype)
        return BATON_OK;
    if (mode == BT_BIND_STORED)
        return bt_fail(err, BATON_ERR_INVALID, "%s: \"%s\" is %s, the model says %s", what,
                       port->name, bt_dtype_name(tensor->dtype), bt_dtype_name(port->type.dtype));
    BT_AUTO_TENSOR converted = BT_TENSOR_INIT;
    baton_status status =
        bt_tensor_convert(tensor, port->type.dtype, mode == BT_BIND_EXACT, &converted, err);
    if (status != BATON_OK) {
        (void)bt_error_prepend(err, "%s: \"%s\"", what, port->name);
        return status;
    }
    bt_tensor_release(tensor);
    *tensor = bt_tensor_ref(&converted);
    return BATON_OK;
}

static baton_status refuse_strangers(const struct bt_values *values, struct bt_ports ports,
                                     const char *what, struct baton_error *err)
{
    for (size_t i = 0; i < values->count; i++) {
        bool known = false;
        for (size_t p = 0; p < ports.count && !known; p++)
            known = strcmp(ports.ports[p].name, values->items[i].name) == 0;
        if (!known)
            return bt_fail(err, BATON_ERR_INVALID,
                           "%s: \"%s\" is not a name of the model's signature (first of %zu: "
                           "\"%s\")",
                           what, values->items[i].name, ports.count,
                           ports.count ? ports.ports[0].name : "");
    }
    return BATON_OK;
}

static baton_status take_port(struct bt_values *from, const struct bt_port *port,
                              enum bt_bind_mode mode, const char *what, struct bt_values *to,
                              struct baton_error *err)
{
    BT_AUTO_VALUE value = BT_VALUE_INIT;
    struct bt_named_value *item = find_item(from, port->name);
    if (!item && mode != BT_BIND_ROUNDED)
        return bt_fail(err, BATON_ERR_INVALID, "%s: there is no value for \"%s\"", what,
                       port->name);
    if (item) {
        value = item->value;
        item->value = (struct bt_value)BT_VALUE_INIT;
        BT_TRY(fit_to_port(port, mode, what, &value, err));
    }
    return bt_values_add(to, port->name, &value, err);
}

static baton_status rename_only(struct bt_values *values, const char *name, struct baton_error *err)
{
    const char *kept = bt_arena_strndup(&values->arena, name, strlen(name));
    if (!kept)
        return bt_fail_no_memory(err, "a name");
    values->items[0].name = kept;
    return BATON_OK;
}

baton_status bt_values_bind(struct bt_values *values, struct bt_ports ports, enum bt_bind_mode mode,
                            const char *what, struct baton_error *err)
{
    if (values->count == 1 && ports.count == 1 && mode != BT_BIND_STORED)
        BT_TRY(rename_only(values, ports.ports[0].name, err));
    BT_TRY(refuse_strangers(values, ports, what, err));
    BT_AUTO_VALUES bound = BT_VALUES_INIT;
    for (size_t i = 0; i < ports.count; i++)
        BT_TRY(take_port(values, &ports.ports[i], mode, what, &bound, err));
    bt_values_release(values);
    *values = bound;
    bound = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

/* ---- rows ---- */

size_t bt_values_row_count(const struct bt_values *values)
{
    size_t rows = 0;
    for (size_t i = 0; i < values->count; i++) {
        const struct bt_value *value = &values->items[i].value;
        bool by_rows = value->kind == BT_VALUE_MAPS ||
                       (value->kind == BT_VALUE_TENSOR && value->tensor.rank > 0);
        if (!by_rows || value->tensor.dims[0] < 1)
            return 0;
        if (i && rows != (size_t)value->tensor.dims[0])
            return 0;
        rows = (size_t)value->tensor.dims[0];
    }
    return rows;
}

static struct bt_value rows_of(const struct bt_value *value, size_t from, size_t count)
{
    struct bt_value rows = {.kind = value->kind,
                            .tensor = bt_tensor_ref(&value->tensor),
                            .keys = bt_tensor_ref(&value->keys)};
    size_t row_bytes = bt_dims_product(value->tensor.dims, 1, value->tensor.rank) *
                       bt_dtype_size(value->tensor.dtype);
    rows.tensor.data = (uint8_t *)value->tensor.data + from * row_bytes;
    rows.tensor.dims[0] = (int64_t)count;
    return rows;
}

baton_status bt_values_rows(const struct bt_values *values, size_t from, size_t count,
                            struct bt_values *ret, struct baton_error *err)
{
    size_t rows = bt_values_row_count(values);
    if (from > rows || count > rows - from)
        return bt_fail(err, BATON_ERR_USAGE, "rows %zu to %zu of %zu", from, from + count, rows);
    BT_AUTO_VALUES cut = BT_VALUES_INIT;
    for (size_t i = 0; i < values->count; i++) {
        BT_AUTO_VALUE value = rows_of(&values->items[i].value, from, count);
        BT_TRY(bt_values_add(&cut, values->items[i].name, &value, err));
    }
    *ret = cut;
    cut = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}
