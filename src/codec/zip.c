/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ZIP archive is read from its end:
 *
 *     local header, name, extra, data [, descriptor]     one per member
 *     central header, name, extra, comment               one per member
 *     [ZIP64 end record (56 bytes), ZIP64 locator (20 bytes)]
 *     end record (22 bytes)
 *
 * Two readers of one archive must never see two different things. So nothing is searched for, the
 * parts must touch each other as drawn, members come in the order of the central headers, and what
 * is said twice must be said the same way.
 */
#include "codec/zip.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "base/checked.h"
#include "codec/endian.h"
#include "codec/text/names.h"

#define LOCAL_MAGIC 0x04034b50u
#define CENTRAL_MAGIC 0x02014b50u
#define END_MAGIC 0x06054b50u
#define END64_MAGIC 0x06064b50u
#define LOCATOR64_MAGIC 0x07064b50u
#define DESCRIPTOR_MAGIC 0x08074b50u

#define LOCAL_BYTES 30
#define CENTRAL_BYTES 46
#define END_BYTES 22
#define END64_BYTES 56
#define LOCATOR64_BYTES 20

#define FLAG_ENCRYPTED 0x0001u
#define FLAG_DESCRIPTOR 0x0008u
#define FLAG_UTF8 0x0800u
/* Deflate's two level hints mean nothing to a reader. */
#define FLAGS_KNOWN (FLAG_DESCRIPTOR | FLAG_UTF8 | 0x0006u)

#define METHOD_STORED 0u
#define METHOD_DEFLATED 8u

#define EXTRA_ZIP64 1u
#define IN_ZIP64 0xffffffffu
#define UNIX_TYPE_MASK 0170000u
#define UNIX_REGULAR 0100000u

#define DOS_DATE_1980_01_01 0x21u
#define VERSION_STORED 20u

struct reader {
    struct bt_bytes bytes;
    const char *what;
    struct bt_zip_limits limits;
    size_t central; /* offset of the first central header */
    size_t central_bytes;
    uint64_t count;
    size_t pos;        /* in the central headers */
    size_t data_end;   /* where the previous member ended */
    uint64_t unpacked; /* of all members so far */
    struct baton_error *err;
};

/* One central header, ZIP64 resolved. */
struct central {
    struct bt_bytes name;
    uint64_t packed;
    uint64_t size;
    uint64_t local;
    uint32_t crc;
    unsigned flags;
    unsigned method;
    unsigned made_by;
    uint32_t attributes;
};

static baton_status fail_at(const struct reader *r, size_t offset, const char *problem)
{
    return bt_fail(r->err, BATON_ERR_INVALID, "%s: offset %zu: %s", r->what, offset, problem);
}

static baton_status fail_member(const struct reader *r, struct bt_bytes name, baton_status status,
                                const char *problem)
{
    return bt_fail(r->err, status, "%s: member \"%.*s\" %s", r->what, (int)bt_min(name.len, 200),
                   (const char *)name.ptr, problem);
}

static uint64_t field(const struct reader *r, size_t offset, size_t bytes)
{
    return load_le(r->bytes.ptr + offset, bytes);
}

/* ---- the end ---- */

static baton_status read_end64(struct reader *r, size_t end, size_t *ret_limit)
{
    size_t locator = end - LOCATOR64_BYTES;
    if (end < LOCATOR64_BYTES + END64_BYTES || field(r, locator, 4) != LOCATOR64_MAGIC)
        return fail_at(r, end, "the end record points to a ZIP64 locator that is not there");
    size_t record = locator - END64_BYTES;
    if (field(r, locator + 8, 8) != record || field(r, record, 4) != END64_MAGIC ||
        field(r, record + 4, 8) != END64_BYTES - 12)
        return fail_at(r, locator, "the ZIP64 end record is not just before its locator");
    if (field(r, record + 16, 8) != 0 || field(r, locator + 16, 4) > 1)
        return fail_at(r, record, "archives on several disks are not supported");
    r->count = field(r, record + 32, 8);
    if (field(r, record + 24, 8) != r->count)
        return fail_at(r, record, "the two counts of members differ");
    r->central_bytes = (size_t)field(r, record + 40, 8);
    r->central = (size_t)field(r, record + 48, 8);
    *ret_limit = record;
    return BATON_OK;
}

