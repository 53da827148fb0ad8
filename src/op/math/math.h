/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_MATH_MATH_H
#define BT_OP_MATH_MATH_H
/* Elementwise work on any type, by lanes (op/lane.h). A lane without a function is a type that the
 * operator does not take. */
#include "op/lane.h"
#include "op/op.h"

/* y[i] = a[i * a_step] op b[i * b_step]; steps 0 or 1; y may be a or b. */
typedef void bt_zip_fn(const void *a, size_t a_step, const void *b, size_t b_step, void *y,
                       size_t n);

struct bt_zip {
    int kernel; /* enum bt_binary for binary32, or -1: f32 */
    bt_zip_fn *f32;
    bt_zip_fn *f64;
    bt_zip_fn *i64;
    bt_zip_fn *u64;
};

#define BT_NO_KERNEL (-1)

/* Output 0 = input a op input b, broadcast, in the type of both. */
BT_CHECK baton_status bt_math_zip(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                                  struct baton_error *err);
/* The same into a given output; its type is the operands'. */
BT_CHECK baton_status bt_math_zip_into(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                                       const struct bt_tensor *a, const struct bt_tensor *b,
                                       struct bt_tensor *y, struct baton_error *err);
/* Output 0 is bool; the functions write uint64 0 or 1. */
BT_CHECK baton_status bt_math_compare(struct bt_op_ctx *ctx, const struct bt_zip *zip,
                                      struct baton_error *err);

/* y[i] = f(x[i]); y may be x. `param` is what the operator's prepare left. */
typedef void bt_map_fn(const void *param, const void *x, void *y, size_t n);

struct bt_map {
    bt_map_fn *f32;
    bt_map_fn *f64;
    bt_map_fn *i64;
    bt_map_fn *u64;
};

/* Output 0 = f(input 0), in its type, in its bytes where possible. */
BT_CHECK baton_status bt_math_map(struct bt_op_ctx *ctx, const struct bt_map *map,
                                  const void *param, struct baton_error *err);

/* Total order -0 < +0, NaN propagates (numerics.md). */
double bt_min_f64(double a, double b);
double bt_max_f64(double a, double b);
/* Whole numbers: nearest (ties to even), not above, not below. The sign survives: the ceiling of
 * -0.5 is -0. */
double bt_round_even_f64(double x);
double bt_floor_f64(double x);
double bt_ceil_f64(double x);

/* As Cast does (numerics-ops.md): y has x's shape and a type of its own. Strings go one by one,
 * numbers on the pool, which may be NULL. */
BT_CHECK baton_status bt_cast(struct bt_pool *pool, const struct bt_tensor *x, struct bt_tensor *y,
                              struct baton_error *err);

#define BT_ZIP_FN(name, type, result, expression)                                                  \
    static void name(const void *pa, size_t a_step, const void *pb, size_t b_step, void *py,       \
                     size_t n)                                                                     \
    {                                                                                              \
        const type *av = pa;                                                                       \
        const type *bv = pb;                                                                       \
        result *y = py;                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            type a = av[i * a_step];                                                               \
            type b = bv[i * b_step];                                                               \
            y[i] = (result)(expression);                                                           \
        }                                                                                          \
    }

#define BT_MAP_FN(name, type, expression)                                                          \
    static void name(const void *param, const void *px, void *py, size_t n)                        \
    {                                                                                              \
        const type *xv = px;                                                                       \
        type *y = py;                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            type x = xv[i];                                                                        \
            y[i] = (type)(expression);                                                             \
        }                                                                                          \
    }

#endif
