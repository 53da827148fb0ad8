/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "kernel/simd/epilogue.h"
#include "kernel/simd/level.h"
#include "kernel/simd/product.h"

#define WIDE_VECS (4 * PANEL_VECS)
/* Terms per turn of the loop, whose end the processor then foresees in shallow products. */
#define DEPTH_UNROLLED 4

#define EACH_ROW(call)                                                                             \
    do {                                                                                           \
        UNROLL                                                                                     \
        for (size_t r = 0; r < rows; r++)                                                          \
            call;                                                                                  \
    } while (0)

/* epilogue_row() of whole rows, with one test of a step for all of them. */
FLATTEN void epilogue_block(const struct bt_epilogue *e, size_t i, size_t j,
                            vec acc[TILE_ROWS][WIDE_VECS], const size_t rows, const size_t vecs)
{
    if (e->alpha != 1.0F)
        EACH_ROW(multiply(acc[r], vec_set1(e->alpha), vecs));
    if (e->row_add)
        EACH_ROW(add_row(e, i + r, acc[r], vecs));
    if (e->row_mean)
        EACH_ROW(normalise(e, i + r, acc[r], vecs));
    if (e->full_add)
        EACH_ROW(add_full(e, i + r, j, acc[r], vecs, VEC_LANES));
    if (e->activation != BT_ACT_NONE)
        EACH_ROW(activate(e, acc[r], vecs));
}

/* Whole columns: straight from the accumulators. */
FLATTEN void finish_whole(const struct tile *t, const size_t rows, const size_t vecs,
                          vec acc[TILE_ROWS][WIDE_VECS])
{
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t v = 0; v < vecs; v++) {
            const float *c = t->c + i * t->c_row + v * VEC_LANES;
            acc[i][v] = vec_add(t->first ? vec_zero() : vec_load(c), acc[i][v]);
        }
    }
    if (t->last)
        epilogue_block(t->epilogue, t->i, t->j, acc, rows, vecs);
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            vec_store(t->c + i * t->c_row + v * VEC_LANES, acc[i][v]);
    }
}

/* A panel that ends early; by way of memory, once for all shapes of tile. */
static __attribute__((noinline)) void finish_part(const struct tile *t, size_t rows, size_t vecs,
                                                  const float *sums)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vecs && v * VEC_LANES < t->n; v++) {
            float *c = t->c + i * t->c_row + v * VEC_LANES;
            size_t n = bt_min(t->n - v * VEC_LANES, VEC_LANES);
            vec before = t->first ? vec_zero() : load_some(c, n);
            vec total = vec_add(before, vec_load(sums + (i * vecs + v) * VEC_LANES));
            if (t->last)
                epilogue_row(t->epilogue, t->i + i, t->j + v * VEC_LANES, &total, 1, n);
            store_some(c, n, total);
        }
}

FLATTEN void finish(const struct tile *t, const size_t rows, const size_t vecs,
                    vec acc[TILE_ROWS][WIDE_VECS])
{
    if (t->n >= vecs * VEC_LANES) {
        finish_whole(t, rows, vecs, acc);
        return;
    }
    float sums[TILE_ROWS * WIDE_VECS * VEC_LANES];
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            vec_store(sums + (i * vecs + v) * VEC_LANES, acc[i][v]);
    }
    finish_part(t, rows, vecs, sums);
}

/* The terms k of every sum. */
FLATTEN void multiply_add(const struct tile *t, size_t k, const size_t rows, const size_t vecs,
                          const bool by_offset, vec acc[TILE_ROWS][WIDE_VECS])
{
    const float *a = t->a + k * t->a_col;
    const float *b = t->b + (by_offset ? t->b_at[k] : k * t->b_row);
    vec column[WIDE_VECS];
    UNROLL
    for (size_t v = 0; v < vecs; v++)
        column[v] = vec_load(b + v / PANEL_VECS * t->b_panel + v % PANEL_VECS * VEC_LANES);
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        vec factor = vec_set1(a[i * t->a_row]);
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            vec_accumulate(&acc[i][v], factor, column[v]);
    }
}

FLATTEN void tile_body(const struct tile *t, const size_t rows, const size_t vecs,
                       const bool by_offset)
{
    vec acc[TILE_ROWS][WIDE_VECS];
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t v = 0; v < vecs; v++)
            acc[i][v] = vec_zero();
    }
    size_t k = 0;
    for (; k + DEPTH_UNROLLED <= t->k; k += DEPTH_UNROLLED) {
        UNROLL
        for (size_t u = 0; u < DEPTH_UNROLLED; u++)
            multiply_add(t, k + u, rows, vecs, by_offset, acc);
    }
    for (; k < t->k; k++)
        multiply_add(t, k, rows, vecs, by_offset, acc);
    finish(t, rows, vecs, acc);
}

typedef void tile_fn(const struct tile *t);

#define TILE(rows)                                                                                 \
    static void vec_in_place_##rows(const struct tile *t)                                          \
    {                                                                                              \
        tile_body(t, rows, 1, false);                                                              \
    }                                                                                              \
    static void panel_in_place_##rows(const struct tile *t)                                        \
    {                                                                                              \
        tile_body(t, rows, PANEL_VECS, false);                                                     \
    }                                                                                              \
    static void vec_by_offset_##rows(const struct tile *t)                                         \
    {                                                                                              \
        tile_body(t, rows, 1, true);                                                               \
    }                                                                                              \
    static void panel_by_offset_##rows(const struct tile *t)                                       \
    {                                                                                              \
        tile_body(t, rows, PANEL_VECS, true);                                                      \
    }

static void wide_1(const struct tile *t)
{
    tile_body(t, 1, 4 * PANEL_VECS, false);
}

static void wide_2(const struct tile *t)
{
    tile_body(t, 2, 2 * PANEL_VECS, false);
}

#define ROWS_TO_6(X) X(1) X(2) X(3) X(4) X(5) X(6)
#if TILE_ROWS == 6
#define EACH_ROWS(X) ROWS_TO_6(X)
#elif TILE_ROWS == 8
#define EACH_ROWS(X) ROWS_TO_6(X) X(7) X(8)
#elif TILE_ROWS == 12
#define EACH_ROWS(X) ROWS_TO_6(X) X(7) X(8) X(9) X(10) X(11) X(12)
#endif

EACH_ROWS(TILE)

#define ENTRY(rows)                                                                                \
    [rows] = {{vec_in_place_##rows, panel_in_place_##rows},                                        \
              {vec_by_offset_##rows, panel_by_offset_##rows}},

void LEVEL(tile)(const struct tile *t, size_t rows)
{
    static tile_fn *const tiles[TILE_ROWS + 1][2][2] = {EACH_ROWS(ENTRY)};
    if (t->n > PANEL_COLS)
        (rows == 1 ? wide_1 : wide_2)(t);
    else
        tiles[rows][t->b_at != NULL][t->n > VEC_LANES](t);
}
