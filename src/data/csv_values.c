/* SPDX-License-Identifier: Apache-2.0 */
#include "data/csv_values.h"

#include <string.h>

#include "codec/csv.h"

struct table {
    struct bt_arena arena;
    struct bt_csv csv;
    size_t *columns; /* of the model, in order */
    size_t count;
};

static void table_release(struct table *t)
{
    bt_arena_release(&t->arena);
}

static bool name_is(struct bt_bytes name, const char *text, size_t len)
{
    return name.len == len && memcmp(name.ptr, text, len) == 0;
}

/* Whether `name` is in a comma-separated list. */
static bool in_list(struct bt_bytes name, const char *list)
{
    while (list && *list) {
        size_t len = strcspn(list, ",");
        if (name_is(name, list, len))
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

static baton_status open_table(struct bt_bytes bytes, const char *path,
                               const struct bt_read_options *options, struct table *t,
                               struct baton_error *err)
{
    BT_TRY(bt_csv_parse(bytes, path, NULL, &t->arena, &t->csv, err));
    t->columns = bt_arena_calloc(&t->arena, t->csv.columns, sizeof *t->columns);
    if (!t->columns)
        return bt_fail_no_memory(err, "a table");
    for (size_t i = 0; i < t->csv.columns; i++) {
        struct bt_bytes name = t->csv.fields[i];
        bool is_label = options->label && name_is(name, options->label, strlen(options->label));
        if (!is_label && !in_list(name, options->ignore))
            t->columns[t->count++] = i;
    }
    return BATON_OK;
}

/* Labels are whole numbers, numbers or text, whichever fits all of them first. */
static baton_status read_label(const struct table *t, const char *label, struct bt_tensor *ret,
                               struct baton_error *err)
{
    static const enum bt_dtype kinds[] = {BT_I64, BT_F64};
    size_t column = 0;
    BT_TRY(bt_csv_find(&t->csv, label, &column, err));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bt_csv_tensor(&t->csv, &column, 1, kinds[i], ret, NULL) == BATON_OK)
            return BATON_OK;
    return bt_csv_tensor(&t->csv, &column, 1, BT_STRING, ret, err);
}

static bool is_column_port(const struct bt_port *port)
{
    const struct bt_value_type *type = &port->type;
    return type->is_tensor && type->has_shape &&
           (type->rank == 1 || (type->rank == 2 && type->dims[1] == 1));
}

static bool all_column_ports(struct bt_ports ports)
{
    for (size_t i = 0; i < ports.count; i++)
        if (!is_column_port(&ports.ports[i]))
            return false;
    return ports.count > 0;
}

/* The types a CSV can hold; the rest is reached by exact conversion. */
static enum bt_dtype csv_type(enum bt_dtype dtype)
{
    if (dtype == BT_STRING || dtype == BT_BOOL || dtype == BT_F32 || dtype == BT_F64)
        return dtype;
    return bt_dtype_is_integer(dtype) ? BT_I64 : BT_F64;
}

static baton_status add_columns(const struct table *t, const struct bt_port *port,
                                const size_t *columns, size_t count, struct bt_values *ret,
                                struct baton_error *err)
{
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_TRY(bt_csv_tensor(&t->csv, columns, count, csv_type(port->type.dtype), &tensor, err));
    BT_AUTO_VALUE value = bt_value_of_tensor(&tensor);
    return bt_values_add(ret, port->name, &value, err);
}

static const struct bt_port *port_named(struct bt_ports ports, struct bt_bytes name)
{
    for (size_t i = 0; i < ports.count; i++)
        if (name_is(name, ports.ports[i].name, strlen(ports.ports[i].name)))
            return &ports.ports[i];
    return NULL;
}

static baton_status by_name(const struct table *t, struct bt_ports ports, const char *path,
                            struct bt_values *ret, struct baton_error *err)
{
    for (size_t i = 0; i < t->count; i++) {
        struct bt_bytes name = t->csv.fields[t->columns[i]];
        const struct bt_port *port = port_named(ports, name);
        if (!port)
            return bt_fail(err, BATON_ERR_INVALID,
                           "%s: column \"%.*s\" is no input of the model; leave it out with "
                           "--ignore, or name the truth with --label",
                           path, (int)(name.len < 100 ? name.len : 100), (const char *)name.ptr);
        BT_TRY(add_columns(t, port, &t->columns[i], 1, ret, err));
    }
    return BATON_OK;
}

static baton_status fill_values(const struct table *t, struct bt_ports ports, const char *path,
                                struct bt_values *ret, struct baton_error *err)
{
    bool one_table = ports.count == 1 && !is_column_port(&ports.ports[0]);
    if (one_table)
        return add_columns(t, &ports.ports[0], t->columns, t->count, ret, err);
    if (all_column_ports(ports))
        return by_name(t, ports, path, ret, err);
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "%s: a table cannot feed this model: it takes tensors that are no columns",
                   path);
}

baton_status bt_csv_values(struct bt_bytes bytes, const char *path, struct bt_ports ports,
                           const struct bt_read_options *options, struct bt_values *ret,
                           struct baton_error *err)
{
    BT_CLEANUP(table_release) struct table t = {.arena = BT_ARENA_INIT};
    BT_TRY(open_table(bytes, path, options, &t, err));
    if (options->ret_label)
        BT_TRY(read_label(&t, options->label, options->ret_label, err));
    return fill_values(&t, ports, path, ret, err);
}
