/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ref/order.h"
#include "kernel/ref/ref.h"

/* lane[j] += lane[j + 16], then + 8, + 4, + 2, + 1. */
static float sum_of_lanes(float lane[BT_RSUM_LANES])
{
    for (size_t half = BT_RSUM_LANES / 2; half >= 1; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

float bt_ref_rsum(const float *x, size_t n)
{
    float lane[BT_RSUM_LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % BT_RSUM_LANES] += x[i];
    return sum_of_lanes(lane);
}

float bt_ref_rsum_squares(const float *x, size_t n)
{
    float lane[BT_RSUM_LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        float square = x[i] * x[i];
        lane[i % BT_RSUM_LANES] += square;
    }
    return sum_of_lanes(lane);
}

/* Each element meets itself first, so that a single NaN comes out canonical too. */
float bt_ref_max_of(const float *x, size_t n)
{
    float most = x[0];
    for (size_t i = 0; i < n; i++)
        most = bt_max_f32(most, x[i]);
    return most;
}

float bt_ref_min_of(const float *x, size_t n)
{
    float least = x[0];
    for (size_t i = 0; i < n; i++)
        least = bt_min_f32(least, x[i]);
    return least;
}
