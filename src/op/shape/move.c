/* SPDX-License-Identifier: Apache-2.0 */
#include "op/shape/shape_int.h"

#include <string.h>

#include "base/checked.h"

/* One row: `count` elements with fixed steps. The sizes that exist are 1, 2, 4, 8 and 16, and a
 * memcpy of a constant size is one load and one store. */
#define COPY_ROW(size)                                                                             \
    static void copy_row_##size(const char *from, int64_t from_step, char *to, int64_t to_step,    \
                                int64_t count)                                                     \
    {                                                                                              \
        for (int64_t i = 0; i < count; i++)                                                        \
            memcpy(to + i * to_step * (size), from + i * from_step * (size), (size));              \
    }

COPY_ROW(1)
COPY_ROW(2)
COPY_ROW(4)
COPY_ROW(8)
COPY_ROW(16)

typedef void copy_row_fn(const char *from, int64_t from_step, char *to, int64_t to_step,
                         int64_t count);

static copy_row_fn *row_function(size_t element)
{
    switch (element) {
    case 1:
        return copy_row_1;
    case 2:
        return copy_row_2;
    case 4:
        return copy_row_4;
    case 8:
        return copy_row_8;
    default:
        return copy_row_16;
    }
}

_Static_assert(sizeof(struct bt_bytes) == 16, "strings move as 16-byte elements");

/* ---- simplification ---- */

static bool continues(const struct bt_move *m, unsigned outer, unsigned inner)
{
    return m->from_step[outer] == m->from_step[inner] * m->dims[inner] &&
           m->to_step[outer] == m->to_step[inner] * m->dims[inner];
}

static void set_axis(struct bt_move *m, unsigned at, const struct bt_move *from, unsigned axis)
{
    m->dims[at] = from->dims[axis];
    m->from_step[at] = from->from_step[axis];
    m->to_step[at] = from->to_step[axis];
}

#define ELEMENT_MAX ((int64_t)16)

/* Whether rows of the last axis can move as elements of their own: dense on both sides, of a size
 * that row_function() knows, and all steps a multiple of them. */
static bool row_is_element(const struct bt_move *m)
{
    if (m->rank < 2)
        return false;
    unsigned last = m->rank - 1;
    int64_t count = m->dims[last];
    if (m->from_step[last] != 1 || m->to_step[last] != 1 || count < 2 || count > ELEMENT_MAX)
        return false;
    int64_t bytes = count * (int64_t)m->element;
    if (bytes > ELEMENT_MAX || (bytes & (bytes - 1)) != 0)
        return false;
    for (unsigned i = 0; i < last; i++)
        if (m->from_step[i] % count != 0 || m->to_step[i] % count != 0)
            return false;
    return true;
}

/* A call of memcpy costs more than a short row: pairs of coordinates move as one element each. */
static void widen(struct bt_move *m)
{
    if (!row_is_element(m))
        return;
    int64_t count = m->dims[--m->rank];
    m->element *= (size_t)count;
    for (unsigned i = 0; i < m->rank; i++) {
        m->from_step[i] /= count;
        m->to_step[i] /= count;
    }
}

/* The same move with fewer, longer axes: those of one element go, and an axis that merely continues
 * the next one joins it. Afterwards a dense copy has rank 1. */
static struct bt_move simplify(const struct bt_move *m)
{
    struct bt_move s = {.element = m->element};
    for (unsigned i = 0; i < m->rank; i++) {
        if (m->dims[i] == 1)
            continue;
        set_axis(&s, s.rank, m, i);
        if (s.rank > 0 && continues(&s, s.rank - 1, s.rank)) {
            int64_t outer = s.dims[s.rank - 1];
            set_axis(&s, s.rank - 1, m, i);
            s.dims[s.rank - 1] *= outer;
            continue;
        }
        s.rank++;
    }
    widen(&s);
    return s;
}

/* ---- the loops ---- */

static void copy_row(const struct bt_move *m, unsigned axis, const char *from, char *to)
{
    size_t count = (size_t)m->dims[axis];
    if (m->from_step[axis] == 1 && m->to_step[axis] == 1)
        memcpy(to, from, count * m->element);
    else if (m->from_step[axis] == 0 && m->to_step[axis] == 1)
        bt_move_fill(to, m->element, count, from);
    else
        row_function(m->element)(from, m->from_step[axis], to, m->to_step[axis], m->dims[axis]);
}

