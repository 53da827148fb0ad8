/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_VERIFY_INT_H
#define BT_BUNDLE_VERIFY_INT_H
/* Shared by verify.c, verify_golden.c and verify_trace.c. */
#include "bundle/contract.h"
#include "bundle/verify.h"

struct bt_verifier {
    const struct bt_bundle *bundle;
    const struct bt_bundle *reference; /* whose golden cases and contract count */
    const struct bt_verify_options *options;
    struct bt_verification *result;
    struct bt_loaded loaded;
    struct bt_contract contract;
    struct bt_golden golden;
};

/* A row of checks for each instruction level, thread count and way of batching. */
BT_CHECK baton_status bt_verify_golden(struct bt_verifier *v, struct baton_error *err);
/* One row: the traces stored with the bundle are those of its golden cases. No row when it has
 * none, or when another bundle's golden cases count, for its traces are of another model. */
BT_CHECK baton_status bt_verify_traces(struct bt_verifier *v, struct baton_error *err);
/* Find the first node that diverged, for the difference already noted. */
void bt_verify_name_node(struct bt_verifier *v);

#endif
