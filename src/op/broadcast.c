/* SPDX-License-Identifier: Apache-2.0 */
#include "op/broadcast.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

/* Below this many elements waking threads costs more than they do. */
#define PARALLEL_MIN ((size_t)32768)

/* ---- shapes ---- */

static int64_t dim_from_end(const struct bt_tensor *tensor, unsigned from_end)
{
    return from_end < tensor->rank ? tensor->dims[tensor->rank - 1 - from_end] : 1;
}

baton_status bt_broadcast_shape(const struct bt_tensor *const *operands, size_t count,
                                unsigned *ret_rank, int64_t *dims, struct baton_error *err)
{
    unsigned rank = 0;
    for (size_t k = 0; k < count; k++)
        rank = operands[k]->rank > rank ? operands[k]->rank : rank;
    for (unsigned from_end = 0; from_end < rank; from_end++) {
        int64_t extent = 1;
        for (size_t k = 0; k < count; k++) {
            int64_t dim = dim_from_end(operands[k], from_end);
            if (dim == 1 || dim == extent)
                continue;
            if (extent != 1)
                return bt_fail(err, BATON_ERR_INVALID,
                               "shapes do not broadcast: %" PRId64 " against %" PRId64
                               " in dimension %u from the end",
                               extent, dim, from_end);
            extent = dim;
        }
        dims[rank - 1 - from_end] = extent;
    }
    *ret_rank = rank;
    return BATON_OK;
}

/* ---- loops ---- */

static void operand_strides(const struct bt_tensor *tensor, unsigned rank, size_t *strides)
{
    size_t stride = 1;
    for (unsigned from_end = 0; from_end < rank; from_end++) {
        int64_t dim = dim_from_end(tensor, from_end);
        strides[rank - 1 - from_end] = dim == 1 ? 0 : stride;
        stride *= (size_t)dim;
    }
}

/* Whether loop `outer` continues where a full pass of loop `inner` ends, for every operand. */
static bool continues(const struct bt_broadcast *b, unsigned outer, unsigned inner)
{
    for (unsigned k = 0; k < b->operands; k++)
        if (b->strides[k][outer] != b->strides[k][inner] * b->extents[inner])
            return false;
    return true;
}

static void copy_loop(struct bt_broadcast *b, unsigned to, unsigned from)
{
    b->extents[to] = b->extents[from];
    for (unsigned k = 0; k < b->operands; k++)
        b->strides[k][to] = b->strides[k][from];
}

static void drop_ones(struct bt_broadcast *b)
{
    unsigned kept = 0;
    for (unsigned d = 0; d < b->loops; d++)
        if (b->extents[d] != 1)
            copy_loop(b, kept++, d);
    b->loops = kept;
}

static void merge(struct bt_broadcast *b)
{
    unsigned last = 0;
    for (unsigned d = 1; d < b->loops; d++) {
        size_t extent = b->extents[last];
        if (!continues(b, last, d)) {
            copy_loop(b, ++last, d);
            continue;
        }
        copy_loop(b, last, d);
        b->extents[last] *= extent;
    }
    b->loops = last + 1;
}

void bt_broadcast_init_to(struct bt_broadcast *b, const struct bt_tensor *const *operands,
                          unsigned count, unsigned rank, const int64_t *dims)
{
    memset(b, 0, sizeof *b);
    b->rank = rank;
    b->operands = count;
    b->loops = rank;
    for (unsigned d = 0; d < rank; d++) {
        b->dims[d] = dims[d];
        b->extents[d] = (size_t)dims[d];
    }
    for (unsigned k = 0; k < count; k++)
        operand_strides(operands[k], rank, b->strides[k]);
    drop_ones(b);
    if (b->loops == 0) {
        b->loops = 1;
        b->extents[0] = 1;
        memset(b->strides, 0, sizeof b->strides);
        return;
    }
    merge(b);
}

baton_status bt_broadcast_init(struct bt_broadcast *broadcast,
                               const struct bt_tensor *const *operands, unsigned count,
                               struct baton_error *err)
{
    unsigned rank = 0;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_broadcast_shape(operands, count, &rank, dims, err));
    bt_broadcast_init_to(broadcast, operands, count, rank, dims);
    return BATON_OK;
}

/* ---- running ---- */

struct each_job {
    const struct bt_broadcast *broadcast;
    bt_broadcast_fn *fn;
    void *user;
    size_t rows; /* runs of full length */
};

/* The part [from, to) of row `row`. */
static void do_row(const struct each_job *job, size_t row, size_t from, size_t to)
{
    const struct bt_broadcast *b = job->broadcast;
    unsigned last = b->loops - 1;
    struct bt_broadcast_run run = {.out = row * b->extents[last] + from, .count = to - from};
    for (unsigned k = 0; k < b->operands; k++) {
        run.steps[k] = b->strides[k][last];
        run.offsets[k] = from * run.steps[k];
    }
    for (unsigned d = last; d-- > 0;) {
        size_t index = row % b->extents[d];
        row /= b->extents[d];
        for (unsigned k = 0; k < b->operands; k++)
            run.offsets[k] += index * b->strides[k][d];
    }
    job->fn(job->user, &run);
}

static void each_part(void *user, unsigned part, unsigned parts)
{
    const struct each_job *job = user;
    size_t length = job->broadcast->extents[job->broadcast->loops - 1];
    struct bt_range share = bt_pool_share(job->rows * length, 64, part, parts);
    for (size_t at = share.from; at < share.to;) {
        size_t row = at / length;
        size_t from = at % length;
        size_t to = bt_min(length, from + (share.to - at));
        do_row(job, row, from, to);
        at += to - from;
    }
}

void bt_broadcast_each(const struct bt_broadcast *broadcast, struct bt_pool *pool,
                       bt_broadcast_fn *fn, void *user)
{
    size_t total = bt_dims_product(broadcast->dims, 0, broadcast->rank);
    if (total == 0)
        return;
    struct each_job job = {.broadcast = broadcast, .fn = fn, .user = user};
    job.rows = total / broadcast->extents[broadcast->loops - 1];
    bt_pool_run(total < PARALLEL_MIN ? NULL : pool, each_part, &job);
}
