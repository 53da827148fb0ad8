/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers come by the million here, strings and words seldom: those pay for what they share with
 * the parser, numbers do not. */
#include <string.h>

#include "codec/json/json_int.h"

struct bt_json_scan bt_json_scan_of(const struct bt_json *raw)
{
    BT_BUG_ON(raw->kind != BT_JSON_RAW);
    return (struct bt_json_scan){.step = BT_JSON_CLOSED, .text = raw->text, .start = raw->offset};
}

static struct bt_json_input input_of(const struct bt_json_scan *scan, struct baton_error *err)
{
    return (struct bt_json_input){.bytes = scan->text,
                                  .text = (uint8_t *)(uintptr_t)scan->text.ptr,
                                  .pos = scan->pos,
                                  .offset = scan->start,
                                  .err = err};
}

static baton_status fail_expected(const struct bt_json_scan *scan, const char *wanted,
                                  struct baton_error *err)
{
    struct bt_json_input in = input_of(scan, err);
    return bt_json_fail_expected(&in, wanted);
}

static baton_status scan_string(struct bt_json_scan *scan, struct baton_error *err)
{
    struct bt_json_input in = input_of(scan, err);
    scan->item.kind = BT_JSON_STRING;
    BT_TRY(bt_json_string(&in, &scan->item.text));
    scan->pos = in.pos;
    return BATON_OK;
}

/* A word that stands for a number is one of which only the text says what it is. */
static baton_status scan_word(struct bt_json_scan *scan, struct baton_error *err)
{
    struct bt_bytes rest = {scan->text.ptr + scan->pos, scan->text.len - scan->pos};
    const struct bt_json_word *found = bt_json_find_word(rest);
    if (!found)
        return fail_expected(scan, "a value", err);
    rest.len = strlen(found->text);
    scan->pos += rest.len;
    scan->item.kind = found->kind;
    scan->item.text = rest;
    scan->number = (struct bt_decimal){.text = rest, .is_long = true};
    return BATON_OK;
}

static baton_status scan_item(struct bt_json_scan *scan, struct baton_error *err)
{
    const uint8_t *at = scan->text.ptr + scan->pos;
    scan->step = BT_JSON_ITEM;
    scan->after_value = true;
    scan->item.offset = scan->start + scan->pos;
    if (bt_decimal_take((struct bt_bytes){at, scan->text.len - scan->pos}, &scan->number)) {
        scan->item.kind = BT_JSON_NUMBER;
        scan->pos += scan->number.text.len;
        return BATON_OK;
    }
    return scan->pos < scan->text.len && *at == '"' ? scan_string(scan, err) : scan_word(scan, err);
}

static uint8_t skip_blanks(struct bt_json_scan *scan)
{
    for (; scan->pos < scan->text.len; scan->pos++) {
        uint8_t byte = scan->text.ptr[scan->pos];
        if (byte > ' ' || (byte != ' ' && byte != '\n' && byte != '\t' && byte != '\r'))
            return byte;
    }
    return 0;
}

static baton_status close_array(struct bt_json_scan *scan)
{
    scan->pos++;
    scan->depth--;
    scan->after_value = true;
    scan->step = BT_JSON_CLOSED;
    return BATON_OK;
}

static baton_status open_array(struct bt_json_scan *scan)
{
    scan->pos++;
    scan->depth++;
    scan->after_value = false;
    scan->step = BT_JSON_OPENED;
    return BATON_OK;
}

baton_status bt_json_scan_next(struct bt_json_scan *scan, struct baton_error *err)
{
    uint8_t byte = skip_blanks(scan);
    bool may_close = scan->step == BT_JSON_OPENED || scan->after_value;
    if (scan->depth == 0 && scan->after_value) {
        scan->step = BT_JSON_ENDED;
        return BATON_OK;
    }
    if (byte == ']' && may_close)
        return close_array(scan);
    if (scan->after_value) {
        if (byte != ',')
            return fail_expected(scan, "',' or ']'", err);
        scan->pos++;
        byte = skip_blanks(scan);
    }
    return byte == '[' ? open_array(scan) : scan_item(scan, err);
}
