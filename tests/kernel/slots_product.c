/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "trial.h"

static bool heads(struct trial *t)
{
    return trial_random(t) % 2 == 0;
}

/* Any of the epilogue's steps, for a result of rows x columns. */
static struct bt_epilogue some_epilogue(struct trial *t, size_t rows, size_t columns)
{
    struct bt_epilogue e = BT_EPILOGUE_INIT;
    if (t->big)
        return e;
    if (trial_random(t) % 4 == 0)
        e.alpha = trial_value(t);
    if (heads(t))
        e.row_add = trial_input(t, rows);
    if (trial_random(t) % 3 == 0) {
        e.row_mean = trial_input(t, rows);
        e.row_scale = trial_input(t, rows);
        e.row_shift = trial_input(t, rows);
    }
    if (heads(t)) {
        static const size_t steps[] = {0, 1, 1, 3};
        e.full_col = steps[trial_between(t, 0, 3)];
        e.full_row = heads(t) ? columns * e.full_col + 1 : 0;
        e.full_add = trial_input(t, (rows - 1) * e.full_row + (columns - 1) * e.full_col + 1);
    }
    e.activation = (enum bt_activation)trial_between(t, BT_ACT_NONE, BT_ACT_CLIP);
    e.clip_lo = trial_value(t);
    e.clip_hi = trial_value(t);
    return e;
}

static void pack_b(struct trial *t, struct bt_gemm *g)
{
    size_t bytes = t->kernels->gemm_packed_b_bytes(g->k, g->n);
    void *packed = trial_scratch(t, bytes);
    if (!packed)
        return;
    t->kernels->gemm_pack_b(g->b, g->b_row, g->b_col, g->k, g->n, packed);
    g->packed_b = packed;
}

/* Row-major or transposed, with room between the lines or without. */
static const float *some_matrix(struct trial *t, size_t rows, size_t columns, size_t *ret_row,
                                size_t *ret_col)
{
    bool transposed = !t->big && heads(t);
    size_t line = (transposed ? rows : columns) + (t->big ? 0 : trial_between(t, 0, 2));
    *ret_row = transposed ? 1 : line;
    *ret_col = transposed ? line : 1;
    return trial_input(t, line * (transposed ? columns : rows));
}

enum { GEMM_ANY, GEMM_LOW, GEMM_PACKED };

static void run_gemm(struct trial *t, int which)
{
    struct bt_gemm g = {.m = which == GEMM_LOW ? 1 : 128, .n = 768, .k = 768};
    if (!t->big) {
        g.m = trial_between(t, 1, which == GEMM_LOW ? 8 : 40);
        g.n = trial_length(t, which == GEMM_LOW ? 150 : 70);
        g.k = heads(t) ? trial_between(t, 0, 40) : trial_length(t, 700);
    }
    g.a = some_matrix(t, g.m, g.k, &g.a_row, &g.a_col);
    g.b = some_matrix(t, g.k, g.n, &g.b_row, &g.b_col);
    g.c_row = g.n + (t->big ? 0 : trial_between(t, 0, 3));
    g.c = trial_output(t, g.m * g.c_row);
    g.epilogue = some_epilogue(t, g.m, g.n);
    if (which == GEMM_PACKED || (which == GEMM_LOW && heads(t)))
        pack_b(t, &g);
    void *scratch = trial_scratch(t, t->kernels->gemm_scratch_bytes(&g, t->threads));
    TRIAL_TIMED(t, t->kernels->gemm_f32(&g, t->pool, scratch));
}

enum { CONV_ANY, CONV_1X1, CONV_3X3, CONV_DEPTHWISE };

/* The output size that belongs to the other numbers; false when the kernel does not fit. */
static bool fit(size_t in, size_t kernel, size_t stride, size_t dilation, int64_t pads,
                size_t *ret_out)
{
    int64_t span = (int64_t)((kernel - 1) * dilation + 1);
    if ((int64_t)in + pads < span)
        return false;
    *ret_out = (size_t)((int64_t)in + pads - span) / stride + 1;
    return true;
}

static size_t kernel_side(struct trial *t, int which)
{
    return which == CONV_1X1 ? 1 : which == CONV_3X3 ? 3 : trial_between(t, 1, 5);
}

