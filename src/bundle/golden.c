/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/golden.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "data/npz_values.h"

/* "0000/output/" */
#define PREFIX_MAX 32

static bool same_keys(const struct bt_value *a, const struct bt_value *b)
{
    static const struct bt_rule bits = BT_RULE_INIT;
    const struct bt_value left = {.kind = BT_VALUE_TENSOR, .tensor = a->keys};
    const struct bt_value right = {.kind = BT_VALUE_TENSOR, .tensor = b->keys};
    struct bt_comparison c;
    bt_compare(&left, &right, &bits, &c);
    return bt_comparison_identical(&c);
}

bool bt_pair_elements(const struct bt_pair *pair, const struct bt_comparison *c,
                      const struct bt_tensor **ret_got, const struct bt_tensor **ret_expected)
{
    const struct bt_value *got = pair->got;
    const struct bt_value *expected = pair->expected;
    if (c->shape_differs || (got->kind != BT_VALUE_TENSOR && got->kind != BT_VALUE_MAPS))
        return false;
    bool of_keys = got->kind == BT_VALUE_MAPS && !same_keys(got, expected);
    *ret_got = of_keys ? &got->keys : &got->tensor;
    *ret_expected = of_keys ? &expected->keys : &expected->tensor;
    return true;
}

void bt_golden_release(struct bt_golden *golden)
{
    for (size_t i = 0; i < golden->count; i++) {
        bt_values_release(&golden->cases[i].inputs);
        bt_values_release(&golden->cases[i].outputs);
    }
    bt_free(golden->cases);
    *golden = (struct bt_golden)BT_GOLDEN_INIT;
}

baton_status bt_golden_add(struct bt_golden *golden, struct bt_case **ret, struct baton_error *err)
{
    if (golden->count >= BT_GOLDEN_CASES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %zu golden cases", BT_GOLDEN_CASES_MAX);
    if (golden->count == golden->capacity) {
        size_t capacity = bt_max(8, 2 * golden->capacity);
        struct bt_case *cases = bt_realloc(golden->cases, capacity, sizeof *cases);
        if (!cases)
            return bt_fail_no_memory(err, "the golden cases");
        golden->cases = cases;
        golden->capacity = capacity;
    }
    struct bt_case *made = &golden->cases[golden->count++];
    *made = (struct bt_case){BT_VALUES_INIT, BT_VALUES_INIT};
    *ret = made;
    return BATON_OK;
}

static void prefix_of(size_t i, const char *side, char prefix[PREFIX_MAX])
{
    (void)snprintf(prefix, PREFIX_MAX, "%04zu/%s/", i, side);
}

baton_status bt_golden_format(const struct bt_golden *golden, struct bt_buf *out,
                              struct baton_error *err)
{
    BT_AUTO_VALUES all = BT_VALUES_INIT;
    char prefix[PREFIX_MAX];
    for (size_t i = 0; i < golden->count; i++) {
        prefix_of(i, "input", prefix);
        BT_TRY(bt_values_add_prefixed(&all, prefix, &golden->cases[i].inputs, err));
        prefix_of(i, "output", prefix);
        BT_TRY(bt_values_add_prefixed(&all, prefix, &golden->cases[i].outputs, err));
    }
    return bt_values_format_npz(&all, out, err);
}

static baton_status take_side(const struct bt_values *all, size_t i, const char *side,
                              struct bt_ports ports, struct bt_values *ret, struct baton_error *err)
{
    char prefix[PREFIX_MAX];
    char what[sizeof BT_PART_GOLDEN + PREFIX_MAX];
    prefix_of(i, side, prefix);
    (void)snprintf(what, sizeof what, "%s, %04zu/%s", BT_PART_GOLDEN, i, side);
    BT_TRY(bt_values_take_prefixed(all, prefix, ret, err));
    return bt_values_bind(ret, ports, BT_BIND_STORED, what, err);
}

baton_status bt_golden_parse(struct bt_bytes npz, struct bt_ports inputs, struct bt_ports outputs,
                             struct bt_golden *ret, struct baton_error *err)
{
    BT_AUTO_GOLDEN golden = BT_GOLDEN_INIT;
    BT_AUTO_VALUES all = BT_VALUES_INIT;
    size_t taken = 0;
    BT_TRY(bt_values_parse_npz(npz, BT_PART_GOLDEN, &all, err));
    while (taken < all.count) {
        struct bt_case *made = NULL;
        size_t i = golden.count;
        BT_TRY(bt_golden_add(&golden, &made, err));
        BT_TRY(take_side(&all, i, "input", inputs, &made->inputs, err));
        BT_TRY(take_side(&all, i, "output", outputs, &made->outputs, err));
        taken += made->inputs.count + made->outputs.count;
    }
    *ret = golden;
    golden = (struct bt_golden)BT_GOLDEN_INIT;
    return BATON_OK;
}

baton_status bt_golden_read(const struct bt_bundle *bundle, const struct bt_loaded *loaded,
                            struct bt_golden *ret, struct baton_error *err)
{
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    BT_TRY(bt_bundle_read(bundle, BT_PART_GOLDEN, &blob, err));
    return bt_golden_parse(blob.bytes, bt_loaded_inputs(loaded), bt_loaded_outputs(loaded), ret,
                           err);
}
