/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TopK, Unique.
 *
 * TopK orders by the total order of bt_order_key(): -0 below +0, NaN above everything, and of equal
 * elements the lower index first. `sorted = 0` would leave the order open, so the result is sorted
 * always. Unique holds -0 and +0 for one value, and all NaN for another.
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "op/shape/shape_int.h"

/* ---- TopK ---- */

struct ranked {
    uint64_t key; /* the smaller the better */
    size_t index;
};

static bool better(const struct ranked *a, const struct ranked *b)
{
    return a->key != b->key ? a->key < b->key : a->index < b->index;
}

/* `heap` has its worst element on top; element `at` may be better than its children. */
static void sift_down(struct ranked *heap, size_t count, size_t at)
{
    struct ranked moving = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && better(&heap[child], &heap[child + 1]))
            child++;
        if (!better(&moving, &heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

struct topk {
    size_t dim;
    size_t inner;
    size_t k;
    bool largest;
};

static struct ranked rank_of(const struct topk *t, const struct bt_tensor *x, size_t base, size_t i)
{
    uint64_t key = bt_order_key(x->dtype, bt_element(x, base + i * t->inner));
    return (struct ranked){t->largest ? ~key : key, i};
}

/* The k best of one line, best first. */
static void best_of_line(const struct topk *t, const struct bt_tensor *x, size_t base,
                         struct ranked *heap)
{
    for (size_t i = 0; i < t->k; i++)
        heap[i] = rank_of(t, x, base, i);
    for (size_t i = t->k / 2; i-- > 0;)
        sift_down(heap, t->k, i);
    for (size_t i = t->k; i < t->dim && t->k; i++) {
        struct ranked candidate = rank_of(t, x, base, i);
        if (!better(&candidate, &heap[0]))
            continue;
        heap[0] = candidate;
        sift_down(heap, t->k, 0);
    }
    for (size_t left = t->k; left > 1;) {
        struct ranked worst = heap[0];
        heap[0] = heap[--left];
        sift_down(heap, left, 0);
        heap[left] = worst;
    }
}

static baton_status read_k(const struct bt_op_ctx *ctx, int64_t dim, int64_t *ret,
                           struct baton_error *err)
{
    if (ctx->node->opset < 10)
        *ret = bt_op_attr_int(ctx, "k", -1);
    else
        BT_TRY(bt_int_input(ctx, 1, ret, err));
    if (*ret < 0 || *ret > dim)
        return bt_fail(err, BATON_ERR_INVALID, "k is %" PRId64 ", the axis has %" PRId64, *ret,
                       dim);
    return BATON_OK;
}

static baton_status top_k_outputs(struct bt_op_ctx *ctx, const struct bt_tensor *x,
                                  const int64_t *dims, struct bt_tensor *out[2],
                                  struct baton_error *err)
{
    if (bt_op_wants(ctx, 0))
        BT_TRY(bt_op_output(ctx, 0, x->dtype, x->rank, dims, &out[0], err));
    if (bt_op_wants(ctx, 1))
        BT_TRY(bt_op_output(ctx, 1, BT_I64, x->rank, dims, &out[1], err));
    return BATON_OK;
}

static baton_status top_k_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct bt_tensor *out[2] = {NULL, NULL};
    unsigned axis = 0;
    int64_t k = 0;
    int64_t dims[BT_RANK_MAX];
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    if (!bt_is_number(x->dtype))
        return bt_op_bad_type(ctx, 0, err);
    BT_TRY(bt_axis_attr(ctx, "axis", -1, x->rank, &axis, err));
    BT_TRY(read_k(ctx, x->dims[axis], &k, err));
    memcpy(dims, x->dims, sizeof x->dims);
    dims[axis] = k;
    BT_TRY(top_k_outputs(ctx, x, dims, out, err));
    struct topk t = {.dim = (size_t)x->dims[axis],
                     .inner = bt_dims_product(dims, axis + 1, x->rank),
                     .k = (size_t)k,
                     .largest = bt_op_attr_int(ctx, "largest", 1) != 0};
    struct ranked *heap = bt_op_scratch(ctx, t.k, sizeof *heap);
    if (!heap)
        return bt_fail_no_memory(err, "the order");
    size_t lines = bt_dims_product(dims, 0, axis) * t.inner;
    size_t size = bt_dtype_size(x->dtype);
    for (size_t line = 0; line < lines; line++) {
        size_t from = line / t.inner * t.dim * t.inner + line % t.inner;
        size_t to = line / t.inner * t.k * t.inner + line % t.inner;
        best_of_line(&t, x, from, heap);
        for (size_t i = 0; i < t.k; i++, to += t.inner) {
            if (out[0])
                memcpy(bt_element_mut(out[0], to), bt_element(x, from + heap[i].index * t.inner),
                       size);
            if (out[1])
                ((int64_t *)out[1]->data)[to] = (int64_t)heap[i].index;
        }
    }
    return BATON_OK;
}

/* ---- Unique ---- */

/* The entries of one axis (or the elements, when there is none): entry e has `width` elements, in
 * `outer` runs of `inner`. */
struct entries {
    const struct bt_tensor *x;
    size_t count;
    size_t outer;
    size_t inner;
};

static size_t entry_offset(const struct entries *e, size_t entry, size_t run)
{
    return (run * e->count + entry) * e->inner;
}

static int compare_strings(const struct bt_bytes *a, const struct bt_bytes *b)
{
    size_t shorter = bt_min(a->len, b->len);
    int order = shorter ? memcmp(a->ptr, b->ptr, shorter) : 0;
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_elements(enum bt_dtype dtype, const void *a, const void *b)
{
    if (dtype == BT_STRING)
        return compare_strings(a, b);
    if (bt_is_zero(dtype, a) && bt_is_zero(dtype, b))
        return 0;
    uint64_t left = bt_order_key(dtype, a);
    uint64_t right = bt_order_key(dtype, b);
    return (left > right) - (left < right);
}

static int compare_entries(const struct entries *e, size_t a, size_t b)
{
    for (size_t run = 0; run < e->outer; run++)
        for (size_t i = 0; i < e->inner; i++) {
            int order = compare_elements(e->x->dtype, bt_element(e->x, entry_offset(e, a, run) + i),
                                         bt_element(e->x, entry_offset(e, b, run) + i));
            if (order)
                return order;
        }
    return 0;
}

/* One pass of a merge sort: sorted runs of `width` become runs of twice that. Stable. */
static void merge_pass(const struct entries *e, const size_t *from, size_t *to, size_t width)
{
    for (size_t low = 0; low < e->count; low += 2 * width) {
        size_t middle = bt_min(low + width, e->count);
        size_t high = bt_min(low + 2 * width, e->count);
        size_t left = low;
        size_t right = middle;
        for (size_t i = low; i < high; i++) {
            bool take_right =
                left == middle || (right < high && compare_entries(e, from[right], from[left]) < 0);
            to[i] = take_right ? from[right++] : from[left++];
        }
    }
}

/* The entries in ascending order, of equal ones the first first. */
static size_t *sort_entries(const struct entries *e, size_t *order, size_t *spare)
{
    for (size_t i = 0; i < e->count; i++)
        order[i] = i;
    for (size_t width = 1; width < e->count; width *= 2) {
        merge_pass(e, order, spare, width);
        size_t *merged = spare;
        spare = order;
        order = merged;
    }
    return order;
}

struct groups {
    size_t count;
    size_t *first;   /* entry that stands for group g: the first of its equals */
    size_t *members; /* entries in group g */
    size_t *of;      /* group of each entry */
};

static void group_sorted(const struct entries *e, const size_t *order, struct groups *g)
{
    for (size_t i = 0; i < e->count; i++) {
        bool opens = i == 0 || compare_entries(e, order[i - 1], order[i]) != 0;
        if (opens)
            g->first[g->count++] = order[i];
        g->of[order[i]] = g->count - 1;
    }
}

/* Renumber the groups by first appearance instead of by value. `rank` is room for one number per
 * group. */
static void order_by_appearance(const struct entries *e, struct groups *g, size_t *rank)
{
    size_t seen = 0;
    for (size_t i = 0; i < e->count; i++)
        if (g->first[g->of[i]] == i)
            rank[g->of[i]] = seen++;
    seen = 0;
    for (size_t i = 0; i < e->count; i++)
        g->of[i] = rank[g->of[i]];
    for (size_t i = 0; i < e->count; i++)
        if (g->of[i] == seen)
            g->first[seen++] = i;
}

static baton_status find_groups(struct bt_op_ctx *ctx, const struct entries *e, struct groups *g,
                                struct baton_error *err)
{
    size_t *order = bt_op_scratch(ctx, e->count, sizeof *order);
    size_t *spare = bt_op_scratch(ctx, e->count, sizeof *spare);
    g->first = bt_op_scratch(ctx, e->count, sizeof *g->first);
    g->members = bt_op_scratch(ctx, e->count, sizeof *g->members);
    g->of = bt_op_scratch(ctx, e->count, sizeof *g->of);
    if (!order || !spare || !g->first || !g->members || !g->of)
        return bt_fail_no_memory(err, "the order");

    const size_t *sorted = sort_entries(e, order, spare);
    group_sorted(e, sorted, g);
    if (bt_op_attr_int(ctx, "sorted", 1) == 0)
        order_by_appearance(e, g, sorted == order ? spare : order);
    for (size_t i = 0; i < g->count; i++)
        g->members[i] = 0;
    for (size_t i = 0; i < e->count; i++)
        g->members[g->of[i]]++;
    return BATON_OK;
}

static baton_status put_entries(struct bt_op_ctx *ctx, const struct entries *e,
                                const struct groups *g, const struct bt_tensor *shape,
                                unsigned axis, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    int64_t dims[BT_RANK_MAX];
    if (!bt_op_wants(ctx, 0))
        return BATON_OK;
    memcpy(dims, shape->dims, sizeof shape->dims);
    dims[axis] = (int64_t)g->count;
    BT_TRY(bt_op_output(ctx, 0, e->x->dtype, shape->rank, dims, &y, err));
    size_t bytes = e->inner * bt_dtype_size(y->dtype);
    for (size_t run = 0; run < e->outer && bytes; run++)
        for (size_t i = 0; i < g->count; i++)
            memcpy(bt_element_mut(y, (run * g->count + i) * e->inner),
                   bt_element(e->x, entry_offset(e, g->first[i], run)), bytes);
    return bt_own_strings(y, err);
}

static baton_status put_sizes(struct bt_op_ctx *ctx, uint32_t output, const size_t *sizes,
                              size_t count, struct baton_error *err)
{
    struct bt_tensor *y = NULL;
    int64_t dim = (int64_t)count;
    if (!bt_op_wants(ctx, output))
        return BATON_OK;
    BT_TRY(bt_op_output(ctx, output, BT_I64, 1, &dim, &y, err));
    for (size_t i = 0; i < count; i++)
        ((int64_t *)y->data)[i] = (int64_t)sizes[i];
    return BATON_OK;
}

static baton_status unique_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *x = NULL;
    struct groups g = {.count = 0};
    unsigned axis = 0;
    BT_TRY(bt_op_need(ctx, 0, &x, err));
    struct bt_tensor shape = *x;
    if (bt_op_attr(ctx, "axis", BT_ATTR_INT)) {
        BT_TRY(bt_axis_attr(ctx, "axis", 0, x->rank, &axis, err));
    } else {
        shape.rank = 1;
        shape.dims[0] = (int64_t)bt_tensor_count(x);
    }
    struct entries e = {.x = x,
                        .count = (size_t)shape.dims[axis],
                        .outer = bt_dims_product(shape.dims, 0, axis),
                        .inner = bt_dims_product(shape.dims, axis + 1, shape.rank)};
    BT_TRY(find_groups(ctx, &e, &g, err));
    BT_TRY(put_entries(ctx, &e, &g, &shape, axis, err));
    BT_TRY(put_sizes(ctx, 1, g.first, g.count, err));
    BT_TRY(put_sizes(ctx, 2, g.of, e.count, err));
    return put_sizes(ctx, 3, g.members, g.count, err);
}

const struct bt_op bt_ops_order[] = {
    BT_OP_SINCE("TopK", 1, top_k_run),
    BT_OP_SINCE("Unique", 11, unique_run),
    BT_OP_END,
};
