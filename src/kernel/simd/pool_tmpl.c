/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "kernel/ref/window.h"
#include "kernel/simd/level.h"

/*
 * Outputs whose windows lie between the left and the right edge go by vectors, straight from the
 * input; the few others as defined. All windows of a row see the same input rows, so the count to
 * divide by is one number there.
 */
struct row {
    const struct bt_pool2d *pool;
    const float *x; /* the plane */
    float *y;       /* the row */
    size_t oh;
};

/* VEC_LANES elements, `stride` apart. */
FLATTEN vec load_apart(const float *x, size_t stride)
{
    if (stride == 1)
        return vec_load(x);
    if (stride == 2)
        return vec_load_even(x);
    float lanes[VEC_LANES];
    for (size_t l = 0; l < VEC_LANES; l++)
        lanes[l] = x[l * stride];
    return vec_load(lanes);
}

FLATTEN vec window_vec(const struct row *r, size_t ow, const bool average)
{
    const struct bt_pool2d *p = r->pool;
    vec result = vec_set1(average ? 0.0F : -INFINITY);
    size_t counted = 0;
    size_t count = 0;
    for (size_t kh = 0; kh < p->kernel_h; kh++) {
        int64_t ih = (int64_t)(r->oh * p->stride_h + kh * p->dilation_h) - p->pad_top;
        counted += inside(ih, p->pad_top, (int64_t)p->in_h + p->pad_bottom) ? p->kernel_w : 0;
        if (!inside(ih, 0, (int64_t)p->in_h))
            continue;
        count += p->kernel_w;
        const float *x = r->x + (size_t)ih * p->in_w + (ow * p->stride_w - (size_t)p->pad_left);
        for (size_t kw = 0; kw < p->kernel_w; kw++) {
            vec tap = load_apart(x + kw * p->dilation_w, p->stride_w);
            result = average ? vec_add(result, tap) : vec_max(result, tap);
        }
    }
    if (!average)
        return result;
    count = p->count_include_pad ? counted : count;
    return count ? vec_div(result, vec_set1((float)count)) : vec_zero();
}

FLATTEN void by_element(const struct row *r, size_t from, size_t to, const bool average)
{
    for (size_t ow = from; ow < to; ow++) {
        struct window w = window_at(r->pool, r->x, r->oh, ow);
        r->y[ow] = average ? window_average(r->pool, &w) : window_most(r->pool, &w);
    }
}

/* The outputs with 0 <= input column, and all columns of the window < in_w. */
static struct bt_range between_edges(const struct bt_pool2d *p)
{
    int64_t stride = (int64_t)p->stride_w;
    int64_t first = p->pad_left > 0 ? (p->pad_left + stride - 1) / stride : 0;
    int64_t room = (int64_t)p->in_w - (int64_t)((p->kernel_w - 1) * p->dilation_w) - 1;
    int64_t last = room + p->pad_left < 0 ? -1 : (room + p->pad_left) / stride;
    struct bt_range range = {0, bt_min((size_t)(last + 1), p->out_w)};
    range.from = bt_min((size_t)first, range.to);
    return range;
}

FLATTEN void one_row(const struct row *r, struct bt_range whole, const bool average)
{
    if (whole.to - whole.from < VEC_LANES) {
        by_element(r, 0, r->pool->out_w, average);
        return;
    }
    by_element(r, 0, whole.from, average);
    for (size_t ow = whole.from; ow + VEC_LANES <= whole.to; ow += VEC_LANES)
        vec_store(r->y + ow, window_vec(r, ow, average));
    size_t last = whole.to - VEC_LANES; /* may overlap: the same values again */
    vec_store(r->y + last, window_vec(r, last, average));
    by_element(r, whole.to, r->pool->out_w, average);
}

FLATTEN void some_planes(const struct bt_pool2d *p, unsigned part, unsigned parts,
                         const bool average)
{
    struct bt_range planes = bt_pool_share(p->channels, 1, part, parts);
    struct bt_range whole = between_edges(p);
    for (size_t c = planes.from; c < planes.to; c++)
        for (size_t oh = 0; oh < p->out_h; oh++) {
            struct row row = {
                .pool = p,
                .x = p->x + c * p->in_h * p->in_w,
                .y = p->y + (c * p->out_h + oh) * p->out_w,
                .oh = oh,
            };
            one_row(&row, whole, average);
        }
}

static void most_of_some_planes(void *user, unsigned part, unsigned parts)
{
    some_planes(user, part, parts, false);
}

static void average_of_some_planes(void *user, unsigned part, unsigned parts)
{
    some_planes(user, part, parts, true);
}

void LEVEL(max_pool)(const struct bt_pool2d *p, struct bt_pool *pool)
{
    struct bt_pool2d job = *p;
    bt_pool_run(pool, most_of_some_planes, &job);
}

void LEVEL(average_pool)(const struct bt_pool2d *p, struct bt_pool *pool)
{
    struct bt_pool2d job = *p;
    bt_pool_run(pool, average_of_some_planes, &job);
}
