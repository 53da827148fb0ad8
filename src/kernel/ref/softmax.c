/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ref/ref.h"
#include "kernel/simd/unary.h"

void bt_ref_softmax(const float *x, float *y, size_t n)
{
    float most = bt_ref_max_of(x, n);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] - most;
    bt_ref_exp(y, y, n);
    float sum = bt_ref_rsum(y, n);
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] / sum;
}
