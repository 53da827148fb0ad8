/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_OIP_H
#define BT_DATA_OIP_H
/*
 * Values as Open Inference Protocol JSON (REST v2): an object with "inputs" or "outputs", each a
 * list of {"name", "shape", "datatype", "data"}; data in row-major order, flat or nested as the
 * shape says. Numbers are read exactly (a float that is not representable is rounded once,
 * correctly; an integer outside its type is an error) and printed so that they read back to the
 * same bits. NaN and infinities are written as strings and read from those and from bare words.
 * Strings that are no UTF-8 are in base64, and their tensor has the parameter "content_type":
 * "base64".
 *
 * Between programs, the binary tensor extension of the protocol leaves data out of the document:
 * they follow it, tensor by tensor, each as long as its parameter "binary_data_size" says.
 */
#include "base/buf.h"
#include "codec/json.h"
#include "data/values.h"

BT_CHECK baton_status bt_oip_parse(struct bt_bytes json, const char *what, struct bt_values *ret,
                                   struct baton_error *err);
/* `list` is "inputs" or "outputs". Maps are written as two tensors, NAME and NAME.keys. */
BT_CHECK baton_status bt_oip_format(const struct bt_values *values, const char *list,
                                    struct bt_buf *out, struct baton_error *err);
/* The list alone, as the next value of a writer. */
BT_CHECK baton_status bt_oip_put(const struct bt_values *values, struct bt_json_writer *w,
                                 struct baton_error *err);

/* ---- between programs ---- */

/* Like bt_json_parse(), for a document with data that bt_oip_read() reads. */
BT_CHECK baton_status bt_oip_open(struct bt_bytes json, const char *what, struct bt_arena *arena,
                                  const struct bt_json **ret, struct baton_error *err);

struct bt_oip_source {
    const struct bt_json *root;
    size_t bytes;           /* of the document */
    struct bt_bytes binary; /* what follows it; what is read is taken off, and all must be */
};

/* The list `key`, once. 16-bit floats only in binary, as other servers have it. */
BT_CHECK baton_status bt_oip_read(struct bt_oip_source *source, const char *key,
                                  struct bt_values *ret, struct baton_error *err);
/* A value of {"name", …}, as the next of a writer; `binary` takes the data, or is NULL. */
BT_CHECK baton_status bt_oip_put_value(const struct bt_named_value *value, struct bt_json_writer *w,
                                       struct bt_buf *binary, struct baton_error *err);
/* One tensor in binary without a document: `dims` with one dimension at most that is negative,
 * which becomes what the length says. */
BT_CHECK baton_status bt_oip_read_raw(struct bt_bytes binary, enum bt_dtype dtype, unsigned rank,
                                      const int64_t *dims, struct bt_value *ret,
                                      struct baton_error *err);
/* The parameters of a request, of a tensor or of an output that is asked for: what is none of text,
 * number and bool, and what asks for an extension that baton lacks, is an error. */
BT_CHECK baton_status bt_oip_check_parameters(const struct bt_json *object,
                                              struct baton_error *err);
/* The parameter of that name, or NULL. */
const struct bt_json *bt_oip_parameter(const struct bt_json *object, const char *name);

/* ---- elements, for who has them in another form ---- */

/* What a document has for one becomes element `i`, exactly or not at all. */
BT_CHECK baton_status bt_oip_store(const struct bt_json *item, struct bt_tensor *tensor, size_t i,
                                   struct baton_error *err);
void bt_oip_put_element(struct bt_json_writer *w, const struct bt_tensor *tensor, size_t i);

#endif
