/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NonMaxSuppression. Boxes of a class by falling score, equal scores by rising index; a box stays
 * unless it overlaps one that stayed by more than the threshold. Corners, areas and overlaps are
 * binary32: area = (y2 - y1) * (x2 - x1), overlap = common / ((a + b) - common).
 */
#include <stdlib.h>

#include "base/checked.h"
#include "op/nn/nn.h"

struct box {
    float score;
    int64_t index;
    float y1, x1, y2, x2;
    float area;
};

struct limits {
    int64_t per_class;
    float overlap;
    float score;
    bool has_score;
    bool centred; /* boxes are centre and size, not corners */
};

struct selection {
    int64_t *rows; /* batch, class, box */
    size_t count;
};

static struct box box_of(const float *data, bool centred, float score, int64_t index)
{
    struct box b = {.score = score, .index = index};
    float half_w = data[2] / 2.0F;
    float half_h = data[3] / 2.0F;
    float y1 = centred ? data[1] - half_h : data[0];
    float x1 = centred ? data[0] - half_w : data[1];
    float y2 = centred ? data[1] + half_h : data[2];
    float x2 = centred ? data[0] + half_w : data[3];
    b.y1 = y1 < y2 ? y1 : y2;
    b.y2 = y1 < y2 ? y2 : y1;
    b.x1 = x1 < x2 ? x1 : x2;
    b.x2 = x1 < x2 ? x2 : x1;
    b.area = (b.y2 - b.y1) * (b.x2 - b.x1);
    return b;
}

static float overlap_of(const struct box *a, const struct box *b)
{
    float top = a->y1 > b->y1 ? a->y1 : b->y1;
    float bottom = a->y2 < b->y2 ? a->y2 : b->y2;
    float left = a->x1 > b->x1 ? a->x1 : b->x1;
    float right = a->x2 < b->x2 ? a->x2 : b->x2;
    if (!(bottom > top) || !(right > left))
        return 0.0F;
    float common = (bottom - top) * (right - left);
    float all = (a->area + b->area) - common;
    return all > 0.0F ? common / all : 0.0F;
}

static int by_score(const void *pa, const void *pb)
{
    const struct box *a = pa;
    const struct box *b = pb;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Boxes without a comparable score are left out: a NaN has no place in the order. */
static size_t candidates(const float *boxes, const float *scores, size_t count,
                         const struct limits *limits, struct box *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (scores[i] == scores[i] && (!limits->has_score || scores[i] > limits->score))
            list[kept++] = box_of(boxes + i * 4, limits->centred, scores[i], (int64_t)i);
    qsort(list, kept, sizeof *list, by_score);
    return kept;
}

/* The boxes that stay come to the front of the list. */
static size_t suppress(struct box *list, size_t count, const struct limits *limits)
{
    size_t kept = 0;
    for (size_t i = 0; i < count && (int64_t)kept < limits->per_class; i++) {
        bool covered = false;
        for (size_t k = 0; k < kept && !covered; k++)
            covered = overlap_of(&list[k], &list[i]) > limits->overlap;
        if (!covered)
            list[kept++] = list[i];
    }
    return kept;
}

static baton_status read_number(const struct bt_op_ctx *ctx, uint32_t i, float *ret, bool *found,
                                struct baton_error *err)
{
    const struct bt_tensor *tensor = bt_op_input(ctx, i);
    *found = tensor != NULL;
    if (!tensor)
        return BATON_OK;
    if (tensor->dtype != BT_F32 || bt_tensor_count(tensor) != 1)
        return bt_fail(err, BATON_ERR_INVALID, "input %u is not one float32", i);
    *ret = *bt_f32(tensor);
    return BATON_OK;
}

static baton_status read_limits(const struct bt_op_ctx *ctx, struct limits *ret,
                                struct baton_error *err)
{
    size_t count = 0;
    bool found = false;
    *ret = (struct limits){.centred = bt_op_attr_int(ctx, "center_point_box", 0) != 0};
    BT_TRY(bt_op_ints(ctx, 2, &ret->per_class, 1, &count, err));
    BT_TRY(read_number(ctx, 3, &ret->overlap, &found, err));
    return read_number(ctx, 4, &ret->score, &ret->has_score, err);
}

static baton_status check_shapes(const struct bt_tensor *boxes, const struct bt_tensor *scores,
                                 struct baton_error *err)
{
    if (boxes->rank == 3 && scores->rank == 3 && boxes->dims[2] == 4 &&
        boxes->dims[0] == scores->dims[0] && boxes->dims[1] == scores->dims[2])
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID,
                   "boxes [batch, n, 4] and scores [batch, classes, n] do not fit each other");
}

static baton_status select_all(struct bt_op_ctx *ctx, const struct bt_tensor *boxes,
                               const struct bt_tensor *scores, struct selection *ret,
                               struct baton_error *err)
{
    struct limits limits;
    size_t classes = (size_t)scores->dims[1];
    size_t n = (size_t)scores->dims[2];
    BT_TRY(read_limits(ctx, &limits, err));
    size_t each = limits.per_class < 0 ? 0 : bt_min((size_t)limits.per_class, n);
    size_t rows = 0;
    struct box *list = bt_op_scratch(ctx, n, sizeof *list);
    if (!bt_mul(each, classes * (size_t)scores->dims[0], &rows) || !list)
        return bt_fail_no_memory(err, "the boxes");
    ret->rows = bt_op_scratch(ctx, rows, 3 * sizeof(int64_t));
    if (!ret->rows)
        return bt_fail_no_memory(err, "the selection");
    for (size_t c = 0; c < classes * (size_t)scores->dims[0]; c++) {
        size_t batch = c / classes;
        size_t found =
            candidates(bt_f32(boxes) + batch * n * 4, bt_f32(scores) + c * n, n, &limits, list);
        size_t kept = suppress(list, found, &limits);
        for (size_t k = 0; k < kept; k++, ret->count++) {
            ret->rows[ret->count * 3] = (int64_t)batch;
            ret->rows[ret->count * 3 + 1] = (int64_t)(c % classes);
            ret->rows[ret->count * 3 + 2] = list[k].index;
        }
    }
    return BATON_OK;
}

static baton_status nms_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_tensor *boxes = NULL;
    const struct bt_tensor *scores = NULL;
    struct bt_tensor *y = NULL;
    struct selection selection = {NULL, 0};
    BT_TRY(bt_op_need_type(ctx, 0, BT_F32, &boxes, err));
    BT_TRY(bt_op_need_type(ctx, 1, BT_F32, &scores, err));
    BT_TRY(check_shapes(boxes, scores, err));
    BT_TRY(select_all(ctx, boxes, scores, &selection, err));
    const int64_t dims[] = {(int64_t)selection.count, 3};
    BT_TRY(bt_op_output(ctx, 0, BT_I64, 2, dims, &y, err));
    int64_t *to = y->data;
    for (size_t i = 0; i < selection.count * 3; i++)
        to[i] = selection.rows[i];
    return BATON_OK;
}

const struct bt_op bt_ops_nms[] = {
    {.name = "NonMaxSuppression", .domain = "", .since = 10, .run = nms_run},
    {.name = NULL},
};
