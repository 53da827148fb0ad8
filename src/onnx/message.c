/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

#include <string.h>

#include "codec/utf8.h"

#define INT(n)                                                                                     \
    {                                                                                              \
        .name = (n), .wire = BT_PB_VARINT                                                          \
    }
#define INTS(n)                                                                                    \
    {                                                                                              \
        .name = (n), .wire = BT_PB_VARINT, .times = BT_ONNX_NUMBERS                                \
    }
#define FLOAT(n)                                                                                   \
    {                                                                                              \
        .name = (n), .wire = BT_PB_FIXED32                                                         \
    }
#define FLOATS(n)                                                                                  \
    {                                                                                              \
        .name = (n), .wire = BT_PB_FIXED32, .times = BT_ONNX_NUMBERS                               \
    }
#define DOUBLES(n)                                                                                 \
    {                                                                                              \
        .name = (n), .wire = BT_PB_FIXED64, .times = BT_ONNX_NUMBERS                               \
    }
#define TEXT(n)                                                                                    \
    {                                                                                              \
        .name = (n), .wire = BT_PB_BYTES, .is_text = true                                          \
    }
#define TEXTS(n)                                                                                   \
    {                                                                                              \
        .name = (n), .wire = BT_PB_BYTES, .times = BT_ONNX_MANY, .is_text = true                   \
    }
#define PART(n)                                                                                    \
    {                                                                                              \
        .name = (n), .wire = BT_PB_BYTES                                                           \
    }
#define PARTS(n)                                                                                   \
    {                                                                                              \
        .name = (n), .wire = BT_PB_BYTES, .times = BT_ONNX_MANY                                    \
    }

/* Training information (20) is not listed: it describes how weights came about and does not change
 * what inference computes. Documentation, value_info and quantization annotations likewise. */
const struct bt_onnx_schema bt_onnx_model_proto = {"ModelProto",
                                                   {[1] = INT("ir_version"),
                                                    [2] = TEXT("producer_name"),
                                                    [3] = TEXT("producer_version"),
                                                    [7] = PART("graph"),
                                                    [8] = PARTS("opset_import"),
                                                    [14] = PARTS("metadata_props"),
                                                    [25] = PARTS("functions")}};

const struct bt_onnx_schema bt_onnx_opset_proto = {"OperatorSetIdProto",
                                                   {[1] = TEXT("domain"), [2] = INT("version")}};

const struct bt_onnx_schema bt_onnx_entry_proto = {"StringStringEntryProto",
                                                   {[1] = TEXT("key"), [2] = TEXT("value")}};

const struct bt_onnx_schema bt_onnx_function_proto = {"FunctionProto",
                                                      {[1] = TEXT("name"), [10] = TEXT("domain")}};

const struct bt_onnx_schema bt_onnx_graph_proto = {"GraphProto",
                                                   {[1] = PARTS("node"),
                                                    [2] = TEXT("name"),
                                                    [5] = PARTS("initializer"),
                                                    [11] = PARTS("input"),
                                                    [12] = PARTS("output"),
                                                    [15] = PARTS("sparse_initializer")}};

const struct bt_onnx_schema bt_onnx_node_proto = {"NodeProto",
                                                  {[1] = TEXTS("input"),
                                                   [2] = TEXTS("output"),
                                                   [3] = TEXT("name"),
                                                   [4] = TEXT("op_type"),
                                                   [5] = PARTS("attribute"),
                                                   [7] = TEXT("domain"),
                                                   [8] = TEXT("overload")}};

const struct bt_onnx_schema bt_onnx_attr_proto = {"AttributeProto",
                                                  {[1] = TEXT("name"),
                                                   [2] = FLOAT("f"),
                                                   [3] = INT("i"),
                                                   [4] = PART("s"),
                                                   [5] = PART("t"),
                                                   [6] = PART("g"),
                                                   [7] = FLOATS("floats"),
                                                   [8] = INTS("ints"),
                                                   [9] = PARTS("strings"),
                                                   [10] = PARTS("tensors"),
                                                   [11] = PARTS("graphs"),
                                                   [14] = PART("tp"),
                                                   [15] = PARTS("type_protos"),
                                                   [20] = INT("type"),
                                                   [21] = TEXT("ref_attr_name"),
                                                   [22] = PART("sparse_tensor"),
                                                   [23] = PARTS("sparse_tensors")}};

