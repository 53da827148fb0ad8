/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "codec/json/json_int.h"
#include "codec/utf8.h"

baton_status bt_json_fail_at(const struct bt_json_input *in, size_t offset, baton_status status,
                             const char *fmt, ...)
{
    char reason[256];
    size_t line = 1;
    size_t column = 1;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof reason, fmt, args);
    va_end(args);
    if (!in->what)
        return bt_fail(in->err, status, "offset %zu: %s", in->offset + offset, reason);
    for (size_t i = 0; i < offset; i++) {
        column++;
        if (in->bytes.ptr[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return bt_fail(in->err, status, "%s: line %zu, column %zu: %s", in->what, line, column, reason);
}

baton_status bt_json_fail_expected(const struct bt_json_input *in, const char *wanted)
{
    if (in->pos >= in->bytes.len)
        return bt_json_fail_at(in, in->bytes.len, BATON_ERR_INVALID, "expected %s, found the end",
                               wanted);
    uint8_t byte = in->bytes.ptr[in->pos];
    if (byte > ' ' && byte < 0x7f)
        return bt_json_fail_at(in, in->pos, BATON_ERR_INVALID, "expected %s, found '%c'", wanted,
                               byte);
    return bt_json_fail_at(in, in->pos, BATON_ERR_INVALID, "expected %s, found byte 0x%02x", wanted,
                           byte);
}

const struct bt_json_word *bt_json_find_word(struct bt_bytes rest)
{
    static const struct bt_json_word words[] = {
        {"null", BT_JSON_NULL},  {"false", BT_JSON_FALSE},     {"true", BT_JSON_TRUE},
        {"NaN", BT_JSON_NUMBER}, {"Infinity", BT_JSON_NUMBER}, {"-Infinity", BT_JSON_NUMBER}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i].text);
        if (len <= rest.len && memcmp(rest.ptr, words[i].text, len) == 0)
            return &words[i];
    }
    return NULL;
}

/* ---- strings ---- */

static bool take_hex4(struct bt_json_input *in, uint32_t *ret)
{
    uint32_t value = 0;
    if (in->bytes.len - in->pos < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        uint8_t byte = in->bytes.ptr[in->pos + (size_t)i];
        uint8_t small = byte | 0x20;
        if (byte >= '0' && byte <= '9')
            value = value << 4 | (uint32_t)(byte - '0');
        else if (small >= 'a' && small <= 'f')
            value = value << 4 | (uint32_t)(small - 'a' + 10);
        else
            return false;
    }
    in->pos += 4;
    *ret = value;
    return true;
}

/* After "\u": one unit, or a pair of surrogates. */
static baton_status unicode_escape(struct bt_json_input *in, size_t start, uint32_t *ret_point)
{
    uint32_t high = 0;
    uint32_t low = 0;
    if (!take_hex4(in, &high))
        return bt_json_fail_at(in, start, BATON_ERR_INVALID, "\\u needs four hexadecimal digits");
    *ret_point = high;
    if (high < 0xd800 || high > 0xdfff)
        return BATON_OK;
    if (high > 0xdbff || !bt_json_take(in, '\\') || !bt_json_take(in, 'u') ||
        !take_hex4(in, &low) || low < 0xdc00 || low > 0xdfff)
        return bt_json_fail_at(in, start, BATON_ERR_INVALID, "\\u%04x is half of a surrogate pair",
                               (unsigned)high);
    *ret_point = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
    return BATON_OK;
}

/* At a backslash. Writes what it stands for. */
static baton_status escape(struct bt_json_input *in, uint8_t **out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    size_t start = in->pos++;
    uint8_t letter = in->pos < in->bytes.len ? in->bytes.ptr[in->pos] : 0;
    const char *known = letter ? strchr(letters, letter) : NULL;
    uint32_t point = 0;
    if (known) {
        in->pos++;
        *(*out)++ = (uint8_t)meanings[known - letters];
        return BATON_OK;
    }
    if (!bt_json_take(in, 'u'))
        return bt_json_fail_at(in, start, BATON_ERR_INVALID, "unknown escape after a backslash");
    BT_TRY(unicode_escape(in, start, &point));
    *out += bt_utf8_encode(point, *out);
    return BATON_OK;
}

/* Bytes that stand for themselves, up to a quote or a backslash. */
static baton_status plain_run(struct bt_json_input *in, uint8_t **out)
{
    size_t start = in->pos;
    while (in->pos < in->bytes.len) {
        uint8_t byte = in->bytes.ptr[in->pos];
        if (byte == '"' || byte == '\\')
            break;
        if (byte < ' ')
            return bt_json_fail_at(in, in->pos, BATON_ERR_INVALID,
                                   "control byte 0x%02x in a string: write it as \\u%04x", byte,
                                   byte);
        in->pos++;
    }
    struct bt_bytes run = {in->bytes.ptr + start, in->pos - start};
    size_t valid = bt_utf8_valid_prefix(run);
    if (valid < run.len)
        return bt_json_fail_at(in, start + valid, BATON_ERR_INVALID,
                               "byte 0x%02x is not UTF-8 here", run.ptr[valid]);
    memmove(*out, run.ptr, run.len);
    *out += run.len;
    return BATON_OK;
}

baton_status bt_json_string(struct bt_json_input *in, struct bt_bytes *ret)
{
    size_t start = in->pos++;
    uint8_t *text = in->text + start;
    uint8_t *out = text;
    while (!bt_json_take(in, '"')) {
        if (in->pos >= in->bytes.len)
            return bt_json_fail_at(in, start, BATON_ERR_INVALID, "this string does not end");
        if (bt_json_at_byte(in, '\\'))
            BT_TRY(escape(in, &out));
        else
            BT_TRY(plain_run(in, &out));
    }
    *ret = (struct bt_bytes){text, (size_t)(out - text)};
    return BATON_OK;
}
