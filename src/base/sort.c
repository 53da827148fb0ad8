/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

static void sift_down(const void **heap, size_t from, size_t count, bt_pointer_compare *compare)
{
    for (;;) {
        size_t child = 2 * from + 1;
        if (child >= count)
            return;
        if (child + 1 < count && compare(heap[child], heap[child + 1]) < 0)
            child++;
        if (compare(heap[from], heap[child]) >= 0)
            return;
        const void *swapped = heap[from];
        heap[from] = heap[child];
        heap[child] = swapped;
        from = child;
    }
}

void bt_sort_pointers(const void **values, size_t count, bt_pointer_compare *compare)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(values, i, count, compare);
    for (size_t i = count; i-- > 1;) {
        const void *last = values[i];
        values[i] = values[0];
        values[0] = last;
        sift_down(values, 0, i, compare);
    }
}
