/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_JSON_INT_H
#define BT_CODEC_JSON_INT_H
/* Shared by the parser (duplicate keys) and the canonical writer (order of members). */
#include "codec/json.h"

typedef int bt_json_compare(const struct bt_json *a, const struct bt_json *b);

/* Heap sort: n log n comparisons whatever the input, no memory of its own. Not stable. */
void bt_json_sort(const struct bt_json **values, size_t count, bt_json_compare *compare);

#endif