/* `limit` is where the end records begin. */
static baton_status check_end(const struct reader *r, size_t limit)
{
    if (r->central > limit || limit - r->central != r->central_bytes)
        return fail_at(r, limit, "the central headers do not end where the end record begins");
    if (r->count > r->limits.entries_max)
        return bt_fail(r->err, BATON_ERR_LIMIT, "%s: %" PRIu64 " members: the limit is %zu",
                       r->what, r->count, r->limits.entries_max);
    /* Checked before memory is taken for so many. */
    if (r->count > r->central_bytes / CENTRAL_BYTES)
        return fail_at(r, limit, "more members than the central headers have room for");
    return BATON_OK;
}

static baton_status read_end(struct reader *r)
{
    if (r->bytes.len < END_BYTES)
        return bt_fail(r->err, BATON_ERR_INVALID, "%s: %zu bytes are too few for a ZIP archive",
                       r->what, r->bytes.len);
    size_t end = r->bytes.len - END_BYTES;
    size_t limit = end;
    if (field(r, end, 4) != END_MAGIC || field(r, end + 20, 2) != 0)
        return fail_at(r, end,
                       "no ZIP end record in the last 22 bytes (truncated, not a ZIP "
                       "archive, or with bytes or a comment after its end)");
    if (field(r, end + 4, 4) != 0)
        return fail_at(r, end, "archives on several disks are not supported");
    r->count = field(r, end + 10, 2);
    r->central_bytes = (size_t)field(r, end + 12, 4);
    r->central = (size_t)field(r, end + 16, 4);
    if (field(r, end + 8, 2) != r->count)
        return fail_at(r, end, "the two counts of members differ");
    if (r->count == 0xffff || r->central_bytes == IN_ZIP64 || r->central == IN_ZIP64)
        BT_TRY(read_end64(r, end, &limit));
    return check_end(r, limit);
}

/* ---- members ---- */

/* The ZIP64 extra field holds those of the values that did not fit, in this order. */
static baton_status resolve_zip64(const struct reader *r, struct bt_bytes extra, size_t offset,
                                  uint64_t *const values[], size_t count)
{
    struct bt_bytes zip64 = {NULL, 0};
    while (extra.len) {
        size_t len = extra.len < 4 ? SIZE_MAX : (size_t)load_le(extra.ptr + 2, 2);
        if (extra.len < 4 || len > extra.len - 4)
            return fail_at(r, offset, "an extra field is longer than its header says");
        if (load_le(extra.ptr, 2) == EXTRA_ZIP64)
            zip64 = (struct bt_bytes){extra.ptr + 4, len};
        extra = (struct bt_bytes){extra.ptr + 4 + len, extra.len - 4 - len};
    }
    for (size_t i = 0; i < count; i++) {
        if (*values[i] != IN_ZIP64)
            continue;
        if (zip64.len < 8)
            return fail_at(r, offset, "a ZIP64 value is missing");
        *values[i] = load_le(zip64.ptr, 8);
        zip64 = (struct bt_bytes){zip64.ptr + 8, zip64.len - 8};
    }
    return BATON_OK;
}

static baton_status read_central(struct reader *r, struct central *ret)
{
    size_t at = r->pos;
    size_t left = r->central + r->central_bytes - at;
    if (left < CENTRAL_BYTES || field(r, at, 4) != CENTRAL_MAGIC)
        return fail_at(r, at, "no central header here");
    size_t name_len = (size_t)field(r, at + 28, 2);
    size_t extra_len = (size_t)field(r, at + 30, 2);
    size_t comment_len = (size_t)field(r, at + 32, 2);
    if (name_len + extra_len + comment_len > left - CENTRAL_BYTES)
        return fail_at(r, at, "a central header is longer than its section");
    const uint8_t *name = r->bytes.ptr + at + CENTRAL_BYTES;
    struct central c = {.name = {name, name_len},
                        .made_by = (unsigned)field(r, at + 5, 1),
                        .flags = (unsigned)field(r, at + 8, 2),
                        .method = (unsigned)field(r, at + 10, 2),
                        .crc = (uint32_t)field(r, at + 16, 4),
                        .packed = field(r, at + 20, 4),
                        .size = field(r, at + 24, 4),
                        .attributes = (uint32_t)field(r, at + 38, 4),
                        .local = field(r, at + 42, 4)};
    uint64_t *const values[] = {&c.size, &c.packed, &c.local};
    BT_TRY(resolve_zip64(r, (struct bt_bytes){name + name_len, extra_len}, at, values, 3));
    r->pos = at + CENTRAL_BYTES + name_len + extra_len + comment_len;
    *ret = c;
    return BATON_OK;
}

