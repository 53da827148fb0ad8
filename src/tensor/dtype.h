/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TENSOR_DTYPE_H
#define BT_TENSOR_DTYPE_H
/* Element types. The numbers are those of ONNX TensorProto.DataType, so that no table translates
 * between the two. */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum bt_dtype {
    BT_DTYPE_NONE = 0,
    BT_F32 = 1,
    BT_U8 = 2,
    BT_I8 = 3,
    BT_U16 = 4,
    BT_I16 = 5,
    BT_I32 = 6,
    BT_I64 = 7,
    BT_STRING = 8,
    BT_BOOL = 9,
    BT_F16 = 10,
    BT_F64 = 11,
    BT_U32 = 12,
    BT_U64 = 13,
    BT_C64 = 14,
    BT_C128 = 15,
    BT_BF16 = 16,
    BT_F8E4M3FN = 17,
    BT_F8E4M3FNUZ = 18,
    BT_F8E5M2 = 19,
    BT_F8E5M2FNUZ = 20,
    BT_U4 = 21,
    BT_I4 = 22,
    BT_F4E2M1 = 23,
    BT_F8E8M0 = 24,
    BT_U2 = 25,
    BT_I2 = 26,
    BT_DTYPE_COUNT = 27
};

/* Bytes of one element in memory; 0 for types that this build does not hold (4-bit, 2-bit, f8,
 * complex), sizeof(struct bt_bytes) for strings. */
size_t bt_dtype_size(enum bt_dtype dtype);
/* "float32", "int64", "string", ... (NumPy's words where it has them). */
const char *bt_dtype_name(enum bt_dtype dtype);
/* The name in the Open Inference Protocol ("FP32", "INT64", "BYTES", ...), NULL where it has none.
 */
const char *bt_dtype_oip_name(enum bt_dtype dtype);
enum bt_dtype bt_dtype_find(const char *name);
bool bt_dtype_is_float(enum bt_dtype dtype);
bool bt_dtype_is_integer(enum bt_dtype dtype);

#endif
