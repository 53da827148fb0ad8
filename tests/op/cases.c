/* SPDX-License-Identifier: Apache-2.0 */
#include "op/cases.h"

#include <stdio.h>
#include <string.h>

#include "codec/pb.h"
#include "engine/engine.h"
#include "tensor/compare.h"
#include "tensor/half.h"

#define PORTS_MAX 8

struct test_case {
    const char *op;
    char *attrs; /* blank-separated */
    char *inputs[PORTS_MAX];
    size_t input_count;
    char *outputs[PORTS_MAX];
    size_t output_count;
    const char *error; /* NULL: outputs are expected */
    int opset;
};

/* ---- text ---- */

static char *trim(char *text)
{
    text += strspn(text, " \t\n");
    for (size_t len = strlen(text); len && strchr(" \t\n", text[len - 1]); len--)
        text[len - 1] = '\0';
    return text;
}

static size_t split_ports(char *text, char **ports)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *p = strtok_r(text, ";", &rest); p && count < PORTS_MAX;
         p = strtok_r(NULL, ";", &rest))
        if (*(p = trim(p)))
            ports[count++] = p;
    return count;
}

static baton_status parse_line(char *line, const char **ret_types, struct test_case *ret,
                               struct baton_error *err)
{
    char *bar = strstr(line, " | ");
    char *arrow = strstr(line, " => ");
    char *rest = NULL;
    if (!bar || !arrow || arrow < bar)
        return bt_fail(err, BATON_ERR_INVALID, "expected TYPES OP OPSET | INPUTS => OUTPUTS");
    *bar = *arrow = '\0';
    *ret_types = strtok_r(line, " ", &rest);
    ret->op = strtok_r(NULL, " ", &rest);
    ret->opset = (int)strtol(strtok_r(NULL, " ", &rest), NULL, 10);
    ret->attrs = rest;
    ret->input_count = split_ports(bar + 2, ret->inputs);
    char *right = trim(arrow + 4);
    if (*right == '!')
        ret->error = trim(right + 1);
    else
        ret->output_count = split_ports(right, ret->outputs);
    return BATON_OK;
}

/* ---- tensors ---- */

/* A number as both kinds of type want it: int64 does not fit a double, -0 and 1.5 no integer. */
struct number {
    int64_t whole;
    double real;
};

static void put_number(enum bt_dtype dtype, void *at, const struct number *number)
{
    float single = (float)number->real;
    uint16_t half = dtype == BT_BF16 ? bt_bf16_narrow(single) : bt_f16_narrow(single);
    int64_t whole = dtype == BT_BOOL ? number->whole & 1 : number->whole;
    uint8_t one = (uint8_t)whole;
    uint16_t two = bt_dtype_is_float(dtype) ? half : (uint16_t)whole;
    uint32_t four = (uint32_t)whole;
    size_t size = bt_dtype_size(dtype);
    const void *from = &whole;
    if (dtype == BT_F64)
        from = &number->real;
    else if (dtype == BT_F32)
        from = &single;
    else if (size < sizeof whole)
        from = size == 1 ? (void *)&one : size == 2 ? (void *)&two : (void *)&four;
    memcpy(at, from, size);
}

static baton_status put_element(struct bt_tensor *tensor, size_t i, const struct number *number,
                                struct baton_error *err)
{
    char text[32];
    if (i >= bt_tensor_count(tensor))
        return bt_fail(err, BATON_ERR_INVALID, "more elements than the shape has");
    if (tensor->dtype != BT_STRING) {
        put_number(tensor->dtype, (char *)tensor->data + i * bt_dtype_size(tensor->dtype), number);
        return BATON_OK;
    }
    int len = snprintf(text, sizeof text, "%g", number->real);
    return bt_tensor_set_string(tensor, i, text, (size_t)len, err);
}

