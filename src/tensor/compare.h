/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TENSOR_COMPARE_H
#define BT_TENSOR_COMPARE_H
/*
 * Are two values the same, and if not, how far apart?
 *
 * "The same" is a rule that a contract states for an output:
 *
 *   bits          every element has the same bits (all NaNs of a type count as one, as
 * docs/numerics.md makes them canonical) ulp:N         floats at most N units in the last place
 * apart, counted on the ordered number line of the type, so that -0 and +0 are 1 apart; everything
 * else: bits abs:A,rel:R   |x - y| <= A + R * |y|, y the expected value; NaN equals NaN; infinities
 * equal themselves; everything else: bits argmax        the first largest element along the last
 * axis is at the same index topk:K        the indices of the K largest along the last axis are the
 * same, in order
 *
 * A comparison never stops at the first difference: it counts all and keeps the first and the
 * largest, because people ask for both.
 */
#include "base/buf.h"
#include "tensor/value.h"

enum bt_rule_kind { BT_RULE_BITS = 0, BT_RULE_ULP, BT_RULE_CLOSE, BT_RULE_ARGMAX, BT_RULE_TOPK };

struct bt_rule {
    enum bt_rule_kind kind;
    uint64_t ulps;
    double abs;
    double rel;
    uint64_t k;
};

#define BT_RULE_INIT                                                                               \
    {                                                                                              \
        .kind = BT_RULE_BITS                                                                       \
    }

struct bt_comparison {
    uint64_t elements;
    uint64_t different_bits; /* elements whose bits differ */
    uint64_t outside;        /* elements (rows for argmax and topk) that break the rule */
    bool shape_differs;      /* kind, type or shape: nothing else was counted */
    uint64_t first;          /* index of the first element whose bits differ */
    uint64_t first_outside;  /* index of the first that breaks the rule */
    uint64_t ulps_max;       /* floats only; UINT64_MAX when one side is NaN and the other is not */
    double abs_max;
    double rel_max;
};

/* `got` against `expected`. Never fails: a different shape is a result. */
void bt_compare(const struct bt_value *got, const struct bt_value *expected,
                const struct bt_rule *rule, struct bt_comparison *ret);
bool bt_comparison_identical(const struct bt_comparison *c);
bool bt_comparison_within(const struct bt_comparison *c);

/* Distance on the ordered number line; both of the same float type; NaN against number is
 * UINT64_MAX. */
uint64_t bt_ulps_f32(float a, float b);
uint64_t bt_ulps_f64(double a, double b);

/* Element `i` of a numeric tensor as binary64 (exact except for large 64-bit integers). */
double bt_element_f64(const struct bt_tensor *tensor, size_t i);
/* Element `i` of a tensor of signed integers of up to 64 bits, unsigned ones below, or booleans. */
int64_t bt_element_i64(const struct bt_tensor *tensor, size_t i);
/* "[2,0,5]": where the flat index lies in the tensor's shape. */
void bt_position_format(const struct bt_tensor *tensor, size_t i, struct bt_buf *out);

#endif
