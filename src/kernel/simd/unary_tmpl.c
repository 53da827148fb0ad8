/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unary functions of binary32, correctly rounded: compiled once per level of instructions, and
 * without a level by kernel/ref/unary.c.
 *
 * A core computes in binary64 with an error of a few units in the last place. Rounding that to
 * binary32 gives the correctly rounded value unless the exact value lies within the error of the
 * middle between two floats, which happens for a handful of the 2^32 inputs of a function. Those
 * have been found by trying all (tests/kernel/prove_unary.c) and are listed with their right values
 * in kernel/ref/unary_hard.c. The cores use no fused operation, so they miss the same inputs at
 * every level, whatever the compiler.
 */
#include "kernel/simd/unary.h"

#if defined(BT_LEVEL_AVX512)
#define BT_LANES 8
#define LEVEL(name) bt_avx512_##name
#elif defined(BT_LEVEL_AVX2)
#define BT_LANES 4
#define LEVEL(name) bt_avx2_##name
#else
#define LEVEL(name) bt_ref_##name
#endif

#include "kernel/ref/unary_hard.h"
#include "kernel/simd/unary_erf.h"
#include "kernel/simd/unary_exp.h"
#include "kernel/simd/unary_log.h"
#include "kernel/simd/unary_trig.h"

/* A multiple of every BT_LANES; small enough for the stack and the first cache. */
#define BLOCK 64

/*
 * Whether y may be so close to the middle of two floats that the list must be asked. The middles
 * have 1 followed by 28 zeros in the 29 bits that a conversion drops; 512 units on both sides are
 * far more than any core's error. (A subnormal result drops more; no listed input has one, which
 * the proof would show.)
 */
BT_INLINE vmask near_middle(vd y)
{
    return (((vu)y - (0x10000000U - 0x200U)) & 0x1ffffc00U) == 0;
}

typedef vd core_fn(vd x);

/* A block, of which only the first n results are wanted. Returns whether one of them must be looked
 * at again: it is in doubt, or it is a NaN whose bits are not yet the canonical ones. */
BT_INLINE bool map_block(const float *x, float *y, size_t n, core_fn *core)
{
    vmask again = {0};
    for (size_t i = 0; i < n; i += BT_LANES) {
        vd wide = core(widen(x + i));
        again |= near_middle(wide) | (wide != wide);
        vf narrow = __builtin_convertvector(wide, vf);
        memcpy(y + i, &narrow, sizeof narrow);
    }
    int64_t any = 0;
    for (size_t i = 0; i < BT_LANES; i++)
        any |= again[i];
    return any != 0;
}

/* y may be x, so a block is read whole, looked up in the list included, before it is written. */
BT_INLINE void map(const float *x, float *y, size_t n, core_fn *core, enum bt_unary function)
{
    float out[BLOCK];
    for (; n >= BLOCK; n -= BLOCK, x += BLOCK, y += BLOCK) {
        if (map_block(x, out, BLOCK, core))
            bt_unary_repair(function, x, out, BLOCK);
        for (size_t i = 0; i < BLOCK; i += BT_LANES)
            memcpy(y + i, out + i, sizeof(vf));
    }
    float in[BLOCK] = {0};
    memcpy(in, x, n * sizeof *in);
    if (map_block(in, out, n, core))
        bt_unary_repair(function, in, out, n);
    memcpy(y, out, n * sizeof *out);
}

/* Slot and name of the functions that only the table reaches. */
#define FUNCTIONS(F)                                                                               \
    F(BT_LOG, log)                                                                                 \
    F(BT_TANH, tanh)                                                                               \
    F(BT_SIGMOID, sigmoid)                                                                         \
    F(BT_ERF, erf)                                                                                 \
    F(BT_SOFTPLUS, softplus)                                                                       \
    F(BT_GELU, gelu)                                                                               \
    F(BT_GELU_TANH, gelu_tanh)                                                                     \
    F(BT_SILU, silu)                                                                               \
    F(BT_MISH, mish)                                                                               \
    F(BT_EXP2, exp2)                                                                               \
    F(BT_EXPM1, expm1)                                                                             \
    F(BT_LOG1P, log1p)                                                                             \
    F(BT_LOG2, log2)                                                                               \
    F(BT_LOG10, log10)                                                                             \
    F(BT_SIN, sin)                                                                                 \
    F(BT_COS, cos)                                                                                 \
    F(BT_TAN, tan)                                                                                 \
    F(BT_ASIN, asin)                                                                               \
    F(BT_ACOS, acos)                                                                               \
    F(BT_ATAN, atan)                                                                               \
    F(BT_SINH, sinh)                                                                               \
    F(BT_COSH, cosh)                                                                               \
    F(BT_ASINH, asinh)                                                                             \
    F(BT_ACOSH, acosh)                                                                             \
    F(BT_ATANH, atanh)                                                                             \
    F(BT_CBRT, cbrt)                                                                               \
    F(BT_RSQRT, rsqrt)

#define DEFINE_MAP(function, name)                                                                 \
    static void name##_map(const float *x, float *y, size_t n)                                     \
    {                                                                                              \
        map(x, y, n, name##_core, function);                                                       \
    }

FUNCTIONS(DEFINE_MAP)

void LEVEL(exp)(const float *x, float *y, size_t n)
{
    map(x, y, n, exp_core, BT_EXP);
}

/* These two are one instruction of binary32 everywhere. */
static void sqrt_map(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float root = __builtin_sqrtf(x[i]);
        y[i] = root == root ? root : __builtin_nanf("");
    }
}

static void reciprocal_map(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float quotient = 1.0F / x[i];
        y[i] = quotient == quotient ? quotient : __builtin_nanf("");
    }
}

#define ENTRY(function, name) [function] = name##_map,

void LEVEL(unary_init)(struct bt_kernels *kernels)
{
    static bt_map_f32 *const maps[BT_UNARY_COUNT] = {[BT_EXP] = LEVEL(exp),
                                                     [BT_SQRT] = sqrt_map,
                                                     [BT_RECIPROCAL] = reciprocal_map,
                                                     FUNCTIONS(ENTRY)};
    memcpy(kernels->map_f32, maps, sizeof maps);
}
