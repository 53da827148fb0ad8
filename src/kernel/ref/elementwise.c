/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ref/epilogue.h"
#include "kernel/ref/order.h"
#include "kernel/ref/ref.h"

#define ZIP(name, expression)                                                                      \
    void bt_ref_##name(const float *a, size_t a_step, const float *b, size_t b_step, float *y,     \
                       size_t n)                                                                   \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            float p = a[i * a_step];                                                               \
            float q = b[i * b_step];                                                               \
            y[i] = (expression);                                                                   \
        }                                                                                          \
    }

ZIP(add, p + q)
ZIP(sub, p - q)
ZIP(mul, p *q)
ZIP(div, p / q)
ZIP(min, bt_min_f32(p, q))
ZIP(max, bt_max_f32(p, q))

void bt_ref_relu(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = bt_relu_one(x[i]);
}

void bt_ref_clip(const float *x, float lo, float hi, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = bt_clip_one(x[i], lo, hi);
}
