/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_NUMBER_INT_H
#define BT_CODEC_TEXT_NUMBER_INT_H
/* What decimal.c and number.c share. */
#include "codec/text/decimal.h"

__extension__ typedef unsigned __int128 u128;

struct bt_float_format {
    int significand_bits; /* with the hidden one */
    int ulp_min;          /* binary exponent of the last bit of the smallest values */
    uint64_t infinity;    /* its bits */
};

extern const struct bt_float_format bt_binary64, bt_binary32, bt_binary16, bt_bfloat16;

/* (top + sticky) * 2^exponent, top with its highest bit set, to nearest even; false when that is
 * not finite. */
bool bt_round_bits(const struct bt_float_format *f, uint64_t top, int exponent, bool sticky,
                   uint64_t *ret_bits);
/* The magnitude of a decimal that is not long. */
bool bt_round_decimal(const struct bt_float_format *f, const struct bt_decimal *decimal,
                      uint64_t *ret_bits);

#endif
