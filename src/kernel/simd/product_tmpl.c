/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "kernel/simd/level.h"
#include "kernel/simd/product.h"

/* Rows of A whose chunk stays in the second-level cache while the panels go by. */
#define BLOCK_ROWS (20 * TILE_ROWS)

/* All rows of a block, as tiles of heights that differ by one at most: with 6 at a time, 16 rows
 * are better as 6, 5, 5 than as 6, 6, 4. */
static void column_of_tiles(const struct product *p, struct bt_range rows, size_t from,
                            struct tile *t)
{
    size_t count = rows.to - rows.from;
    if (count == 0)
        return;
    size_t tiles = (count + TILE_ROWS - 1) / TILE_ROWS;
    size_t least = count / tiles;
    size_t higher = count % tiles;
    float *c = t->c;
    for (size_t done = 0, tile = 0; tile < tiles; tile++) {
        size_t height = least + (tile < higher);
        size_t row = rows.from + done;
        t->a = p->a + row * p->a_row + from * p->a_col;
        t->c = c + row * p->c_row;
        t->i = row;
        LEVEL(tile)(t, height);
        done += height;
    }
}

static void one_chunk(const struct product *p, struct bt_range rows, struct bt_range panels,
                      size_t from, float *buffer)
{
    struct tile t = {
        .k = bt_min(p->k - from, BT_CHUNK),
        .a_row = p->a_row,
        .a_col = p->a_col,
        .c_row = p->c_row,
        .first = from == 0,
        .last = p->k - from <= BT_CHUNK,
        .epilogue = p->epilogue,
    };
    size_t at_once = panels_for(rows.to - rows.from);
    for (size_t panel = panels.from; panel < panels.to;) {
        size_t wanted = panels.to - panel >= at_once ? at_once : 1;
        panel += p->source(p, panel, wanted, from, buffer, &t);
        column_of_tiles(p, rows, from, &t);
    }
}

static void block_of_rows(const struct product *p, struct bt_range rows, struct bt_range panels,
                          float *buffer)
{
    size_t from = 0;
    do { /* once even without depth: the epilogue of an empty sum */
        one_chunk(p, rows, panels, from, buffer);
        from += BT_CHUNK;
    } while (from < p->k);
}

/* The longer side is cut: panels, unless there are too few to go round. */
void LEVEL(product)(const struct product *p, unsigned part, unsigned parts, float *buffer)
{
    struct bt_range rows = {0, p->m};
    struct bt_range panels = {0, p->panels};
    if (p->panels >= 4 * (size_t)parts || p->panels * PANEL_COLS >= p->m)
        panels = bt_pool_share(p->panels, panels_for(p->m), part, parts);
    else
        rows = bt_pool_share(p->m, TILE_ROWS, part, parts);
    for (size_t row = rows.from; row < rows.to; row += BLOCK_ROWS) {
        struct bt_range block = {row, bt_min(row + BLOCK_ROWS, rows.to)};
        block_of_rows(p, block, panels, buffer);
    }
}
