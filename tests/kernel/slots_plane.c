/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

static size_t pooled(size_t in, size_t kernel, size_t stride, size_t dilation, size_t pads)
{
    size_t span = (kernel - 1) * dilation + 1;
    return in + pads < span ? 1 : (in + pads - span) / stride + 1;
}

static void some_pool(struct trial *t, struct bt_pool2d *p)
{
    p->channels = trial_between(t, 1, 6);
    p->in_h = trial_between(t, 1, 12);
    p->in_w = trial_between(t, 1, 50);
    p->kernel_h = trial_between(t, 1, 4);
    p->kernel_w = trial_between(t, 1, 4);
    p->stride_h = trial_between(t, 1, 3);
    p->stride_w = trial_between(t, 1, 3);
    p->dilation_h = trial_between(t, 1, 2);
    p->dilation_w = trial_between(t, 1, 2);
    p->pad_top = (int64_t)trial_between(t, 0, 3);
    p->pad_left = (int64_t)trial_between(t, 0, 3);
    p->pad_bottom = (int64_t)trial_between(t, 0, 3);
    p->pad_right = (int64_t)trial_between(t, 0, 3);
    p->count_include_pad = trial_random(t) % 2 == 0;
    p->out_h = pooled(p->in_h, p->kernel_h, p->stride_h, p->dilation_h,
                      (size_t)(p->pad_top + p->pad_bottom));
    p->out_w = pooled(p->in_w, p->kernel_w, p->stride_w, p->dilation_w,
                      (size_t)(p->pad_left + p->pad_right)) +
               trial_between(t, 0, 1); /* ceil_mode goes past the padding */
}

static void run_pool(struct trial *t, int average)
{
    struct bt_pool2d p = {.channels = 64,
                          .in_h = 56,
                          .in_w = 56,
                          .out_h = 28,
                          .out_w = 28,
                          .kernel_h = 2,
                          .kernel_w = 2,
                          .stride_h = 2,
                          .stride_w = 2,
                          .dilation_h = 1,
                          .dilation_w = 1};
    if (!t->big)
        some_pool(t, &p);
    p.x = trial_input(t, p.channels * p.in_h * p.in_w);
    p.y = trial_output(t, p.channels * p.out_h * p.out_w);
    if (average)
        TRIAL_TIMED(t, t->kernels->average_pool_f32(&p, t->pool));
    else
        TRIAL_TIMED(t, t->kernels->max_pool_f32(&p, t->pool));
}

const struct slot plane_slots[] = {
    {"max_pool", run_pool, 0, true},
    {"average_pool", run_pool, 1, false},
};
const size_t plane_slot_count = sizeof plane_slots / sizeof *plane_slots;
