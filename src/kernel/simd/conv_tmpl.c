/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/conv.h"
#include "kernel/simd/image.h"
#include "kernel/simd/level.h"

enum way { POINTWISE, DEPTHWISE, IMPLICIT, AS_DEFINED };

/* The patches are the input itself. */
static bool is_pointwise(const struct bt_conv *c)
{
    return c->kernel_h == 1 && c->kernel_w == 1 && c->stride_h == 1 && c->stride_w == 1 &&
           c->pad_top == 0 && c->pad_left == 0 && c->out_h == c->in_h && c->out_w == c->in_w;
}

static enum way choose(const struct bt_conv *c, struct image *image)
{
    if (is_pointwise(c))
        return POINTWISE;
    if (!c->weights_finite || !image_plan(c, image))
        return AS_DEFINED;
    if (LEVEL(depthwise_fits)(c))
        return DEPTHWISE;
    return LEVEL(implicit_scratch_bytes)(c, image) ? IMPLICIT : AS_DEFINED;
}

static struct bt_gemm group_as_gemm(const struct bt_conv *c, size_t g)
{
    size_t outputs = c->out_channels / c->groups;
    size_t inputs = c->in_channels / c->groups;
    size_t plane = c->out_h * c->out_w;
    return (struct bt_gemm){
        .m = outputs,
        .n = plane,
        .k = inputs,
        .a = c->w + g * outputs * inputs,
        .a_row = inputs,
        .a_col = 1,
        .b = c->x + g * inputs * plane,
        .b_row = plane,
        .b_col = 1,
        .c = c->y + g * outputs * plane,
        .c_row = plane,
        .epilogue = epilogue_from(&c->epilogue, g * outputs),
    };
}

static void pointwise(const struct bt_conv *c, struct bt_pool *pool, void *scratch)
{
    for (size_t g = 0; g < c->groups; g++) {
        struct bt_gemm gemm = group_as_gemm(c, g);
        LEVEL(gemm)(&gemm, pool, scratch);
    }
}

size_t LEVEL(conv_scratch_bytes)(const struct bt_conv *c, unsigned threads)
{
    struct image image;
    struct bt_gemm gemm;
    switch (choose(c, &image)) {
    case POINTWISE:
        gemm = group_as_gemm(c, 0);
        return LEVEL(gemm_scratch_bytes)(&gemm, threads);
    case DEPTHWISE:
        return LEVEL(depthwise_scratch_bytes)(c, &image, threads);
    case IMPLICIT:
        return LEVEL(implicit_scratch_bytes)(c, &image);
    case AS_DEFINED:
        break;
    }
    return 0;
}

void LEVEL(conv)(const struct bt_conv *c, struct bt_pool *pool, void *scratch)
{
    struct image image;
    switch (choose(c, &image)) {
    case POINTWISE:
        pointwise(c, pool, scratch);
        break;
    case DEPTHWISE:
        LEVEL(depthwise)(c, &image, pool, scratch);
        break;
    case IMPLICIT:
        LEVEL(implicit)(c, &image, pool, scratch);
        break;
    case AS_DEFINED:
        bt_ref_conv(c, pool, scratch);
        break;
    }
}
