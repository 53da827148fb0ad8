/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/simd/epilogue.h"
#include "kernel/simd/level.h"

/* Elements i to i + n of an operand; one value for all when step is 0. */
FLATTEN vec operand(const float *x, size_t step, size_t i, size_t n)
{
    return step ? load_some(x + i, n) : vec_set1(*x);
}

typedef vec vec_op(vec a, vec b);

FLATTEN void zip(vec_op *op, const float *a, size_t a_step, const float *b, size_t b_step, float *y,
                 size_t n)
{
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        vec_store(y + i, op(operand(a, a_step, i, VEC_LANES), operand(b, b_step, i, VEC_LANES)));
    if (i < n)
        vec_store_first(y + i, n - i,
                        op(operand(a, a_step, i, n - i), operand(b, b_step, i, n - i)));
}

#define ZIP(name)                                                                                  \
    void LEVEL(name)(const float *a, size_t a_step, const float *b, size_t b_step, float *y,       \
                     size_t n)                                                                     \
    {                                                                                              \
        zip(vec_##name, a, a_step, b, b_step, y, n);                                               \
    }

ZIP(add)
ZIP(sub)
ZIP(mul)
ZIP(div)
ZIP(min)
ZIP(max)

void LEVEL(relu)(const float *x, float *y, size_t n)
{
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        vec_store(y + i, vec_relu(vec_load(x + i)));
    if (i < n)
        vec_store_first(y + i, n - i, vec_relu(vec_load_first(x + i, n - i)));
}

void LEVEL(clip)(const float *x, float lo, float hi, float *y, size_t n)
{
    vec least = vec_set1(lo);
    vec most = vec_set1(hi);
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        vec_store(y + i, vec_min(vec_max(vec_load(x + i), least), most));
    if (i < n)
        vec_store_first(y + i, n - i, vec_min(vec_max(vec_load_first(x + i, n - i), least), most));
}