static baton_status check_kind(const struct reader *r, const struct central *c)
{
    static const unsigned made_on_unix = 3;
    uint32_t type = c->attributes >> 16 & UNIX_TYPE_MASK;
    const char *problem = bt_member_name_problem(c->name);
    if (problem)
        return fail_member(r, c->name, BATON_ERR_INVALID, problem);
    if (c->made_by == made_on_unix && type != 0 && type != UNIX_REGULAR)
        return fail_member(r, c->name, BATON_ERR_INVALID, "is not a regular file");
    if (c->flags & FLAG_ENCRYPTED)
        return fail_member(r, c->name, BATON_ERR_UNSUPPORTED, "is encrypted");
    if (c->flags & ~FLAGS_KNOWN)
        return fail_member(r, c->name, BATON_ERR_UNSUPPORTED, "uses a feature that is not known");
    if (c->method != METHOD_STORED && c->method != METHOD_DEFLATED)
        return fail_member(r, c->name, BATON_ERR_UNSUPPORTED, "is neither stored nor deflated");
    return BATON_OK;
}

static baton_status check_sizes(struct reader *r, const struct central *c)
{
    if (c->method == METHOD_STORED && c->size != c->packed)
        return fail_member(r, c->name, BATON_ERR_INVALID, "is stored, but its two sizes differ");
    if (c->size > r->limits.member_bytes_max)
        return fail_member(r, c->name, BATON_ERR_LIMIT, "is larger than the limit for a member");
    if (c->size / r->limits.ratio_max > c->packed)
        return fail_member(r, c->name, BATON_ERR_LIMIT,
                           "unpacks to more than the limit allows for its packed size");
    /* Both are at most member_bytes_max and total_bytes_max: the sum does not wrap. */
    if (c->size > r->limits.total_bytes_max - r->unpacked)
        return fail_member(r, c->name, BATON_ERR_LIMIT,
                           "takes the archive over the limit for all members together");
    r->unpacked += c->size;
    return BATON_OK;
}

/* After streamed data: [magic,] CRC, packed size, size; sizes of 4 or of 8 bytes. */
static baton_status skip_descriptor(struct reader *r, const struct central *c)
{
    for (size_t magic = 0; magic <= 4; magic += 4)
        for (size_t width = 4; width <= 8; width += 4) {
            size_t at = r->data_end;
            size_t bytes = magic + 4 + 2 * width;
            if (bytes > r->central - at || (magic && field(r, at, 4) != DESCRIPTOR_MAGIC))
                continue;
            at += magic;
            if (field(r, at, 4) != c->crc || field(r, at + 4, width) != c->packed ||
                field(r, at + 4 + width, width) != c->size)
                continue;
            r->data_end += bytes;
            return BATON_OK;
        }
    return fail_member(r, c->name, BATON_ERR_INVALID, "has no valid data descriptor");
}

static baton_status compare_local(const struct reader *r, const struct central *c, size_t at)
{
    size_t name_len = (size_t)field(r, at + 26, 2);
    const uint8_t *name = r->bytes.ptr + at + LOCAL_BYTES;
    uint64_t size = field(r, at + 22, 4);
    uint64_t packed = field(r, at + 18, 4);
    uint64_t *const values[] = {&size, &packed};
    struct bt_bytes extra = {name + name_len, (size_t)field(r, at + 28, 2)};
    if (!bt_bytes_equal((struct bt_bytes){name, name_len}, c->name) ||
        field(r, at + 6, 2) != c->flags || field(r, at + 8, 2) != c->method)
        return fail_member(r, c->name, BATON_ERR_INVALID,
                           "has a local header that differs from the central one");
    if (c->flags & FLAG_DESCRIPTOR)
        return BATON_OK;
    BT_TRY(resolve_zip64(r, extra, at, values, 2));
    if (size != c->size || packed != c->packed || field(r, at + 14, 4) != c->crc)
        return fail_member(r, c->name, BATON_ERR_INVALID,
                           "has a local header that differs from the central one");
    return BATON_OK;
}

