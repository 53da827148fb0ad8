/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SIMD_PRODUCT_H
#define BT_KERNEL_SIMD_PRODUCT_H
/*
 * Matrix products, as GEMM and convolution share them.
 *
 * The columns are cut into panels of PANEL_COLS, the rows into tiles of at most TILE_ROWS, the
 * depth into the chunks of the definition (BT_CHUNK). One call of a tile function holds a
 * rows x panel block of one chunk in registers: every accumulator is the chain of one output, so
 * neither the tile's size nor the order of tiles can change a bit. Between chunks the totals wait
 * in C itself; after the last one the epilogue is applied on the way out.
 *
 * Where the panel comes from (packed in advance, read in place, copied, a padded image) is the
 * business of a `struct product_source`.
 */
#include "kernel/kernel.h"
#include "kernel/ref/ref.h"
#include "kernel/simd/vec.h"

struct tile {
    size_t k;       /* depth of the chunk */
    const float *a; /* element (row i, k) of the tile at a[i * a_row + k * a_col] */
    size_t a_row;
    size_t a_col;
    const float *b; /* row k of a panel at b + k * b_row, or b + b_at[k] when b_at is set; */
    size_t b_row;   /* PANEL_COLS elements may be read there whatever n is */
    const size_t *b_at;
    size_t b_panel; /* from one panel to the next, for tiles of several */
    float *c;
    size_t c_row;
    size_t n; /* columns that exist */
    bool first;
    bool last;
    const struct bt_epilogue *epilogue;
    size_t i; /* for the epilogue: the row and column of c */
    size_t j;
};

/* Computes `rows` <= TILE_ROWS rows of the tile. */
void LEVEL(tile)(const struct tile *t, size_t rows);

/* Rows this low take several panels at a time: one panel has too few chains to hide the latency of
 * a multiply-add. */
FLATTEN size_t panels_for(size_t rows)
{
    return rows == 1 ? 4 : rows == 2 ? 2 : 1;
}

struct product;

/*
 * Fills b*, c, n and j of `t` for the chunk [from, from + t->k) of the depth and for `panel`,
 * and the panels after it up to `wanted` or none: the return value is wanted or 1, and more than 1
 * only when all columns exist. `buffer` has BT_CHUNK x PANEL_COLS floats.
 */
typedef size_t product_source(const struct product *p, size_t panel, size_t wanted, size_t from,
                              float *buffer, struct tile *t);

struct product {
    size_t m;
    size_t k;
    size_t panels;
    const float *a;
    size_t a_row;
    size_t a_col;
    size_t c_row;
    const struct bt_epilogue *epilogue;
    product_source *source;
    const void *user; /* the source's own */
};

/* Part `part` of `parts`. `buffer` belongs to the part. */
void LEVEL(product)(const struct product *p, unsigned part, unsigned parts, float *buffer);

#endif
