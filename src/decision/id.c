/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/text/base64.h"
#include "ledger/lines.h"

#define INSTANCE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"
#define INDEX_DIGITS_MAX 15
#define CHECK_DIGITS 8

static uint32_t first_four(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint32_t bt_decision_check(const struct bt_digest *fields)
{
    return first_four(fields->bytes);
}

void bt_decision_id_format(const struct bt_decision_id *id, char ret[BT_DECISION_ID_MAX])
{
    (void)snprintf(ret, BT_DECISION_ID_MAX, "%s-%" PRIu64 "-%08" PRIx32, id->instance, id->index,
                   id->check);
}

static bool is_instance(const char *name, size_t len)
{
    return len > 0 && len <= BT_INSTANCE_MAX && name[0] != '-' &&
           strspn(name, INSTANCE_LETTERS) >= len;
}

baton_status bt_instance_check(const char *name, struct baton_error *err)
{
    if (is_instance(name, strlen(name)))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_USAGE,
                   "\"%.60s\" is no name of an instance: expected 1 to %zu of a-z, 0-9 and \"-\", "
                   "not \"-\" first",
                   name, BT_INSTANCE_MAX);
}

/* "17-9f3c2a1b" */
static bool parse_numbers(const char *text, struct bt_decision_id *ret)
{
    BT_AUTO_BUF check = BT_BUF_INIT(CHECK_DIGITS / 2);
    size_t digits = strcspn(text, "-");
    struct bt_bytes index = {(const uint8_t *)text, digits};
    if (digits > INDEX_DIGITS_MAX || !bt_line_number(index, &ret->index) || !text[digits])
        return false;
    struct bt_bytes hex = bt_bytes_of(text + digits + 1);
    if (hex.len != CHECK_DIGITS || !bt_hex_parse(hex, &check))
        return false;
    ret->check = first_four(check.data);
    return true;
}

/* Read from behind, since a name may have "-" in it. */
static bool parse(const char *text, struct bt_decision_id *ret)
{
    const char *check = strrchr(text, '-');
    const char *index = check;
    while (index && index > text && index[-1] != '-')
        index--;
    size_t name = index && index > text ? (size_t)(index - 1 - text) : 0;
    if (!is_instance(text, name) || !parse_numbers(index, ret))
        return false;
    memcpy(ret->instance, text, name);
    ret->instance[name] = '\0';
    return true;
}

baton_status bt_decision_id_parse(const char *text, struct bt_decision_id *ret,
                                  struct baton_error *err)
{
    if (parse(text, ret))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_USAGE,
                   "\"%.100s\" is no name of a decision: expected one as in an answer's header "
                   "Baton-Decision-Id, such as serve-17-9f3c2a1b",
                   text);
}