const struct bt_onnx_schema bt_onnx_tensor_proto = {"TensorProto",
                                                    {[1] = INTS("dims"),
                                                     [2] = INT("data_type"),
                                                     [3] = PART("segment"),
                                                     [4] = FLOATS("float_data"),
                                                     [5] = INTS("int32_data"),
                                                     [6] = PARTS("string_data"),
                                                     [7] = INTS("int64_data"),
                                                     [8] = TEXT("name"),
                                                     [9] = PART("raw_data"),
                                                     [10] = DOUBLES("double_data"),
                                                     [11] = INTS("uint64_data"),
                                                     [13] = PARTS("external_data"),
                                                     [14] = INT("data_location")}};

const struct bt_onnx_schema bt_onnx_value_info_proto = {"ValueInfoProto",
                                                        {[1] = TEXT("name"), [2] = PART("type")}};

const struct bt_onnx_schema bt_onnx_type_proto = {"TypeProto",
                                                  {[1] = PART("tensor_type"),
                                                   [4] = PART("sequence_type"),
                                                   [5] = PART("map_type"),
                                                   [8] = PART("sparse_tensor_type"),
                                                   [9] = PART("optional_type")}};

const struct bt_onnx_schema bt_onnx_tensor_type_proto = {
    "TypeProto.Tensor", {[1] = INT("elem_type"), [2] = PART("shape")}};

const struct bt_onnx_schema bt_onnx_shape_proto = {"TensorShapeProto", {[1] = PARTS("dim")}};

const struct bt_onnx_schema bt_onnx_dim_proto = {"Dimension",
                                                 {[1] = INT("dim_value"), [2] = TEXT("dim_param")}};

const struct bt_onnx_schema bt_onnx_sequence_proto = {"SequenceProto",
                                                      {[2] = INT("elem_type"),
                                                       [3] = PARTS("tensor_values"),
                                                       [4] = PARTS("sparse_tensor_values"),
                                                       [5] = PARTS("sequence_values"),
                                                       [6] = PARTS("map_values"),
                                                       [7] = PARTS("optional_values")}};

const struct bt_onnx_schema bt_onnx_optional_proto = {"OptionalProto",
                                                      {[2] = INT("elem_type"),
                                                       [3] = PART("tensor_value"),
                                                       [4] = PART("sparse_tensor_value"),
                                                       [5] = PART("sequence_value"),
                                                       [6] = PART("map_value"),
                                                       [7] = PART("optional_value")}};

struct bt_onnx_message bt_onnx_open(const struct bt_onnx_schema *schema, struct bt_bytes bytes,
                                    size_t base)
{
    return (struct bt_onnx_message){.schema = schema, .reader = bt_pb_reader(bytes, base)};
}

struct bt_onnx_message bt_onnx_enter(const struct bt_onnx_schema *schema,
                                     const struct bt_pb_field *field)
{
    return bt_onnx_open(schema, field->bytes, field->offset);
}

static const struct bt_onnx_rule *rule_of(const struct bt_onnx_message *m, uint32_t number)
{
    if (number >= BT_ONNX_FIELDS_MAX || !m->schema->rules[number].name)
        return NULL;
    return &m->schema->rules[number];
}

static baton_status check_text(struct bt_bytes text, struct baton_error *err)
{
    if (text.len && memchr(text.ptr, 0, text.len))
        return bt_fail(err, BATON_ERR_INVALID, "a text holds a NUL byte");
    if (bt_utf8_valid_prefix(text) != text.len)
        return bt_fail(err, BATON_ERR_INVALID, "a text is not UTF-8");
    return BATON_OK;
}

