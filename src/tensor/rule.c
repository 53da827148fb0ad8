/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/compare.h"

#define MANTISSA_DIGITS 15 /* fewer than 2^53 in value */
/* Together they make every tolerance that is read one that is written so that it reads back: with
 * up to 15 digits, as "1e+30" at the largest. */
#define SCALE_MAX 30
#define TOLERANCE_MAX 1e30

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

struct decimal {
    uint64_t mantissa;
    int scale; /* value = mantissa * 10^scale */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with at most one point among them; how many bytes they are, 0 when they are none. */
static size_t read_mantissa(const char *text, size_t len, struct decimal *decimal)
{
    size_t digits = 0;
    size_t i = 0;
    bool point = false;
    for (; i < len && (is_digit(text[i]) || (text[i] == '.' && !point)); i++) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(text[i] - '0');
        decimal->scale -= point;
        if (++digits > MANTISSA_DIGITS)
            return 0;
    }
    return digits ? i : 0;
}

/* "e", a sign or not, one to three digits; how many bytes they are, 0 when they are none. */
static size_t read_exponent(const char *text, size_t len, struct decimal *decimal)
{
    size_t sign = len > 1 && (text[1] == '-' || text[1] == '+') ? 1 : 0;
    size_t first = 1 + sign;
    size_t i = first;
    int exponent = 0;
    for (; i < len && i < first + 3 && is_digit(text[i]); i++)
        exponent = exponent * 10 + (text[i] - '0');
    decimal->scale += sign && text[1] == '-' ? -exponent : exponent;
    return i == first ? 0 : i;
}

/* A tolerance: digits, point, exponent; the value needs no exact rounding but must be the same
 * everywhere, and it is: the mantissa is an exact integer and the scale one multiplication or
 * division by an exact power of ten. */
static bool parse_tolerance(const char *text, size_t len, double *ret)
{
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    struct decimal decimal = {0, 0};
    size_t used = read_mantissa(text, len, &decimal);
    if (used == 0)
        return false;
    if (used < len && (text[used] == 'e' || text[used] == 'E'))
        used += read_exponent(text + used, len - used, &decimal);
    int scale = decimal.scale;
    if (used != len || scale > SCALE_MAX || scale < -SCALE_MAX)
        return false;
    double value = (double)decimal.mantissa;
    for (; scale > 0; scale -= 15)
        value *= powers[scale > 15 ? 15 : scale];
    for (; scale < 0; scale += 15)
        value /= powers[scale < -15 ? 15 : -scale];
    *ret = value;
    return value <= TOLERANCE_MAX;
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
