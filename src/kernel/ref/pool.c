/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <math.h>

#include "kernel/ref/order.h"
#include "kernel/ref/ref.h"

struct window {
    size_t count;   /* taps on the input */
    size_t counted; /* the same, and taps on the padding around it */
    float most;
    float sum;
};

static bool inside(int64_t at, int64_t before, int64_t size)
{
    return at >= -before && at < size;
}

static void see_tap(const struct bt_pool2d *p, const float *x, int64_t ih, int64_t iw,
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
static struct window see_window(const struct bt_pool2d *p, const float *x, size_t oh, size_t ow)
{
    struct window w = {.most = -INFINITY};
    for (size_t kh = 0; kh < p->kernel_h; kh++)
        for (size_t kw = 0; kw < p->kernel_w; kw++)
            see_tap(p, x, (int64_t)(oh * p->stride_h + kh * p->dilation_h) - p->pad_top,
                    (int64_t)(ow * p->stride_w + kw * p->dilation_w) - p->pad_left, &w);
    return w;
}

static float most_of(const struct bt_pool2d *p, const struct window *w)
{
    return w->most;
}

/* A window that holds nothing averages to +0. */
static float average_of(const struct bt_pool2d *p, const struct window *w)
{
    size_t count = p->count_include_pad ? w->counted : w->count;
    return count ? w->sum / (float)count : 0.0F;
}

struct job {
    const struct bt_pool2d *pool;
    float (*result)(const struct bt_pool2d *p, const struct window *w);
};

static void some_planes(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    const struct bt_pool2d *p = job->pool;
    struct bt_range planes = bt_pool_share(p->channels, 1, part, parts);
    for (size_t c = planes.from; c < planes.to; c++)
        for (size_t oh = 0; oh < p->out_h; oh++)
            for (size_t ow = 0; ow < p->out_w; ow++) {
                struct window w = see_window(p, p->x + c * p->in_h * p->in_w, oh, ow);
                p->y[(c * p->out_h + oh) * p->out_w + ow] = job->result(p, &w);
            }
}

void bt_ref_max_pool(const struct bt_pool2d *p, struct bt_pool *pool)
{
    struct job job = {p, most_of};
    bt_pool_run(pool, some_planes, &job);
}

void bt_ref_average_pool(const struct bt_pool2d *p, struct bt_pool *pool)
{
    struct job job = {p, average_of};
    bt_pool_run(pool, some_planes, &job);
}
