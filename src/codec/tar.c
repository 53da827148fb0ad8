/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive is a row of 512-byte blocks: a header block per member, its contents padded with zeros
 * to whole blocks, and two zero blocks at the end. Numbers in a header are octal text. What does
 * not fit (names over 100 bytes, sizes from 8 GiB on) goes into a member of type 'x' in front, as
 * lines "length key=value".
 */
#include "codec/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

#define NAME_AT 0
#define NAME_BYTES 100
#define SIZE_AT 124
#define SIZE_BYTES 12
#define CHECKSUM_AT 148
#define CHECKSUM_BYTES 8
#define TYPE_AT 156
#define MAGIC_AT 257
#define PREFIX_AT 345
#define PREFIX_BYTES 155

#define TYPE_FILE '0'
#define TYPE_FILE_OLD '\0'
#define TYPE_FOLDER '5'
#define TYPE_PAX 'x'
#define OCTAL_SIZE_MAX ((UINT64_C(1) << 33) - 1)
/* tar(1) pads to 20 blocks, some tools to 1 MiB; more zeros than this are not an end. */
#define END_BYTES_MAX ((uint64_t)2 << 20)

static unsigned padding_of(uint64_t size)
{
    return (unsigned)(-size % BT_TAR_BLOCK);
}

/* The sum of all bytes, those of the sum itself counted as spaces. */
static unsigned checksum(const uint8_t *block)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < BT_TAR_BLOCK; i++)
        sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES ? ' ' : block[i];
    return sum;
}

/* ---- writing ---- */

static void put_octal(uint8_t *field, unsigned digits, uint64_t value)
{
    for (unsigned i = digits; i-- > 0; value >>= 3)
        field[i] = (uint8_t)('0' + (value & 7));
}

static baton_status put_zeros(struct bt_tar_writer *w, size_t len, struct baton_error *err)
{
    static const uint8_t zeros[2 * BT_TAR_BLOCK];
    return len ? w->sink(w->user, zeros, len, err) : BATON_OK;
}

static baton_status put_header(struct bt_tar_writer *w, char type, struct bt_bytes name,
                               uint64_t size, struct baton_error *err)
{
    uint8_t block[BT_TAR_BLOCK] = {0};
    memcpy(block + NAME_AT, name.ptr, bt_min(name.len, NAME_BYTES));
    put_octal(block + 100, 7, 0644);
    put_octal(block + 108, 7, 0);
    put_octal(block + 116, 7, 0);
    put_octal(block + SIZE_AT, SIZE_BYTES - 1, bt_min(size, OCTAL_SIZE_MAX));
    put_octal(block + 136, 11, 0);
    block[TYPE_AT] = (uint8_t)type;
    memcpy(block + MAGIC_AT,
           "ustar\0"
           "00",
           8);
    put_octal(block + CHECKSUM_AT, 6, checksum(block));
    block[CHECKSUM_AT + 7] = ' ';
    return w->sink(w->user, block, sizeof block, err);
}

/* A line counts its own length digits, so one more digit can be needed for them. */
static void put_record(struct bt_buf *out, const char *key, const char *value)
{
    size_t rest = strlen(key) + strlen(value) + 3; /* blank, '=', line end */
    size_t digits = 1;
    for (size_t limit = 10; rest + digits >= limit; limit *= 10)
        digits++;
    bt_buf_printf(out, "%zu %s=%s\n", rest + digits, key, value);
}

static baton_status put_pax(struct bt_tar_writer *w, const char *name, uint64_t size,
                            struct baton_error *err)
{
    char number[24];
    BT_AUTO_BUF records = BT_BUF_INIT(2 * BT_MEMBER_NAME_MAX);
    if (strlen(name) > NAME_BYTES)
        put_record(&records, "path", name);
    if (size > OCTAL_SIZE_MAX) {
        (void)snprintf(number, sizeof number, "%" PRIu64, size);
        put_record(&records, "size", number);
    }
    BT_TRY(bt_buf_finish(&records, "a pax header", err));
    if (records.len == 0)
        return BATON_OK;
    BT_TRY(put_header(w, TYPE_PAX, bt_bytes_of("pax"), records.len, err));
    BT_TRY(w->sink(w->user, records.data, records.len, err));
    return put_zeros(w, padding_of(records.len), err);
}

struct bt_tar_writer bt_tar_writer(bt_tar_sink *sink, void *user)
{
    return (struct bt_tar_writer){.sink = sink, .user = user};
}

