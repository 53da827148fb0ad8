/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

#include <inttypes.h>

enum { TYPE_TENSOR = 1, TYPE_SEQUENCE = 4, TYPE_MAP = 5, TYPE_SPARSE = 8, TYPE_OPTIONAL = 9 };
enum { DIM_VALUE = 1, DIM_PARAM = 2 };

static baton_status read_dim(struct bt_load *load, const struct bt_pb_field *field,
                             struct bt_value_type *type, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_dim_proto, field);
    struct bt_pb_field part;
    bool more = false;
    unsigned i = type->rank;
    type->dims[i] = BT_DIM_UNKNOWN;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == DIM_VALUE)
            type->dims[i] = (int64_t)part.scalar;
        else if (part.bytes.len && !(type->symbols[i] = bt_load_str(load, part.bytes)))
            return bt_load_no_room(load, err);
    }
    /* -1 is how many exporters write "not known". */
    if (type->dims[i] < BT_DIM_UNKNOWN)
        return bt_fail(err, BATON_ERR_INVALID, "dimension %u is %" PRId64, i, type->dims[i]);
    type->rank++;
    return BATON_OK;
}

static baton_status read_shape(struct bt_load *load, const struct bt_pb_field *field,
                               struct bt_value_type *type, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_shape_proto, field);
    struct bt_pb_field part;
    bool more = false;
    type->has_shape = true;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            return BATON_OK;
        if (type->rank == BT_RANK_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "more than %d dimensions", BT_RANK_MAX);
        BT_TRY(read_dim(load, &part, type, err));
    }
}

static baton_status read_tensor_type(struct bt_load *load, const struct bt_pb_field *field,
                                     struct bt_value_type *type, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_tensor_type_proto, field);
    struct bt_pb_field part;
    bool more = false;
    type->is_tensor = true;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            return BATON_OK;
        if (part.number != 1) {
            BT_TRY(read_shape(load, &part, type, err));
            continue;
        }
        if (part.scalar >= BT_DTYPE_COUNT)
            return bt_fail(err, BATON_ERR_INVALID, "element type %" PRIu64 " is not known",
                           part.scalar);
        type->dtype = (enum bt_dtype)part.scalar;
    }
}

static baton_status read_type(struct bt_load *load, const struct bt_pb_field *field,
                              struct bt_value_type *type, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_type_proto, field);
    struct bt_pb_field part;
    unsigned kinds = 0;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        kinds++;
        if (part.number == TYPE_TENSOR)
            BT_TRY(read_tensor_type(load, &part, type, err));
        type->is_sequence = part.number == TYPE_SEQUENCE;
        type->is_optional = part.number == TYPE_OPTIONAL;
    }
    if (kinds > 1)
        return bt_fail(err, BATON_ERR_INVALID, "a type is %u kinds at once", kinds);
    return BATON_OK;
}

baton_status bt_load_value_info(struct bt_load *load, const struct bt_pb_field *field,
                                struct bt_draft_port *ret, struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_value_info_proto, field);
    struct bt_pb_field part;
    struct bt_pb_field type = {.number = 0};
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == 1)
            ret->name = part.bytes;
        else
            type = part;
    }
    if (ret->name.len == 0)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: a graph input or output has no name",
                       field->offset);
    if (type.number && read_type(load, &type, &ret->port.type, err) != BATON_OK)
        return bt_error_prepend(err, "type of " BT_NAME_FMT, BT_NAME_ARGS(ret->name));
    return BATON_OK;
}
