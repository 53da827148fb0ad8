/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_NN_RESIZE_AXIS_H
#define BT_OP_NN_RESIZE_AXIS_H
/*
 * One axis of Resize as a table: for each output position the input positions it is made of and
 * their weights. Coordinates and weights are binary64 in the order that ONNX writes the formulas; a
 * weight is rounded once, to binary32; taps of weight 0 are left out.
 */
#include "op/op.h"

enum bt_resize_mode { BT_RESIZE_NEAREST = 0, BT_RESIZE_LINEAR, BT_RESIZE_CUBIC };
enum bt_resize_nearest { BT_ROUND_PREFER_FLOOR = 0, BT_ROUND_PREFER_CEIL, BT_FLOOR, BT_CEIL };
enum bt_resize_coordinates {
    BT_HALF_PIXEL = 0,
    BT_HALF_PIXEL_SYMMETRIC,
    BT_PYTORCH_HALF_PIXEL,
    BT_ALIGN_CORNERS,
    BT_ASYMMETRIC,
    BT_CROP_AND_RESIZE
};

struct bt_resize_rule {
    enum bt_resize_mode mode;
    enum bt_resize_nearest nearest;
    enum bt_resize_coordinates coordinates;
    double cubic_a;
    bool exclude_outside;
    bool antialias;
};

struct bt_resize_axis {
    int64_t in;
    int64_t out;
    double scale;
    double length; /* of the output before rounding down: scale * in */
    double roi_start;
    double roi_end;
    /* Taps of output o: [first[o], first[o + 1]). */
    size_t *first;
    size_t *index;
    float *weight;
    bool *outside; /* of the crop: the extrapolation value goes there */
};

BT_CHECK baton_status bt_resize_axis_init(struct bt_op_ctx *ctx, const struct bt_resize_rule *rule,
                                          struct bt_resize_axis *axis, struct baton_error *err);

#endif
