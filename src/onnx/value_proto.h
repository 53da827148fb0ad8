/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ONNX_VALUE_PROTO_H
#define BT_ONNX_VALUE_PROTO_H
/*
 * Values in files, as ONNX test data has them: a TensorProto, a SequenceProto or an OptionalProto.
 * The file does not say which; the declared type of the graph input or output does.
 *
 * Sequences hold tensors (no sequences, no maps), optionals hold a tensor or such a sequence:
 * anything else is refused as unsupported.
 */
#include "onnx/graph.h"
#include "tensor/value.h"

/* The result owns its bytes. `type` is the declared type; one that is not stated means a tensor. */
BT_CHECK baton_status bt_value_proto_parse(struct bt_bytes bytes, const struct bt_value_type *type,
                                           const char *what, struct bt_value *ret,
                                           struct baton_error *err);

#endif
