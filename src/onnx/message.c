/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

#include <string.h>

#include "codec/utf8.h"

#define FIELD(number, n, w, t, text)                                                               \
    [number] = {.name = (n), .wire = (w), .times = (t), .is_text = (text)}
#define INT(number, n) FIELD(number, n, BT_PB_VARINT, BT_ONNX_ONE, false)
#define INTS(number, n) FIELD(number, n, BT_PB_VARINT, BT_ONNX_NUMBERS, false)
#define FLOAT(number, n) FIELD(number, n, BT_PB_FIXED32, BT_ONNX_ONE, false)
#define FLOATS(number, n) FIELD(number, n, BT_PB_FIXED32, BT_ONNX_NUMBERS, false)
#define DOUBLES(number, n) FIELD(number, n, BT_PB_FIXED64, BT_ONNX_NUMBERS, false)
#define TEXT(number, n) FIELD(number, n, BT_PB_BYTES, BT_ONNX_ONE, true)
#define TEXTS(number, n) FIELD(number, n, BT_PB_BYTES, BT_ONNX_MANY, true)
#define PART(number, n) FIELD(number, n, BT_PB_BYTES, BT_ONNX_ONE, false)
#define PARTS(number, n) FIELD(number, n, BT_PB_BYTES, BT_ONNX_MANY, false)

/* Training information (20) is not listed: it describes how weights came about and does not change
 * what inference computes. Documentation, value_info and quantization annotations likewise. */
const struct bt_onnx_schema bt_onnx_model_proto = {
    "ModelProto",
    {INT(1, "ir_version"), TEXT(2, "producer_name"), TEXT(3, "producer_version"), PART(7, "graph"),
     PARTS(8, "opset_import"), PARTS(14, "metadata_props"), PARTS(25, "functions")}};

const struct bt_onnx_schema bt_onnx_opset_proto = {"OperatorSetIdProto",
                                                   {TEXT(1, "domain"), INT(2, "version")}};

const struct bt_onnx_schema bt_onnx_entry_proto = {"StringStringEntryProto",
                                                   {TEXT(1, "key"), TEXT(2, "value")}};

const struct bt_onnx_schema bt_onnx_function_proto = {"FunctionProto",
                                                      {TEXT(1, "name"), TEXT(10, "domain")}};

const struct bt_onnx_schema bt_onnx_graph_proto = {
    "GraphProto",
    {PARTS(1, "node"), TEXT(2, "name"), PARTS(5, "initializer"), PARTS(11, "input"),
     PARTS(12, "output"), PARTS(15, "sparse_initializer")}};

const struct bt_onnx_schema bt_onnx_node_proto = {
    "NodeProto",
    {TEXTS(1, "input"), TEXTS(2, "output"), TEXT(3, "name"), TEXT(4, "op_type"),
     PARTS(5, "attribute"), TEXT(7, "domain"), TEXT(8, "overload")}};

const struct bt_onnx_schema bt_onnx_attr_proto = {
    "AttributeProto",
    {TEXT(1, "name"), FLOAT(2, "f"), INT(3, "i"), PART(4, "s"), PART(5, "t"), PART(6, "g"),
     FLOATS(7, "floats"), INTS(8, "ints"), PARTS(9, "strings"), PARTS(10, "tensors"),
     PARTS(11, "graphs"), PART(14, "tp"), PARTS(15, "type_protos"), INT(20, "type"),
     TEXT(21, "ref_attr_name"), PART(22, "sparse_tensor"), PARTS(23, "sparse_tensors")}};

const struct bt_onnx_schema bt_onnx_tensor_proto = {
    "TensorProto",
    {INTS(1, "dims"), INT(2, "data_type"), PART(3, "segment"), FLOATS(4, "float_data"),
     INTS(5, "int32_data"), PARTS(6, "string_data"), INTS(7, "int64_data"), TEXT(8, "name"),
     PART(9, "raw_data"), DOUBLES(10, "double_data"), INTS(11, "uint64_data"),
     PARTS(13, "external_data"), INT(14, "data_location")}};

const struct bt_onnx_schema bt_onnx_value_info_proto = {"ValueInfoProto",
                                                        {TEXT(1, "name"), PART(2, "type")}};

const struct bt_onnx_schema bt_onnx_type_proto = {
    "TypeProto",
    {PART(1, "tensor_type"), PART(4, "sequence_type"), PART(5, "map_type"),
     PART(8, "sparse_tensor_type"), PART(9, "optional_type")}};

const struct bt_onnx_schema bt_onnx_tensor_type_proto = {"TypeProto.Tensor",
                                                         {INT(1, "elem_type"), PART(2, "shape")}};

const struct bt_onnx_schema bt_onnx_shape_proto = {"TensorShapeProto", {PARTS(1, "dim")}};

const struct bt_onnx_schema bt_onnx_dim_proto = {"Dimension",
                                                 {INT(1, "dim_value"), TEXT(2, "dim_param")}};

const struct bt_onnx_schema bt_onnx_sequence_proto = {
    "SequenceProto",
    {INT(2, "elem_type"), PARTS(3, "tensor_values"), PARTS(4, "sparse_tensor_values"),
     PARTS(5, "sequence_values"), PARTS(6, "map_values"), PARTS(7, "optional_values")}};

const struct bt_onnx_schema bt_onnx_optional_proto = {
    "OptionalProto",
    {INT(2, "elem_type"), PART(3, "tensor_value"), PART(4, "sparse_tensor_value"),
     PART(5, "sequence_value"), PART(6, "map_value"), PART(7, "optional_value")}};

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
