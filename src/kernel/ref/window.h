/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_WINDOW_H
#define BT_KERNEL_REF_WINDOW_H
/* One window of a pooling (numerics.md, "Pooling"). */
#include <math.h>

#include "kernel/kernel.h"
#include "kernel/ref/order.h"

struct window {
    size_t count;   /* taps on the input */
    size_t counted; /* the same, and taps on the padding around it */
    float most;
    float sum;
};

static inline bool inside(int64_t at, int64_t before, int64_t size)
{
    return at >= -before && at < size;
}

static inline void window_see(const struct bt_pool2d *p, const float *x, int64_t ih, int64_t iw,
                              struct window *w)
{
    int64_t in_h = (int64_t)p->in_h;
    int64_t in_w = (int64_t)p->in_w;
    w->counted += inside(ih, p->pad_top, in_h + p->pad_bottom) &&
                  inside(iw, p->pad_left, in_w + p->pad_right);
    if (!inside(ih, 0, in_h) || !inside(iw, 0, in_w))
        return;
    float value = x[ih * in_w + iw];
    w->most = bt_max_f32(w->most, value);
    w->sum += value;
    w->count++;
}

/* The taps (kh, kw) in ascending order. */
static inline struct window window_at(const struct bt_pool2d *p, const float *x, size_t oh,
                                      size_t ow)
{
    struct window w = {.most = -INFINITY};
    for (size_t kh = 0; kh < p->kernel_h; kh++)
        for (size_t kw = 0; kw < p->kernel_w; kw++)
            window_see(p, x, (int64_t)(oh * p->stride_h + kh * p->dilation_h) - p->pad_top,
                       (int64_t)(ow * p->stride_w + kw * p->dilation_w) - p->pad_left, &w);
    return w;
}

static inline float window_most(const struct bt_pool2d *p, const struct window *w)
{
    (void)p; /* averaging is what needs it */
    return w->most;
}

/* A window that holds nothing averages to +0. */
static inline float window_average(const struct bt_pool2d *p, const struct window *w)
{
    size_t count = p->count_include_pad ? w->counted : w->count;
    return count ? w->sum / (float)count : 0.0F;
}

#endif
