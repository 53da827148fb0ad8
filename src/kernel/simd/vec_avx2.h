/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_VEC_AVX2_H
#define BT_KERNEL_SIMD_VEC_AVX2_H
/* The vocabulary of simd/vec.h on AVX2 with FMA: 8 lanes, 16 registers. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VEC_LANES 8
#define TILE_ROWS 6
#define PANEL_VECS 2

typedef __m256 vec;

static inline vec vec_zero(void)
{
    return _mm256_setzero_ps();
}

static inline vec vec_set1(float x)
{
    return _mm256_set1_ps(x);
}

static inline vec vec_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline void vec_store(float *p, vec v)
{
    _mm256_storeu_ps(p, v);
}

/* All ones in the first n lanes. */
static inline __m256i vec_mask_avx2(size_t n)
{
    static const int32_t ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(const void *)(ones_then_zeros + 8 - n));
}

static inline vec vec_load_first(const float *p, size_t n)
{
    return _mm256_maskload_ps(p, vec_mask_avx2(n));
}

static inline void vec_store_first(float *p, size_t n, vec v)
{
    _mm256_maskstore_ps(p, vec_mask_avx2(n), v);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}

static inline vec vec_div(vec a, vec b)
{
    return _mm256_div_ps(a, b);
}

static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline void vec_accumulate(vec *sum, vec a, vec b)
{
    __asm__("vfmadd231ps %2, %1, %0" : "+x"(*sum) : "x"(a), "x"(b));
}

static inline vec vec_nan_where_unordered_avx2(vec a, vec b, vec otherwise)
{
    const vec nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000));
    return _mm256_blendv_ps(otherwise, nan, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
}

/* The instruction returns its second operand for two zeros; both orders together tell -0 from +0.
 */
static inline vec vec_max(vec a, vec b)
{
    vec most = _mm256_and_ps(_mm256_max_ps(a, b), _mm256_max_ps(b, a));
    return vec_nan_where_unordered_avx2(a, b, most);
}

static inline vec vec_min(vec a, vec b)
{
    vec least = _mm256_or_ps(_mm256_min_ps(a, b), _mm256_min_ps(b, a));
    return vec_nan_where_unordered_avx2(a, b, least);
}

static inline vec vec_relu(vec x)
{
    return _mm256_and_ps(x, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_NLE_UQ));
}

static inline vec vec_load_even(const float *p)
{
    vec halves = _mm256_shuffle_ps(vec_load(p), vec_load(p + VEC_LANES - 1), 0xD8);
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(halves), 0xD8));
}

#endif