/* "7", "-0", "nan" or "1..6" at the start of `text`; returns what follows, or `text` itself. */
static const char *parse_range(const char *text, struct number *ret, int64_t *ret_last)
{
    char *end = NULL;
    ret->whole = strtoll(text, &end, 10);
    ret->real = (double)ret->whole;
    *ret_last = ret->whole;
    if (end > text && strncmp(end, "..", 2) == 0)
        *ret_last = strtoll(end + 2, &end, 10);
    else
        ret->real = strtod(text, &end);
    return end;
}

static baton_status put_elements(struct bt_tensor *tensor, const char *text,
                                 struct baton_error *err)
{
    size_t i = 0;
    for (text += strspn(text, " ,"); *text; text += strspn(text, " ,")) {
        struct number number;
        int64_t last = 0;
        const char *end = parse_range(text, &number, &last);
        if (end == text)
            return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a number", text);
        BT_TRY(put_element(tensor, i++, &number, err));
        while (number.whole < last) {
            number.real = (double)++number.whole;
            BT_TRY(put_element(tensor, i++, &number, err));
        }
        text = end;
    }
    if (i != bt_tensor_count(tensor))
        return bt_fail(err, BATON_ERR_INVALID, "%zu elements, the shape has %zu", i,
                       bt_tensor_count(tensor));
    return BATON_OK;
}

/* "[2] 1 2" of type `dtype`, or "int64[2] 1 2". */
static baton_status parse_tensor(const char *text, enum bt_dtype dtype, struct bt_tensor *ret,
                                 struct baton_error *err)
{
    char name[16] = "";
    int64_t dims[BT_RANK_MAX];
    unsigned rank = 0;
    size_t len = strcspn(text, "[");
    (void)snprintf(name, sizeof name, "%.*s", (int)len, text);
    if (!text[len] || (*name && (dtype = bt_dtype_find(name)) == BT_DTYPE_NONE))
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a tensor", text);
    for (text += len + 1; *text && *text != ']' && rank < BT_RANK_MAX;) {
        char *end = NULL;
        dims[rank++] = strtoll(text, &end, 10);
        text = end + (*end == ',');
    }
    BT_TRY(bt_tensor_new(dtype, rank, dims, 0, ret, err));
    return put_elements(ret, text + 1, err);
}

/* ---- the model ---- */

static void put_part(struct bt_buf *into, uint32_t number, struct bt_buf *part)
{
    bt_pb_put_bytes(into, number, bt_buf_bytes(part));
    bt_buf_clear(part);
}

/* raw_data is little-endian wherever the test runs. */
static void put_raw(struct bt_buf *part, const struct bt_tensor *tensor)
{
    const bool is_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    BT_AUTO_BUF raw = BT_BUF_INIT(1 << 16);
    size_t size = bt_dtype_size(tensor->dtype);
    const uint8_t *data = tensor->data;
    for (size_t at = 0; at < bt_tensor_bytes(tensor); at += size)
        for (size_t i = 0; i < size; i++)
            bt_buf_put_byte(&raw, data[at + (is_little ? i : size - 1 - i)]);
    put_part(part, 9, &raw);
}

static baton_status tensor_attr(struct bt_buf *attr, const char *text, enum bt_dtype dtype,
                                struct baton_error *err)
{
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_AUTO_BUF part = BT_BUF_INIT(1 << 16);
    BT_TRY(parse_tensor(text, dtype, &tensor, err));
    for (unsigned i = 0; i < tensor.rank; i++)
        bt_pb_put_varint(&part, 1, (uint64_t)tensor.dims[i]);
    bt_pb_put_varint(&part, 2, (uint64_t)tensor.dtype);
    if (tensor.dtype == BT_STRING)
        for (size_t i = 0; i < bt_tensor_count(&tensor); i++)
            bt_pb_put_bytes(&part, 6, ((const struct bt_bytes *)tensor.data)[i]);
    else
        put_raw(&part, &tensor);
    bt_pb_put_varint(attr, 20, BT_ATTR_TENSOR);
    put_part(attr, 5, &part);
    return BATON_OK;
}

static void ints_attr(struct bt_buf *attr, const char *text)
{
    bt_pb_put_varint(attr, 20, BT_ATTR_INTS);
    while (*text) {
        char *end = NULL;
        bt_pb_put_varint(attr, 8, (uint64_t)strtoll(text, &end, 10));
        text = end + (*end == ',');
    }
}

