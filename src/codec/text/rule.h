/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_RULE_H
#define BT_CODEC_TEXT_RULE_H
/* A rule of comparison as text: "bits", "ulp:N", "abs:A,rel:R", "argmax", "topk:K".
 * docs/formats/contract.md is normative. */
#include "tensor/compare.h"

/* BATON_ERR_USAGE for anything else. */
BT_CHECK baton_status bt_rule_parse(const char *text, struct bt_rule *ret, struct baton_error *err);
/* The one written form: it is part of what a bundle's digest covers. */
void bt_rule_format(const struct bt_rule *rule, struct bt_buf *out);

#endif
