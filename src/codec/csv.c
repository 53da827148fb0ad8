/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser copies the input into the arena once and undoes doubled quotes there, in place. All
 * fields go into one growing table, the lines of the rows into another; nothing is per row.
 */
#include "codec/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "codec/text/names.h"
#include "codec/text/number.h"
#include "codec/utf8.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct parser {
    uint8_t *text;
    size_t len;
    size_t pos;
    size_t line;
    const char *what;
    struct bt_csv_limits limits;
    struct bt_buf fields; /* of struct bt_bytes */
    struct bt_buf lines;  /* of size_t */
    size_t columns;
    struct baton_error *err;
};

static void parser_release(struct parser *p)
{
    bt_buf_release(&p->fields);
    bt_buf_release(&p->lines);
}

static baton_status fail_line(const struct parser *p, const char *problem)
{
    return bt_fail(p->err, BATON_ERR_INVALID, "%s: line %zu: %s", p->what, p->line, problem);
}

static bool at_byte(const struct parser *p, uint8_t byte)
{
    return p->pos < p->len && p->text[p->pos] == byte;
}

/* At the opening quote. Doubled quotes become one, in place. */
static baton_status quoted_field(struct parser *p, struct bt_bytes *ret)
{
    size_t start_line = p->line;
    uint8_t *start = p->text + p->pos;
    uint8_t *out = start;
    for (p->pos++; p->pos < p->len; p->pos++) {
        if (at_byte(p, '"')) {
            p->pos++;
            if (!at_byte(p, '"')) {
                *ret = (struct bt_bytes){start, (size_t)(out - start)};
                return BATON_OK;
            }
        }
        p->line += at_byte(p, '\n');
        *out++ = p->text[p->pos];
    }
    p->line = start_line;
    return fail_line(p, "a quoted field begins here and does not end");
}

static baton_status plain_field(struct parser *p, struct bt_bytes *ret)
{
    size_t start = p->pos;
    while (p->pos < p->len && !at_byte(p, ',') && !at_byte(p, '\n') && !at_byte(p, '\r')) {
        if (at_byte(p, '"'))
            return fail_line(p, "a quote inside a field that does not begin with one");
        p->pos++;
    }
    *ret = (struct bt_bytes){p->text + start, p->pos - start};
    return BATON_OK;
}

/* After a field: a comma, a line end or the end. */
static baton_status separator(struct parser *p, bool *ret_row_ends)
{
    *ret_row_ends = !at_byte(p, ',');
    if (p->pos == p->len)
        return BATON_OK;
    if (at_byte(p, '\r')) {
        p->pos++;
        if (!at_byte(p, '\n'))
            return fail_line(p, "a carriage return without a line feed");
    }
    if (!at_byte(p, ',') && !at_byte(p, '\n'))
        return fail_line(p, "text after a closing quote");
    p->line += at_byte(p, '\n');
    p->pos++;
    return BATON_OK;
}

static size_t field_count(const struct parser *p)
{
    return p->fields.len / sizeof(struct bt_bytes);
}

static baton_status row(struct parser *p)
{
    size_t before = field_count(p);
    size_t line = p->line;
    size_t columns_max = p->columns ? p->columns : p->limits.columns_max;
    bool row_ends = false;
    bt_buf_put(&p->lines, &line, sizeof line);
    while (!row_ends) {
        struct bt_bytes field;
        if (at_byte(p, '"'))
            BT_TRY(quoted_field(p, &field));
        else
            BT_TRY(plain_field(p, &field));
        BT_TRY(separator(p, &row_ends));
        bt_buf_put(&p->fields, &field, sizeof field);
        /* Stop a row that never ends before it fills the memory. */
        if (field_count(p) - before > columns_max)
            break;
    }
    size_t count = field_count(p) - before;
    if (p->columns == 0 && count > columns_max)
        return bt_fail(p->err, BATON_ERR_LIMIT, "%s: more than %zu columns", p->what, columns_max);
    if (p->columns && count != p->columns)
        return bt_fail(p->err, BATON_ERR_INVALID,
                       "%s: line %zu: a row of %s%zu, the header has %zu", p->what, line,
                       row_ends ? "" : "more than ", row_ends ? count : p->columns, p->columns);
    p->columns = count;
    return BATON_OK;
}

