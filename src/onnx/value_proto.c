/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/value_proto.h"

#include <inttypes.h>

#include "onnx/load_int.h"

enum { SEQUENCE_ELEM_TYPE = 2, SEQUENCE_TENSORS = 3 };
enum { OPTIONAL_ELEM_TYPE = 2, OPTIONAL_TENSOR = 3, OPTIONAL_SEQUENCE = 5 };

static baton_status read_tensor(const struct bt_pb_field *field, const char *what,
                                struct bt_value *ret, struct baton_error *err)
{
    struct bt_tensor tensor = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_proto_parse(field->bytes, what, &tensor, err));
    *ret = bt_value_of_tensor(&tensor);
    return BATON_OK;
}

static baton_status read_sequence(const struct bt_pb_field *field, const char *what,
                                  struct bt_value *ret, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_sequence_proto, field);
    BT_AUTO_VALUE sequence = {.kind = BT_VALUE_SEQUENCE};
    uint32_t counts[BT_ONNX_FIELDS_MAX];
    struct bt_pb_field part;
    bool more = true;
    BT_TRY(bt_onnx_count(m, counts, err));
    sequence.items = bt_calloc(counts[SEQUENCE_TENSORS], sizeof *sequence.items);
    if (!sequence.items)
        return bt_fail_no_memory(err, what);
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == SEQUENCE_ELEM_TYPE)
            continue;
        if (part.number != SEQUENCE_TENSORS)
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "%s: a sequence of %s is not supported",
                           what, bt_onnx_sequence_proto.rules[part.number].name);
        BT_TRY(read_tensor(&part, what, &sequence.items[sequence.count], err));
        sequence.count++;
    }
    *ret = sequence;
    sequence = (struct bt_value)BT_VALUE_INIT;
    return BATON_OK;
}

static baton_status read_optional(const struct bt_pb_field *field, const char *what,
                                  struct bt_value *ret, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_optional_proto, field);
    BT_AUTO_VALUE value = BT_VALUE_INIT;
    struct bt_pb_field part;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == OPTIONAL_ELEM_TYPE)
            continue;
        if (value.kind != BT_VALUE_NONE)
            return bt_fail(err, BATON_ERR_INVALID, "%s: an optional holds two values", what);
        if (part.number == OPTIONAL_TENSOR)
            BT_TRY(read_tensor(&part, what, &value, err));
        else if (part.number == OPTIONAL_SEQUENCE)
            BT_TRY(read_sequence(&part, what, &value, err));
        else
            return bt_fail(err, BATON_ERR_UNSUPPORTED, "%s: an optional %s is not supported", what,
                           bt_onnx_optional_proto.rules[part.number].name);
    }
    *ret = value;
    value = (struct bt_value)BT_VALUE_INIT;
    return BATON_OK;
}

baton_status bt_value_proto_parse(struct bt_bytes bytes, const struct bt_value_type *type,
                                  const char *what, struct bt_value *ret, struct baton_error *err)
{
    struct bt_pb_field whole = {.wire = BT_PB_BYTES, .bytes = bytes};
    if (type->is_optional)
        return read_optional(&whole, what, ret, err);
    if (type->is_sequence)
        return read_sequence(&whole, what, ret, err);
    return read_tensor(&whole, what, ret, err);
}