static baton_status end_member(struct bt_tar_writer *w, struct baton_error *err)
{
    BT_BUG_ON(w->left != 0);
    unsigned padding = w->padding;
    w->padding = 0;
    return put_zeros(w, padding, err);
}

baton_status bt_tar_begin(struct bt_tar_writer *w, const char *name, uint64_t size,
                          struct baton_error *err)
{
    const char *problem = bt_member_name_problem(bt_bytes_of(name));
    if (problem)
        return bt_fail(err, BATON_ERR_INVALID, "member \"%s\" %s", name, problem);
    BT_TRY(end_member(w, err));
    BT_TRY(put_pax(w, name, size, err));
    BT_TRY(put_header(w, TYPE_FILE, bt_bytes_of(name), size, err));
    w->left = size;
    w->padding = padding_of(size);
    return BATON_OK;
}

baton_status bt_tar_put(struct bt_tar_writer *w, const void *bytes, size_t len,
                        struct baton_error *err)
{
    BT_BUG_ON(len > w->left);
    w->left -= len;
    return len ? w->sink(w->user, bytes, len, err) : BATON_OK;
}

baton_status bt_tar_finish(struct bt_tar_writer *w, struct baton_error *err)
{
    BT_TRY(end_member(w, err));
    return put_zeros(w, 2 * (size_t)BT_TAR_BLOCK, err);
}

/* ---- reading ---- */

static baton_status fail_at(const struct bt_tar_reader *r, uint64_t offset, baton_status status,
                            const char *problem, struct baton_error *err)
{
    return bt_fail(err, status, "%s: offset %" PRIu64 ": %s", r->what, offset, problem);
}

static baton_status fail_member(const struct bt_tar_reader *r, struct bt_bytes name,
                                baton_status status, const char *problem, struct baton_error *err)
{
    return bt_fail(err, status, "%s: member \"%.*s\" %s", r->what, (int)bt_min(name.len, 200),
                   (const char *)name.ptr, problem);
}

/* As many bytes as there are, up to `len`. */
static baton_status read_some(struct bt_tar_reader *r, uint8_t *bytes, size_t len, size_t *ret_len,
                              struct baton_error *err)
{
    size_t done = 0;
    while (done < len) {
        size_t got = 0;
        BT_TRY(r->source(r->user, bytes + done, len - done, &got, err));
        if (got == 0)
            break;
        done += got;
    }
    r->offset += done;
    *ret_len = done;
    return BATON_OK;
}

