/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GridSample over any number of spatial dimensions. Per output position: for each dimension the
 * taps (index, weight), then their products, row-major, shared by all channels. Everything is
 * binary64 with one rounding at the end (numerics-ops.md, "Sampling").
 */
#include <string.h>

#include "op/math/math.h"
#include "tensor/compare.h"

#define TAPS_PER_AXIS 4u
#define SPATIAL_MAX (BT_RANK_MAX - 2)
/* Farther outside than this nothing changes any more, and integers still hold it. */
#define FAR_AWAY 0x1p40

enum mode { NEAREST = 1, LINEAR = 2, CUBIC = 4 }; /* taps per axis */
enum padding { ZEROS = 0, BORDER, REFLECTION };

struct sampler {
    enum mode mode;
    enum padding padding;
    bool corners; /* -1 and 1 are the centres of the outer elements, not their edges */
};

static const struct bt_op_word modes[] = {{"linear", LINEAR},   {"bilinear", LINEAR},
                                          {"cubic", CUBIC},     {"bicubic", CUBIC},
                                          {"nearest", NEAREST}, {NULL, 0}};
static const struct bt_op_word paddings[] = {
    {"zeros", ZEROS}, {"border", BORDER}, {"reflection", REFLECTION}, {NULL, 0}};

static baton_status grid_sample_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    int mode = 0;
    int padding = 0;
    struct sampler *state = bt_arena_calloc(ctx->arena, 1, sizeof *state);
    if (!state)
        return bt_fail_no_memory(err, "the operator");
    BT_TRY(bt_op_attr_word(ctx, "mode", modes, LINEAR, &mode, err));
    BT_TRY(bt_op_attr_word(ctx, "padding_mode", paddings, ZEROS, &padding, err));
    state->mode = (enum mode)mode;
    state->padding = (enum padding)padding;
    state->corners = bt_op_attr_int(ctx, "align_corners", 0) != 0;
    ctx->state = state;
    return BATON_OK;
}

/* ---- where ---- */

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* Into [low, high] as between two mirrors. */
static double reflect(double x, double low, double high)
{
    double range = high - low;
    if (x >= low && x <= high)
        return x;
    if (range <= 0)
        return low;
    double beyond = x < low ? low - x : x - high;
    double turns = bt_floor_f64(beyond / range);
    double rest = beyond - turns * range;
    bool from_low = (x < low) == ((int64_t)turns % 2 == 0);
    return from_low ? low + rest : high - rest;
}

static double reflect_in(const struct sampler *s, double x, int64_t extent)
{
    double edge = s->corners ? 0.0 : 0.5;
    return reflect(x, -edge, (double)(extent - 1) + edge);
}

/* From [-1, 1] to elements, in the lane of the grid: where a coordinate is exactly between two
 * elements, everybody must agree on it. NaN and what is far away is far away below or above. */
static double denormalize(const struct sampler *s, enum bt_dtype lane, double n, int64_t extent)
{
    double length = (double)extent;
    double x = bt_lane_step(lane, n + 1.0);
    if (s->corners)
        return bt_lane_step(lane, x / 2.0 * (length - 1.0));
    return bt_lane_step(lane, bt_lane_step(lane, x * length) - 1.0) / 2.0;
}

static double coordinate(const struct sampler *s, enum bt_dtype lane, double n, int64_t extent)
{
    double x = denormalize(s, lane, n, extent);
    x = x == x ? clamp(x, -FAR_AWAY, FAR_AWAY) : -FAR_AWAY;
    x = s->mode == NEAREST ? bt_round_even_f64(x) : x;
    /* A cubic keeps its place, and only its taps are moved to the border. */
    if (s->padding == BORDER && s->mode != CUBIC)
        return clamp(x, 0.0, (double)(extent - 1));
    return s->padding == REFLECTION ? reflect_in(s, x, extent) : x;
}

/* The element at a whole number, or -1: none, a zero. */
static int64_t element_at(const struct sampler *s, double at, int64_t extent)
{
    double last = (double)(extent - 1);
    if (s->padding == ZEROS)
        return at < 0.0 || at > last ? -1 : (int64_t)at;
    if (s->padding == REFLECTION)
        at = reflect_in(s, at, extent);
    /* Towards zero, as -0.5 can come back from the mirror. */
    return (int64_t)clamp(at, 0.0, last);
}

/* ---- taps ---- */

struct axis {
    int64_t index[TAPS_PER_AXIS];
    double weight[TAPS_PER_AXIS];
};

/* Keys' kernel with a = -0.75, at distance t from the element. */
static double near_weight(double t)
{
    return (1.25 * t - 2.25) * t * t + 1.0;
}

static double far_weight(double t)
{
    return ((-0.75 * t + 3.75) * t - 6.0) * t + 3.0;
}

static void axis_taps(const struct sampler *s, double x, int64_t extent, struct axis *axis)
{
    double first = s->mode == NEAREST ? x : bt_floor_f64(x);
    double f = x - first;
    if (s->mode == NEAREST) {
        axis->weight[0] = 1.0;
    } else if (s->mode == LINEAR) {
        axis->weight[0] = 1.0 - f;
        axis->weight[1] = f;
    } else {
        first -= 1.0;
        axis->weight[0] = far_weight(f + 1.0);
        axis->weight[1] = near_weight(f);
        axis->weight[2] = near_weight(1.0 - f);
        axis->weight[3] = far_weight(2.0 - f);
    }
    for (unsigned i = 0; i < (unsigned)s->mode; i++)
        axis->index[i] = element_at(s, first + (double)i, extent);
}

