/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "kernel/simd/level.h"
#include "kernel/simd/product.h"

/*
 * A packed B is chunk after chunk, in a chunk panel after panel, in a panel row after row of
 * PANEL_COLS, the last panel filled up with zeros: the order in which the product reads it.
 */
static size_t panels_of(size_t n)
{
    return (n + PANEL_COLS - 1) / PANEL_COLS;
}

/* 0, "does not pack", also when the size does not fit: B is then read in place. */
size_t LEVEL(gemm_packed_b_bytes)(size_t k, size_t n)
{
    size_t bytes;
    if (!bt_mul(panels_of(n), PANEL_COLS * sizeof(float), &bytes) || !bt_mul(bytes, k, &bytes))
        return 0;
    return bytes;
}

static void pack_whole_row(const float *from, float *to)
{
    UNROLL
    for (size_t v = 0; v < PANEL_VECS; v++)
        vec_store(to + v * VEC_LANES, vec_load(from + v * VEC_LANES));
}

static void pack_row(const float *from, size_t step, size_t n, float *to)
{
    for (size_t j = 0; j < n; j++)
        to[j] = from[j * step];
    for (size_t j = n; j < PANEL_COLS; j++)
        to[j] = 0.0F;
}

static void pack_panel(const float *b, size_t b_row, size_t b_col, size_t k, size_t n, float *to)
{
    bool whole = b_col == 1 && n == PANEL_COLS;
    for (size_t row = 0; row < k; row++, b += b_row, to += (size_t)PANEL_COLS)
        if (whole)
            pack_whole_row(b, to);
        else
            pack_row(b, b_col, n, to);
}

void LEVEL(gemm_pack_b)(const float *b, size_t b_row, size_t b_col, size_t k, size_t n,
                        void *packed)
{
    float *to = packed;
    for (size_t from = 0; from < k; from += BT_CHUNK) {
        size_t depth = bt_min(k - from, BT_CHUNK);
        for (size_t j = 0; j < n; j += PANEL_COLS, to += depth * PANEL_COLS)
            pack_panel(b + from * b_row + j * b_col, b_row, b_col, depth, bt_min(n - j, PANEL_COLS),
                       to);
    }
}

static size_t packed_source(const struct product *p, size_t panel, size_t wanted, size_t from,
                            float *buffer, struct tile *t)
{
    const struct bt_gemm *g = p->user;
    size_t j = panel * PANEL_COLS;
    size_t columns = bt_min(g->n - j, wanted * PANEL_COLS);
    if (columns < wanted * PANEL_COLS)
        columns = bt_min(columns, PANEL_COLS);
    t->b = (const float *)g->packed_b + (from * p->panels + panel * t->k) * PANEL_COLS;
    t->b_row = PANEL_COLS;
    t->b_panel = t->k * PANEL_COLS;
    t->c = g->c + j;
    t->n = columns;
    t->j = j;
    return columns > PANEL_COLS ? wanted : 1;
}

/* Copying a panel pays when many rows use it, and is needed where whole rows cannot be read. */
static bool read_in_place(const struct bt_gemm *g, size_t columns)
{
    return g->b_col == 1 && columns % PANEL_COLS == 0 && g->m <= 4 * (size_t)TILE_ROWS;
}

static size_t plain_source(const struct product *p, size_t panel, size_t wanted, size_t from,
                           float *buffer, struct tile *t)
{
    const struct bt_gemm *g = p->user;
    size_t j = panel * PANEL_COLS;
    size_t columns = bt_min(g->n - j, wanted * PANEL_COLS);
    const float *b = g->b + from * g->b_row + j * g->b_col;
    if (read_in_place(g, columns) && columns == wanted * PANEL_COLS) {
        t->b = b;
        t->b_row = g->b_row;
        t->b_panel = PANEL_COLS;
    } else {
        wanted = 1;
        columns = bt_min(columns, PANEL_COLS);
        pack_panel(b, g->b_row, g->b_col, t->k, columns, buffer);
        t->b = buffer;
        t->b_row = PANEL_COLS;
        t->b_panel = 0;
    }
    t->c = g->c + j;
    t->n = columns;
    t->j = j;
    return wanted;
}

size_t LEVEL(gemm_scratch_bytes)(const struct bt_gemm *g, unsigned threads)
{
    return g->packed_b ? 0 : threads * sizeof(float) * BT_CHUNK * PANEL_COLS;
}

struct job {
    struct product product;
    float *buffers;
};

static void some_tiles(void *user, unsigned part, unsigned parts)
{
    const struct job *job = user;
    float *buffer = job->buffers ? job->buffers + part * (size_t)BT_CHUNK * PANEL_COLS : NULL;
    LEVEL(product)(&job->product, part, parts, buffer);
}

void LEVEL(gemm)(const struct bt_gemm *g, struct bt_pool *pool, void *scratch)
{
    struct job job = {
        .product =
            {
                .m = g->m,
                .k = g->k,
                .panels = panels_of(g->n),
                .a = g->a,
                .a_row = g->a_row,
                .a_col = g->a_col,
                .c_row = g->c_row,
                .epilogue = &g->epilogue,
                .source = g->packed_b ? packed_source : plain_source,
                .user = g,
            },
        .buffers = g->packed_b ? NULL : scratch,
    };
    bt_pool_run(pool, some_tiles, &job);
}
