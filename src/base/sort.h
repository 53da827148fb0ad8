/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_SORT_H
#define BT_BASE_SORT_H
#include <stddef.h>

typedef int bt_pointer_compare(const void *a, const void *b);

/* Heap sort: n log n comparisons whatever the input, and no memory of its own, which qsort() does
 * not promise. Not stable: let the comparison break ties. */
void bt_sort_pointers(const void **values, size_t count, bt_pointer_compare *compare);

#endif
