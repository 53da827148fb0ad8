/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TENSOR_CANONICAL_H
#define BT_TENSOR_CANONICAL_H
/*
 * The bytes that stand for a value in every digest of baton (docs/formats/value-digest.md): the
 * same on every machine, whatever its byte order and whatever NaN its arithmetic made.
 *
 *   value    = kind:u8 body
 *   tensor   = dtype:u8 rank:u8 dims:i64le[rank] elements
 *   maps     = keys:tensor tensor
 *   sequence = count:u64le value[count]
 *   elements = little-endian, NaNs canonical; strings as length:u64le bytes
 */
#include "base/buf.h"
#include "tensor/value.h"

typedef void bt_canonical_sink(void *user, const void *bytes, size_t len);

void bt_value_canonical(const struct bt_value *value, bt_canonical_sink *sink, void *user);
void bt_tensor_canonical(const struct bt_tensor *tensor, bt_canonical_sink *sink, void *user);

/* Back into a value, which owns what it holds; all of `bytes` must be one. BATON_ERR_INVALID. */
BT_CHECK baton_status bt_value_from_canonical(struct bt_bytes bytes, struct bt_value *ret,
                                              struct baton_error *err);

#endif
