/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/npy_int.h"

#include <string.h>

#include "codec/endian.h"

#define MAGIC "\x93NUMPY"
#define MAGIC_BYTES 6

struct cursor {
    struct bt_bytes text;
    size_t pos;
    size_t base; /* of the text in the file */
    const char *what;
    struct baton_error *err;
};

static baton_status fail_expected(const struct cursor *c, const char *wanted)
{
    return bt_fail(c->err, BATON_ERR_INVALID, "%s: offset %zu: the header needs %s here", c->what,
                   c->base + c->pos, wanted);
}

static void skip_blanks(struct cursor *c)
{
    while (c->pos < c->text.len && (c->text.ptr[c->pos] == ' ' || c->text.ptr[c->pos] == '\n'))
        c->pos++;
}

/* Blanks, then `wanted`. */
static bool take(struct cursor *c, const char *wanted)
{
    size_t len = strlen(wanted);
    skip_blanks(c);
    if (c->text.len - c->pos < len || memcmp(c->text.ptr + c->pos, wanted, len) != 0)
        return false;
    c->pos += len;
    return true;
}

/* A Python string without escapes. */
static baton_status quoted(struct cursor *c, struct bt_bytes *ret)
{
    uint8_t quote = take(c, "'") ? '\'' : take(c, "\"") ? '"' : 0;
    size_t start = c->pos;
    if (!quote)
        return fail_expected(c, "a string in quotes");
    while (c->pos < c->text.len && c->text.ptr[c->pos] != quote && c->text.ptr[c->pos] != '\\')
        c->pos++;
    *ret = (struct bt_bytes){c->text.ptr + start, c->pos - start};
    if (c->pos == c->text.len || c->text.ptr[c->pos] != quote)
        return fail_expected(c, "the end of a string");
    c->pos++;
    return BATON_OK;
}

static baton_status dimension(struct cursor *c, int64_t *ret)
{
    int64_t value = 0;
    size_t start = c->pos;
    for (; c->pos < c->text.len; c->pos++) {
        int digit = c->text.ptr[c->pos] - '0';
        if (digit < 0 || digit > 9)
            break;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return bt_fail(c->err, BATON_ERR_LIMIT,
                           "%s: offset %zu: a dimension does not fit 63 bits", c->what,
                           c->base + start);
    }
    if (c->pos == start)
        return fail_expected(c, "a dimension");
    *ret = value;
    return BATON_OK;
}

/* "()", "(3,)", "(3, 4)": a comma after every dimension but the last of several. */
static baton_status shape(struct cursor *c, struct npy_header *h)
{
    if (!take(c, "("))
        return fail_expected(c, "a shape in parentheses");
    while (!take(c, ")")) {
        if (h->rank == BT_RANK_MAX)
            return bt_fail(c->err, BATON_ERR_LIMIT, "%s: more than %d dimensions", c->what,
                           BT_RANK_MAX);
        BT_TRY(dimension(c, &h->dims[h->rank]));
        h->rank++;
        if (take(c, ","))
            continue;
        if (h->rank == 1 || !take(c, ")"))
            return fail_expected(c, "',' or ')'");
        break;
    }
    return BATON_OK;
}

static const struct {
    char kind;
    size_t size;
    enum bt_dtype dtype;
} types[] = {{'f', 2, BT_F16}, {'f', 4, BT_F32}, {'f', 8, BT_F64}, {'i', 1, BT_I8},
             {'i', 2, BT_I16}, {'i', 4, BT_I32}, {'i', 8, BT_I64}, {'u', 1, BT_U8},
             {'u', 2, BT_U16}, {'u', 4, BT_U32}, {'u', 8, BT_U64}, {'b', 1, BT_BOOL}};

char bt_npy_type_letter(enum bt_dtype dtype)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].dtype == dtype)
            return types[i].kind;
    return 0;
}

static enum bt_dtype find_type(char kind, size_t size)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].kind == kind && types[i].size == size)
            return types[i].dtype;
    return (kind == 'U' || kind == 'S') && size ? BT_STRING : BT_DTYPE_NONE;
}

static const char byte_orders[] = {'<', '>', '|'};

