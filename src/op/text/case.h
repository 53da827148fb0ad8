/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_OP_TEXT_CASE_H
#define BT_OP_TEXT_CASE_H
/* Upper and lower case of UTF-8 text, letter by letter, the same on every machine and in every
 * locale: Latin, Greek, Cyrillic and Armenian letters that have exactly one counterpart. Everything
 * else stays as it is, bytes that are no UTF-8 included. */
#include "base/buf.h"

enum bt_case { BT_CASE_KEEP = 0, BT_CASE_LOWER, BT_CASE_UPPER };

/* Append `text` in that case. */
void bt_case_put(enum bt_case which, struct bt_bytes text, struct bt_buf *out);

#endif
