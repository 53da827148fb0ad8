/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_VEC_NEON_H
#define BT_KERNEL_SIMD_VEC_NEON_H
/* The vocabulary of simd/vec.h on aarch64: 4 lanes, 32 registers. */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VEC_LANES 4
#define TILE_ROWS 8
#define PANEL_VECS 3

typedef float32x4_t vec;

static inline vec vec_zero(void)
{
    return vdupq_n_f32(0.0F);
}

static inline vec vec_set1(float x)
{
    return vdupq_n_f32(x);
}

static inline vec vec_load(const float *p)
{
    return vld1q_f32(p);
}

static inline void vec_store(float *p, vec v)
{
    vst1q_f32(p, v);
}

static inline vec vec_load_first(const float *p, size_t n)
{
    float lanes[VEC_LANES] = {0};
    memcpy(lanes, p, n * sizeof *lanes);
    return vld1q_f32(lanes);
}

static inline void vec_store_first(float *p, size_t n, vec v)
{
    float lanes[VEC_LANES];
    vst1q_f32(lanes, v);
    memcpy(p, lanes, n * sizeof *lanes);
}

static inline vec vec_add(vec a, vec b)
{
    return vaddq_f32(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return vsubq_f32(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return vmulq_f32(a, b);
}

static inline vec vec_div(vec a, vec b)
{
    return vdivq_f32(a, b);
}

static inline vec vec_fma(vec a, vec b, vec c)
{
    return vfmaq_f32(c, a, b);
}

static inline void vec_accumulate(vec *sum, vec a, vec b)
{
    *sum = vec_fma(a, b, *sum);
}

/* The instruction orders -0 below +0; a NaN comes out with a payload. */
static inline vec vec_canonical_neon(vec v)
{
    return vbslq_f32(vceqq_f32(v, v), v, vreinterpretq_f32_u32(vdupq_n_u32(0x7FC00000U)));
}

static inline vec vec_max(vec a, vec b)
{
    return vec_canonical_neon(vmaxq_f32(a, b));
}

static inline vec vec_min(vec a, vec b)
{
    return vec_canonical_neon(vminq_f32(a, b));
}

static inline vec vec_relu(vec x)
{
    return vbslq_f32(vclezq_f32(x), vec_zero(), x);
}

static inline vec vec_load_even(const float *p)
{
    vec second = vec_load(p + VEC_LANES - 1);
    return vuzp1q_f32(vec_load(p), vextq_f32(second, second, 1));
}

#endif
