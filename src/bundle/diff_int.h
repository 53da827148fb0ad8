/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_DIFF_INT_H
#define BT_BUNDLE_DIFF_INT_H
/* Shared by diff.c and diff_graph.c. */
#include "bundle/diff.h"

/* Nodes, attributes, initializers. */
BT_CHECK baton_status bt_diff_graph(const struct bt_loaded *a, const struct bt_loaded *b,
                                    struct bt_checks *checks, struct baton_error *err);

#endif
