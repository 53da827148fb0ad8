/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_EPILOGUE_H
#define BT_KERNEL_SIMD_EPILOGUE_H
/* The steps of struct bt_epilogue (kernel/ref/epilogue.h) for VEC_LANES columns of a row. */
#include "kernel/kernel.h"
#include "kernel/simd/vec.h"

/* The first n of up to VEC_LANES elements. */
FLATTEN vec load_some(const float *p, size_t n)
{
    return n == VEC_LANES ? vec_load(p) : vec_load_first(p, n);
}

FLATTEN void store_some(float *p, size_t n, vec v)
{
    if (n == VEC_LANES)
        vec_store(p, v);
    else
        vec_store_first(p, n, v);
}

static inline vec full_addend(const struct bt_epilogue *e, size_t i, size_t j, size_t n)
{
    const float *p = e->full_add + i * e->full_row + j * e->full_col;
    if (e->full_col == 1)
        return load_some(p, n);
    float lanes[VEC_LANES] = {0};
    for (size_t l = 0; l < n; l++)
        lanes[l] = p[l * e->full_col];
    return vec_load(lanes);
}

FLATTEN void normalise(const struct bt_epilogue *e, size_t i, vec *t, const size_t vecs)
{
    vec mean = vec_set1(e->row_mean[i]);
    vec scale = vec_set1(e->row_scale[i]);
    vec shift = vec_set1(e->row_shift[i]);
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        t[v] = vec_add(vec_mul(vec_sub(t[v], mean), scale), shift);
}

FLATTEN void activate(const struct bt_epilogue *e, vec *t, const size_t vecs)
{
    if (e->activation == BT_ACT_RELU) {
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            t[v] = vec_relu(t[v]);
    } else if (e->activation == BT_ACT_CLIP) {
        vec lo = vec_set1(e->clip_lo);
        vec hi = vec_set1(e->clip_hi);
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            t[v] = vec_min(vec_max(t[v], lo), hi);
    }
}

FLATTEN void multiply(vec *t, vec factor, const size_t vecs)
{
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        t[v] = vec_mul(factor, t[v]);
}

FLATTEN void add_row(const struct bt_epilogue *e, size_t i, vec *t, const size_t vecs)
{
    vec addend = vec_set1(e->row_add[i]);
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        t[v] = vec_add(t[v], addend);
}

/* In the last of `vecs` vectors, `last` columns exist. */
FLATTEN void add_full(const struct bt_epilogue *e, size_t i, size_t j, vec *t, const size_t vecs,
                      size_t last)
{
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        t[v] =
            vec_add(t[v], full_addend(e, i, j + v * VEC_LANES, v + 1 == vecs ? last : VEC_LANES));
}

/* Columns j and on of row i; in the last of `vecs` vectors, `last` columns exist. */
FLATTEN void epilogue_row(const struct bt_epilogue *e, size_t i, size_t j, vec *t,
                          const size_t vecs, size_t last)
{
    if (e->alpha != 1.0F)
        multiply(t, vec_set1(e->alpha), vecs);
    if (e->row_add)
        add_row(e, i, t, vecs);
    if (e->row_mean)
        normalise(e, i, t, vecs);
    if (e->full_add)
        add_full(e, i, j, t, vecs, last);
    activate(e, t, vecs);
}

#endif
