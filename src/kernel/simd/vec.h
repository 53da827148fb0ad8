/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_VEC_H
#define BT_KERNEL_SIMD_VEC_H
/*
 * What the *_tmpl.c files are written in. Each is compiled once per level, with the level's flags
 * and -DBT_LEVEL_<LEVEL> (kernel/meson.build); this header picks the vocabulary and the names.
 *
 *   vec                        VEC_LANES floats
 *   vec_load, vec_store        no alignment needed
 *   vec_load_first(p, n)       n < VEC_LANES lanes from memory, +0 in the others
 *   vec_store_first(p, n, v)   touches n elements
 *   vec_fma(a, b, c)           a * b + c, one rounding
 *   vec_accumulate(&s, a, b)   s = vec_fma(a, b, s), in the register that holds s: without saying
 *                              so, gcc moves and spills the sums of an unrolled loop
 *   vec_max, vec_min           total order, canonical NaN (kernel/ref/order.h)
 *   vec_load_even(p)           p[0], p[2], ... p[2 * VEC_LANES - 2], reading nothing past that
 *   vec_relu                   x > 0 or NaN ? x : +0
 *
 * TILE_ROWS and PANEL_VECS are the register tile of the matrix product (simd/tile_tmpl.c).
 */
#if defined(BT_LEVEL_AVX2)
#include "kernel/simd/vec_avx2.h"
#define LEVEL(name) bt_avx2_##name
#define LEVEL_EXP bt_avx2_exp
#elif defined(BT_LEVEL_AVX512)
#include "kernel/simd/vec_avx512.h"
#define LEVEL(name) bt_avx512_##name
#define LEVEL_EXP bt_avx512_exp
#elif defined(BT_LEVEL_NEON)
#include "kernel/simd/vec_neon.h"
#define LEVEL(name) bt_neon_##name
#define LEVEL_EXP bt_ref_exp /* pairs of doubles are what NEON has */
#else
#error "a *_tmpl.c file is compiled through kernel/meson.build only"
#endif

#define PANEL_COLS (PANEL_VECS * VEC_LANES)

/* Loops over registers must disappear, or the registers become memory. Sanitized code is slow
 * anyway, and takes minutes to compile when every copy of a load is instrumented. */
#ifdef BT_SANITIZED
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
#define FLATTEN static inline __attribute__((always_inline))

#endif
