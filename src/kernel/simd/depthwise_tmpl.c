/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/conv.h"
#include "kernel/simd/epilogue.h"
#include "kernel/simd/image.h"
#include "kernel/simd/level.h"

/*
 * One input channel per group: an output is a single chain over the taps, and nothing is shared
 * between channels. A plane goes by in strips of rows: their image stays in the first-level cache.
 * The vectors of a strip are the same in every channel, so a list says where each lies; four of
 * them, of whichever rows, go side by side to hide the latency of the chains.
 */
#define ABREAST 4
#define STRIP_FLOATS 4096
#define STRIP_ROWS_LEAST 4

/* A vector of outputs. */
struct spot {
    size_t x; /* in the image, at tap (0, 0) */
    size_t y; /* in the output, from the first row of the strip */
};

struct depthwise {
    const struct bt_conv *conv;
    const struct image *image;
    size_t taps;
    size_t at[BT_CHUNK]; /* image_tap() of each */
    size_t rows;         /* of output in a strip */
    size_t spots_of_row;
    struct spot *spots; /* of one strip */
    float *planes;      /* one per part, with a strip of the image */
};

/* Outputs of one channel in one strip. */
struct strip {
    const float *x;
    float *y;
    size_t i; /* channel, for the epilogue */
    size_t j; /* element of the plane, likewise */
};

FLATTEN void finish(const struct depthwise *d, const struct strip *strip, const struct spot *spots,
                    vec *sum, const size_t vecs, size_t n)
{
    const struct bt_epilogue *e = &d->conv->epilogue;
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        sum[v] = vec_add(vec_zero(), sum[v]);
    if (e->full_add) {
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            epilogue_row(e, strip->i, strip->j + spots[v].y, sum + v, 1, n);
    } else {
        epilogue_row(e, strip->i, strip->j, sum, vecs, n);
    }
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        store_some(strip->y + spots[v].y, n, sum[v]);
}

FLATTEN void some_spots(const struct depthwise *d, const size_t taps, const vec *weights,
                        const struct strip *strip, const struct spot *spots, const size_t vecs)
{
    size_t n = bt_min(d->conv->out_w, VEC_LANES); /* less only in a narrow image */
    vec sum[ABREAST];
    const float *x[ABREAST];
    UNROLL
    for (size_t v = 0; v < vecs; v++) {
        sum[v] = vec_zero();
        x[v] = strip->x + spots[v].x;
    }
    UNROLL
    for (size_t tap = 0; tap < taps; tap++) {
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            sum[v] = vec_fma(weights[tap], vec_load(x[v] + d->at[tap]), sum[v]);
    }
    finish(d, strip, spots, sum, vecs, n);
}

FLATTEN void one_strip(const struct depthwise *d, const size_t taps, const struct strip *strip,
                       size_t rows)
{
    vec weights[BT_CHUNK];
    for (size_t tap = 0; tap < taps; tap++)
        weights[tap] = vec_set1(d->conv->w[strip->i * taps + tap]);
    const struct spot *spot = d->spots;
    const struct spot *end = spot + rows * d->spots_of_row;
    for (; end - spot >= ABREAST; spot += ABREAST)
        some_spots(d, taps, weights, strip, spot, ABREAST);
    for (; spot < end; spot++)
        some_spots(d, taps, weights, strip, spot, 1);
}

static void strip_3x3(const struct depthwise *d, const struct strip *strip, size_t rows)
{
    one_strip(d, 9, strip, rows);
}

static void strip_any(const struct depthwise *d, const struct strip *strip, size_t rows)
{
    one_strip(d, d->taps, strip, rows);
}

static void one_group(const struct depthwise *d, size_t g, float *plane)
{
    const struct bt_conv *c = d->conv;
    size_t outputs = c->out_channels / c->groups;
    for (size_t oh = 0; oh < c->out_h; oh += d->rows) {
        size_t rows = bt_min(c->out_h - oh, d->rows);
        image_copy_rows(c, d->image, c->x + g * c->in_h * c->in_w, oh * c->stride_h,
                        image_rows(c, rows), plane);
        for (size_t oc = g * outputs; oc < (g + 1) * outputs; oc++) {
            struct strip strip = {
                .x = plane,
                .y = c->y + (oc * c->out_h + oh) * c->out_w,
                .i = oc,
                .j = oh * c->out_w,
            };
            (d->taps == 9 ? strip_3x3 : strip_any)(d, &strip, rows);
        }
    }
}

static size_t plane_floats(const struct bt_conv *c, const struct image *image, size_t rows)
{
    return image_rows(c, rows) * image->row_floats + IMAGE_SLACK;
}

static void some_groups(void *user, unsigned part, unsigned parts)
{
    const struct depthwise *d = user;
    size_t floats = plane_floats(d->conv, d->image, d->rows);
    float *plane = d->planes + part * floats;
    struct bt_range groups = bt_pool_share(d->conv->groups, 1, part, parts);
    memset(plane, 0, floats * sizeof *plane);
    for (size_t g = groups.from; g < groups.to; g++)
        one_group(d, g, plane);
}

/* Output rows of a strip. */
static size_t rows_of_strip(const struct bt_conv *c, const struct image *image)
{
    size_t rows = STRIP_ROWS_LEAST;
    while (rows < c->out_h && image_rows(c, rows + 1) * image->row_floats <= STRIP_FLOATS)
        rows++;
    return bt_min(rows, c->out_h);
}

static size_t spots_of_row(const struct bt_conv *c)
{
    return (c->out_w + VEC_LANES - 1) / VEC_LANES;
}

/* A row ends with a vector that may overlap the one before: the same values twice cost less than a
 * partial store. */
static void find_spots(const struct depthwise *d)
{
    size_t width = d->conv->out_w;
    struct spot *spot = d->spots;
    for (size_t row = 0; row < d->rows; row++)
        for (size_t v = 0; v < d->spots_of_row; v++, spot++) {
            size_t ow = width < VEC_LANES ? 0 : bt_min(v * VEC_LANES, width - VEC_LANES);
            spot->x = image_row(d->conv, d->image, row) + ow;
            spot->y = row * width + ow;
        }
}

bool LEVEL(depthwise_fits)(const struct bt_conv *c)
{
    return c->in_channels == c->groups && c->kernel_h * c->kernel_w <= BT_CHUNK;
}

size_t LEVEL(depthwise_scratch_bytes)(const struct bt_conv *c, const struct image *image,
                                      unsigned threads)
{
    size_t rows = rows_of_strip(c, image);
    return rows * spots_of_row(c) * sizeof(struct spot) +
           threads * plane_floats(c, image, rows) * sizeof(float);
}

void LEVEL(depthwise)(const struct bt_conv *c, const struct image *image, struct bt_pool *pool,
                      void *scratch)
{
    struct depthwise d = {
        .conv = c,
        .image = image,
        .taps = c->kernel_h * c->kernel_w,
        .rows = rows_of_strip(c, image),
        .spots_of_row = spots_of_row(c),
        .spots = scratch,
    };
    d.planes = (float *)(void *)(d.spots + d.rows * d.spots_of_row);
    find_spots(&d);
    for (size_t kh = 0; kh < c->kernel_h; kh++)
        for (size_t kw = 0; kw < c->kernel_w; kw++)
            d.at[kh * c->kernel_w + kw] = image_tap(c, image, kh, kw);
    bt_pool_run(pool, some_groups, &d);
}
