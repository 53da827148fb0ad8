/* SPDX-License-Identifier: Apache-2.0 */
#include "op/nn/window.h"

#include <inttypes.h>
#include <string.h>

/* Larger numbers mean nothing, and below them no sum or product here leaves int64. */
#define EXTENT_MAX ((int64_t)1 << 28)

baton_status bt_window_attrs_read(const struct bt_op_ctx *ctx, struct bt_window_attrs *ret,
                                  struct baton_error *err)
{
    const struct bt_attr *pad = bt_op_attr(ctx, "auto_pad", BT_ATTR_STRING);
    *ret = (struct bt_window_attrs){.ceil_mode = bt_op_attr_int(ctx, "ceil_mode", 0) != 0};
    ret->kernel = bt_op_attr(ctx, "kernel_shape", BT_ATTR_INTS);
    ret->strides = bt_op_attr(ctx, "strides", BT_ATTR_INTS);
    ret->dilations = bt_op_attr(ctx, "dilations", BT_ATTR_INTS);
    ret->pads = bt_op_attr(ctx, "pads", BT_ATTR_INTS);
    if (!pad || bt_bytes_equal(pad->s, bt_bytes_of("NOTSET")))
        return BATON_OK;
    if (bt_bytes_equal(pad->s, bt_bytes_of("VALID")))
        ret->auto_pad = BT_PAD_VALID;
    else if (bt_bytes_equal(pad->s, bt_bytes_of("SAME_UPPER")))
        ret->auto_pad = BT_PAD_SAME_UPPER;
    else if (bt_bytes_equal(pad->s, bt_bytes_of("SAME_LOWER")))
        ret->auto_pad = BT_PAD_SAME_LOWER;
    else
        return bt_fail(err, BATON_ERR_INVALID, "auto_pad \"%.*s\" is not known",
                       (int)(pad->s.len < 40 ? pad->s.len : 40), (const char *)pad->s.ptr);
    return BATON_OK;
}

static baton_status read_list(const struct bt_attr *attr, const char *name, unsigned count,
                              int64_t least, int64_t *ret, struct baton_error *err)
{
    if (!attr)
        return BATON_OK;
    if (attr->count != count)
        return bt_fail(err, BATON_ERR_INVALID, "%s has %zu numbers, expected %u", name, attr->count,
                       count);
    for (unsigned i = 0; i < count; i++) {
        if (attr->ints[i] < least || attr->ints[i] > EXTENT_MAX)
            return bt_fail(err, BATON_ERR_INVALID,
                           "%s[%u] is %" PRId64 ", not in [%" PRId64 ", %" PRId64 "]", name, i,
                           attr->ints[i], least, EXTENT_MAX);
        ret[i] = attr->ints[i];
    }
    return BATON_OK;
}

static baton_status read_kernel(struct bt_window *w, const struct bt_window_attrs *attrs,
                                const int64_t *kernel, struct baton_error *err)
{
    BT_TRY(read_list(attrs->kernel, "kernel_shape", w->rank, 1, w->kernel, err));
    if (!attrs->kernel && !kernel)
        return bt_fail(err, BATON_ERR_INVALID, "attribute kernel_shape is missing");
    for (unsigned d = 0; d < w->rank && kernel; d++) {
        if (attrs->kernel && w->kernel[d] != kernel[d])
            return bt_fail(err, BATON_ERR_INVALID,
                           "kernel_shape[%u] is %" PRId64 ", but the weights have %" PRId64, d,
                           w->kernel[d], kernel[d]);
        if (kernel[d] < 1 || kernel[d] > EXTENT_MAX)
            return bt_fail(err, BATON_ERR_INVALID, "a kernel extent of %" PRId64, kernel[d]);
        w->kernel[d] = kernel[d];
    }
    return BATON_OK;
}

baton_status bt_window_init(struct bt_window *w, const struct bt_window_attrs *attrs,
                            const struct bt_tensor *x, const int64_t *kernel,
                            struct baton_error *err)
{
    int64_t pads[2 * BT_SPATIAL_MAX] = {0};
    memset(w, 0, sizeof *w);
    if (x->rank < 3)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, expected [N, C, D1, ...]",
                       x->rank);
    w->rank = x->rank - 2;
    for (unsigned d = 0; d < w->rank; d++) {
        if (x->dims[d + 2] > EXTENT_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "dimension %u is %" PRId64 ", at most %" PRId64,
                           d + 2, x->dims[d + 2], EXTENT_MAX);
        w->in[d] = x->dims[d + 2];
        w->stride[d] = 1;
        w->dilation[d] = 1;
    }
    BT_TRY(read_kernel(w, attrs, kernel, err));
    BT_TRY(read_list(attrs->strides, "strides", w->rank, 1, w->stride, err));
    BT_TRY(read_list(attrs->dilations, "dilations", w->rank, 1, w->dilation, err));
    BT_TRY(read_list(attrs->pads, "pads", 2 * w->rank, 0, pads, err));
    for (unsigned d = 0; d < w->rank; d++) {
        w->pad_begin[d] = pads[d];
        w->pad_end[d] = pads[d + w->rank];
    }
    return BATON_OK;
}

static void pad_same(struct bt_window *w, unsigned d, int64_t reach, bool upper)
{
    w->out[d] = (w->in[d] + w->stride[d] - 1) / w->stride[d];
    int64_t total = (w->out[d] - 1) * w->stride[d] + reach - w->in[d];
    total = total > 0 ? total : 0;
    w->pad_begin[d] = upper ? total / 2 : total - total / 2;
    w->pad_end[d] = total - w->pad_begin[d];
}

static void slide(struct bt_window *w, unsigned d, int64_t reach, bool ceil_mode)
{
    int64_t room = w->in[d] + w->pad_begin[d] + w->pad_end[d] - reach;
    if (room < 0) {
        w->out[d] = 0;
        return;
    }
    w->out[d] = room / w->stride[d] + 1;
    /* One more window for the rest, unless it would begin in the padding at the end. */
    if (ceil_mode && room % w->stride[d] != 0 &&
        w->out[d] * w->stride[d] < w->in[d] + w->pad_begin[d])
        w->out[d]++;
}

baton_status bt_window_slide(struct bt_window *w, const struct bt_window_attrs *attrs,
                             struct baton_error *err)
{
    for (unsigned d = 0; d < w->rank; d++) {
        int64_t reach = (w->kernel[d] - 1) * w->dilation[d] + 1;
        if (attrs->auto_pad == BT_PAD_VALID) {
            w->pad_begin[d] = 0;
            w->pad_end[d] = 0;
        }
        if (attrs->auto_pad >= BT_PAD_SAME_UPPER)
            pad_same(w, d, reach, attrs->auto_pad == BT_PAD_SAME_UPPER);
        else
            slide(w, d, reach, attrs->ceil_mode);
        if (w->out[d] <= 0)
            return bt_fail(err, BATON_ERR_INVALID,
                           "dimension %u: a window of %" PRId64 " does not fit %" PRId64
                           " elements",
                           d + 2, reach, w->in[d] + w->pad_begin[d] + w->pad_end[d]);
    }
    return BATON_OK;
}
