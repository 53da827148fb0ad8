/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/philox.h"
#include "data/values.h"
#include "tensor/half.h"

/*
 * docs/formats/random-inputs.md, in code. Element i of port p takes the first word w of
 * philox(key = seed, stream = p, counter = i):
 *   floats    (w >> 8) * 2^-23 - 1, so multiples of 2^-23 in [-1, 1), exact in binary32; the 16-bit
 *             formats round it once
 *   bool      w & 1
 *   integers  w % 10
 *   strings   "s0" … "s9" by w % 10
 */

static float unit_float(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-23F - 1.0F;
}

static baton_status fill_element(struct bt_tensor *t, size_t i, uint32_t word,
                                 struct baton_error *err)
{
    uint32_t small = word % 10;
    char text[3] = {'s', (char)('0' + (int)small), 0};
    switch (t->dtype) {
    case BT_F32:
        ((float *)t->data)[i] = unit_float(word);
        return BATON_OK;
    case BT_F64:
        ((double *)t->data)[i] = (double)unit_float(word);
        return BATON_OK;
    case BT_F16:
        ((uint16_t *)t->data)[i] = bt_f16_narrow(unit_float(word));
        return BATON_OK;
    case BT_BF16:
        ((uint16_t *)t->data)[i] = bt_bf16_narrow(unit_float(word));
        return BATON_OK;
    case BT_BOOL:
        ((uint8_t *)t->data)[i] = word & 1;
        return BATON_OK;
    case BT_STRING:
        return bt_tensor_set_string(t, i, text, 2, err);
    default:
        break;
    }
    switch (bt_dtype_size(t->dtype)) {
    case 1:
        ((uint8_t *)t->data)[i] = (uint8_t)small;
        break;
    case 2:
        ((uint16_t *)t->data)[i] = (uint16_t)small;
        break;
    case 4:
        ((uint32_t *)t->data)[i] = small;
        break;
    default:
        ((uint64_t *)t->data)[i] = small;
        break;
    }
    return BATON_OK;
}

static baton_status random_value(const struct bt_port *port, uint64_t stream, uint64_t seed,
                                 int64_t batch, struct bt_value *ret, struct baton_error *err)
{
    if (!port->type.is_tensor || !port->type.has_shape)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "input \"%s\" does not state a tensor shape: random inputs need one",
                       port->name);
    int64_t dims[BT_RANK_MAX];
    for (unsigned i = 0; i < port->type.rank; i++)
        dims[i] = port->type.dims[i] == BT_DIM_UNKNOWN ? batch : port->type.dims[i];
    BT_AUTO_TENSOR t = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(port->type.dtype, port->type.rank, dims, (uint64_t)1 << 32, &t, err));
    size_t count = bt_tensor_count(&t);
    for (size_t i = 0; i < count; i++)
        BT_TRY(fill_element(&t, i, bt_philox(seed, stream, i).word[0], err));
    *ret = bt_value_of_tensor(&t);
    return BATON_OK;
}

baton_status bt_values_random(struct bt_ports ports, uint64_t seed, int64_t batch,
                              struct bt_values *ret, struct baton_error *err)
{
    BT_AUTO_VALUES made = BT_VALUES_INIT;
    for (size_t i = 0; i < ports.count; i++) {
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        BT_TRY(random_value(&ports.ports[i], i, seed, batch, &value, err));
        BT_TRY(bt_values_add(&made, ports.ports[i].name, &value, err));
    }
    *ret = made;
    made = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}
