/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_READ_H
#define BT_DATA_READ_H
/*
 * Reading a user's file as values for a signature. The kind is told by what the path is:
 *
 *   folder          ONNX test data: input_0.pb, input_1.pb, … (or output_0.pb, …)
 *   *.npz           arrays by name
 *   *.npy           one array, for a model with one port
 *   *.csv           a header row; columns go to ports by name, or, for a lone [n, columns] port, in
 *                   their order
 *   *.safetensors   tensors by name
 *   *.json          Open Inference Protocol
 *   *.pb            one ONNX TensorProto, for a model with one port
 *
 * The result is bound (data/values.h).
 */
#include "data/values.h"

struct bt_read_options {
    enum bt_bind_mode mode;
    bool outputs;                /* the ports are outputs: of a folder, the output_*.pb */
    const char *label;           /* CSV: this column is not an input; or NULL */
    struct bt_tensor *ret_label; /* receives it (int64, float64 or string); or NULL */
    const char *ignore;          /* CSV: comma-separated columns to leave out; or NULL */
};

BT_CHECK baton_status bt_values_read(const char *path, struct bt_ports ports,
                                     const struct bt_read_options *options, struct bt_values *ret,
                                     struct baton_error *err);

enum bt_file_kind {
    BT_FILE_NPZ,
    BT_FILE_NPY,
    BT_FILE_CSV,
    BT_FILE_SAFETENSORS,
    BT_FILE_JSON,
    BT_FILE_PB,
    BT_FILE_UNKNOWN
};
/* By the ending of the name. */
enum bt_file_kind bt_file_kind_of(const char *path);

/* Whether the ending of `path` says what to write: asked before a long run, not after it. */
BT_CHECK baton_status bt_values_check_path(const char *path, struct baton_error *err);
/* Write to a new or existing file of the user's, in the form its name ends with. What cannot be
 * written leaves an existing file as it was. */
BT_CHECK baton_status bt_values_write(const char *path, const struct bt_values *values,
                                      struct baton_error *err);

#endif