static baton_status check_text(struct parser *p)
{
    struct bt_bytes text = {p->text, p->len};
    size_t valid = bt_utf8_valid_prefix(text);
    const uint8_t *nul = p->len ? memchr(p->text, 0, p->len) : NULL;
    size_t bad = bt_min(valid, nul ? (size_t)(nul - p->text) : p->len);
    if (bad == p->len)
        return BATON_OK;
    for (size_t i = 0; i < bad; i++)
        p->line += p->text[i] == '\n';
    return fail_line(p, valid <= bad ? "bytes that are not UTF-8" : "a NUL byte");
}

static baton_status check_header(const struct parser *p)
{
    BT_AUTO_NAMES names = BT_NAMES_INIT;
    const struct bt_bytes *fields = (const void *)p->fields.data;
    for (size_t i = 0; i < p->columns; i++) {
        bool is_new = false;
        BT_TRY(bt_names_add(&names, fields[i], &is_new, p->err));
        if (!is_new)
            return bt_fail(p->err, BATON_ERR_INVALID, "%s: line 1: two columns are named \"%.*s\"",
                           p->what, (int)bt_min(fields[i].len, 80), (const char *)fields[i].ptr);
    }
    return BATON_OK;
}

static baton_status table(struct parser *p)
{
    BT_TRY(check_text(p));
    if (p->len >= 3 && memcmp(p->text, BYTE_ORDER_MARK, 3) == 0)
        p->pos = 3;
    if (p->pos == p->len)
        return bt_fail(p->err, BATON_ERR_INVALID, "%s: empty: a header row is needed", p->what);
    BT_TRY(row(p));
    BT_TRY(check_header(p));
    while (p->pos < p->len) {
        BT_TRY(row(p));
        BT_TRY(bt_buf_finish(&p->fields, p->what, p->err));
    }
    BT_TRY(bt_buf_finish(&p->fields, p->what, p->err));
    return bt_buf_finish(&p->lines, p->what, p->err);
}

baton_status bt_csv_parse(struct bt_bytes bytes, const char *what,
                          const struct bt_csv_limits *limits, struct bt_arena *arena,
                          struct bt_csv *ret, struct baton_error *err)
{
    static const struct bt_csv_limits defaults = BT_CSV_LIMITS_DEFAULT;
    BT_CLEANUP(parser_release)
    struct parser p = {.len = bytes.len,
                       .line = 1,
                       .what = what,
                       .limits = limits ? *limits : defaults,
                       .err = err};
    if (bytes.len > p.limits.bytes_max)
        return bt_fail(err, BATON_ERR_LIMIT, "%s: %zu bytes: the limit is %zu", what, bytes.len,
                       p.limits.bytes_max);
    p.fields.bytes_max = p.limits.fields_max * sizeof(struct bt_bytes);
    p.lines.bytes_max = p.limits.fields_max * sizeof(size_t);
    p.text = (uint8_t *)bt_arena_strndup(arena, (const char *)bytes.ptr, bytes.len);
    if (!p.text)
        return bt_fail_no_memory(err, what);
    BT_TRY(table(&p));
    const void *fields = bt_arena_strndup(arena, (const char *)p.fields.data, p.fields.len);
    const void *lines = bt_arena_strndup(arena, (const char *)p.lines.data, p.lines.len);
    const char *name = bt_arena_strndup(arena, what, strlen(what));
    if (!fields || !lines || !name)
        return bt_fail_no_memory(err, what);
    *ret = (struct bt_csv){.what = name,
                           .columns = p.columns,
                           .rows = field_count(&p) / p.columns - 1,
                           .fields = fields,
                           .lines = lines};
    return BATON_OK;
}

/* ---- columns ---- */