static baton_status read_exactly(struct bt_tar_reader *r, uint8_t *bytes, size_t len,
                                 struct baton_error *err)
{
    size_t got = 0;
    BT_TRY(read_some(r, bytes, len, &got, err));
    if (got < len)
        return fail_at(r, r->offset, BATON_ERR_INVALID, "the archive is truncated", err);
    return BATON_OK;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

/* What remains of the member, and its padding. */
static baton_status skip_rest(struct bt_tar_reader *r, struct baton_error *err)
{
    uint8_t bytes[8192] = {0};
    if (r->skip && r->left) {
        BT_TRY(r->skip(r->user, r->left, err));
        r->offset += r->left;
        r->left = 0;
    }
    while (r->left) {
        size_t len = (size_t)(r->left < sizeof bytes ? r->left : sizeof bytes);
        BT_TRY(read_exactly(r, bytes, len, err));
        r->left -= len;
    }
    BT_TRY(read_exactly(r, bytes, r->padding, err));
    if (!is_zero(bytes, r->padding))
        return fail_at(r, r->offset - r->padding, BATON_ERR_INVALID,
                       "the padding after a member is not zero", err);
    r->padding = 0;
    return BATON_OK;
}

/* After the first zero block: zeros to the end of the archive, at least one block of them. */
static baton_status read_end(struct bt_tar_reader *r, struct baton_error *err)
{
    uint8_t bytes[8192] = {0};
    uint64_t start = r->offset;
    size_t got = 0;
    do {
        BT_TRY(read_some(r, bytes, sizeof bytes, &got, err));
        if (!is_zero(bytes, got))
            return fail_at(r, start, BATON_ERR_INVALID, "bytes after the end of the archive", err);
        if (r->offset - start > END_BYTES_MAX)
            return fail_at(r, start, BATON_ERR_LIMIT, "more than 2 MiB of zeros at the end", err);
    } while (got);
    if (r->offset - start < BT_TAR_BLOCK)
        return fail_at(r, r->offset, BATON_ERR_INVALID, "the archive is truncated", err);
    r->ended = true;
    return BATON_OK;
}

/* Octal digits, then only blanks and NULs; or GNU's base 256 when the first bit is set. */
static bool parse_octal(const uint8_t *field, size_t len, uint64_t *ret)
{
    uint64_t value = 0;
    size_t i = 0;
    if (field[0] == 0x80) {
        for (i = 1; i < len; i++) {
            if (value >> 55)
                return false;
            value = value << 8 | field[i];
        }
        *ret = value;
        return true;
    }
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
        value = value << 3 | (unsigned)(field[i] - '0');
    if (i == 0)
        return false;
    for (; i < len; i++)
        if (field[i] != 0 && field[i] != ' ')
            return false;
    *ret = value;
    return true;
}

static struct bt_bytes text_field(const uint8_t *field, size_t len)
{
    return (struct bt_bytes){field, strnlen((const char *)field, len)};
}

/* What a pax header said about the member that follows. */
struct pax {
    const char *path; /* NULL: nothing */
    uint64_t size;
    bool has_size;
};

static bool parse_size(struct bt_bytes text, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret = value;
    return text.len > 0;
}

static bool is_ignorable(struct bt_bytes key)
{
    static const char *const keys[] = {"mtime", "atime", "ctime", "uid",
                                       "gid",   "uname", "gname", "comment"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (bt_bytes_equal(key, bt_bytes_of(keys[i])))
            return true;
    return false;
}

static baton_status apply_record(struct bt_tar_reader *r, struct bt_bytes key,
                                 struct bt_bytes value, struct pax *pax, struct baton_error *err)
{
    if (bt_bytes_equal(key, bt_bytes_of("path")) && !pax->path) {
        if (value.len && memchr(value.ptr, 0, value.len))
            return fail_member(r, value, BATON_ERR_INVALID, "has a NUL in its name", err);
        pax->path = bt_arena_strndup(&r->arena, (const char *)value.ptr, value.len);
        return pax->path ? BATON_OK : bt_fail_no_memory(err, r->what);
    }
    if (bt_bytes_equal(key, bt_bytes_of("size")) && !pax->has_size) {
        pax->has_size = parse_size(value, &pax->size);
        if (pax->has_size)
            return BATON_OK;
    }
    if (is_ignorable(key))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "%s: offset %" PRIu64 ": pax header: \"%.*s\" is unknown, repeated or no number",
                   r->what, r->offset, (int)bt_min(key.len, 80), (const char *)key.ptr);
}

/* "length key=value\n", where length counts the whole line. */
static bool split_record(struct bt_bytes *text, struct bt_bytes *ret_key,
                         struct bt_bytes *ret_value)
{
    uint64_t len = 0;
    const uint8_t *blank = text->len ? memchr(text->ptr, ' ', bt_min(text->len, 8)) : NULL;
    if (!blank || !parse_size((struct bt_bytes){text->ptr, (size_t)(blank - text->ptr)}, &len))
        return false;
    size_t head = (size_t)(blank - text->ptr) + 1;
    if (len > text->len || len <= head || text->ptr[len - 1] != '\n')
        return false;
    struct bt_bytes body = {text->ptr + head, (size_t)len - head - 1};
    const uint8_t *equals = body.len ? memchr(body.ptr, '=', body.len) : NULL;
    if (!equals)
        return false;
    *ret_key = (struct bt_bytes){body.ptr, (size_t)(equals - body.ptr)};
    *ret_value = (struct bt_bytes){equals + 1, body.len - ret_key->len - 1};
    *text = (struct bt_bytes){text->ptr + len, text->len - (size_t)len};
    return true;
}

static baton_status read_pax(struct bt_tar_reader *r, uint64_t size, struct pax *pax,
                             struct baton_error *err)
{
    uint64_t start = r->offset;
    if (size > r->limits.pax_bytes_max)
        return bt_fail(err, BATON_ERR_LIMIT,
                       "%s: offset %" PRIu64 ": a pax header of %" PRIu64
                       " bytes: the limit is %zu",
                       r->what, start, size, r->limits.pax_bytes_max);
    BT_AUTO_BUF room = BT_BUF_INIT(r->limits.pax_bytes_max);
    uint8_t *bytes = bt_buf_extend(&room, (size_t)size);
    BT_TRY(bt_buf_finish(&room, "a pax header", err));
    BT_TRY(read_exactly(r, bytes, (size_t)size, err));
    r->padding = padding_of(size);
    BT_TRY(skip_rest(r, err));
    struct bt_bytes text = bt_buf_bytes(&room);
    while (text.len) {
        struct bt_bytes key;
        struct bt_bytes value;
        if (!split_record(&text, &key, &value))
            return fail_at(r, start, BATON_ERR_INVALID, "a malformed pax header", err);
        BT_TRY(apply_record(r, key, value, pax, err));
    }
    return BATON_OK;
}

/* Both magics have "ustar" in front: POSIX goes on with NUL and "00", GNU with two blanks. */
static baton_status check_header(const struct bt_tar_reader *r, const uint8_t *block,
                                 struct baton_error *err)
{
    uint64_t stated = 0;
    uint64_t at = r->offset - BT_TAR_BLOCK;
    if (!parse_octal(block + CHECKSUM_AT, CHECKSUM_BYTES, &stated) || stated != checksum(block))
        return fail_at(r, at, BATON_ERR_INVALID, "no tar header here: wrong checksum", err);
    if (memcmp(block + MAGIC_AT,
               "ustar\0"
               "00",
               8) != 0 &&
        memcmp(block + MAGIC_AT, "ustar  \0", 8) != 0)
        return fail_at(r, at, BATON_ERR_UNSUPPORTED, "a tar header older than ustar", err);
    return BATON_OK;
}

/* Prefix and name of the header, or the path of the pax header. */
static baton_status member_path(struct bt_tar_reader *r, const uint8_t *block,
                                const struct pax *pax, const char **ret, struct baton_error *err)
{
    struct bt_bytes name = text_field(block + NAME_AT, NAME_BYTES);
    struct bt_bytes prefix = text_field(block + PREFIX_AT, PREFIX_BYTES);
    if (block[MAGIC_AT + 5] != 0)
        prefix.len = 0; /* GNU keeps times there */
    if (!pax->path)
        *ret = bt_arena_printf(&r->arena, "%.*s%s%.*s", (int)prefix.len, (const char *)prefix.ptr,
                               prefix.len ? "/" : "", (int)name.len, (const char *)name.ptr);
    else
        *ret = pax->path;
    return *ret ? BATON_OK : bt_fail_no_memory(err, r->what);
}

static baton_status check_type(const struct bt_tar_reader *r, const char *path, uint8_t type,
                               struct baton_error *err)
{
    struct bt_bytes name = bt_bytes_of(path);
    switch (type) {
    case TYPE_FILE:
    case TYPE_FILE_OLD:
    case TYPE_FOLDER:
        return BATON_OK;
    case '1':
    case '2':
        return fail_member(r, name, BATON_ERR_INVALID, "is a link", err);
    case '3':
    case '4':
    case '6':
        return fail_member(r, name, BATON_ERR_INVALID, "is a device or a pipe", err);
    case 'L':
    case 'K':
        return fail_at(r, r->offset - BT_TAR_BLOCK, BATON_ERR_UNSUPPORTED,
                       "a GNU long name: write the archive with tar --format=pax", err);
    case 'g':
        return fail_at(r, r->offset - BT_TAR_BLOCK, BATON_ERR_UNSUPPORTED, "a global pax header",
                       err);
    default:
        return fail_member(r, name, BATON_ERR_UNSUPPORTED, "is of an unknown type", err);
    }
}

/* "./a/b/" to "a/b". */
static struct bt_bytes trim_path(const char *path, bool is_folder)
{
    struct bt_bytes name = bt_bytes_of(path);
    if (name.len >= 2 && path[0] == '.' && path[1] == '/')
        name = (struct bt_bytes){name.ptr + 2, name.len - 2};
    if (is_folder && name.len && name.ptr[name.len - 1] == '/')
        name.len--;
    return name;
}

static baton_status check_size(struct bt_tar_reader *r, struct bt_bytes name,
                               const struct bt_tar_entry *entry, struct baton_error *err)
{
    if (entry->is_folder && entry->size)
        return fail_member(r, name, BATON_ERR_INVALID, "is a folder with contents", err);
    if (entry->size > r->limits.member_bytes_max)
        return fail_member(r, name, BATON_ERR_LIMIT, "is larger than the limit for a member", err);
    if (entry->size > r->limits.total_bytes_max - r->total)
        return fail_member(r, name, BATON_ERR_LIMIT,
                           "takes the archive over the limit for all members together", err);
    if (r->entries == r->limits.entries_max)
        return fail_member(r, name, BATON_ERR_LIMIT, "is one more than the limit of members", err);
    return BATON_OK;
}

/* Accept a member: safe, new, within the limits. The folder "./" itself has no name; it is left
 * out by the caller. */
static baton_status admit(struct bt_tar_reader *r, struct bt_bytes name, struct bt_tar_entry *entry,
                          struct baton_error *err)
{
    const char *problem = bt_member_name_problem(name);
    bool is_new = false;
    if (problem)
        return fail_member(r, name, BATON_ERR_INVALID, problem, err);
    BT_TRY(check_size(r, name, entry, err));
    char *copy = bt_arena_strndup(&r->arena, (const char *)name.ptr, name.len);
    if (!copy)
        return bt_fail_no_memory(err, r->what);
    BT_TRY(bt_names_add(&r->names, (struct bt_bytes){(uint8_t *)copy, name.len}, &is_new, err));
    if (!is_new)
        return fail_member(r, name, BATON_ERR_INVALID, "is there twice", err);
    entry->name = copy;
    r->entries++;
    r->total += entry->size;
    r->left = entry->size;
    r->padding = padding_of(entry->size);
    return BATON_OK;
}

/* One header that is not zero, with the pax header in front of it. */
static baton_status read_headers(struct bt_tar_reader *r, uint8_t *block, struct pax *pax,
                                 uint64_t *ret_size, struct baton_error *err)
{
    BT_TRY(check_header(r, block, err));
    if (!parse_octal(block + SIZE_AT, SIZE_BYTES, ret_size))
        return fail_at(r, r->offset - BT_TAR_BLOCK, BATON_ERR_INVALID, "the size is no number",
                       err);
    if (block[TYPE_AT] != TYPE_PAX)
        return BATON_OK;
    BT_TRY(read_pax(r, *ret_size, pax, err));
    BT_TRY(read_exactly(r, block, BT_TAR_BLOCK, err));
    BT_TRY(check_header(r, block, err));
    if (!parse_octal(block + SIZE_AT, SIZE_BYTES, ret_size) || block[TYPE_AT] == TYPE_PAX)
        return fail_at(r, r->offset - BT_TAR_BLOCK, BATON_ERR_INVALID,
                       "a pax header is not followed by a member", err);
    return BATON_OK;
}

/* *ret_skip: it was the folder that everything else is in. */
static baton_status read_member(struct bt_tar_reader *r, uint8_t *block, struct bt_tar_entry *ret,
                                bool *ret_skip, struct baton_error *err)
{
    struct pax pax = {NULL, 0, false};
    struct bt_tar_entry entry = {NULL, 0, false};
    const char *path = NULL;
    BT_TRY(read_headers(r, block, &pax, &entry.size, err));
    BT_TRY(member_path(r, block, &pax, &path, err));
    BT_TRY(check_type(r, path, block[TYPE_AT], err));
    entry.is_folder = block[TYPE_AT] == TYPE_FOLDER;
    if (pax.has_size)
        entry.size = pax.size;
    *ret_skip = entry.is_folder && entry.size == 0 && strcmp(path, "./") == 0;
    if (!*ret_skip)
        BT_TRY(admit(r, trim_path(path, entry.is_folder), &entry, err));
    *ret = entry;
    return BATON_OK;
}

struct bt_tar_reader bt_tar_reader(bt_tar_source *source, void *user, const char *what,
                                   const struct bt_tar_limits *limits)
{
    static const struct bt_tar_limits defaults = BT_TAR_LIMITS_DEFAULT;
    return (struct bt_tar_reader){
        .source = source, .user = user, .what = what, .limits = limits ? *limits : defaults};
}

void bt_tar_reader_release(struct bt_tar_reader *r)
{
    bt_names_release(&r->names);
    bt_arena_release(&r->arena);
}

baton_status bt_tar_next(struct bt_tar_reader *r, struct bt_tar_entry *ret, bool *ret_more,
                         struct baton_error *err)
{
    uint8_t block[BT_TAR_BLOCK];
    bool skip = true;
    BT_TRY(skip_rest(r, err));
    while (skip && !r->ended) {
        BT_TRY(read_exactly(r, block, sizeof block, err));
        if (is_zero(block, sizeof block))
            BT_TRY(read_end(r, err));
        else
            BT_TRY(read_member(r, block, ret, &skip, err));
    }
    *ret_more = !r->ended;
    return BATON_OK;
}

baton_status bt_tar_read(struct bt_tar_reader *r, void *bytes, size_t len, size_t *ret_len,
                         struct baton_error *err)
{
    size_t wanted = (size_t)(r->left < len ? r->left : len);
    BT_TRY(read_exactly(r, bytes, wanted, err));
    r->left -= wanted;
    *ret_len = wanted;
    return BATON_OK;
}
