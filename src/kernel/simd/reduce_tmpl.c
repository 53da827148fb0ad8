/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/epilogue.h"
#include "kernel/simd/level.h"

#include "kernel/ref/ref.h"

#define SUM_VECS (BT_RSUM_LANES / VEC_LANES)

/* The tree of RSUM: halves of the vectors first, then halves of the lanes of one. */
FLATTEN float sum_of_lanes(vec lane[SUM_VECS])
{
    UNROLL
    for (size_t half = SUM_VECS / 2; half >= 1; half /= 2) {
        UNROLL
        for (size_t v = 0; v < half; v++)
            lane[v] = vec_add(lane[v], lane[v + half]);
    }
    float last[VEC_LANES];
    vec_store(last, lane[0]);
    UNROLL
    for (size_t half = VEC_LANES / 2; half >= 1; half /= 2) {
        UNROLL
        for (size_t j = 0; j < half; j++)
            last[j] += last[j + half];
    }
    return last[0];
}

FLATTEN vec summand(vec x, const bool squares)
{
    return squares ? vec_mul(x, x) : x;
}

/* Lanes past the end get +0, which changes no lane: none is ever -0. */
FLATTEN float rsum(const float *x, size_t n, const bool squares)
{
    vec lane[SUM_VECS];
    UNROLL
    for (size_t v = 0; v < SUM_VECS; v++)
        lane[v] = vec_zero();
    for (; n >= BT_RSUM_LANES; n -= BT_RSUM_LANES, x += BT_RSUM_LANES) {
        UNROLL
        for (size_t v = 0; v < SUM_VECS; v++)
            lane[v] = vec_add(lane[v], summand(vec_load(x + v * VEC_LANES), squares));
    }
    UNROLL
    for (size_t v = 0; v < SUM_VECS; v++) {
        size_t from = v * VEC_LANES;
        if (n > from) {
            size_t some = n - from < VEC_LANES ? n - from : VEC_LANES;
            lane[v] = vec_add(lane[v], summand(load_some(x + from, some), squares));
        }
    }
    return sum_of_lanes(lane);
}

float LEVEL(rsum)(const float *x, size_t n)
{
    return rsum(x, n, false);
}

float LEVEL(rsum_squares)(const float *x, size_t n)
{
    return rsum(x, n, true);
}

typedef vec vec_op(vec a, vec b);

/* The extremes do not depend on the order, nor on meeting an element twice: the last vector may
 * overlap the one before. */
FLATTEN float extreme(vec_op *op, bt_extreme_f32 *ref, const float *x, size_t n)
{
    if (n < VEC_LANES)
        return ref(x, n);
    vec best[4];
    UNROLL
    for (size_t v = 0; v < 4; v++)
        best[v] = vec_load(x);
    size_t i = 0;
    for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {
        UNROLL
        for (size_t v = 0; v < 4; v++)
            best[v] = op(best[v], vec_load(x + i + v * VEC_LANES));
    }
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        best[0] = op(best[0], vec_load(x + i));
    best[1] = op(best[1], vec_load(x + n - VEC_LANES));
    best[0] = op(op(best[0], best[1]), op(best[2], best[3]));
    float lanes[VEC_LANES];
    vec_store(lanes, best[0]);
    return ref(lanes, VEC_LANES);
}

float LEVEL(max_of)(const float *x, size_t n)
{
    return extreme(vec_max, bt_ref_max_of, x, n);
}

float LEVEL(min_of)(const float *x, size_t n)
{
    return extreme(vec_min, bt_ref_min_of, x, n);
}
