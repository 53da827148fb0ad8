/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ref/epilogue.h"
#include "kernel/ref/fma.h"
#include "kernel/ref/ref.h"

/* The input under tap (ic, kh, kw) for output (oh, ow), or NULL where there is only padding. */
static const float *tap(const struct bt_conv *c, size_t ic, size_t kh, size_t kw, size_t oh,
                        size_t ow)
{
    int64_t ih = (int64_t)(oh * c->stride_h + kh * c->dilation_h) - c->pad_top;
    int64_t iw = (int64_t)(ow * c->stride_w + kw * c->dilation_w) - c->pad_left;
    if (ih < 0 || ih >= (int64_t)c->in_h || iw < 0 || iw >= (int64_t)c->in_w)
        return NULL;
    return c->x + (ic * c->in_h + (size_t)ih) * c->in_w + (size_t)iw;
}

/*
 * The element (oc, oh, ow): the product of numerics.md over k = (channel in group, kh, kw).
 * Chunks are cut by k; a tap in the padding has its k but no multiply-add.
 */
static float weighted_taps(const struct bt_conv *c, size_t oc, size_t oh, size_t ow)
{
    size_t channels = c->in_channels / c->groups;
    size_t first = oc / (c->out_channels / c->groups) * channels;
    const float *w = c->w + oc * channels * c->kernel_h * c->kernel_w;
    float total = 0.0F;
    float sum = 0.0F;
    size_t k = 0;
    for (size_t ic = 0; ic < channels; ic++)
        for (size_t kh = 0; kh < c->kernel_h; kh++)
            for (size_t kw = 0; kw < c->kernel_w; kw++, k++) {
                if (k > 0 && k % BT_CHUNK == 0) {
                    total += sum;
                    sum = 0.0F;
                }
                const float *x = tap(c, first + ic, kh, kw, oh, ow);
                if (x)
                    sum = bt_fma32(w[k], *x, sum);
            }
    return total + sum;
}

static void some_channels(void *user, unsigned part, unsigned parts)
{
    const struct bt_conv *c = user;
    struct bt_range channels = bt_pool_share(c->out_channels, 1, part, parts);
    size_t plane = c->out_h * c->out_w;
    for (size_t oc = channels.from; oc < channels.to; oc++)
        for (size_t j = 0; j < plane; j++) {
            float t = weighted_taps(c, oc, j / c->out_w, j % c->out_w);
            c->y[oc * plane + j] = bt_epilogue_one(&c->epilogue, oc, j, t);
        }
}

void bt_ref_conv(const struct bt_conv *c, struct bt_pool *pool, void *scratch)
{
    struct bt_conv job = *c;
    bt_pool_run(pool, some_channels, &job);
}
