/* SPDX-License-Identifier: Apache-2.0 */
#include "op/nn/columns.h"

#include <string.h>

#include "base/checked.h"

/* Columns are made for this many output positions at a time. */
#define BATCH 512u

struct sizes {
    size_t taps; /* of one channel */
    size_t k;    /* rows of the column matrix */
    size_t in_plane;
    size_t out_plane;
    size_t element;
    size_t out_group; /* output channels of a group */
};

static struct sizes sizes_of(const struct bt_columns *c)
{
    const struct bt_window *w = c->window;
    struct sizes s = {.taps = bt_dims_product(w->kernel, 0, w->rank),
                      .in_plane = bt_dims_product(w->in, 0, w->rank),
                      .out_plane = bt_dims_product(w->out, 0, w->rank),
                      .element = c->lane == BT_LANE_F32 ? sizeof(float) : sizeof(double),
                      .out_group = c->out_channels / c->groups};
    s.k = s.taps * (c->in_channels / c->groups);
    return s;
}

/* The position in dimension d of the input under tap k of output o, or -1. */
static int64_t source(const struct bt_columns *c, unsigned d, int64_t o, int64_t k)
{
    const struct bt_window *w = c->window;
    int64_t at = bt_window_tap(w, d, o, k);
    if (c->transposed) {
        at = o + w->pad_begin[d] - k * w->dilation[d];
        if (at < 0 || at % w->stride[d] != 0)
            return -1;
        at /= w->stride[d];
    }
    return at >= 0 && at < w->in[d] ? at : -1;
}

#define NOWHERE SIZE_MAX

/* Offset in a plane of the input under tap `tap` of output position `out`, or NOWHERE. */
static size_t source_offset(const struct bt_columns *c, size_t tap, size_t out)
{
    const struct bt_window *w = c->window;
    size_t offset = 0;
    size_t stride = 1;
    for (unsigned d = w->rank; d-- > 0;) {
        int64_t at =
            source(c, d, (int64_t)(out % (size_t)w->out[d]), (int64_t)(tap % (size_t)w->kernel[d]));
        if (at < 0)
            return NOWHERE;
        offset += (size_t)at * stride;
        stride *= (size_t)w->in[d];
        out /= (size_t)w->out[d];
        tap /= (size_t)w->kernel[d];
    }
    return offset;
}

/* Columns [first, first + count) into rows of `count`; +0 where there is only padding. */
static void fill(const struct bt_columns *c, const struct sizes *s, const uint8_t *x, size_t first,
                 size_t count, uint8_t *to)
{
    size_t channels = c->in_channels / c->groups;
    for (size_t tap = 0; tap < s->taps; tap++)
        for (size_t j = 0; j < count; j++) {
            size_t from = source_offset(c, tap, first + j);
            for (size_t channel = 0; channel < channels; channel++) {
                uint8_t *cell = to + ((channel * s->taps + tap) * count + j) * s->element;
                if (from == NOWHERE)
                    memset(cell, 0, s->element);
                else
                    memcpy(cell, x + (channel * s->in_plane + from) * s->element, s->element);
            }
        }
}

/* Weights that are not finite may not meet the +0 of padding: 0 * inf is NaN where the definition
 * has no product at all. Then a copy with +0 at those taps is multiplied, column by column. */
static void mask(const struct bt_columns *c, const struct sizes *s, const uint8_t *w, size_t out,
                 uint8_t *to)
{
    memcpy(to, w, s->out_group * s->k * s->element);
    for (size_t tap = 0; tap < s->taps; tap++) {
        if (source_offset(c, tap, out) != NOWHERE)
            continue;
        for (size_t k = tap; k < s->k; k += s->taps)
            for (size_t row = 0; row < s->out_group; row++)
                memset(to + (row * s->k + k) * s->element, 0, s->element);
    }
}

struct block {
    const uint8_t *w;
    const uint8_t *columns;
    const uint8_t *bias;
    uint8_t *y; /* of the first position; rows are out_plane apart */
    size_t count;
    uint8_t *spare; /* out_group * count, float64 only */
};

