/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/compare.h"

static const char grammar[] = "bits, ulp:N, abs:A,rel:R, argmax or topk:K";

static baton_status bad_rule(const char *text, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_USAGE, "\"%s\" is not a rule of comparison: expected %s", text,
                   grammar);
}

/* Decimal digits only, at most 18 of them. */
static bool parse_count(const char *text, uint64_t *ret)
{
    uint64_t value = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits])
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    *ret = value;
    return true;
}

/* A tolerance: digits, point, exponent; the value needs no exact rounding but must be the same
 * everywhere, and it is: the mantissa is an exact integer and the scale one multiplication or
 * division by an exact power of ten. */
static bool parse_tolerance(const char *text, size_t len, double *ret)
{
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    uint64_t mantissa = 0;
    int scale = 0;
    size_t digits = 0;
    size_t i = 0;
    for (bool point = false; i < len && (text[i] == '.' || (text[i] >= '0' && text[i] <= '9'));
         i++) {
        if (text[i] == '.' && point)
            return false;
        point = point || text[i] == '.';
        if (text[i] == '.')
            continue;
        mantissa = mantissa * 10 + (uint64_t)(text[i] - '0');
        scale -= point;
        if (++digits > 15)
            return false;
    }
    if (digits == 0)
        return false;
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        bool negative = i + 1 < len && text[i + 1] == '-';
        int exponent = 0;
        i += negative ? 2 : 1;
        size_t first = i;
        for (; i < len && text[i] >= '0' && text[i] <= '9' && i < first + 3; i++)
            exponent = exponent * 10 + (text[i] - '0');
        if (i == first)
            return false;
        scale += negative ? -exponent : exponent;
    }
    if (i != len || scale > 15 || scale < -30)
        return false;
    double value = (double)mantissa;
    if (scale >= 0)
        value *= powers[scale];
    for (; scale < 0; scale += 15)
        value /= powers[scale < -15 ? 15 : -scale];
    *ret = value;
    return true;
}

static bool parse_close(const char *text, struct bt_rule *rule)
{
    const char *comma = strchr(text, ',');
    if (!comma || strncmp(comma, ",rel:", 5) != 0)
        return false;
    return parse_tolerance(text, (size_t)(comma - text), &rule->abs) &&
           parse_tolerance(comma + 5, strlen(comma + 5), &rule->rel);
}

baton_status bt_rule_parse(const char *text, struct bt_rule *ret, struct baton_error *err)
{
    struct bt_rule rule = BT_RULE_INIT;
    bool good = true;
    if (strcmp(text, "bits") == 0) {
        rule.kind = BT_RULE_BITS;
    } else if (strcmp(text, "argmax") == 0) {
        rule.kind = BT_RULE_ARGMAX;
    } else if (strncmp(text, "ulp:", 4) == 0) {
        rule.kind = BT_RULE_ULP;
        good = parse_count(text + 4, &rule.ulps);
    } else if (strncmp(text, "topk:", 5) == 0) {
        rule.kind = BT_RULE_TOPK;
        good = parse_count(text + 5, &rule.k) && rule.k > 0;
    } else if (strncmp(text, "abs:", 4) == 0) {
        rule.kind = BT_RULE_CLOSE;
        good = parse_close(text + 4, &rule);
    } else {
        good = false;
    }
    if (!good)
        return bad_rule(text, err);
    *ret = rule;
    return BATON_OK;
}

void bt_rule_format(const struct bt_rule *rule, struct bt_buf *out)
{
    switch (rule->kind) {
    case BT_RULE_BITS:
        bt_buf_put_str(out, "bits");
        return;
    case BT_RULE_ULP:
        bt_buf_printf(out, "ulp:%" PRIu64, rule->ulps);
        return;
    case BT_RULE_CLOSE:
        bt_buf_printf(out, "abs:%.15g,rel:%.15g", rule->abs, rule->rel);
        return;
    case BT_RULE_ARGMAX:
        bt_buf_put_str(out, "argmax");
        return;
    case BT_RULE_TOPK:
        bt_buf_printf(out, "topk:%" PRIu64, rule->k);
        return;
    }
}
