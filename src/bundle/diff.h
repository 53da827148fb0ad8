/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_DIFF_H
#define BT_BUNDLE_DIFF_H
/*
 * What is different between two bundles, from the outside in: parts, graph, tensors and attributes,
 * contract, metrics, and what it does to the predictions: a's golden inputs, run on both here. A
 * row for each difference; a row "identical" for each aspect that has none.
 */
#include "bundle/checks.h"
#include "bundle/golden.h"

/* `checks->arena` must be set. */
BT_CHECK baton_status bt_diff(const struct bt_bundle *a, const struct bt_bundle *b,
                              struct bt_checks *checks, struct baton_error *err);

#endif
