/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_NN_COLUMNS_H
#define BT_OP_NN_COLUMNS_H
/*
 * Convolution of any rank and type as a matrix product: row k = (channel in group, taps in
 * row-major order), one column per output position. It is the plain road, for what the kernels'
 * convolution does not take: three and more dimensions, float64, and transposed convolution in its
 * gather form, where tap k of output o meets input (o + pad - k * dilation) / stride if that is a
 * whole number in range.
 */
#include "op/nn/nn.h"
#include "op/nn/window.h"

struct bt_columns {
    const struct bt_window *window;
    bool transposed;
    size_t groups;
    size_t in_channels;  /* of all groups */
    size_t out_channels; /* of all groups */
    enum bt_lane lane;   /* F32 or F64 */
    const void *x;       /* images of in_channels planes */
    size_t images;
    /* Rows of k weights, out_channels of them, group by group. */
    const void *w;
    const void *bias; /* [out_channels] or NULL */
    void *y;
};

BT_CHECK baton_status bt_columns_run(struct bt_op_ctx *ctx, const struct bt_columns *columns,
                                     struct baton_error *err);

#endif
