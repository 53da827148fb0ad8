/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <string.h>

#include "codec/utf8.h"

struct bt_json_writer bt_json_writer(struct bt_buf *out, unsigned indent)
{
    return (struct bt_json_writer){.out = out, .indent = indent};
}

static void new_line(struct bt_json_writer *w)
{
    if (w->indent == 0)
        return;
    bt_buf_put_byte(w->out, '\n');
    for (unsigned i = 0; i < w->depth * w->indent; i++)
        bt_buf_put_byte(w->out, ' ');
}

static uint64_t level_bit(const struct bt_json_writer *w)
{
    return w->depth ? (uint64_t)1 << (w->depth - 1) : 0;
}

/* What stands between the previous item and this one. */
static void separate(struct bt_json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->has_items & level_bit(w))
        bt_buf_put_byte(w->out, ',');
    w->has_items |= level_bit(w);
    if (w->depth)
        new_line(w);
}

static void begin(struct bt_json_writer *w, uint8_t bracket)
{
    BT_BUG_ON(w->depth == BT_JSON_WRITE_DEPTH_MAX);
    separate(w);
    bt_buf_put_byte(w->out, bracket);
    w->depth++;
    w->has_items &= ~level_bit(w);
}

static void end(struct bt_json_writer *w, uint8_t bracket)
{
    BT_BUG_ON(w->depth == 0 || w->after_key);
    bool any = (w->has_items & level_bit(w)) != 0;
    w->depth--;
    if (any)
        new_line(w);
    bt_buf_put_byte(w->out, bracket);
}

void bt_json_begin_object(struct bt_json_writer *w)
{
    begin(w, '{');
}

void bt_json_end_object(struct bt_json_writer *w)
{
    end(w, '}');
}

void bt_json_begin_array(struct bt_json_writer *w)
{
    begin(w, '[');
}

void bt_json_end_array(struct bt_json_writer *w)
{
    end(w, ']');
}

/* Two-letter escapes where JSON has them, \u00xx for the other control characters, nothing else:
 * the form that RFC 8785 prescribes. */
static void escape(struct bt_buf *out, uint8_t byte)
{
    static const char letters[] = "\"\\bfnrt";
    static const char meanings[] = "\"\\\b\f\n\r\t";
    const char *known = byte ? strchr(meanings, byte) : NULL;
    if (known)
        bt_buf_printf(out, "\\%c", letters[known - meanings]);
    else
        bt_buf_printf(out, "\\u%04x", byte);
}

static void put_run(struct bt_buf *out, struct bt_bytes run)
{
    size_t start = 0;
    for (size_t i = 0; i < run.len; i++) {
        if (run.ptr[i] >= ' ' && run.ptr[i] != '"' && run.ptr[i] != '\\')
            continue;
        bt_buf_put(out, run.ptr + start, i - start);
        escape(out, run.ptr[i]);
        start = i + 1;
    }
    bt_buf_put(out, run.ptr + start, run.len - start);
}

static void put_quoted(struct bt_buf *out, struct bt_bytes text)
{
    bt_buf_put_byte(out, '"');
    while (text.len) {
        size_t valid = bt_utf8_valid_prefix(text);
        put_run(out, (struct bt_bytes){text.ptr, valid});
        if (valid == text.len)
            break;
        bt_buf_put_str(out, "\xef\xbf\xbd");
        text = (struct bt_bytes){text.ptr + valid + 1, text.len - valid - 1};
    }
    bt_buf_put_byte(out, '"');
}

void bt_json_key_bytes(struct bt_json_writer *w, struct bt_bytes key)
{
    BT_BUG_ON(w->depth == 0 || w->after_key);
    separate(w);
    put_quoted(w->out, key);
    bt_buf_put_str(w->out, w->indent ? ": " : ":");
    w->after_key = true;
}

void bt_json_key(struct bt_json_writer *w, const char *key)
{
    bt_json_key_bytes(w, bt_bytes_of(key));
}

void bt_json_put_bytes(struct bt_json_writer *w, struct bt_bytes text)
{
    separate(w);
    put_quoted(w->out, text);
}

void bt_json_put_str(struct bt_json_writer *w, const char *text)
{
    bt_json_put_bytes(w, bt_bytes_of(text));
}

void bt_json_put_buf(struct bt_json_writer *w, const struct bt_buf *text)
{
    bt_json_put_bytes(w, bt_buf_bytes(text));
    bt_buf_inherit(w->out, text);
}

void bt_json_put_i64(struct bt_json_writer *w, int64_t value)
{
    separate(w);
    if (value < 0)
        bt_buf_put_byte(w->out, '-');
    bt_buf_put_u64(w->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void bt_json_put_u64(struct bt_json_writer *w, uint64_t value)
{
    separate(w);
    bt_buf_put_u64(w->out, value);
}

/* `text` comes from bt_f64_format() or bt_f32_format(). */
static void put_number(struct bt_json_writer *w, const char *text)
{
    /* Readers that make an integer of "-0" lose its sign. */
    if (strcmp(text, "-0") == 0)
        text = "-0.0";
    separate(w);
    if (strcmp(text, "nan") == 0)
        text = "\"NaN\"";
    else if (strcmp(text, "inf") == 0)
        text = "\"Infinity\"";
    else if (strcmp(text, "-inf") == 0)
        text = "\"-Infinity\"";
    bt_buf_put_str(w->out, text);
}

void bt_json_put_f64(struct bt_json_writer *w, double value)
{
    char text[BT_NUMBER_TEXT_MAX];
    (void)bt_f64_format(value, text);
    put_number(w, text);
}

void bt_json_put_f32(struct bt_json_writer *w, float value)
{
    char text[BT_NUMBER_TEXT_MAX];
    (void)bt_f32_format(value, text);
    put_number(w, text);
}

void bt_json_put_bool(struct bt_json_writer *w, bool value)
{
    separate(w);
    bt_buf_put_str(w->out, value ? "true" : "false");
}

void bt_json_put_null(struct bt_json_writer *w)
{
    separate(w);
    bt_buf_put_str(w->out, "null");
}

void bt_json_member_str(struct bt_json_writer *w, const char *key, const char *value)
{
    bt_json_key(w, key);
    bt_json_put_str(w, value);
}

void bt_json_member_i64(struct bt_json_writer *w, const char *key, int64_t value)
{
    bt_json_key(w, key);
    bt_json_put_i64(w, value);
}

void bt_json_member_u64(struct bt_json_writer *w, const char *key, uint64_t value)
{
    bt_json_key(w, key);
    bt_json_put_u64(w, value);
}

void bt_json_member_bool(struct bt_json_writer *w, const char *key, bool value)
{
    bt_json_key(w, key);
    bt_json_put_bool(w, value);
}
