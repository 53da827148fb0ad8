/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/conv.h"
#include "kernel/simd/image.h"
#include "kernel/simd/level.h"
#include "kernel/simd/product.h"

/*
 * Convolution as the product of the weights with the matrix of patches, which is never written
 * down: a panel is PANEL_COLS neighbouring outputs of a row, and row k of it lies in the image at
 * the offset of tap k. The scratch holds the offsets, then an image of every input channel.
 */
struct implicit {
    const struct bt_conv *conv;
    const struct image *image;
    const size_t *at; /* by k = (channel in group, kh, kw) */
    float *planes;
};

static size_t depth_of(const struct bt_conv *c)
{
    return c->in_channels / c->groups * c->kernel_h * c->kernel_w;
}

static size_t panels_of_row(const struct bt_conv *c)
{
    return (c->out_w + PANEL_COLS - 1) / PANEL_COLS;
}

/* 0 when the size does not fit. */
size_t LEVEL(implicit_scratch_bytes)(const struct bt_conv *c, const struct image *image)
{
    size_t floats;
    size_t bytes;
    if (!bt_mul(c->in_channels, image->floats, &floats) || !bt_add(floats, IMAGE_SLACK, &floats) ||
        !bt_mul(floats, sizeof(float), &bytes) ||
        !bt_add(bytes, depth_of(c) * sizeof(size_t), &bytes))
        return 0;
    return bytes;
}

static void find_taps(const struct bt_conv *c, const struct image *image, size_t *at)
{
    for (size_t ic = 0; ic < c->in_channels / c->groups; ic++)
        for (size_t kh = 0; kh < c->kernel_h; kh++)
            for (size_t kw = 0; kw < c->kernel_w; kw++)
                *at++ = ic * image->floats + image_tap(c, image, kh, kw);
}

static void fill_some_planes(void *user, unsigned part, unsigned parts)
{
    const struct implicit *p = user;
    const struct bt_conv *c = p->conv;
    struct bt_range channels = bt_pool_share(c->in_channels, 1, part, parts);
    for (size_t ic = channels.from; ic < channels.to; ic++) {
        float *plane = p->planes + ic * p->image->floats;
        memset(plane, 0, p->image->floats * sizeof *plane);
        image_copy_rows(c, p->image, c->x + ic * c->in_h * c->in_w, 0, p->image->rows, plane);
    }
}

struct group {
    const struct implicit *all;
    const float *planes;
    float *y;
};

static size_t patch_source(const struct product *p, size_t panel, size_t wanted, size_t from,
                           float *buffer, struct tile *t)
{
    const struct group *g = p->user;
    const struct bt_conv *c = g->all->conv;
    size_t oh = panel / panels_of_row(c);
    size_t ow = panel % panels_of_row(c) * PANEL_COLS;
    t->b = g->planes + image_row(c, g->all->image, oh) + ow;
    t->b_at = g->all->at + from;
    t->n = bt_min(c->out_w - ow, PANEL_COLS);
    t->j = oh * c->out_w + ow;
    t->c = g->y + t->j;
    return 1;
}

static void one_group(const struct implicit *all, size_t g, unsigned part, unsigned parts)
{
    const struct bt_conv *c = all->conv;
    size_t outputs = c->out_channels / c->groups;
    size_t plane = c->out_h * c->out_w;
    struct group group = {
        .all = all,
        .planes = all->planes + g * (c->in_channels / c->groups) * all->image->floats,
        .y = c->y + g * outputs * plane,
    };
    struct bt_epilogue epilogue = epilogue_from(&c->epilogue, g * outputs);
    struct product product = {
        .m = outputs,
        .k = depth_of(c),
        .panels = c->out_h * panels_of_row(c),
        .a = c->w + g * outputs * depth_of(c),
        .a_row = depth_of(c),
        .a_col = 1,
        .c_row = plane,
        .epilogue = &epilogue,
        .source = patch_source,
        .user = &group,
    };
    LEVEL(product)(&product, part, parts, NULL);
}

static void some_outputs(void *user, unsigned part, unsigned parts)
{
    const struct implicit *all = user;
    for (size_t g = 0; g < all->conv->groups; g++)
        one_group(all, g, part, parts);
}

void LEVEL(implicit)(const struct bt_conv *c, const struct image *image, struct bt_pool *pool,
                     void *scratch)
{
    size_t *at = scratch;
    find_taps(c, image, at);
    float *planes = (float *)(void *)(at + depth_of(c));
    memset(planes + c->in_channels * image->floats, 0, IMAGE_SLACK * sizeof *planes);
    struct implicit job = {.conv = c, .image = image, .at = at, .planes = planes};
    bt_pool_run(pool, fill_some_planes, &job);
    bt_pool_run(pool, some_outputs, &job);
}