static baton_status check_field(struct bt_onnx_message *m, const struct bt_onnx_rule *rule,
                                const struct bt_pb_field *field, struct baton_error *err)
{
    uint32_t bit = UINT32_C(1) << field->number;
    if (rule->times == BT_ONNX_ONE && (m->seen & bit))
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: field %u appears twice", field->offset,
                       field->number);
    m->seen |= bit;
    bool packed = rule->times == BT_ONNX_NUMBERS && field->wire == BT_PB_BYTES;
    if (!packed)
        BT_TRY(bt_pb_expect(field, rule->wire, err));
    if (rule->is_text && check_text(field->bytes, err) != BATON_OK)
        return bt_error_prepend(err, "offset %zu", field->offset);
    return BATON_OK;
}

baton_status bt_onnx_next(struct bt_onnx_message *m, struct bt_pb_field *ret, bool *ret_more,
                          struct baton_error *err)
{
    for (;;) {
        if (bt_pb_next(&m->reader, ret, ret_more, err) != BATON_OK)
            return bt_error_prepend(err, "%s", m->schema->name);
        if (!*ret_more)
            return BATON_OK;
        const struct bt_onnx_rule *rule = rule_of(m, ret->number);
        if (!rule)
            continue;
        if (check_field(m, rule, ret, err) != BATON_OK)
            return bt_error_prepend(err, "%s.%s", m->schema->name, rule->name);
        return BATON_OK;
    }
}

baton_status bt_onnx_count(struct bt_onnx_message m, uint32_t counts[BT_ONNX_FIELDS_MAX],
                           struct baton_error *err)
{
    struct bt_pb_field field;
    bool more = false;
    memset(counts, 0, BT_ONNX_FIELDS_MAX * sizeof counts[0]);
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &field, &more, err));
        if (!more)
            return BATON_OK;
        if (counts[field.number] == UINT32_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "%s has more than %u parts of one kind",
                           m.schema->name, UINT32_MAX);
        counts[field.number]++;
    }
}

struct bt_onnx_numbers bt_onnx_numbers(struct bt_onnx_message m, uint32_t number)
{
    return (struct bt_onnx_numbers){.message = m, .number = number};
}

static baton_status next_packed(struct bt_onnx_numbers *n, uint64_t *ret, struct baton_error *err)
{
    enum bt_pb_wire wire = n->message.schema->rules[n->number].wire;
    if (wire == BT_PB_VARINT)
        return bt_pb_varint(&n->packed, ret, err);
    size_t width = wire == BT_PB_FIXED32 ? 4 : 8;
    size_t left = n->packed.bytes.len - n->packed.pos;
    if (left < width)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: %zu bytes left for an element of %zu",
                       n->packed.base + n->packed.pos, left, width);
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value |= (uint64_t)n->packed.bytes.ptr[n->packed.pos + i] << (8 * i);
    n->packed.pos += width;
    *ret = value;
    return BATON_OK;
}

baton_status bt_onnx_numbers_next(struct bt_onnx_numbers *n, uint64_t *ret, bool *ret_more,
                                  struct baton_error *err)
{
    struct bt_pb_field field;
    while (n->packed.pos == n->packed.bytes.len) {
        BT_TRY(bt_onnx_next(&n->message, &field, ret_more, err));
        if (!*ret_more)
            return BATON_OK;
        if (field.number != n->number)
            continue;
        if (field.wire != BT_PB_BYTES) {
            *ret = field.scalar;
            return BATON_OK;
        }
        n->packed = bt_pb_enter(&field);
    }
    *ret_more = true;
    if (next_packed(n, ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s.%s", n->message.schema->name,
                                n->message.schema->rules[n->number].name);
    return BATON_OK;
}

baton_status bt_onnx_numbers_count(struct bt_onnx_numbers n, size_t *ret, struct baton_error *err)
{
    size_t count = 0;
    uint64_t ignored = 0;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_numbers_next(&n, &ignored, &more, err));
        if (!more)
            break;
        count++;
    }
    *ret = count;
    return BATON_OK;
}
