/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser: one pass, no recursion.
 *
 * The input is copied into the arena once; strings are decoded in place there (an escape is never
 * shorter than what it stands for) and every text of the tree points into that copy.
 *
 * Values are pushed on one stack. A container is pushed first, its children above it; when it
 * closes, the children move into an array of their own in the arena and the container becomes the
 * top. `open` holds the stack positions of the containers that are not closed yet. `state` says
 * what may come next:
 *
 *     VALUE        a value                    after ':' and after ',' in an array, and at the start
 *     FIRST_VALUE  a value or ']'             after '['
 *     KEY          a string, then ':'         after ',' in an object
 *     FIRST_KEY    the same or '}'            after '{'
 *     AFTER        ',' or the closing bracket; at depth 0 the end of the input
 *
 * Duplicate keys are found when an object closes, by sorting its members: n log n whatever the
 * keys are, where a hash table could be flooded.
 */
#include "codec/json.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/sort.h"
#include "codec/utf8.h"

enum state { VALUE, FIRST_VALUE, KEY, FIRST_KEY, AFTER };

struct value_stack {
    struct bt_json *values;
    size_t count;
    size_t capacity;
};

struct parser {
    struct bt_bytes input;
    uint8_t *text; /* the copy that strings are decoded in */
    size_t pos;
    const char *what;
    struct bt_json_limits limits;
    struct bt_arena *arena;
    struct value_stack stack;
    const void **sorted; /* the members of the object that closes */
    size_t sorted_max;
    size_t *open;
    unsigned depth;
    size_t values; /* made so far */
    enum state state;
    struct bt_bytes key; /* of the value that comes next */
    struct baton_error *err;
};

static void parser_release(struct parser *p)
{
    bt_free(p->stack.values);
    bt_free(p->sorted);
    bt_free(p->open);
}

static baton_status fail_at(const struct parser *p, size_t offset, baton_status status,
                            const char *fmt, ...) BT_PRINTF(4, 5);

static baton_status fail_at(const struct parser *p, size_t offset, baton_status status,
                            const char *fmt, ...)
{
    char reason[256];
    size_t line = 1;
    size_t column = 1;
    va_list args;
    for (size_t i = 0; i < offset; i++) {
        column++;
        if (p->input.ptr[i] == '\n') {
            line++;
            column = 1;
        }
    }
    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof reason, fmt, args);
    va_end(args);
    return bt_fail(p->err, status, "%s: line %zu, column %zu: %s", p->what, line, column, reason);
}

/* "expected X, found Y" for the byte at the current position. */
static baton_status fail_expected(const struct parser *p, const char *wanted)
{
    if (p->pos >= p->input.len)
        return fail_at(p, p->input.len, BATON_ERR_INVALID, "expected %s, found the end", wanted);
    uint8_t byte = p->input.ptr[p->pos];
    if (byte > ' ' && byte < 0x7f)
        return fail_at(p, p->pos, BATON_ERR_INVALID, "expected %s, found '%c'", wanted, byte);
    return fail_at(p, p->pos, BATON_ERR_INVALID, "expected %s, found byte 0x%02x", wanted, byte);
}

static bool at_byte(const struct parser *p, uint8_t byte)
{
    return p->pos < p->input.len && p->input.ptr[p->pos] == byte;
}

static bool take(struct parser *p, uint8_t byte)
{
    if (!at_byte(p, byte))
        return false;
    p->pos++;
    return true;
}

static void skip_blanks(struct parser *p)
{
    while (at_byte(p, ' ') || at_byte(p, '\n') || at_byte(p, '\t') || at_byte(p, '\r'))
        p->pos++;
}

/* ---- strings ---- */

static bool take_hex4(struct parser *p, uint32_t *ret)
{
    uint32_t value = 0;
    if (p->input.len - p->pos < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        uint8_t byte = p->input.ptr[p->pos + (size_t)i];
        uint8_t small = byte | 0x20;
        if (byte >= '0' && byte <= '9')
            value = value << 4 | (uint32_t)(byte - '0');
        else if (small >= 'a' && small <= 'f')
            value = value << 4 | (uint32_t)(small - 'a' + 10);
        else
            return false;
    }
    p->pos += 4;
    *ret = value;
    return true;
}

