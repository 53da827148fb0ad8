/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TENSOR_HALF_H
#define BT_TENSOR_HALF_H
/* The two 16-bit float formats. Widening is exact; narrowing rounds once, to nearest even, with the
 * canonical NaN of the type. Integer arithmetic only, so no instruction set or mode matters. */
#include <stdint.h>

float bt_f16_widen(uint16_t half);
uint16_t bt_f16_narrow(float value);
uint16_t bt_f16_narrow_f64(double value);
float bt_bf16_widen(uint16_t half);
uint16_t bt_bf16_narrow(float value);
uint16_t bt_bf16_narrow_f64(double value);

#endif
