/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_EPILOGUE_H
#define BT_KERNEL_REF_EPILOGUE_H
/* The steps of struct bt_epilogue for one element. */
#include "kernel/kernel.h"
#include "kernel/ref/order.h"

static inline float bt_relu_one(float x)
{
    if (x != x)
        return x;
    return x > 0.0F ? x : 0.0F;
}

static inline float bt_clip_one(float x, float lo, float hi)
{
    return bt_min_f32(bt_max_f32(x, lo), hi);
}

static inline float bt_activate_one(const struct bt_epilogue *e, float t)
{
    switch (e->activation) {
    case BT_ACT_NONE:
        break;
    case BT_ACT_RELU:
        return bt_relu_one(t);
    case BT_ACT_CLIP:
        return bt_clip_one(t, e->clip_lo, e->clip_hi);
    }
    return t;
}

static inline float bt_epilogue_one(const struct bt_epilogue *e, size_t i, size_t j, float t)
{
    if (e->alpha != 1.0F)
        t = e->alpha * t;
    if (e->row_add)
        t = t + e->row_add[i];
    if (e->row_mean) {
        t = t - e->row_mean[i];
        t = t * e->row_scale[i];
        t = t + e->row_shift[i];
    }
    if (e->full_add)
        t = t + e->full_add[i * e->full_row + j * e->full_col];
    return bt_activate_one(e, t);
}

#endif