/* After "\u": one unit, or a pair of surrogates. */
static baton_status unicode_escape(struct parser *p, size_t start, uint32_t *ret_point)
{
    uint32_t high = 0;
    uint32_t low = 0;
    if (!take_hex4(p, &high))
        return fail_at(p, start, BATON_ERR_INVALID, "\\u needs four hexadecimal digits");
    *ret_point = high;
    if (high < 0xd800 || high > 0xdfff)
        return BATON_OK;
    if (high > 0xdbff || !take(p, '\\') || !take(p, 'u') || !take_hex4(p, &low) || low < 0xdc00 ||
        low > 0xdfff)
        return fail_at(p, start, BATON_ERR_INVALID, "\\u%04x is half of a surrogate pair",
                       (unsigned)high);
    *ret_point = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
    return BATON_OK;
}

/* At a backslash. Writes what it stands for. */
static baton_status escape(struct parser *p, uint8_t **out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    size_t start = p->pos++;
    uint8_t letter = p->pos < p->input.len ? p->input.ptr[p->pos] : 0;
    const char *known = letter ? strchr(letters, letter) : NULL;
    uint32_t point = 0;
    if (known) {
        p->pos++;
        *(*out)++ = (uint8_t)meanings[known - letters];
        return BATON_OK;
    }
    if (!take(p, 'u'))
        return fail_at(p, start, BATON_ERR_INVALID, "unknown escape after a backslash");
    BT_TRY(unicode_escape(p, start, &point));
    *out += bt_utf8_encode(point, *out);
    return BATON_OK;
}

/* Bytes that stand for themselves, up to a quote or a backslash. */
static baton_status plain_run(struct parser *p, uint8_t **out)
{
    size_t start = p->pos;
    while (p->pos < p->input.len) {
        uint8_t byte = p->input.ptr[p->pos];
        if (byte == '"' || byte == '\\')
            break;
        if (byte < ' ')
            return fail_at(p, p->pos, BATON_ERR_INVALID,
                           "control byte 0x%02x in a string: write it as \\u%04x", byte, byte);
        p->pos++;
    }
    struct bt_bytes run = {p->input.ptr + start, p->pos - start};
    size_t valid = bt_utf8_valid_prefix(run);
    if (valid < run.len)
        return fail_at(p, start + valid, BATON_ERR_INVALID, "byte 0x%02x is not UTF-8 here",
                       run.ptr[valid]);
    memmove(*out, run.ptr, run.len);
    *out += run.len;
    return BATON_OK;
}

/* At the opening quote. */
static baton_status string(struct parser *p, struct bt_bytes *ret)
{
    size_t start = p->pos++;
    uint8_t *text = p->text + start;
    uint8_t *out = text;
    while (!take(p, '"')) {
        if (p->pos >= p->input.len)
            return fail_at(p, start, BATON_ERR_INVALID, "this string does not end");
        if (at_byte(p, '\\'))
            BT_TRY(escape(p, &out));
        else
            BT_TRY(plain_run(p, &out));
    }
    *ret = (struct bt_bytes){text, (size_t)(out - text)};
    return BATON_OK;
}

/* ---- values ---- */

static baton_status grow_stack(struct parser *p)
{
    size_t capacity = p->stack.capacity ? p->stack.capacity * 2 : 64;
    struct bt_json *grown = bt_realloc(p->stack.values, capacity, sizeof *grown);
    if (!grown)
        return bt_fail_no_memory(p->err, p->what);
    p->stack.values = grown;
    p->stack.capacity = capacity;
    return BATON_OK;
}

static baton_status push(struct parser *p, enum bt_json_kind kind, size_t offset,
                         struct bt_bytes text)
{
    if (p->values == p->limits.values_max)
        return fail_at(p, offset, BATON_ERR_LIMIT, "more than %zu values", p->limits.values_max);
    if (p->stack.count == p->stack.capacity)
        BT_TRY(grow_stack(p));
    p->values++;
    p->stack.values[p->stack.count++] =
        (struct bt_json){.kind = kind, .text = text, .key = p->key, .offset = offset};
    p->key = (struct bt_bytes){NULL, 0};
    p->state = AFTER;
    return BATON_OK;
}

