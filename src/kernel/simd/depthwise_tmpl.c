/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/conv.h"
#include "kernel/simd/epilogue.h"
#include "kernel/simd/image.h"
#include "kernel/simd/level.h"

/*
 * One input channel per group: an output is a single chain over the taps, and nothing is shared
 * between channels. Each part copies a plane into its own image and runs over it while it is in the
 * cache. Four vectors of outputs go side by side to hide the latency of the chains.
 */
#define ABREAST 4

struct depthwise {
    const struct bt_conv *conv;
    const struct image *image;
    size_t taps;
    size_t at[BT_CHUNK]; /* image_tap() of each */
    float *planes;       /* one per part */
};

struct output_row {
    const float *x; /* in the image, at column 0 */
    float *y;
    size_t i; /* channel, for the epilogue */
    size_t j; /* element of the plane, likewise */
};

FLATTEN void some_columns(const struct depthwise *d, const size_t taps, const vec *weights,
                          const struct output_row *row, size_t from, const size_t vecs)
{
    size_t n = bt_min(d->conv->out_w - from, VEC_LANES); /* less only in a narrow image */
    vec sum[ABREAST];
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        sum[v] = vec_zero();
    UNROLL
    for (size_t tap = 0; tap < taps; tap++) {
        const float *x = row->x + d->at[tap] + from;
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            sum[v] = vec_fma(weights[tap], vec_load(x + v * VEC_LANES), sum[v]);
    }
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        sum[v] = vec_add(vec_zero(), sum[v]);
    epilogue_row(&d->conv->epilogue, row->i, row->j + from, sum, vecs, n);
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        store_some(row->y + from + v * VEC_LANES, n, sum[v]);
}

/* A row ends with a vector that may overlap the one before: the same values twice cost less than a
 * partial store. */
FLATTEN void one_row(const struct depthwise *d, const size_t taps, const vec *weights,
                     const struct output_row *row)
{
    size_t width = d->conv->out_w;
    size_t from = 0;
    for (; from + ABREAST * VEC_LANES <= width; from += ABREAST * VEC_LANES)
        some_columns(d, taps, weights, row, from, ABREAST);
    for (; from + VEC_LANES <= width; from += VEC_LANES)
        some_columns(d, taps, weights, row, from, 1);
    if (from < width && width >= VEC_LANES)
        some_columns(d, taps, weights, row, width - VEC_LANES, 1);
    else if (from < width)
        some_columns(d, taps, weights, row, 0, 1);
}

FLATTEN void one_channel(const struct depthwise *d, const size_t taps, size_t oc,
                         const float *plane)
{
    const struct bt_conv *c = d->conv;
    vec weights[BT_CHUNK];
    for (size_t tap = 0; tap < taps; tap++)
        weights[tap] = vec_set1(c->w[oc * taps + tap]);
    for (size_t oh = 0; oh < c->out_h; oh++) {
        struct output_row row = {
            .x = plane + image_row(c, d->image, oh),
            .y = c->y + (oc * c->out_h + oh) * c->out_w,
            .i = oc,
            .j = oh * c->out_w,
        };
        one_row(d, taps, weights, &row);
    }
}

static void channel_3x3(const struct depthwise *d, size_t oc, const float *plane)
{
    one_channel(d, 9, oc, plane);
}

static void channel_any(const struct depthwise *d, size_t oc, const float *plane)
{
    one_channel(d, d->taps, oc, plane);
}

static void some_groups(void *user, unsigned part, unsigned parts)
{
    const struct depthwise *d = user;
    const struct bt_conv *c = d->conv;
    float *plane = d->planes + part * (d->image->floats + IMAGE_SLACK);
    size_t outputs = c->out_channels / c->groups;
    struct bt_range groups = bt_pool_share(c->groups, 1, part, parts);
    memset(plane, 0, (d->image->floats + IMAGE_SLACK) * sizeof *plane);
    for (size_t g = groups.from; g < groups.to; g++) {
        image_copy_plane(c, d->image, c->x + g * c->in_h * c->in_w, plane);
        for (size_t oc = g * outputs; oc < (g + 1) * outputs; oc++)
            (d->taps == 9 ? channel_3x3 : channel_any)(d, oc, plane);
    }
}

bool LEVEL(depthwise_fits)(const struct bt_conv *c)
{
    return c->in_channels == c->groups && c->kernel_h * c->kernel_w <= BT_CHUNK;
}

size_t LEVEL(depthwise_scratch_bytes)(const struct bt_conv *c, const struct image *image,
                                      unsigned threads)
{
    return threads * (image->floats + IMAGE_SLACK) * sizeof(float);
}

void LEVEL(depthwise)(const struct bt_conv *c, const struct image *image, struct bt_pool *pool,
                      void *scratch)
{
    struct depthwise d = {
        .conv = c,
        .image = image,
        .taps = c->kernel_h * c->kernel_w,
        .planes = scratch,
    };
    for (size_t kh = 0; kh < c->kernel_h; kh++)
        for (size_t kw = 0; kw < c->kernel_w; kw++)
            d.at[kh * c->kernel_w + kw] = image_tap(c, image, kh, kw);
    bt_pool_run(pool, some_groups, &d);
}
