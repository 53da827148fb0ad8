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

#include <string.h>

#include "base/checked.h"
#include "base/sort.h"
#include "codec/json/json_int.h"

enum state { VALUE, FIRST_VALUE, KEY, FIRST_KEY, AFTER };

struct value_stack {
    struct bt_json *values;
    size_t count;
    size_t capacity;
};

struct parser {
    struct bt_json_input in;
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
};

static void parser_release(struct parser *p)
{
    bt_free(p->stack.values);
    bt_free(p->sorted);
    bt_free(p->open);
}

/* ---- values ---- */

static baton_status grow_stack(struct parser *p)
{
    size_t capacity = p->stack.capacity ? p->stack.capacity * 2 : 64;
    struct bt_json *grown = bt_realloc(p->stack.values, capacity, sizeof *grown);
    if (!grown)
        return bt_fail_no_memory(p->in.err, p->in.what);
    p->stack.values = grown;
    p->stack.capacity = capacity;
    return BATON_OK;
}

static baton_status push(struct parser *p, enum bt_json_kind kind, size_t offset,
                         struct bt_bytes text)
{
    if (p->values == p->limits.values_max)
        return bt_json_fail_at(&p->in, offset, BATON_ERR_LIMIT, "more than %zu values",
                               p->limits.values_max);
    if (p->stack.count == p->stack.capacity)
        BT_TRY(grow_stack(p));
    p->values++;
    p->stack.values[p->stack.count++] =
        (struct bt_json){.kind = kind, .text = text, .key = p->key, .offset = offset};
    p->key = (struct bt_bytes){NULL, 0};
    p->state = AFTER;
    return BATON_OK;
}

static baton_status fail_deep(const struct parser *p)
{
    return bt_json_fail_at(&p->in, p->in.pos, BATON_ERR_LIMIT, "nested deeper than %u levels",
                           p->limits.depth_max);
}

static baton_status open_container(struct parser *p, enum bt_json_kind kind)
{
    if (p->depth == p->limits.depth_max)
        return fail_deep(p);
    BT_TRY(push(p, kind, p->in.pos++, (struct bt_bytes){NULL, 0}));
    p->open[p->depth++] = p->stack.count - 1;
    p->state = kind == BT_JSON_ARRAY ? FIRST_VALUE : FIRST_KEY;
    return BATON_OK;
}

/* Bytes that are no quote, no bracket and no letter, eight at a time. */
static size_t plain_len(const uint8_t *at, size_t len)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t plain = 0;
    for (uint64_t bytes; len - plain >= sizeof bytes; plain += sizeof bytes) {
        memcpy(&bytes, at + plain, sizeof bytes);
        uint64_t quotes = bytes ^ ones * '"';
        if ((bytes & ones * 0x40) | ((quotes - ones) & ~quotes & ones * 0x80))
            break;
    }
    return plain;
}

/* Up to the quote that ends a string. */
static void skip_string(struct bt_json_input *in)
{
    for (in->pos++; in->pos < in->bytes.len && in->bytes.ptr[in->pos] != '"'; in->pos++)
        in->pos += in->bytes.ptr[in->pos] == '\\';
}

/* Only its end is looked for; whether it is an array is what the scan finds out. */
static baton_status raw_array(struct parser *p)
{
    struct bt_json_input *in = &p->in;
    size_t start = in->pos;
    unsigned depth = 0;
    while (in->pos < in->bytes.len) {
        uint8_t byte = in->bytes.ptr[in->pos];
        if (byte == '"')
            skip_string(in);
        depth += byte == '[';
        depth -= byte == ']';
        if (p->depth + depth > p->limits.depth_max)
            return fail_deep(p);
        in->pos++;
        if (depth == 0)
            return push(p, BT_JSON_RAW, start,
                        (struct bt_bytes){in->text + start, in->pos - start});
        if (in->pos < in->bytes.len)
            in->pos += plain_len(in->bytes.ptr + in->pos, in->bytes.len - in->pos);
    }
    return bt_json_fail_at(in, start, BATON_ERR_INVALID, "this array does not end");
}

static bool is_raw(const struct parser *p)
{
    return p->limits.raw_key && p->depth == p->limits.raw_depth &&
           bt_bytes_equal(p->key, bt_bytes_of(p->limits.raw_key));
}

static size_t skip_digits(struct parser *p)
{
    size_t start = p->in.pos;
    while (p->in.pos < p->in.bytes.len && p->in.bytes.ptr[p->in.pos] >= '0' &&
           p->in.bytes.ptr[p->in.pos] <= '9')
        p->in.pos++;
    return p->in.pos - start;
}

static baton_status number(struct parser *p)
{
    size_t start = p->in.pos;
    (void)bt_json_take(&p->in, '-');
    bool zero = bt_json_at_byte(&p->in, '0');
    size_t digits = skip_digits(p);
    if (digits == 0)
        return bt_json_fail_expected(&p->in, "a digit");
    if (zero && digits > 1)
        return bt_json_fail_at(&p->in, start, BATON_ERR_INVALID,
                               "a number may not begin with 0 and a digit");
    if (bt_json_take(&p->in, '.') && skip_digits(p) == 0)
        return bt_json_fail_expected(&p->in, "a digit after the point");
    if (bt_json_take(&p->in, 'e') || bt_json_take(&p->in, 'E')) {
        if (!bt_json_take(&p->in, '+'))
            (void)bt_json_take(&p->in, '-');
        if (skip_digits(p) == 0)
            return bt_json_fail_expected(&p->in, "a digit in the exponent");
    }
    return push(p, BT_JSON_NUMBER, start, (struct bt_bytes){p->in.text + start, p->in.pos - start});
}