/* '<f4': byte order, kind, size (characters for U). */
static baton_status type(struct cursor *c, struct npy_header *h)
{
    struct bt_bytes text = {NULL, 0};
    size_t size = 0;
    size_t at = c->pos;
    BT_TRY(quoted(c, &text));
    bool good =
        text.len >= 3 && text.len <= 12 && memchr(byte_orders, text.ptr[0], sizeof byte_orders);
    for (size_t i = 2; good && i < text.len; i++) {
        good = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        size = size * 10 + (size_t)(text.ptr[i] - '0');
    }
    h->dtype = good ? find_type((char)text.ptr[1], size) : BT_DTYPE_NONE;
    if (h->dtype == BT_DTYPE_NONE)
        return bt_fail(c->err, BATON_ERR_UNSUPPORTED,
                       "%s: offset %zu: element type '%.*s' is not supported", c->what,
                       c->base + at, (int)(text.len < 40 ? text.len : 40), (const char *)text.ptr);
    h->big_endian = text.ptr[0] == '>';
    h->unicode = text.ptr[1] == 'U';
    h->item_bytes = h->unicode ? size * 4 : size;
    return BATON_OK;
}

static baton_status order(struct cursor *c, struct npy_header *h)
{
    h->fortran = take(c, "True");
    if (!h->fortran && !take(c, "False"))
        return fail_expected(c, "True or False");
    return BATON_OK;
}

static baton_status member(struct cursor *c, struct npy_header *h, unsigned *seen)
{
    static const struct {
        const char *key;
        baton_status (*parse)(struct cursor *c, struct npy_header *h);
    } members[] = {{"descr", type}, {"fortran_order", order}, {"shape", shape}};
    struct bt_bytes key;
    size_t at = c->pos;
    BT_TRY(quoted(c, &key));
    for (unsigned i = 0; i < 3; i++) {
        if (!bt_bytes_equal(key, bt_bytes_of(members[i].key)))
            continue;
        if (*seen & 1u << i)
            return bt_fail(c->err, BATON_ERR_INVALID, "%s: offset %zu: duplicate key '%s'", c->what,
                           c->base + at, members[i].key);
        *seen |= 1u << i;
        if (!take(c, ":"))
            return fail_expected(c, "':'");
        skip_blanks(c);
        return members[i].parse(c, h);
    }
    return bt_fail(c->err, BATON_ERR_INVALID, "%s: offset %zu: unknown key '%.*s'", c->what,
                   c->base + at, (int)(key.len < 40 ? key.len : 40), (const char *)key.ptr);
}

static baton_status dictionary(struct cursor *c, struct npy_header *h)
{
    unsigned seen = 0;
    if (!take(c, "{"))
        return fail_expected(c, "'{'");
    while (!take(c, "}")) {
        BT_TRY(member(c, h, &seen));
        if (take(c, ","))
            continue;
        if (!take(c, "}"))
            return fail_expected(c, "',' or '}'");
        break;
    }
    if (seen != 7)
        return bt_fail(c->err, BATON_ERR_INVALID,
                       "%s: the header needs the keys 'descr', 'fortran_order' and 'shape'",
                       c->what);
    skip_blanks(c);
    return c->pos < c->text.len ? fail_expected(c, "the end") : BATON_OK;
}

baton_status bt_npy_parse_header(struct bt_bytes bytes, const char *what, struct npy_header *ret,
                                 struct baton_error *err)
{
    if (bytes.len < MAGIC_BYTES + 4 || memcmp(bytes.ptr, MAGIC, MAGIC_BYTES) != 0)
        return bt_fail(err, BATON_ERR_INVALID, "%s: not an NPY file: it does not begin with %s",
                       what, "\\x93NUMPY");
    unsigned major = bytes.ptr[MAGIC_BYTES];
    if (major < 1 || major > 3 || bytes.ptr[MAGIC_BYTES + 1] != 0)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "%s: NPY version %u.%u: versions 1.0 to 3.0 are known", what, major,
                       bytes.ptr[MAGIC_BYTES + 1]);
    size_t field = major == 1 ? 2 : 4;
    size_t start = MAGIC_BYTES + 2 + field;
    size_t len = bytes.len < start ? SIZE_MAX : (size_t)load_le(bytes.ptr + MAGIC_BYTES + 2, field);
    if (bytes.len < start || len > bytes.len - start)
        return bt_fail(err, BATON_ERR_INVALID, "%s: the file ends inside its header", what);
    struct npy_header header = {.data = {bytes.ptr + start + len, bytes.len - start - len}};
    struct cursor c = {.text = {bytes.ptr + start, len}, .base = start, .what = what, .err = err};
    BT_TRY(dictionary(&c, &header));
    *ret = header;
    return BATON_OK;
}