struct tap {
    size_t offset;
    double weight;
};

struct job {
    const struct sampler *sampler;
    const struct bt_tensor *x;
    const struct bt_tensor *grid;
    struct bt_tensor *y;
    unsigned rank; /* spatial */
    size_t in_plane;
    size_t out_plane;
    size_t taps_max;
    struct tap *taps; /* taps_max for each part */
};

/* The taps of a position that lie in the image, row-major. */
static size_t position_taps(const struct job *job, size_t position, struct tap *taps)
{
    struct axis axes[SPATIAL_MAX];
    unsigned each = (unsigned)job->sampler->mode;
    const int64_t *extents = job->x->dims + 2;
    size_t count = 0;
    /* The grid names the last dimension first. */
    for (unsigned d = 0; d < job->rank; d++) {
        size_t at = position * job->rank + (job->rank - 1 - d);
        double n = bt_element_f64(job->grid, at);
        double x = coordinate(job->sampler, job->grid->dtype, n, extents[d]);
        axis_taps(job->sampler, x, extents[d], &axes[d]);
    }
    for (size_t number = 0; number < job->taps_max; number++) {
        struct tap tap = {0, 1.0};
        bool inside = true;
        size_t divisor = job->taps_max;
        for (unsigned d = 0; d < job->rank; d++) {
            divisor /= each;
            size_t i = number / divisor % each;
            inside = inside && axes[d].index[i] >= 0;
            tap.offset = tap.offset * (size_t)extents[d] + (inside ? (size_t)axes[d].index[i] : 0);
            tap.weight *= axes[d].weight[i];
        }
        if (inside)
            taps[count++] = tap;
    }
    return count;
}

static void sample(const struct job *job, const struct tap *taps, size_t count, size_t from,
                   size_t to)
{
    const struct bt_tensor *x = job->x;
    if (job->sampler->mode == NEAREST) {
        size_t size = bt_dtype_size(x->dtype);
        uint8_t *target = (uint8_t *)job->y->data + to * size;
        memset(target, 0, size);
        if (count)
            memcpy(target, (const uint8_t *)x->data + (from + taps[0].offset) * size, size);
        return;
    }
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += taps[i].weight * bt_element_f64(x, from + taps[i].offset);
    bt_lane_put_f64(x->dtype, sum, job->y->data, to);
}

static void some_positions(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    size_t channels = (size_t)job->x->dims[1];
    struct bt_range share = bt_pool_share((size_t)job->x->dims[0] * job->out_plane, 1, part, parts);
    struct tap *taps = job->taps + part * job->taps_max;
    for (size_t position = share.from; position < share.to; position++) {
        size_t count = position_taps(job, position, taps);
        size_t plane = position / job->out_plane * channels;
        for (size_t c = plane; c < plane + channels; c++)
            sample(job, taps, count, c * job->in_plane,
                   c * job->out_plane + position % job->out_plane);
    }
}

/* ---- the operator ---- */

static baton_status check_shapes(const struct bt_op_ctx *ctx, struct job *job,
                                 struct baton_error *err)
{
    BT_TRY(bt_op_need(ctx, 0, &job->x, err));
    BT_TRY(bt_op_need(ctx, 1, &job->grid, err));
    const struct bt_tensor *x = job->x;
    const struct bt_tensor *grid = job->grid;
    bool any_type = job->sampler->mode == NEAREST && x->dtype != BT_STRING;
    if (!any_type && !bt_dtype_is_float(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    if (!bt_dtype_is_float(grid->dtype))
        return bt_op_bad_type(ctx, 1, err);
    if (x->rank < 3 || grid->rank != x->rank || grid->dims[0] != x->dims[0] ||
        grid->dims[grid->rank - 1] != (int64_t)x->rank - 2)
        return bt_fail(err, BATON_ERR_INVALID,
                       "a grid of rank %u with %lld coordinates for an input of rank %u",
                       grid->rank, (long long)(grid->rank ? grid->dims[grid->rank - 1] : 0),
                       x->rank);
    job->rank = x->rank - 2;
    job->in_plane = bt_dims_product(x->dims, 2, x->rank);
    if (job->in_plane == 0)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has no elements to sample");
    return BATON_OK;
}

static baton_status grid_sample_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct job job = {.sampler = ctx->state, .taps_max = 1};
    int64_t dims[BT_RANK_MAX];
    BT_TRY(check_shapes(ctx, &job, err));
    memcpy(dims, job.x->dims, sizeof dims);
    memcpy(dims + 2, job.grid->dims + 1, job.rank * sizeof *dims);
    BT_TRY(bt_op_output(ctx, 0, job.x->dtype, job.x->rank, dims, &job.y, err));
    job.out_plane = bt_dims_product(dims, 2, job.x->rank);
    for (unsigned d = 0; d < job.rank; d++)
        job.taps_max *= (unsigned)job.sampler->mode;
    struct bt_pool *pool = bt_tensor_count(job.y) < 4096 ? NULL : ctx->pool;
    job.taps = bt_op_scratch(ctx, job.taps_max * bt_pool_threads(pool), sizeof *job.taps);
    if (!job.taps)
        return bt_fail_no_memory(err, "the taps");
    bt_pool_run(pool, some_positions, &job);
    return BATON_OK;
}

const struct bt_op bt_ops_grid_sample[] = {
    {.name = "GridSample",
     .domain = "",
     .since = 16,
     .prepare = grid_sample_prepare,
     .run = grid_sample_run},
    BT_OP_END,
};
