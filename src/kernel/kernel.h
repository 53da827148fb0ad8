/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_KERNEL_H
#define BT_KERNEL_KERNEL_H
/*
 * The arithmetic of numerics exact/1 (docs/numerics.md) as a table of function pointers.
 *
 * kernel/ref fills every slot; that plain C is the definition. An instruction-set level overwrites
 * slots with faster code that gives the same bits: tests/kernel compares every slot of every level
 * with ref, without a tolerance. Callers ask for a table once and never test a CPU flag.
 *
 * All pointers may be unaligned and may not overlap unless a slot says so. Sizes are in elements.
 * Callers have entered the environment of base/fpenv.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/pool.h"

enum bt_isa { BT_ISA_REF = 0, BT_ISA_AVX2, BT_ISA_AVX512, BT_ISA_NEON, BT_ISA_COUNT };

const char *bt_isa_name(enum bt_isa isa);
BT_CHECK baton_status bt_isa_find(const char *name, enum bt_isa *ret, struct baton_error *err);
/* Whether this build has the level and this machine can run it. REF always. */
bool bt_isa_usable(enum bt_isa isa);
enum bt_isa bt_isa_best(void);

/* Unary functions: the correctly rounded value of the real function (numerics.md, "Unary"). */
enum bt_unary {
    BT_EXP = 0,
    BT_LOG,
    BT_TANH,
    BT_SIGMOID,
    BT_ERF,
    BT_SOFTPLUS,
    BT_GELU,      /* x/2 (1 + erf(x / sqrt 2)) */
    BT_GELU_TANH, /* the tanh approximation, as a real function */
    BT_SILU,
    BT_MISH,
    BT_EXP2,
    BT_EXPM1,
    BT_LOG1P,
    BT_LOG2,
    BT_LOG10,
    BT_SIN,
    BT_COS,
    BT_TAN,
    BT_ASIN,
    BT_ACOS,
    BT_ATAN,
    BT_SINH,
    BT_COSH,
    BT_ASINH,
    BT_ACOSH,
    BT_ATANH,
    BT_CBRT,
    BT_RSQRT,
    BT_SQRT,
    BT_RECIPROCAL,
    BT_UNARY_COUNT
};

/* Two-operand arithmetic, one IEEE operation each; min and max by total order -0 < +0 with NaN
 * propagating. */
enum bt_binary { BT_ADD = 0, BT_SUB, BT_MUL, BT_DIV, BT_MIN, BT_MAX, BT_BINARY_COUNT };

/* y[i] = f(x[i]); y may equal x. NaN in gives the canonical NaN. */
typedef void bt_map_f32(const float *x, float *y, size_t n);
/* y[i] = a[i * a_step] op b[i * b_step], steps 0 or 1; y may equal an operand whose step is 1. */
typedef void bt_zip_f32(const float *a, size_t a_step, const float *b, size_t b_step, float *y,
                        size_t n);
/* RSUM: 32 lanes in ascending order, then the fixed tree (numerics.md, "Reductions"). */
typedef float bt_rsum_f32(const float *x, size_t n);
/* RSUM of the products x[i] * x[i], each rounded. */
typedef float bt_rsum_squares_f32(const float *x, size_t n);
/* max (or min) by total order with NaN propagating; n >= 1. */
typedef float bt_extreme_f32(const float *x, size_t n);
/* y = softmax(x) over n elements: m = max, e = exp(x - m), y = e / RSUM(e). y may equal x. */
typedef void bt_softmax_f32(const float *x, float *y, size_t n);
/* y[i] = x[i] > 0 ? x[i] : +0; NaN stays. y may equal x. */
typedef void bt_relu_f32(const float *x, float *y, size_t n);
/* min(max(x, lo), hi) with the rules of BT_MIN and BT_MAX. y may equal x. */
typedef void bt_clip_f32(const float *x, float lo, float hi, float *y, size_t n);

/* ---- matrix product ------------------------------------------------------------------------- */

/*
 * What happens to a finished sum t of row i and column j before it is stored, in this order, each
 * arithmetic step one rounding; a step whose pointer is NULL is left out:
 *
 *     t = alpha * t                                       (left out when alpha == 1)
 *     t = t + row_add[i]
 *     t = ((t - row_mean[i]) * row_scale[i]) + row_shift[i]
 *     t = t + full_add[...]                               (beta is already applied)
 *     t = activation(t)
 */
