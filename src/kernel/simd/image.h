/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_IMAGE_H
#define BT_KERNEL_SIMD_IMAGE_H
/*
 * A copy of input planes for convolution, laid out so that under every tap the inputs of
 * neighbouring outputs are neighbours in memory, padding included:
 *
 *   - rows and columns of zeros where the definition has padding (weights are finite, so a product
 *     with +0 changes nothing: numerics.md, "Convolution");
 *   - a row is cut into `phases` by column modulo the stride: with stride 2 all even columns, then
 *     all odd ones.
 *
 * Output (oh, ow) finds tap (kh, kw) at image_row(oh) + ow + image_tap(kh, kw), whatever the
 * stride and the dilation. Reading a vector from there may run into what follows, never past
 * `floats` of a plane plus IMAGE_SLACK.
 */
#include <stdbool.h>
#include <string.h>

#include "base/checked.h"
#include "kernel/kernel.h"
#include "kernel/simd/vec.h"

#define IMAGE_SLACK PANEL_COLS

struct image {
    size_t rows;
    size_t phases;
    size_t phase_cols;
    size_t row_floats;
    size_t floats;  /* of one plane */
    size_t skipped; /* elements of an input row before the first that is copied: negative padding */
    size_t phase;   /* where that one goes */
    size_t column;
    size_t each; /* elements per phase, */
    size_t more; /* one more in so many phases */
};

/* The divisions of image_copy_row(), once for all rows: they would cost more than a short row. */
static inline void image_plan_row(const struct bt_conv *c, struct image *image)
{
    size_t pad = c->pad_left < 0 ? 0 : (size_t)c->pad_left;
    image->skipped = c->pad_left < 0 ? bt_min((size_t)-c->pad_left, c->in_w) : 0;
    image->phase = pad % c->stride_w;
    image->column = pad / c->stride_w;
    image->each = (c->in_w - image->skipped) / c->stride_w;
    image->more = (c->in_w - image->skipped) % c->stride_w;
}

/* False when the padding or the dilation is so wide that a copy would dwarf the data. */
static inline bool image_plan(const struct bt_conv *c, struct image *image)
{
    size_t across;
    size_t down;
    if (!bt_mul(c->kernel_w - 1, c->dilation_w, &across) ||
        !bt_mul(c->kernel_h - 1, c->dilation_h, &down))
        return false;
    image->phases = c->kernel_w == 1 ? 1 : c->stride_w;
    if (!bt_mul(c->out_h - 1, c->stride_h, &image->rows) ||
        !bt_add(image->rows, down, &image->rows) || !bt_add(image->rows, 1, &image->rows) ||
        !bt_add(c->out_w, across / c->stride_w, &image->phase_cols) ||
        !bt_mul(image->phase_cols, image->phases, &image->row_floats) ||
        !bt_mul(image->row_floats, image->rows, &image->floats))
        return false;
    image_plan_row(c, image);
    return image->floats / 16 <= c->in_h * c->in_w + c->out_h * c->out_w + 4096;
}

static inline size_t image_row(const struct bt_conv *c, const struct image *image, size_t oh)
{
    return oh * c->stride_h * image->row_floats;
}

/* Rows of the image that `rows` rows of output look at. */
static inline size_t image_rows(const struct bt_conv *c, size_t rows)
{
    return (rows - 1) * c->stride_h + (c->kernel_h - 1) * c->dilation_h + 1;
}

static inline size_t image_tap(const struct bt_conv *c, const struct image *image, size_t kh,
                               size_t kw)
{
    size_t column = kw * c->dilation_w;
    return kh * c->dilation_h * image->row_floats + column % c->stride_w * image->phase_cols +
           column / c->stride_w;
}

/* n elements of x, `step` apart. A vector that overlaps the one before replaces a slow end. */
static inline void image_copy(const float *x, size_t step, size_t n, float *to)
{
    size_t i = 0;
    if (step == 1 && n >= VEC_LANES) {
        for (; i + VEC_LANES < n; i += VEC_LANES)
            vec_store(to + i, vec_load(x + i));
        vec_store(to + n - VEC_LANES, vec_load(x + n - VEC_LANES));
    } else if (step == 2 && n >= VEC_LANES) {
        for (; i + VEC_LANES < n; i += VEC_LANES)
            vec_store(to + i, vec_load_even(x + 2 * i));
        vec_store(to + n - VEC_LANES, vec_load_even(x + 2 * (n - VEC_LANES)));
    } else {
        for (; i < n; i++)
            to[i] = x[i * step];
    }
}

/* Element i of the row goes to column (i + pad) / stride of phase (i + pad) % stride. */
static inline void image_copy_row(const struct bt_conv *c, const struct image *image,
                                  const float *x, float *to)
{
    size_t step = c->stride_w;
    size_t phase = image->phase;
    size_t column = image->column;
    for (size_t i = 0; i < step && (image->each || i < image->more); i++) {
        size_t count = image->each + (i < image->more);
        if (phase < image->phases && column < image->phase_cols)
            image_copy(x + image->skipped + i, step, bt_min(count, image->phase_cols - column),
                       to + phase * image->phase_cols + column);
        if (++phase == step) {
            phase = 0;
            column++;
        }
    }
}

/* `rows` rows of the image from its row `first` on. Columns of padding are zero already, for they
 * are the same in every row of every plane; rows of padding are not. */
static inline void image_copy_rows(const struct bt_conv *c, const struct image *image,
                                   const float *x, size_t first, size_t rows, float *to)
{
    for (size_t row = first; row < first + rows; row++, to += image->row_floats) {
        int64_t ih = (int64_t)row - c->pad_top;
        if (ih >= 0 && ih < (int64_t)c->in_h)
            image_copy_row(c, image, x + (size_t)ih * c->in_w, to);
        else
            memset(to, 0, image->row_floats * sizeof *to);
    }
}

/* The epilogue as the rows from `first` on see it. */
static inline struct bt_epilogue epilogue_from(const struct bt_epilogue *all, size_t first)
{
    struct bt_epilogue e = *all;
    if (e.row_add)
        e.row_add += first;
    if (e.row_mean) {
        e.row_mean += first;
        e.row_scale += first;
        e.row_shift += first;
    }
    if (e.full_add)
        e.full_add += first * e.full_row;
    return e;
}

#endif
