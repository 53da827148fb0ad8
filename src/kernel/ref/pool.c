/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ref/ref.h"
#include "kernel/ref/window.h"

struct job {
    const struct bt_pool2d *pool;
    float (*result)(const struct bt_pool2d *p, const struct window *w);
};

static void some_planes(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    const struct bt_pool2d *p = job->pool;
    struct bt_range planes = bt_pool_share(p->channels, 1, part, parts);
    for (size_t c = planes.from; c < planes.to; c++)
        for (size_t oh = 0; oh < p->out_h; oh++)
            for (size_t ow = 0; ow < p->out_w; ow++) {
                struct window w = window_at(p, p->x + c * p->in_h * p->in_w, oh, ow);
                p->y[(c * p->out_h + oh) * p->out_w + ow] = job->result(p, &w);
            }
}

void bt_ref_max_pool(const struct bt_pool2d *p, struct bt_pool *pool)
{
    struct job job = {p, window_most};
    bt_pool_run(pool, some_planes, &job);
}

void bt_ref_average_pool(const struct bt_pool2d *p, struct bt_pool *pool)
{
    struct job job = {p, window_average};
    bt_pool_run(pool, some_planes, &job);
}
