/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_DECIMAL_H
#define BT_CODEC_TEXT_DECIMAL_H
/*
 * A number as JSON writes it (RFC 8259 section 6), read in one pass, and turned into a type that
 * may be known only later. The conversions are those of codec/text/number.h, bit for bit; what
 * most numbers are, at most 19 digits and 27 places, is done here in 128 bits.
 */
#include "codec/text/number.h"

struct bt_decimal {
    struct bt_bytes text; /* as written */
    uint64_t digits;      /* the value is digits * 10^exponent, unless is_long */
    int exponent;
    bool is_negative;
    bool is_integer; /* has neither point nor exponent */
    bool is_long;    /* only the text says */
};

/* What `text` starts with; false when that is no number. */
BT_CHECK bool bt_decimal_take(struct bt_bytes text, struct bt_decimal *ret);
/* To nearest, ties to even; false when that is not finite. */
BT_CHECK bool bt_decimal_f64(const struct bt_decimal *decimal, double *ret);
BT_CHECK bool bt_decimal_f32(const struct bt_decimal *decimal, float *ret);
/* The same for the 16-bit formats, as bits. */
BT_CHECK bool bt_decimal_f16(const struct bt_decimal *decimal, uint16_t *ret);
BT_CHECK bool bt_decimal_bf16(const struct bt_decimal *decimal, uint16_t *ret);

#endif
