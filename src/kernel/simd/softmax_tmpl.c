/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/level.h"
#include "kernel/simd/unary.h"

void LEVEL(softmax)(const float *x, float *y, size_t n)
{
    float most = LEVEL(max_of)(x, n);
    LEVEL(sub)(x, 1, &most, 0, y, n);
    LEVEL_EXP(y, y, n);
    float sum = LEVEL(rsum)(y, n);
    LEVEL(div)(y, 1, &sum, 0, y, n);
}
