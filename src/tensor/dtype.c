/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/dtype.h"

#include <string.h>

#include "base/buf.h"

struct dtype_facts {
    const char *name;
    const char *oip;
    unsigned char size;
};

static const struct dtype_facts facts[BT_DTYPE_COUNT] = {
    [BT_DTYPE_NONE] = {"undefined", NULL, 0},
    [BT_F32] = {"float32", "FP32", 4},
    [BT_U8] = {"uint8", "UINT8", 1},
    [BT_I8] = {"int8", "INT8", 1},
    [BT_U16] = {"uint16", "UINT16", 2},
    [BT_I16] = {"int16", "INT16", 2},
    [BT_I32] = {"int32", "INT32", 4},
    [BT_I64] = {"int64", "INT64", 8},
    [BT_STRING] = {"string", "BYTES", sizeof(struct bt_bytes)},
    [BT_BOOL] = {"bool", "BOOL", 1},
    [BT_F16] = {"float16", "FP16", 2},
    [BT_F64] = {"float64", "FP64", 8},
    [BT_U32] = {"uint32", "UINT32", 4},
    [BT_U64] = {"uint64", "UINT64", 8},
    [BT_C64] = {"complex64", NULL, 0},
    [BT_C128] = {"complex128", NULL, 0},
    [BT_BF16] = {"bfloat16", "BF16", 2},
    [BT_F8E4M3FN] = {"float8_e4m3fn", NULL, 0},
    [BT_F8E4M3FNUZ] = {"float8_e4m3fnuz", NULL, 0},
    [BT_F8E5M2] = {"float8_e5m2", NULL, 0},
    [BT_F8E5M2FNUZ] = {"float8_e5m2fnuz", NULL, 0},
    [BT_U4] = {"uint4", NULL, 0},
    [BT_I4] = {"int4", NULL, 0},
    [BT_F4E2M1] = {"float4_e2m1", NULL, 0},
    [BT_F8E8M0] = {"float8_e8m0", NULL, 0},
    [BT_U2] = {"uint2", NULL, 0},
    [BT_I2] = {"int2", NULL, 0},
};

static const struct dtype_facts *facts_of(enum bt_dtype dtype)
{
    return &facts[(unsigned)dtype < BT_DTYPE_COUNT ? dtype : BT_DTYPE_NONE];
}

size_t bt_dtype_size(enum bt_dtype dtype)
{
    return facts_of(dtype)->size;
}

const char *bt_dtype_name(enum bt_dtype dtype)
{
    return facts_of(dtype)->name;
}

const char *bt_dtype_oip_name(enum bt_dtype dtype)
{
    return facts_of(dtype)->oip;
}

enum bt_dtype bt_dtype_find(const char *name)
{
    for (unsigned i = 1; i < BT_DTYPE_COUNT; i++)
        if (strcmp(facts[i].name, name) == 0 || (facts[i].oip && strcmp(facts[i].oip, name) == 0))
            return (enum bt_dtype)i;
    return BT_DTYPE_NONE;
}

bool bt_dtype_is_float(enum bt_dtype dtype)
{
    return dtype == BT_F32 || dtype == BT_F64 || dtype == BT_F16 || dtype == BT_BF16;
}

bool bt_dtype_is_integer(enum bt_dtype dtype)
{
    return (dtype >= BT_U8 && dtype <= BT_I64) || dtype == BT_U32 || dtype == BT_U64;
}
