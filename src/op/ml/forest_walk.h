/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking one tree with a group of rows in step, for one type of number. Included by forest_run.c
 * once per type, therefore no guard:
 *
 *     REAL   the type of x and of the thresholds
 *     NODE   the node of forest.h that holds it
 *     WALK   name of the function to define
 *
 * The rows of a group are independent chains of loads; in step they overlap, which is what makes
 * this fast. `group` and `nan_true` are constants at every call, so each call is its own loop.
 */
static inline __attribute__((always_inline)) void WALK(const NODE *nodes, uint32_t root,
                                                       uint32_t depth, const struct rows *x,
                                                       const bool nan_true, const unsigned group,
                                                       uint32_t *ret)
{
    const REAL *values = x->at;
    uint32_t at[GROUP];
    for (unsigned r = 0; r < group; r++)
        at[r] = root;
    for (uint32_t step = 0; step < depth; step++) {
        uint32_t moved = 0;
        for (unsigned r = 0; r < group; r++) {
            const NODE *node = &nodes[at[r]];
            REAL v = values[r * x->cols + (node->feature & ~BT_FOREST_NAN_TRUE)];
            uint32_t taken = v <= node->threshold;
            if (nan_true)
                taken |= (uint32_t)(v != v) & (node->feature / BT_FOREST_NAN_TRUE);
            uint32_t next = node->base + taken;
            moved |= next ^ at[r];
            at[r] = next;
        }
        if (!moved)
            break;
    }
    memcpy(ret, at, group * sizeof *at);
}