static void scalar_attr(struct bt_buf *attr, const char *text)
{
    char *end = NULL;
    long long whole = strtoll(text, &end, 10);
    if (*end == '\0') {
        bt_pb_put_varint(attr, 3, (uint64_t)whole);
        return;
    }
    float number = strtof(text, &end);
    if (*end == '\0')
        bt_pb_put_f32(attr, 2, number);
    else
        bt_pb_put_str(attr, 4, text);
}

static baton_status put_attr(struct bt_buf *node, char *text, enum bt_dtype dtype,
                             struct baton_error *err)
{
    BT_AUTO_BUF attr = BT_BUF_INIT(1 << 16);
    char *value = strchr(text, '=');
    if (!value)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not name=value", text);
    *value++ = '\0';
    bt_pb_put_str(&attr, 1, text);
    if (strchr(value, '['))
        BT_TRY(tensor_attr(&attr, value, dtype, err));
    else if (strchr(value, ',') || !*value)
        ints_attr(&attr, value);
    else
        scalar_attr(&attr, value);
    put_part(node, 5, &attr);
    return BATON_OK;
}

static baton_status put_node(const struct test_case *c, enum bt_dtype dtype, struct bt_buf *node,
                             struct baton_error *err)
{
    char name[32];
    char attrs[1024];
    char *rest = NULL;
    size_t outputs = c->error ? 1 : c->output_count;
    for (size_t i = 0; i < c->input_count; i++) {
        (void)snprintf(name, sizeof name, "x%zu", i);
        bt_pb_put_str(node, 1, *c->inputs[i] == '-' ? "" : name);
    }
    for (size_t i = 0; i < outputs; i++) {
        (void)snprintf(name, sizeof name, "y%zu", i);
        bt_pb_put_str(node, 2, name);
    }
    bt_pb_put_str(node, 4, c->op);
    (void)snprintf(attrs, sizeof attrs, "%s", c->attrs);
    for (char *a = strtok_r(attrs, " ", &rest); a; a = strtok_r(NULL, " ", &rest))
        BT_TRY(put_attr(node, a, dtype, err));
    return BATON_OK;
}

static void put_ports(struct bt_buf *graph, uint32_t field, char letter, size_t count,
                      char *const *texts)
{
    BT_AUTO_BUF port = BT_BUF_INIT(64);
    char name[32];
    for (size_t i = 0; i < count; i++) {
        if (texts && *texts[i] == '-')
            continue;
        (void)snprintf(name, sizeof name, "%c%zu", letter, i);
        bt_pb_put_str(&port, 1, name);
        put_part(graph, field, &port);
    }
}

static baton_status put_model(const struct test_case *c, enum bt_dtype dtype, struct bt_buf *model,
                              struct baton_error *err)
{
    BT_AUTO_BUF part = BT_BUF_INIT(1 << 16);
    BT_AUTO_BUF graph = BT_BUF_INIT(1 << 16);
    BT_TRY(put_node(c, dtype, &part, err));
    put_part(&graph, 1, &part);
    put_ports(&graph, 11, 'x', c->input_count, c->inputs);
    put_ports(&graph, 12, 'y', c->error ? 1 : c->output_count, NULL);
    bt_pb_put_varint(&part, 2, (uint64_t)c->opset);
    bt_pb_put_varint(model, 1, 8);
    put_part(model, 8, &part);
    put_part(model, 7, &graph);
    return bt_buf_finish(model, "the model", err);
}

/* ---- running ---- */

struct values {
    struct bt_value items[PORTS_MAX];
    uint32_t count;
};

static void release_values(struct values *v)
{
    for (uint32_t i = 0; i < PORTS_MAX; i++)
        bt_value_release(&v->items[i]);
    v->count = 0;
}