static baton_status open_container(struct parser *p, enum bt_json_kind kind)
{
    if (p->depth == p->limits.depth_max)
        return fail_at(p, p->pos, BATON_ERR_LIMIT, "nested deeper than %u levels",
                       p->limits.depth_max);
    BT_TRY(push(p, kind, p->pos++, (struct bt_bytes){NULL, 0}));
    p->open[p->depth++] = p->stack.count - 1;
    p->state = kind == BT_JSON_ARRAY ? FIRST_VALUE : FIRST_KEY;
    return BATON_OK;
}

static size_t skip_digits(struct parser *p)
{
    size_t start = p->pos;
    while (p->pos < p->input.len && p->input.ptr[p->pos] >= '0' && p->input.ptr[p->pos] <= '9')
        p->pos++;
    return p->pos - start;
}

static baton_status number(struct parser *p)
{
    size_t start = p->pos;
    (void)take(p, '-');
    bool zero = at_byte(p, '0');
    size_t digits = skip_digits(p);
    if (digits == 0)
        return fail_expected(p, "a digit");
    if (zero && digits > 1)
        return fail_at(p, start, BATON_ERR_INVALID, "a number may not begin with 0 and a digit");
    if (take(p, '.') && skip_digits(p) == 0)
        return fail_expected(p, "a digit after the point");
    if (take(p, 'e') || take(p, 'E')) {
        if (!take(p, '+'))
            (void)take(p, '-');
        if (skip_digits(p) == 0)
            return fail_expected(p, "a digit in the exponent");
    }
    return push(p, BT_JSON_NUMBER, start, (struct bt_bytes){p->text + start, p->pos - start});
}

static baton_status word(struct parser *p)
{
    static const struct {
        const char *text;
        enum bt_json_kind kind;
    } words[] = {{"null", BT_JSON_NULL}, {"false", BT_JSON_FALSE}, {"true", BT_JSON_TRUE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i].text);
        if (p->input.len - p->pos < len || memcmp(p->input.ptr + p->pos, words[i].text, len) != 0)
            continue;
        p->pos += len;
        return push(p, words[i].kind, p->pos - len, (struct bt_bytes){NULL, 0});
    }
    return fail_expected(p, "a value");
}

static baton_status value(struct parser *p)
{
    size_t start = p->pos;
    struct bt_bytes text;
    uint8_t byte = p->pos < p->input.len ? p->input.ptr[p->pos] : 0;
    switch (byte) {
    case '{':
        return open_container(p, BT_JSON_OBJECT);
    case '[':
        return open_container(p, BT_JSON_ARRAY);
    case '"':
        BT_TRY(string(p, &text));
        return push(p, BT_JSON_STRING, start, text);
    default:
        if (byte == '-' || (byte >= '0' && byte <= '9'))
            return number(p);
        return word(p);
    }
}

static baton_status member_key(struct parser *p)
{
    if (!at_byte(p, '"'))
        return fail_expected(p, "a key in quotes");
    BT_TRY(string(p, &p->key));
    skip_blanks(p);
    if (!take(p, ':'))
        return fail_expected(p, "':'");
    p->state = VALUE;
    return BATON_OK;
}

/* ---- closing ---- */

