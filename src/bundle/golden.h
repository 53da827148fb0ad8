/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_GOLDEN_H
#define BT_BUNDLE_GOLDEN_H
/*
 * Golden cases: inputs with the outputs that the exact engine gave when the bundle was packed.
 * Stored as one NPZ file (docs/formats/golden.md) that numpy.load() reads:
 *
 *     0000/input/NAME    0000/output/NAME    0000/output/NAME.keys (of maps)    0001/input/…
 */
#include "bundle/loaded.h"
#include "tensor/compare.h"

#define BT_GOLDEN_CASES_MAX ((size_t)1000)

struct bt_case {
    struct bt_values inputs;
    struct bt_values outputs;
};

/* One output of one case, as it came and as it should be. */
struct bt_pair {
    size_t case_index;
    const char *output;
    const struct bt_value *got;
    const struct bt_value *expected;
};

/* The tensors of a pair that a comparison's index counts in: of maps, the keys where they differ.
 * False when the two do not consist of the same kind and shape of elements. */
bool bt_pair_elements(const struct bt_pair *pair, const struct bt_comparison *c,
                      const struct bt_tensor **ret_got, const struct bt_tensor **ret_expected);

struct bt_golden {
    struct bt_case *cases;
    size_t count;
    size_t capacity;
};

#define BT_GOLDEN_INIT                                                                             \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }
#define BT_AUTO_GOLDEN BT_CLEANUP(bt_golden_release) struct bt_golden

void bt_golden_release(struct bt_golden *golden);
/* A new empty case at the end. */
BT_CHECK baton_status bt_golden_add(struct bt_golden *golden, struct bt_case **ret,
                                    struct baton_error *err);
BT_CHECK baton_status bt_golden_format(const struct bt_golden *golden, struct bt_buf *out,
                                       struct baton_error *err);
/* Cases bound to the model's signature. */
BT_CHECK baton_status bt_golden_parse(struct bt_bytes npz, struct bt_ports inputs,
                                      struct bt_ports outputs, struct bt_golden *ret,
                                      struct baton_error *err);
BT_CHECK baton_status bt_golden_read(const struct bt_bundle *bundle, const struct bt_loaded *loaded,
                                     struct bt_golden *ret, struct baton_error *err);

#endif
