/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_OIP_H
#define BT_DATA_OIP_H
/*
 * Values as Open Inference Protocol JSON (REST v2): an object with "inputs" or "outputs", each a
 * list of {"name", "shape", "datatype", "data"}; data flat or nested, in row-major order. Numbers
 * are read exactly (a float that is not representable is rounded once, correctly; an integer
 * outside its type is an error) and printed so that they read back to the same bits.
 */
#include "base/buf.h"
#include "codec/json.h"
#include "data/values.h"

BT_CHECK baton_status bt_oip_parse(struct bt_bytes json, const char *what, struct bt_values *ret,
                                   struct baton_error *err);
/* The list `key` of a document that is parsed already and has `bytes` bytes. */
BT_CHECK baton_status bt_oip_read(const struct bt_json *root, const char *key, size_t bytes,
                                  struct bt_values *ret, struct baton_error *err);
/* The list alone, as the next value of a writer. */
BT_CHECK baton_status bt_oip_put(const struct bt_values *values, struct bt_json_writer *w,
                                 struct baton_error *err);
/* `list` is "inputs" or "outputs". Maps are written as two tensors, NAME and NAME.keys. */
BT_CHECK baton_status bt_oip_format(const struct bt_values *values, const char *list,
                                    struct bt_buf *out, struct baton_error *err);

#endif