static baton_status read_local(struct reader *r, const struct central *c,
                               struct bt_bytes *ret_packed)
{
    if (c->local != r->data_end)
        return fail_member(r, c->name, BATON_ERR_INVALID,
                           c->local < r->data_end ? "overlaps the member before it"
                                                  : "does not follow the member before it");
    size_t at = r->data_end;
    size_t left = r->central - at;
    if (left < LOCAL_BYTES || field(r, at, 4) != LOCAL_MAGIC)
        return fail_member(r, c->name, BATON_ERR_INVALID, "has no local header");
    size_t head = LOCAL_BYTES + (size_t)field(r, at + 26, 2) + (size_t)field(r, at + 28, 2);
    if (head > left || c->packed > left - head)
        return fail_member(r, c->name, BATON_ERR_INVALID, "reaches into the central headers");
    BT_TRY(compare_local(r, c, at));
    *ret_packed = (struct bt_bytes){r->bytes.ptr + at + head, (size_t)c->packed};
    r->data_end = at + head + (size_t)c->packed;
    return c->flags & FLAG_DESCRIPTOR ? skip_descriptor(r, c) : BATON_OK;
}

static baton_status read_entry(struct reader *r, struct bt_names *names, struct bt_zip_entry *ret)
{
    struct central c = {.name = {NULL, 0}};
    struct bt_bytes packed = {NULL, 0};
    bool is_new = false;
    BT_TRY(read_central(r, &c));
    BT_TRY(check_kind(r, &c));
    BT_TRY(check_sizes(r, &c));
    BT_TRY(bt_names_add(names, c.name, &is_new, r->err));
    if (!is_new)
        return fail_member(r, c.name, BATON_ERR_INVALID, "is there twice");
    BT_TRY(read_local(r, &c, &packed));
    *ret = (struct bt_zip_entry){.name = c.name,
                                 .packed = packed,
                                 .size = c.size,
                                 .crc = c.crc,
                                 .deflated = c.method == METHOD_DEFLATED};
    return BATON_OK;
}

baton_status bt_zip_open(struct bt_bytes bytes, const char *what,
                         const struct bt_zip_limits *limits, struct bt_arena *arena,
                         struct bt_zip *ret, struct baton_error *err)
{
    static const struct bt_zip_limits defaults = BT_ZIP_LIMITS_DEFAULT;
    struct reader r = {
        .bytes = bytes, .what = what, .limits = limits ? *limits : defaults, .err = err};
    BT_AUTO_NAMES names = BT_NAMES_INIT;
    BT_TRY(read_end(&r));
    struct bt_zip_entry *entries = bt_arena_calloc(arena, (size_t)r.count, sizeof *entries);
    if (!entries)
        return bt_fail_no_memory(err, what);
    r.pos = r.central;
    for (size_t i = 0; i < r.count; i++)
        BT_TRY(read_entry(&r, &names, &entries[i]));
    if (r.pos != r.central + r.central_bytes)
        return fail_at(&r, r.pos, "bytes after the last central header");
    if (r.data_end != r.central)
        return fail_at(&r, r.data_end, "bytes between the last member and the central headers");
    *ret = (struct bt_zip){entries, (size_t)r.count};
    return BATON_OK;
}

/* ---- contents ---- */

static uInt piece(size_t left)
{
    return (uInt)bt_min(left, (size_t)1 << 30);
}

/* True when `packed` is one deflate stream of exactly `size` bytes. zlib counts in 32 bits, so both
 * sides go piece by piece. */
static bool inflate_all(struct bt_bytes packed, uint8_t *out, size_t size)
{
    z_stream z = {0};
    int result = inflateInit2(&z, -MAX_WBITS);
    size_t in_left = packed.len;
    size_t out_left = size;
    z.next_in = (z_const Bytef *)(uintptr_t)packed.ptr;
    z.next_out = out;
    while (result == Z_OK) {
        uInt in_piece = piece(in_left);
        uInt out_piece = piece(out_left);
        z.avail_in = in_piece;
        z.avail_out = out_piece;
        result = inflate(&z, Z_NO_FLUSH);
        in_left -= in_piece - z.avail_in;
        out_left -= out_piece - z.avail_out;
    }
    (void)inflateEnd(&z);
    return result == Z_STREAM_END && in_left == 0 && out_left == 0;
}

static baton_status fail_contents(const struct bt_zip_entry *entry, const char *problem,
                                  struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CORRUPT, "member \"%.*s\" %s", (int)bt_min(entry->name.len, 200),
                   (const char *)entry->name.ptr, problem);
}

