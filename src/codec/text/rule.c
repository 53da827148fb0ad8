/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text/rule.h"

#include <inttypes.h>
#include <string.h>

#include "codec/text/number.h"

/* What a tolerance may be, beside 0. */
#define TOLERANCE_MIN 1e-30
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

/* A decimal without sign: neither hexadecimal nor a word. */
static bool parse_tolerance(struct bt_bytes text, double *ret)
{
    static const char allowed[] = "0123456789.eE+-";
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(allowed, text.ptr[i], sizeof allowed - 1))
            return false;
    if (text.len == 0 || text.ptr[0] == '-' || text.ptr[0] == '+' || !bt_f64_parse(text, ret))
        return false;
    return *ret == 0 || (*ret >= TOLERANCE_MIN && *ret <= TOLERANCE_MAX);
}

static bool parse_close(const char *text, struct bt_rule *rule)
{
    const char *comma = strchr(text, ',');
    if (!comma || strncmp(comma, ",rel:", 5) != 0)
        return false;
    return parse_tolerance((struct bt_bytes){(const uint8_t *)text, (size_t)(comma - text)},
                           &rule->abs) &&
           parse_tolerance(bt_bytes_of(comma + 5), &rule->rel);
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

static void put_close(const struct bt_rule *rule, struct bt_buf *out)
{
    char abs[BT_NUMBER_TEXT_MAX];
    char rel[BT_NUMBER_TEXT_MAX];
    bt_f64_format(rule->abs, abs);
    bt_f64_format(rule->rel, rel);
    bt_buf_printf(out, "abs:%s,rel:%s", abs, rel);
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
        put_close(rule, out);
        return;
    case BT_RULE_ARGMAX:
        bt_buf_put_str(out, "argmax");
        return;
    case BT_RULE_TOPK:
        bt_buf_printf(out, "topk:%" PRIu64, rule->k);
        return;
    }
}
