/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_VEC_AVX512_H
#define BT_KERNEL_SIMD_VEC_AVX512_H
/* The vocabulary of simd/vec.h on AVX-512 F, VL, BW, DQ: 16 lanes, 32 registers. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VEC_LANES 16
#define TILE_ROWS 12
#define PANEL_VECS 2

typedef __m512 vec;

static inline vec vec_zero(void)
{
    return _mm512_setzero_ps();
}

static inline vec vec_set1(float x)
{
    return _mm512_set1_ps(x);
}

static inline vec vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline void vec_store(float *p, vec v)
{
    _mm512_storeu_ps(p, v);
}

static inline __mmask16 vec_mask_avx512(size_t n)
{
    return (__mmask16)((1U << n) - 1U);
}

static inline vec vec_load_first(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps(vec_mask_avx512(n), p);
}

static inline void vec_store_first(float *p, size_t n, vec v)
{
    _mm512_mask_storeu_ps(p, vec_mask_avx512(n), v);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}

static inline vec vec_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}

static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline void vec_accumulate(vec *sum, vec a, vec b)
{
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

static inline vec vec_nan_where_unordered_avx512(vec a, vec b, vec otherwise)
{
    const vec nan = _mm512_castsi512_ps(_mm512_set1_epi32(0x7FC00000));
    return _mm512_mask_mov_ps(otherwise, _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q), nan);
}

/* The instruction returns its second operand for two zeros; both orders together tell -0 from +0.
 */
static inline vec vec_max(vec a, vec b)
{
    vec most = _mm512_and_ps(_mm512_max_ps(a, b), _mm512_max_ps(b, a));
    return vec_nan_where_unordered_avx512(a, b, most);
}

static inline vec vec_min(vec a, vec b)
{
    vec least = _mm512_or_ps(_mm512_min_ps(a, b), _mm512_min_ps(b, a));
    return vec_nan_where_unordered_avx512(a, b, least);
}

static inline vec vec_relu(vec x)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NLE_UQ), x);
}

static inline vec vec_load_even(const float *p)
{
    const __m512i places =
        _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 14, 12, 10, 8, 6, 4, 2, 0);
    return _mm512_permutex2var_ps(vec_load(p), places, vec_load(p + VEC_LANES - 1));
}

#endif