static baton_status multiply_f32(struct bt_op_ctx *ctx, const struct sizes *s,
                                 const struct block *b, struct baton_error *err)
{
    struct bt_gemm g = {.m = s->out_group, .n = b->count, .k = s->k};
    g.epilogue = (struct bt_epilogue)BT_EPILOGUE_INIT;
    g.epilogue.row_add = (const float *)(const void *)b->bias;
    g.a = (const float *)(const void *)b->w;
    g.a_row = s->k;
    g.a_col = 1;
    g.b = (const float *)(const void *)b->columns;
    g.b_row = b->count;
    g.b_col = 1;
    g.c = (float *)(void *)b->y;
    g.c_row = s->out_plane;
    return bt_nn_gemm(ctx, &g, err);
}

static void multiply_f64(struct bt_op_ctx *ctx, const struct sizes *s, const struct block *b)
{
    struct bt_product p = {.lane = BT_LANE_F64, .m = s->out_group, .n = b->count, .k = s->k};
    double *y = (double *)(void *)b->y;
    const double *bias = (const double *)(const void *)b->bias;
    const double *result = (const double *)(const void *)b->spare;
    p.a = b->w;
    p.a_row = s->k;
    p.a_col = 1;
    p.b = b->columns;
    p.b_row = b->count;
    p.b_col = 1;
    p.c = b->spare;
    bt_nn_product(ctx->pool, &p);
    for (size_t row = 0; row < p.m; row++)
        for (size_t j = 0; j < p.n; j++)
            y[row * s->out_plane + j] =
                bias ? result[row * p.n + j] + bias[row] : result[row * p.n + j];
}

static bool finite_weights(const struct bt_columns *c, const struct sizes *s)
{
    size_t count = c->out_channels * s->k;
    if (c->lane == BT_LANE_F32)
        return bt_nn_all_finite(c->w, count);
    const double *w = c->w;
    for (size_t i = 0; i < count; i++)
        if (w[i] - w[i] != 0.0)
            return false;
    return true;
}

struct room {
    uint8_t *columns;
    uint8_t *spare;
    uint8_t *masked; /* NULL: the weights are finite */
};

static baton_status one_group(struct bt_op_ctx *ctx, const struct bt_columns *c,
                              const struct sizes *s, const struct room *room, size_t number,
                              struct baton_error *err)
{
    size_t group = number % c->groups;
    size_t planes = c->in_channels / c->groups;
    const uint8_t *x = (const uint8_t *)c->x + number * planes * s->in_plane * s->element;
    const uint8_t *w = (const uint8_t *)c->w + group * s->out_group * s->k * s->element;
    const uint8_t *bias = c->bias;
    uint8_t *y = (uint8_t *)c->y + number * s->out_group * s->out_plane * s->element;
    size_t step = room->masked ? 1 : BATCH;
    for (size_t first = 0; first < s->out_plane; first += step) {
        struct block b = {.w = w, .columns = room->columns, .spare = room->spare};
        b.count = bt_min(step, s->out_plane - first);
        b.bias = bias ? bias + group * s->out_group * s->element : NULL;
        b.y = y + first * s->element;
        fill(c, s, x, first, b.count, room->columns);
        if (room->masked) {
            mask(c, s, w, first, room->masked);
            b.w = room->masked;
        }
        if (c->lane == BT_LANE_F32)
            BT_TRY(multiply_f32(ctx, s, &b, err));
        else
            multiply_f64(ctx, s, &b);
    }
    return BATON_OK;
}

baton_status bt_columns_run(struct bt_op_ctx *ctx, const struct bt_columns *c,
                            struct baton_error *err)
{
    struct sizes s = sizes_of(c);
    size_t batch = bt_min(BATCH, s.out_plane);
    struct room room = {.columns = bt_op_scratch(ctx, s.k * batch, s.element),
                        .spare = bt_op_scratch(ctx, s.out_group * batch, s.element)};
    bool finite = finite_weights(c, &s);
    if (!finite)
        room.masked = bt_op_scratch(ctx, s.out_group * s.k, s.element);
    if (!room.columns || !room.spare || (!finite && !room.masked))
        return bt_fail_no_memory(err, "a convolution");
    for (size_t number = 0; number < c->images * c->groups; number++)
        BT_TRY(one_group(ctx, c, &s, &room, number, err));
    return BATON_OK;
}