static baton_status parse_values(char *const *texts, size_t count, enum bt_dtype dtype,
                                 struct values *v, struct baton_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct bt_tensor tensor = BT_TENSOR_INIT;
        if (*texts[i] == '-')
            continue;
        BT_TRY(parse_tensor(texts[i], dtype, &tensor, err));
        v->items[v->count++] = bt_value_of_tensor(&tensor);
    }
    return BATON_OK;
}

static baton_status compare(const struct values *got, const struct values *expected,
                            struct baton_error *err)
{
    const struct bt_rule bits = BT_RULE_INIT;
    for (uint32_t i = 0; i < expected->count; i++) {
        struct bt_comparison c = {0};
        bt_compare(&got->items[i], &expected->items[i], &bits, &c);
        if (bt_comparison_identical(&c))
            continue;
        return bt_fail(err, BATON_ERR_DIFFERS, "output %u: %s, first at element %zu", i,
                       c.shape_differs ? "type or shape differs" : "elements differ",
                       (size_t)c.first);
    }
    return BATON_OK;
}

static baton_status run_model(const struct test_case *c, struct bt_bytes bytes,
                              const struct values *in, struct values *out, struct baton_error *err)
{
    static const struct bt_session_options options = {.threads = 1, .value_bytes_max = 1 << 24};
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_session *session = NULL;
    BT_TRY(bt_model_parse(bytes, c->op, NULL, NULL, &model, err));
    BT_TRY(bt_session_new(&model, &options, &session, err));
    struct bt_run run = {.inputs = in->items, .input_count = in->count, .outputs = out->items};
    baton_status status = bt_session_run(session, &run, err);
    bt_session_free(session);
    return status;
}

static baton_status judge(const struct test_case *c, baton_status status, const struct values *got,
                          const struct values *expected, struct baton_error *err)
{
    if (!c->error)
        return status == BATON_OK ? compare(got, expected, err) : status;
    if (status == BATON_OK)
        return bt_fail(err, BATON_ERR_DIFFERS, "it works, expected an error");
    if (strstr(err->text, c->error))
        return BATON_OK;
    return bt_error_prepend(err, "another error");
}

static baton_status run_type(const struct test_case *c, enum bt_dtype dtype,
                             struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(1 << 18);
    struct values in = {.count = 0};
    struct values expected = {.count = 0};
    struct values got = {.count = 0};
    baton_status status = put_model(c, dtype, &bytes, err);
    if (status == BATON_OK)
        status = parse_values(c->inputs, c->input_count, dtype, &in, err);
    if (status == BATON_OK)
        status = parse_values(c->outputs, c->output_count, dtype, &expected, err);
    if (status == BATON_OK) {
        status = run_model(c, bt_buf_bytes(&bytes), &in, &got, err);
        status = judge(c, status, &got, &expected, err);
    }
    release_values(&in);
    release_values(&expected);
    release_values(&got);
    if (status != BATON_OK)
        return bt_error_prepend(err, "%s", bt_dtype_name(dtype));
    return BATON_OK;
}

static bool is_of(enum bt_dtype dtype, const char *types)
{
    if (bt_dtype_size(dtype) == 0)
        return false;
    if (strcmp(types, "all") == 0)
        return true;
    if (strcmp(types, "int") == 0)
        return bt_dtype_is_integer(dtype);
    if (strcmp(types, "float") == 0)
        return bt_dtype_is_float(dtype);
    if (strcmp(types, "number") == 0)
        return bt_dtype_is_integer(dtype) || bt_dtype_is_float(dtype);
    return strcmp(types, bt_dtype_name(dtype)) == 0;
}

baton_status bt_case_run(char *line, size_t *ret_runs, struct baton_error *err)
{
    struct test_case c = {.error = NULL};
    const char *types = NULL;
    size_t runs = 0;
    BT_TRY(parse_line(line, &types, &c, err));
    for (int dtype = 1; dtype < BT_DTYPE_COUNT; dtype++) {
        if (!is_of((enum bt_dtype)dtype, types))
            continue;
        BT_TRY(run_type(&c, (enum bt_dtype)dtype, err));
        runs++;
    }
    if (runs == 0)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" names no type", types);
    *ret_runs += runs;
    return BATON_OK;
}