baton_status bt_csv_find(const struct bt_csv *csv, const char *name, size_t *ret,
                         struct baton_error *err)
{
    struct bt_bytes wanted = bt_bytes_of(name);
    BT_AUTO_BUF present = BT_BUF_INIT(200);
    for (size_t i = 0; i < csv->columns; i++) {
        if (bt_bytes_equal(csv->fields[i], wanted)) {
            *ret = i;
            return BATON_OK;
        }
        if (csv->fields[i].len + 2 <= present.bytes_max - present.len)
            bt_buf_printf(&present, "%s%.*s", i ? ", " : "", (int)csv->fields[i].len,
                          (const char *)csv->fields[i].ptr);
    }
    return bt_fail(err, BATON_ERR_NOT_FOUND, "%s: no column \"%s\"; the columns are: %s", csv->what,
                   name, bt_buf_str(&present));
}

static bool parse_bool(struct bt_bytes text, uint8_t *ret)
{
    static const char *const words[] = {"false", "true", "False", "True", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (bt_bytes_equal(text, bt_bytes_of(words[i]))) {
            *ret = i & 1;
            return true;
        }
    return false;
}

static bool parse_i32(struct bt_bytes text, int32_t *ret)
{
    int64_t value;
    if (!bt_i64_parse(text, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    *ret = (int32_t)value;
    return true;
}

/* Whether `text` is an element of the tensor's type; then it is stored. */
static bool store_number(struct bt_tensor *tensor, size_t at, struct bt_bytes text)
{
    static const char missing[] = "nan";
    if (text.len == 0 && bt_dtype_is_float(tensor->dtype))
        text = bt_bytes_of(missing);
    switch (tensor->dtype) {
    case BT_F32:
        return bt_f32_parse(text, (float *)tensor->data + at);
    case BT_F64:
        return bt_f64_parse(text, (double *)tensor->data + at);
    case BT_I64:
        return bt_i64_parse(text, (int64_t *)tensor->data + at);
    case BT_I32:
        return parse_i32(text, (int32_t *)tensor->data + at);
    case BT_BOOL:
        return parse_bool(text, (uint8_t *)tensor->data + at);
    default:
        return false;
    }
}

static baton_status store(const struct bt_csv *csv, struct bt_tensor *tensor, size_t row_index,
                          size_t column, size_t at, struct baton_error *err)
{
    struct bt_bytes text = csv->fields[(row_index + 1) * csv->columns + column];
    struct bt_bytes name = csv->fields[column];
    if (tensor->dtype == BT_STRING)
        return bt_tensor_set_string(tensor, at, text.ptr, text.len, err);
    if (store_number(tensor, at, text))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID,
                   "%s: line %zu: column \"%.*s\": \"%.*s\" is not of type %s", csv->what,
                   csv->lines[row_index + 1], (int)bt_min(name.len, 80), (const char *)name.ptr,
                   (int)bt_min(text.len, 80), (const char *)text.ptr, bt_dtype_name(tensor->dtype));
}

static bool is_column_type(enum bt_dtype dtype)
{
    return dtype == BT_F32 || dtype == BT_F64 || dtype == BT_I64 || dtype == BT_I32 ||
           dtype == BT_STRING || dtype == BT_BOOL;
}

baton_status bt_csv_tensor(const struct bt_csv *csv, const size_t *columns, size_t count,
                           enum bt_dtype dtype, struct bt_tensor *ret, struct baton_error *err)
{
    const int64_t dims[] = {(int64_t)csv->rows, (int64_t)count};
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    if (!is_column_type(dtype))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "%s: a CSV column cannot be read as %s",
                       csv->what, bt_dtype_name(dtype));
    BT_TRY(bt_tensor_new(dtype, 2, dims, 0, &tensor, err));
    for (size_t i = 0; i < csv->rows; i++)
        for (size_t j = 0; j < count; j++)
            BT_TRY(store(csv, &tensor, i, columns[j], i * count + j, err));
    *ret = bt_tensor_ref(&tensor);
    return BATON_OK;
}

/* ---- writing ---- */

/* In quotes only where the reader needs them; a byte order mark in front would be skipped. */
static void put_text(struct bt_buf *out, struct bt_bytes text)
{
    bool plain = text.len < 3 || memcmp(text.ptr, BYTE_ORDER_MARK, 3) != 0;
    for (size_t i = 0; i < text.len; i++)
        plain = plain && text.ptr[i] != ',' && text.ptr[i] != '"' && text.ptr[i] != '\n' &&
                text.ptr[i] != '\r';
    if (plain) {
        bt_buf_put(out, text.ptr, text.len);
        return;
    }
    bt_buf_put_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            bt_buf_put_byte(out, '"');
        bt_buf_put_byte(out, text.ptr[i]);
    }
    bt_buf_put_byte(out, '"');
}

