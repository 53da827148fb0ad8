/* SPDX-License-Identifier: Apache-2.0 */
#include "op/nn/resize_axis.h"

#include "base/checked.h"
#include "op/math/math.h"

#define TAPS_MAX ((size_t)1 << 20)

static double coordinate(const struct bt_resize_rule *rule, const struct bt_resize_axis *a,
                         double x)
{
    double last = (double)(a->in - 1);
    switch (rule->coordinates) {
    case BT_ALIGN_CORNERS:
        return a->length == 1.0 ? 0.0 : x * last / (a->length - 1.0);
    case BT_ASYMMETRIC:
        return x / a->scale;
    case BT_PYTORCH_HALF_PIXEL:
        return a->length > 1.0 ? (x + 0.5) / a->scale - 0.5 : 0.0;
    case BT_HALF_PIXEL_SYMMETRIC: {
        double adjustment = (double)a->out / a->length;
        double offset = (double)a->in / 2.0 * (1.0 - adjustment);
        return offset + (x + 0.5) / a->scale - 0.5;
    }
    case BT_CROP_AND_RESIZE:
        if (a->out > 1)
            return a->roi_start * last +
                   x * (a->roi_end - a->roi_start) * last / (double)(a->out - 1);
        return 0.5 * (a->roi_start + a->roi_end) * last;
    default:
        return (x + 0.5) / a->scale - 0.5;
    }
}

/* ---- filters ---- */

static double cubic(double a, double t)
{
    if (t <= 1.0)
        return ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
    return t < 2.0 ? ((a * t - 5.0 * a) * t + 8.0 * a) * t - 4.0 * a : 0.0;
}

static double filter(const struct bt_resize_rule *rule, double distance)
{
    double t = distance < 0.0 ? -distance : distance;
    if (rule->mode == BT_RESIZE_CUBIC)
        return cubic(rule->cubic_a, t);
    return t < 1.0 ? 1.0 - t : 0.0;
}

/* Without antialias the filter keeps its width; with it, it is stretched when shrinking. */
static double stretch(const struct bt_resize_rule *rule, const struct bt_resize_axis *axis)
{
    return rule->antialias && axis->scale < 1.0 ? axis->scale : 1.0;
}

static int64_t reach(const struct bt_resize_rule *rule, const struct bt_resize_axis *axis)
{
    double radius = rule->mode == BT_RESIZE_CUBIC ? 2.0 : 1.0;
    return (int64_t)bt_ceil_f64(radius / stretch(rule, axis));
}

static int64_t clamp(int64_t at, int64_t in)
{
    return at < 0 ? 0 : at >= in ? in - 1 : at;
}

static double weight_at(const struct bt_resize_rule *rule, const struct bt_resize_axis *axis,
                        double x, int64_t at)
{
    if (rule->exclude_outside && (at < 0 || at >= axis->in))
        return 0.0;
    return filter(rule, ((double)at - x) * stretch(rule, axis));
}

static void add_tap(struct bt_resize_axis *axis, size_t *count, int64_t at, double weight)
{
    if (weight == 0.0)
        return;
    axis->index[*count] = (size_t)clamp(at, axis->in);
    axis->weight[(*count)++] = (float)weight;
}

static void filter_taps(const struct bt_resize_rule *rule, struct bt_resize_axis *axis, double x,
                        size_t *count)
{
    int64_t middle = (int64_t)bt_floor_f64(x);
    int64_t radius = reach(rule, axis);
    bool normal = rule->antialias || rule->exclude_outside;
    double sum = 0.0;
    for (int64_t at = middle - radius + 1; at <= middle + radius; at++)
        sum += weight_at(rule, axis, x, at);
    for (int64_t at = middle - radius + 1; at <= middle + radius; at++) {
        double weight = weight_at(rule, axis, x, at);
        add_tap(axis, count, at, normal && sum != 0.0 ? weight / sum : weight);
    }
}

static int64_t nearest(enum bt_resize_nearest how, double x)
{
    switch (how) {
    case BT_ROUND_PREFER_CEIL:
        return (int64_t)bt_floor_f64(x + 0.5);
    case BT_FLOOR:
        return (int64_t)bt_floor_f64(x);
    case BT_CEIL:
        return (int64_t)bt_ceil_f64(x);
    default:
        return (int64_t)bt_ceil_f64(x - 0.5);
    }
}

/* The taps of one output position. */
static void position_taps(const struct bt_resize_rule *rule, struct bt_resize_axis *axis, size_t o,
                          size_t *count)
{
    double x = coordinate(rule, axis, (double)o);
    axis->first[o] = *count;
    axis->outside[o] =
        rule->coordinates == BT_CROP_AND_RESIZE && (x < 0.0 || x > (double)(axis->in - 1));
    /* Far outside only a crop can lead, and there the taps do not matter. */
    x = axis->outside[o] ? 0.0 : x;
    if (rule->mode == BT_RESIZE_NEAREST)
        add_tap(axis, count, nearest(rule->nearest, x), 1.0);
    else
        filter_taps(rule, axis, x, count);
}

baton_status bt_resize_axis_init(struct bt_op_ctx *ctx, const struct bt_resize_rule *rule,
                                 struct bt_resize_axis *axis, struct baton_error *err)
{
    size_t outputs = (size_t)axis->out;
    size_t each = rule->mode == BT_RESIZE_NEAREST ? 1 : 2 * (size_t)reach(rule, axis);
    size_t taps = 0;
    if (each > TAPS_MAX || !bt_mul(outputs, each, &taps))
        return bt_fail(err, BATON_ERR_LIMIT, "a filter of %zu taps", each);
    axis->first = bt_op_scratch(ctx, outputs + 1, sizeof *axis->first);
    axis->index = bt_op_scratch(ctx, taps, sizeof *axis->index);
    axis->weight = bt_op_scratch(ctx, taps, sizeof *axis->weight);
    axis->outside = bt_op_scratch(ctx, outputs, sizeof *axis->outside);
    if (!axis->first || !axis->index || !axis->weight || !axis->outside)
        return bt_fail_no_memory(err, "the filter");
    size_t count = 0;
    for (size_t o = 0; o < outputs; o++)
        position_taps(rule, axis, o, &count);
    axis->first[outputs] = count;
    return BATON_OK;
}