#define TILE ((int64_t)32)

/* Both last axes at once, for transposes: reading runs along one of them and writing along the
 * other, so small squares keep the lines of both in the cache. */
static void copy_square(const struct bt_move *m, const char *from, char *to)
{
    unsigned r = m->rank - 2;
    unsigned c = m->rank - 1;
    int64_t size = (int64_t)m->element;
    copy_row_fn *row = row_function(m->element);
    for (int64_t i = 0; i < m->dims[r]; i += TILE) {
        int64_t rows = i + TILE < m->dims[r] ? TILE : m->dims[r] - i;
        for (int64_t j = 0; j < m->dims[c]; j += TILE) {
            int64_t columns = j + TILE < m->dims[c] ? TILE : m->dims[c] - j;
            const char *f = from + (i * m->from_step[r] + j * m->from_step[c]) * size;
            char *t = to + (i * m->to_step[r] + j * m->to_step[c]) * size;
            for (int64_t k = 0; k < rows; k++)
                row(f + k * m->from_step[r] * size, m->from_step[c], t + k * m->to_step[r] * size,
                    m->to_step[c], columns);
        }
    }
}

/* Bring the axis along which reading is dense next to the last, when writing is dense along the
 * last and reading is not. */
static bool arrange_square(struct bt_move *m)
{
    unsigned last = m->rank - 1;
    if (m->rank < 2 || m->to_step[last] != 1 || m->from_step[last] <= 1)
        return false;
    for (unsigned i = 0; i < last; i++) {
        if (m->from_step[i] != 1)
            continue;
        struct bt_move before = *m;
        for (unsigned k = i; k + 1 < last; k++)
            set_axis(m, k, &before, k + 1);
        set_axis(m, last - 1, &before, i);
        return true;
    }
    return false;
}

/* Next index of the outer `rank` axes; false after the last one. */
static bool advance(const struct bt_move *m, unsigned rank, int64_t *index, const char **from,
                    char **to)
{
    int64_t size = (int64_t)m->element;
    for (unsigned i = rank; i-- > 0;) {
        *from += m->from_step[i] * size;
        *to += m->to_step[i] * size;
        if (++index[i] < m->dims[i])
            return true;
        *from -= m->dims[i] * m->from_step[i] * size;
        *to -= m->dims[i] * m->to_step[i] * size;
        index[i] = 0;
    }
    return false;
}

void bt_move_run(const struct bt_move *move, const void *from, void *to)
{
    struct bt_move m = simplify(move);
    int64_t index[BT_MOVE_RANK_MAX] = {0};
    const char *f = from;
    char *t = to;
    for (unsigned i = 0; i < m.rank; i++)
        if (m.dims[i] == 0)
            return;
    if (m.rank == 0) {
        memcpy(t, f, m.element);
        return;
    }
    bool square = arrange_square(&m);
    unsigned outer = m.rank - (square ? 2 : 1);
    do {
        if (square)
            copy_square(&m, f, t);
        else
            copy_row(&m, m.rank - 1, f, t);
    } while (advance(&m, outer, index, &f, &t));
}

void bt_move_fill(void *to, size_t element, size_t count, const void *value)
{
    size_t bytes = count * element;
    if (bytes == 0)
        return;
    /* The value first, then what is there, doubled. */
    memcpy(to, value, element);
    for (size_t done = element; done < bytes; done *= 2)
        memcpy((char *)to + done, to, bt_min(done, bytes - done));
}

void bt_dense_steps(unsigned rank, const int64_t *dims, int64_t *ret_steps)
{
    int64_t step = 1;
    for (unsigned i = rank; i-- > 0;) {
        ret_steps[i] = step;
        step *= dims[i];
    }
}

baton_status bt_own_strings(struct bt_tensor *tensor, struct baton_error *err)
{
    if (tensor->dtype != BT_STRING)
        return BATON_OK;
    const struct bt_bytes *strings = tensor->data;
    size_t count = bt_tensor_count(tensor);
    for (size_t i = 0; i < count; i++)
        BT_TRY(bt_tensor_set_string(tensor, i, strings[i].ptr, strings[i].len, err));
    return BATON_OK;
}
