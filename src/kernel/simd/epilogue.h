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

FLATTEN vec normalised(const struct bt_epilogue *e, size_t i, vec t)
{
    t = vec_sub(t, vec_set1(e->row_mean[i]));
    t = vec_mul(t, vec_set1(e->row_scale[i]));
    return vec_add(t, vec_set1(e->row_shift[i]));
}

FLATTEN vec activated(const struct bt_epilogue *e, vec t)
{
    switch (e->activation) {
    case BT_ACT_NONE:
        break;
    case BT_ACT_RELU:
        return vec_relu(t);
    case BT_ACT_CLIP:
        return vec_min(vec_max(t, vec_set1(e->clip_lo)), vec_set1(e->clip_hi));
    }
    return t;
}

/* Columns j to j + n of row i. */
FLATTEN vec epilogue_vec(const struct bt_epilogue *e, size_t i, size_t j, size_t n, vec t)
{
    if (e->alpha != 1.0F)
        t = vec_mul(vec_set1(e->alpha), t);
    if (e->row_add)
        t = vec_add(t, vec_set1(e->row_add[i]));
    if (e->row_mean)
        t = normalised(e, i, t);
    if (e->full_add)
        t = vec_add(t, full_addend(e, i, j, n));
    return activated(e, t);
}

#endif
