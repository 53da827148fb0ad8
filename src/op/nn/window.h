/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_NN_WINDOW_H
#define BT_OP_NN_WINDOW_H
/*
 * Windows that slide over the spatial dimensions of [N, C, D1, ...]: the attributes that
 * convolutions and pools have in common, and the one place that knows auto_pad and ceil_mode.
 */
#include "op/op.h"

#define BT_SPATIAL_MAX (BT_RANK_MAX - 2)

enum bt_auto_pad { BT_PAD_GIVEN = 0, BT_PAD_VALID, BT_PAD_SAME_UPPER, BT_PAD_SAME_LOWER };

/* The attributes, before the rank is known; an empty list means its default. */
struct bt_window_attrs {
    enum bt_auto_pad auto_pad;
    bool ceil_mode;
    const struct bt_attr *kernel;
    const struct bt_attr *strides;
    const struct bt_attr *dilations;
    const struct bt_attr *pads;
};

struct bt_window {
    unsigned rank; /* spatial dimensions */
    int64_t in[BT_SPATIAL_MAX];
    int64_t out[BT_SPATIAL_MAX];
    int64_t kernel[BT_SPATIAL_MAX];
    int64_t stride[BT_SPATIAL_MAX];
    int64_t dilation[BT_SPATIAL_MAX];
    int64_t pad_begin[BT_SPATIAL_MAX];
    int64_t pad_end[BT_SPATIAL_MAX];
};

BT_CHECK baton_status bt_window_attrs_read(const struct bt_op_ctx *ctx, struct bt_window_attrs *ret,
                                           struct baton_error *err);
/* Everything but `out`, checked; `kernel` (or the attribute, when NULL) has x->rank - 2 entries. */
BT_CHECK baton_status bt_window_init(struct bt_window *window, const struct bt_window_attrs *attrs,
                                     const struct bt_tensor *x, const int64_t *kernel,
                                     struct baton_error *err);
/* Padding by auto_pad, and `out`, for a convolution or a pool. */
BT_CHECK baton_status bt_window_slide(struct bt_window *window, const struct bt_window_attrs *attrs,
                                      struct baton_error *err);

/* Position in the input of tap `k` of window `o` in dimension `d`: outside [0, in) is padding. */
static inline int64_t bt_window_tap(const struct bt_window *w, unsigned d, int64_t o, int64_t k)
{
    return o * w->stride[d] + k * w->dilation[d] - w->pad_begin[d];
}

#endif