baton_status bt_zip_read(const struct bt_zip_entry *entry, struct bt_buf *room,
                         struct bt_bytes *ret, struct baton_error *err)
{
    struct bt_bytes contents = entry->packed;
    if (entry->deflated) {
        bt_buf_clear(room);
        uint8_t *out = bt_buf_extend(room, (size_t)entry->size);
        BT_TRY(bt_buf_finish(room, "an unpacked member", err));
        if (!inflate_all(entry->packed, out, (size_t)entry->size))
            return fail_contents(entry, "does not unpack to its stated size", err);
        contents = bt_buf_bytes(room);
    }
    if (crc32_z(0, contents.ptr, contents.len) != entry->crc)
        return fail_contents(entry, "does not match its CRC", err);
    *ret = contents;
    return BATON_OK;
}

/* ---- writing ---- */

struct bt_zip_writer bt_zip_writer(struct bt_buf *out)
{
    return (struct bt_zip_writer){
        .out = out, .central = BT_BUF_INIT((size_t)1 << 30), .start = out->len};
}

void bt_zip_writer_release(struct bt_zip_writer *writer)
{
    bt_buf_release(&writer->central);
}

static void put_le(struct bt_buf *out, size_t bytes, uint64_t value)
{
    uint8_t field_bytes[8];
    store_le(field_bytes, bytes, value);
    bt_buf_put(out, field_bytes, bytes);
}

/* The fields that both headers share, from "version needed" on. */
static void put_common(struct bt_buf *out, const char *name, struct bt_bytes contents, uint32_t crc)
{
    put_le(out, 2, VERSION_STORED);
    put_le(out, 2, FLAG_UTF8);
    put_le(out, 2, METHOD_STORED);
    put_le(out, 2, 0);
    put_le(out, 2, DOS_DATE_1980_01_01);
    put_le(out, 4, crc);
    put_le(out, 4, contents.len);
    put_le(out, 4, contents.len);
    put_le(out, 2, strlen(name));
    put_le(out, 2, 0);
}

baton_status bt_zip_add(struct bt_zip_writer *writer, const char *name, struct bt_bytes contents,
                        struct baton_error *err)
{
    size_t offset = writer->out->len - writer->start;
    const char *problem = bt_member_name_problem(bt_bytes_of(name));
    if (problem)
        return bt_fail(err, BATON_ERR_INVALID, "member \"%s\" %s", name, problem);
    if (contents.len >= IN_ZIP64 || offset >= IN_ZIP64 || writer->entries == 0xfffe)
        return bt_fail(err, BATON_ERR_LIMIT,
                       "member \"%s\": this ZIP writer ends at 4 GiB and 65534 members", name);
    uint32_t crc = (uint32_t)crc32_z(0, contents.ptr, contents.len);
    put_le(writer->out, 4, LOCAL_MAGIC);
    put_common(writer->out, name, contents, crc);
    bt_buf_put_str(writer->out, name);
    bt_buf_put(writer->out, contents.ptr, contents.len);

    put_le(&writer->central, 4, CENTRAL_MAGIC);
    put_le(&writer->central, 2, VERSION_STORED);
    put_common(&writer->central, name, contents, crc);
    put_le(&writer->central, 6, 0); /* comment, disk, internal attributes */
    put_le(&writer->central, 4, 0); /* external attributes */
    put_le(&writer->central, 4, offset);
    bt_buf_put_str(&writer->central, name);
    writer->entries++;
    return bt_buf_finish(writer->out, "a ZIP archive", err);
}

baton_status bt_zip_finish(struct bt_zip_writer *writer, struct baton_error *err)
{
    size_t central = writer->out->len - writer->start;
    BT_TRY(bt_buf_finish(&writer->central, "the central headers of a ZIP archive", err));
    if (central >= IN_ZIP64)
        return bt_fail(err, BATON_ERR_LIMIT, "this ZIP writer ends at 4 GiB");
    bt_buf_put(writer->out, writer->central.data, writer->central.len);
    put_le(writer->out, 4, END_MAGIC);
    put_le(writer->out, 4, 0);
    put_le(writer->out, 2, writer->entries);
    put_le(writer->out, 2, writer->entries);
    put_le(writer->out, 4, writer->central.len);
    put_le(writer->out, 4, central);
    put_le(writer->out, 2, 0);
    return bt_buf_finish(writer->out, "a ZIP archive", err);
}