static int compare_keys(const void *left, const void *right)
{
    const struct bt_json *a = left;
    const struct bt_json *b = right;
    size_t shorter = a->key.len < b->key.len ? a->key.len : b->key.len;
    int order = shorter ? memcmp(a->key.ptr, b->key.ptr, shorter) : 0;
    if (order == 0)
        order = (a->key.len > b->key.len) - (a->key.len < b->key.len);
    return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

/* One array for all objects of a document: most have a handful of members. */
static baton_status sort_members(struct parser *p, const struct bt_json *members, size_t count)
{
    if (count > p->sorted_max) {
        const void **grown = bt_realloc(p->sorted, 2 * count, sizeof *grown);
        if (!grown)
            return bt_fail_no_memory(p->err, p->what);
        p->sorted = grown;
        p->sorted_max = 2 * count;
    }
    for (size_t i = 0; i < count; i++)
        p->sorted[i] = &members[i];
    bt_sort_pointers(p->sorted, count, compare_keys);
    return BATON_OK;
}

static baton_status refuse_duplicates(struct parser *p, const struct bt_json *members, size_t count)
{
    if (count < 2)
        return BATON_OK;
    BT_TRY(sort_members(p, members, count));
    for (size_t i = 1; i < count; i++) {
        const struct bt_json *first = p->sorted[i - 1];
        const struct bt_json *second = p->sorted[i];
        if (bt_bytes_equal(first->key, second->key))
            return fail_at(p, second->offset, BATON_ERR_INVALID, "duplicate key \"%.*s\"",
                           (int)bt_min(second->key.len, 80), (const char *)second->key.ptr);
    }
    return BATON_OK;
}

static baton_status close_container(struct parser *p)
{
    size_t at = p->open[--p->depth];
    size_t count = p->stack.count - at - 1;
    const struct bt_json *children = p->stack.values + at + 1;
    p->pos++;
    p->stack.values[at].count = count;
    p->stack.count = at + 1;
    p->state = AFTER;
    if (count == 0)
        return BATON_OK;
    if (p->stack.values[at].kind == BT_JSON_OBJECT)
        BT_TRY(refuse_duplicates(p, children, count));
    struct bt_json *items = bt_arena_calloc(p->arena, count, sizeof *items);
    if (!items)
        return bt_fail_no_memory(p->err, p->what);
    memcpy(items, children, count * sizeof *items);
    p->stack.values[at].items = items;
    return BATON_OK;
}

static baton_status after_value(struct parser *p)
{
    bool object = p->stack.values[p->open[p->depth - 1]].kind == BT_JSON_OBJECT;
    if (take(p, ',')) {
        p->state = object ? KEY : VALUE;
        return BATON_OK;
    }
    if (!at_byte(p, object ? '}' : ']'))
        return fail_expected(p, object ? "',' or '}'" : "',' or ']'");
    return close_container(p);
}

static baton_status step(struct parser *p)
{
    switch (p->state) {
    case FIRST_VALUE:
        return at_byte(p, ']') ? close_container(p) : value(p);
    case VALUE:
        return value(p);
    case FIRST_KEY:
        return at_byte(p, '}') ? close_container(p) : member_key(p);
    case KEY:
        return member_key(p);
    case AFTER:
        return after_value(p);
    }
    return BATON_ERR_INTERNAL;
}

static baton_status document(struct parser *p, const struct bt_json **ret)
{
    if (p->input.len >= 3 && memcmp(p->input.ptr, "\xef\xbb\xbf", 3) == 0)
        return fail_at(p, 0, BATON_ERR_INVALID, "a byte order mark: save the file without it");
    do {
        skip_blanks(p);
        BT_TRY(step(p));
    } while (p->depth || p->state != AFTER);
    skip_blanks(p);
    if (p->pos < p->input.len)
        return fail_expected(p, "the end");
    struct bt_json *root = bt_arena_calloc(p->arena, 1, sizeof *root);
    if (!root)
        return bt_fail_no_memory(p->err, p->what);
    *root = p->stack.values[0];
    *ret = root;
    return BATON_OK;
}

baton_status bt_json_parse(struct bt_bytes bytes, const char *what,
                           const struct bt_json_limits *limits, struct bt_arena *arena,
                           const struct bt_json **ret, struct baton_error *err)
{
    static const struct bt_json_limits defaults = BT_JSON_LIMITS_DEFAULT;
    BT_CLEANUP(parser_release)
    struct parser p = {.input = bytes,
                       .what = what,
                       .limits = limits ? *limits : defaults,
                       .arena = arena,
                       .err = err};
    if (bytes.len > p.limits.bytes_max)
        return bt_fail(err, BATON_ERR_LIMIT, "%s: %zu bytes: the limit is %zu", what, bytes.len,
                       p.limits.bytes_max);
    p.text = (uint8_t *)bt_arena_strndup(arena, (const char *)bytes.ptr, bytes.len);
    p.open = bt_calloc(p.limits.depth_max, sizeof *p.open);
    if (!p.text || !p.open)
        return bt_fail_no_memory(err, what);
    return document(&p, ret);
}