enum bt_activation { BT_ACT_NONE = 0, BT_ACT_RELU, BT_ACT_CLIP };

struct bt_epilogue {
    float alpha;
    const float *row_add;  /* [m] the bias of a convolution */
    const float *row_mean; /* [m] a batch normalisation: all three or none */
    const float *row_scale;
    const float *row_shift;
    const float *full_add; /* element (i, j) at full_add[i * full_row + j * full_col] */
    size_t full_row;
    size_t full_col;
    enum bt_activation activation;
    float clip_lo;
    float clip_hi;
};

#define BT_EPILOGUE_INIT                                                                           \
    {                                                                                              \
        .alpha = 1.0F                                                                              \
    }

/* C[m,n] = A[m,k] B[k,n]: element strides given, so transposes cost no copy here. */
struct bt_gemm {
    size_t m;
    size_t n;
    size_t k;
    const float *a;
    size_t a_row;
    size_t a_col;
    const float *b; /* ignored when packed_b is set */
    size_t b_row;
    size_t b_col;
    const void *packed_b; /* from gemm_pack_b of the same table, or NULL */
    float *c;
    size_t c_row; /* columns of C are contiguous */
    struct bt_epilogue epilogue;
};

/* ---- convolution ---------------------------------------------------------------------------- */

/* 2-D (1-D is height 1), NCHW, one image. k = (channel in group, kh, kw); padding taps excluded. */
struct bt_conv {
    size_t groups;
    size_t in_channels; /* of all groups */
    size_t out_channels;
    size_t in_h, in_w;
    size_t out_h, out_w;
    size_t kernel_h, kernel_w;
    size_t stride_h, stride_w;
    size_t dilation_h, dilation_w;
    int64_t pad_top, pad_left;
    const float *x;
    const float *w;       /* [out_channels, in_channels / groups, kernel_h, kernel_w] */
    const void *packed_w; /* from conv_pack, or NULL */
    bool weights_finite;  /* permits feeding +0 for padding */
    float *y;
    /* Row i is output channel i; full_add has the layout of y (full_row = out_h * out_w). */
    struct bt_epilogue epilogue;
};

struct bt_pool2d {
    size_t channels; /* planes: channels times batch */
    size_t in_h, in_w;
    size_t out_h, out_w;
    size_t kernel_h, kernel_w;
    size_t stride_h, stride_w;
    size_t dilation_h, dilation_w;
    int64_t pad_top, pad_left;
    int64_t pad_bottom, pad_right; /* average pool only, for count_include_pad */
    bool count_include_pad;        /* divide by the taps inside the padded plane, not the plane */
    const float *x;
    float *y;
};

struct bt_kernels {
    enum bt_isa isa;
    bt_map_f32 *map_f32[BT_UNARY_COUNT];
    bt_zip_f32 *zip_f32[BT_BINARY_COUNT];
    bt_rsum_f32 *rsum_f32;
    bt_rsum_squares_f32 *rsum_squares_f32;
    bt_extreme_f32 *max_f32;
    bt_extreme_f32 *min_f32;
    bt_softmax_f32 *softmax_f32;
    bt_relu_f32 *relu_f32;
    bt_clip_f32 *clip_f32;

    /* Bytes a packed B needs (0: this level does not pack), and packing it. */
    size_t (*gemm_packed_b_bytes)(size_t k, size_t n);
    void (*gemm_pack_b)(const float *b, size_t b_row, size_t b_col, size_t k, size_t n,
                        void *packed);
    /* The pool (may be NULL) splits m and n, never k. `scratch` has gemm_scratch_bytes. */
    size_t (*gemm_scratch_bytes)(const struct bt_gemm *g, unsigned threads);
    void (*gemm_f32)(const struct bt_gemm *g, struct bt_pool *pool, void *scratch);

    size_t (*conv_packed_bytes)(const struct bt_conv *c);
    void (*conv_pack)(const struct bt_conv *c, void *packed);
    size_t (*conv_scratch_bytes)(const struct bt_conv *c, unsigned threads);
    void (*conv_f32)(const struct bt_conv *c, struct bt_pool *pool, void *scratch);

    void (*max_pool_f32)(const struct bt_pool2d *p, struct bt_pool *pool);
    void (*average_pool_f32)(const struct bt_pool2d *p, struct bt_pool *pool);
};

/* A table for `isa`, which must be usable: ref first, then every level up to it overwrites. */
void bt_kernels_init(struct bt_kernels *kernels, enum bt_isa isa);

#endif