static baton_status word(struct parser *p)
{
    size_t start = p->in.pos;
    struct bt_bytes rest = {p->in.bytes.ptr + start, p->in.bytes.len - start};
    const struct bt_json_word *found = bt_json_find_word(rest);
    if (!found || (found->kind == BT_JSON_NUMBER && !p->limits.bare_words))
        return bt_json_fail_expected(&p->in, "a value");
    size_t len = strlen(found->text);
    p->in.pos += len;
    return push(p, found->kind, start, (struct bt_bytes){p->in.text + start, len});
}

static bool is_negative_number(const struct parser *p)
{
    const struct bt_bytes *bytes = &p->in.bytes;
    return bt_json_at_byte(&p->in, '-') &&
           !(p->in.pos + 1 < bytes->len && bytes->ptr[p->in.pos + 1] == 'I' &&
             p->limits.bare_words);
}

static baton_status value(struct parser *p)
{
    size_t start = p->in.pos;
    struct bt_bytes text;
    uint8_t byte = p->in.pos < p->in.bytes.len ? p->in.bytes.ptr[p->in.pos] : 0;
    switch (byte) {
    case '{':
        return open_container(p, BT_JSON_OBJECT);
    case '[':
        return is_raw(p) ? raw_array(p) : open_container(p, BT_JSON_ARRAY);
    case '"':
        BT_TRY(bt_json_string(&p->in, &text));
        return push(p, BT_JSON_STRING, start, text);
    default:
        if (byte >= '0' && byte <= '9')
            return number(p);
        return is_negative_number(p) ? number(p) : word(p);
    }
}

static baton_status member_key(struct parser *p)
{
    if (!bt_json_at_byte(&p->in, '"'))
        return bt_json_fail_expected(&p->in, "a key in quotes");
    BT_TRY(bt_json_string(&p->in, &p->key));
    bt_json_skip_blanks(&p->in);
    if (!bt_json_take(&p->in, ':'))
        return bt_json_fail_expected(&p->in, "':'");
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
            return bt_fail_no_memory(p->in.err, p->in.what);
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
            return bt_json_fail_at(&p->in, second->offset, BATON_ERR_INVALID,
                                   "duplicate key \"%.*s\"", (int)bt_min(second->key.len, 80),
                                   (const char *)second->key.ptr);
    }
    return BATON_OK;
}

static baton_status close_container(struct parser *p)
{
    size_t at = p->open[--p->depth];
    size_t count = p->stack.count - at - 1;
    const struct bt_json *children = p->stack.values + at + 1;
    p->in.pos++;
    p->stack.values[at].count = count;
    p->stack.count = at + 1;
    p->state = AFTER;
    if (count == 0)
        return BATON_OK;
    if (p->stack.values[at].kind == BT_JSON_OBJECT)
        BT_TRY(refuse_duplicates(p, children, count));
    struct bt_json *items = bt_arena_calloc(p->arena, count, sizeof *items);
    if (!items)
        return bt_fail_no_memory(p->in.err, p->in.what);
    memcpy(items, children, count * sizeof *items);
    p->stack.values[at].items = items;
    return BATON_OK;
}

static baton_status after_value(struct parser *p)
{
    bool object = p->stack.values[p->open[p->depth - 1]].kind == BT_JSON_OBJECT;
    if (bt_json_take(&p->in, ',')) {
        p->state = object ? KEY : VALUE;
        return BATON_OK;
    }
    if (!bt_json_at_byte(&p->in, object ? '}' : ']'))
        return bt_json_fail_expected(&p->in, object ? "',' or '}'" : "',' or ']'");
    return close_container(p);
}

static baton_status step(struct parser *p)
{
    switch (p->state) {
    case FIRST_VALUE:
        return bt_json_at_byte(&p->in, ']') ? close_container(p) : value(p);
    case VALUE:
        return value(p);
    case FIRST_KEY:
        return bt_json_at_byte(&p->in, '}') ? close_container(p) : member_key(p);
    case KEY:
        return member_key(p);
    case AFTER:
        return after_value(p);
    }
    return BATON_ERR_INTERNAL;
}

static baton_status document(struct parser *p, const struct bt_json **ret)
{
    if (p->in.bytes.len >= 3 && memcmp(p->in.bytes.ptr, "\xef\xbb\xbf", 3) == 0)
        return bt_json_fail_at(&p->in, 0, BATON_ERR_INVALID,
                               "a byte order mark: save the file without it");
    do {
        bt_json_skip_blanks(&p->in);
        BT_TRY(step(p));
    } while (p->depth || p->state != AFTER);
    bt_json_skip_blanks(&p->in);
    if (p->in.pos < p->in.bytes.len)
        return bt_json_fail_expected(&p->in, "the end");
    struct bt_json *root = bt_arena_calloc(p->arena, 1, sizeof *root);
    if (!root)
        return bt_fail_no_memory(p->in.err, p->in.what);
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
    struct parser p = {.in = {.bytes = bytes, .what = what, .err = err},
                       .limits = limits ? *limits : defaults,
                       .arena = arena};
    if (bytes.len > p.limits.bytes_max)
        return bt_fail(err, BATON_ERR_LIMIT, "%s: %zu bytes: the limit is %zu", what, bytes.len,
                       p.limits.bytes_max);
    p.in.text = (uint8_t *)bt_arena_strndup(arena, (const char *)bytes.ptr, bytes.len);
    p.open = bt_calloc(p.limits.depth_max, sizeof *p.open);
    if (!p.in.text || !p.open)
        return bt_fail_no_memory(err, what);
    return document(&p, ret);
}
