/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_VERIFY_H
#define BT_BUNDLE_VERIFY_H
/*
 * Does this bundle predict here as it did where it was packed?
 *
 * Every part is read and hashed on the mapping that is used. The golden cases run at every
 * instruction level asked for, with every thread count, as stored and row by row; the metrics are
 * computed again from the labelled rows. The answer is a list of checks with verdicts; where
 * something differs, the first difference is named down to the element and the node.
 */
#include "base/progress.h"
#include "baton/verdict.h"
#include "bundle/checks.h"
#include "bundle/golden.h"

struct bt_verify_options {
    const enum bt_isa *isas; /* NULL: every level this machine can run */
    size_t isa_count;
    const unsigned *threads; /* NULL: one, and one per usable CPU but at least 2 */
    size_t thread_count;
    const struct bt_bundle *against; /* golden cases and contract of this one instead; or NULL */
    const struct baton_progress *progress;
};

struct bt_difference {
    bool found;
    size_t case_index;
    const char *isa;
    unsigned threads;
    const char *output;
    const char *index;    /* "[0,3]" */
    const char *expected; /* as text */
    const char *got;
    uint64_t ulps; /* UINT64_MAX: not a number of steps */
    uint64_t different;
    uint64_t elements;
    const char *node; /* the first diverging node, or why it is not known */
};

/* Whether the bits of two values of one output are the same; what they are not is noted in `ret`,
 * its texts in `arena`. */
BT_CHECK bool bt_values_differ(const char *output, const struct bt_value *got,
                               const struct bt_value *expected, struct bt_arena *arena,
                               struct bt_difference *ret);

struct bt_verification {
    struct bt_arena arena;
    struct bt_checks checks;
    struct bt_difference difference;
};

#define BT_VERIFICATION_INIT                                                                       \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }

void bt_verification_release(struct bt_verification *verification);
/* `ret` must stay where it is: its rows live in its own arena. BATON_OK means that the question was
 * answered, whatever the answer. A part that does not match its digest is an answer too. */
BT_CHECK baton_status bt_verify(const struct bt_bundle *bundle,
                                const struct bt_verify_options *options,
                                struct bt_verification *ret, struct baton_error *err);
/* The verdict on a bundle that is in the index but that bt_bundle_open() could not open, for the
 * reason `why`; or that reason, when it says nothing about the bundle. */
BT_CHECK baton_status bt_verify_unopened(baton_status status, const struct baton_error *why,
                                         struct bt_verification *ret, struct baton_error *err);

#endif
