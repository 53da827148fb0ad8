/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_NUMBER_H
#define BT_CODEC_TEXT_NUMBER_H
/* Exact conversion between numbers and text, for JSON, CSV and people. Free of locale, rounding
 * mode and floating-point instructions; thread-safe. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define BT_NUMBER_TEXT_MAX 32
/* The shortest decimal that reads back to the same bits, laid out as ECMAScript does (see
 * codec/json.h); "-0", "nan", "inf", "-inf"; NUL-terminated. Returns its length. */
size_t bt_f64_format(double value, char buf[BT_NUMBER_TEXT_MAX]);
size_t bt_f32_format(float value, char buf[BT_NUMBER_TEXT_MAX]);
/* The nearest value, ties to even. The whole text must be a number: an optional sign, then digits
 * with at most one point and an optional exponent ("1", ".5", "1.", "1e-3"), or hexadecimal as C
 * has it ("0x1.8p-3"), or "inf", "infinity", "nan" in any case. False for anything else and for a
 * finite number that rounds to infinity. */
BT_CHECK bool bt_f64_parse(struct bt_bytes text, double *ret);
BT_CHECK bool bt_f32_parse(struct bt_bytes text, float *ret);
/* The same for the 16-bit formats, as bits. */
BT_CHECK bool bt_f16_parse(struct bt_bytes text, uint16_t *ret);
BT_CHECK bool bt_bf16_parse(struct bt_bytes text, uint16_t *ret);
/* An optional sign and decimal digits, in range. */
BT_CHECK bool bt_i64_parse(struct bt_bytes text, int64_t *ret);

#endif