static void some_geometry(struct trial *t, int which, struct bt_conv *c)
{
    bool fits;
    do {
        c->in_h = trial_between(t, 1, 14);
        c->in_w = trial_between(t, 1, 45);
        c->kernel_h = kernel_side(t, which);
        c->kernel_w = kernel_side(t, which);
        c->stride_h = trial_between(t, 1, which == CONV_1X1 ? 1 : 3);
        c->stride_w = which == CONV_3X3 ? c->stride_h : trial_between(t, 1, c->stride_h);
        c->dilation_h = heads(t) ? 1 : trial_between(t, 1, 3);
        c->dilation_w = heads(t) ? 1 : trial_between(t, 1, 3);
        c->pad_top = which == CONV_1X1 ? 0 : (int64_t)trial_between(t, 0, 4);
        c->pad_left = which == CONV_1X1 ? 0 : (int64_t)trial_between(t, 0, 4);
        int64_t bottom = which == CONV_1X1 ? 0 : (int64_t)trial_between(t, 0, 4) - 1;
        fits =
            fit(c->in_h, c->kernel_h, c->stride_h, c->dilation_h, c->pad_top + bottom, &c->out_h) &&
            fit(c->in_w, c->kernel_w, c->stride_w, c->dilation_w, c->pad_left + bottom, &c->out_w);
    } while (!fits);
}

static void some_channels(struct trial *t, int which, struct bt_conv *c)
{
    c->groups = which == CONV_DEPTHWISE ? trial_between(t, 1, 9)
                : which == CONV_ANY     ? trial_between(t, 1, 3)
                                        : 1;
    size_t in = which == CONV_DEPTHWISE ? 1 : heads(t) ? trial_between(t, 1, 8) : 60;
    size_t out = which == CONV_DEPTHWISE && heads(t) ? 1 : trial_between(t, 1, 15);
    c->in_channels = c->groups * in;
    c->out_channels = c->groups * out;
}

static bool all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static const struct bt_conv benchmark_conv[] = {
    [CONV_ANY] = {.groups = 1,
                  .in_channels = 16,
                  .out_channels = 16,
                  .in_h = 30,
                  .in_w = 40,
                  .out_h = 30,
                  .out_w = 40,
                  .kernel_h = 3,
                  .kernel_w = 3,
                  .stride_h = 1,
                  .stride_w = 1,
                  .dilation_h = 3,
                  .dilation_w = 3,
                  .pad_top = 3,
                  .pad_left = 3},
    [CONV_1X1] = {.groups = 1,
                  .in_channels = 64,
                  .out_channels = 64,
                  .in_h = 30,
                  .in_w = 40,
                  .out_h = 30,
                  .out_w = 40,
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1,
                  .dilation_h = 1,
                  .dilation_w = 1},
    [CONV_3X3] = {.groups = 1,
                  .in_channels = 64,
                  .out_channels = 64,
                  .in_h = 56,
                  .in_w = 56,
                  .out_h = 56,
                  .out_w = 56,
                  .kernel_h = 3,
                  .kernel_w = 3,
                  .stride_h = 1,
                  .stride_w = 1,
                  .dilation_h = 1,
                  .dilation_w = 1,
                  .pad_top = 1,
                  .pad_left = 1},
    [CONV_DEPTHWISE] = {.groups = 64,
                        .in_channels = 64,
                        .out_channels = 64,
                        .in_h = 30,
                        .in_w = 40,
                        .out_h = 30,
                        .out_w = 40,
                        .kernel_h = 3,
                        .kernel_w = 3,
                        .stride_h = 1,
                        .stride_w = 1,
                        .dilation_h = 1,
                        .dilation_w = 1,
                        .pad_top = 1,
                        .pad_left = 1},
};

static void run_conv(struct trial *t, int which)
{
    struct bt_conv c = benchmark_conv[which];
    if (!t->big) {
        some_geometry(t, which, &c);
        some_channels(t, which, &c);
    }
    size_t weights = c.out_channels * (c.in_channels / c.groups) * c.kernel_h * c.kernel_w;
    size_t plane = c.out_h * c.out_w;
    c.x = trial_input(t, c.in_channels * c.in_h * c.in_w);
    c.w = heads(t) ? trial_input(t, weights) : trial_finite_input(t, weights);
    c.weights_finite = all_finite(c.w, weights);
    c.y = trial_output(t, c.out_channels * plane);
    c.epilogue = some_epilogue(t, c.out_channels, plane);
    void *packed = trial_scratch(t, t->kernels->conv_packed_bytes(&c));
    if (packed)
        t->kernels->conv_pack(&c, packed);
    c.packed_w = packed;
    void *scratch = trial_scratch(t, t->kernels->conv_scratch_bytes(&c, t->threads));
    TRIAL_TIMED(t, t->kernels->conv_f32(&c, t->pool, scratch));
}

const struct slot product_slots[] = {
    {"gemm", run_gemm, GEMM_ANY, false},
    {"gemm_low", run_gemm, GEMM_LOW, false},
    {"gemm_packed", run_gemm, GEMM_PACKED, false},
    {"conv", run_conv, CONV_ANY, false},
    {"conv_1x1", run_conv, CONV_1X1, false},
    {"conv_3x3", run_conv, CONV_3X3, false},
    {"conv_depthwise", run_conv, CONV_DEPTHWISE, false},
};
const size_t product_slot_count = sizeof product_slots / sizeof *product_slots;