static void put_element(struct bt_buf *out, const struct bt_tensor *tensor, size_t at)
{
    char text[BT_NUMBER_TEXT_MAX];
    switch (tensor->dtype) {
    case BT_F32:
        bt_buf_put(out, text, bt_f32_format(((const float *)tensor->data)[at], text));
        break;
    case BT_F64:
        bt_buf_put(out, text, bt_f64_format(((const double *)tensor->data)[at], text));
        break;
    case BT_I64:
        bt_buf_printf(out, "%" PRId64, ((const int64_t *)tensor->data)[at]);
        break;
    case BT_I32:
        bt_buf_printf(out, "%" PRId32, ((const int32_t *)tensor->data)[at]);
        break;
    case BT_BOOL:
        bt_buf_put_str(out, ((const uint8_t *)tensor->data)[at] ? "true" : "false");
        break;
    default:
        put_text(out, ((const struct bt_bytes *)tensor->data)[at]);
        break;
    }
}

static size_t width_of(const struct bt_tensor *tensor)
{
    return bt_dims_product(tensor->dims, 1, tensor->rank);
}

static void put_header(const struct bt_named *list, struct bt_buf *out)
{
    BT_AUTO_BUF name = BT_BUF_INIT(out->bytes_max);
    for (size_t i = 0; i < list->count; i++) {
        size_t width = width_of(&list->items[i].tensor);
        bool single = list->items[i].tensor.rank < 2;
        for (size_t j = 0; j < width; j++) {
            bt_buf_clear(&name);
            bt_buf_put_str(&name, list->items[i].name);
            if (!single)
                bt_buf_printf(&name, "[%zu]", j);
            if (i + j)
                bt_buf_put_byte(out, ',');
            put_text(out, bt_buf_bytes(&name));
        }
    }
    bt_buf_put_byte(out, '\n');
}

static void put_row(const struct bt_named *list, size_t row_index, struct bt_buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t width = width_of(&list->items[i].tensor);
        for (size_t j = 0; j < width; j++) {
            if (i + j)
                bt_buf_put_byte(out, ',');
            put_element(out, &list->items[i].tensor, row_index * width + j);
        }
    }
    bt_buf_put_byte(out, '\n');
}

static baton_status check_writable(const struct bt_named *list, struct baton_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct bt_tensor *tensor = &list->items[i].tensor;
        if (!is_column_type(tensor->dtype))
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "\"%s\": %s cannot be written as CSV",
                           list->items[i].name, bt_dtype_name(tensor->dtype));
        if (tensor->rank == 0 || tensor->dims[0] != list->items[0].tensor.dims[0])
            return bt_fail(err, BATON_ERR_UNSUPPORTED,
                           "\"%s\": a CSV file needs the same number of rows in all columns",
                           list->items[i].name);
        if (width_of(tensor) == 0)
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "\"%s\": no columns to write as CSV",
                           list->items[i].name);
    }
    return BATON_OK;
}

baton_status bt_csv_write(const struct bt_named *list, struct bt_buf *out, struct baton_error *err)
{
    BT_TRY(check_writable(list, err));
    int64_t rows = list->count ? list->items[0].tensor.dims[0] : 0;
    put_header(list, out);
    for (int64_t i = 0; i < rows && out->state == BT_BUF_GOOD; i++)
        put_row(list, (size_t)i, out);
    return bt_buf_finish(out, "a CSV file", err);
}
