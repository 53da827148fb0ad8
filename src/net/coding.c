/* SPDX-License-Identifier: Apache-2.0 */
#include "net/coding.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/checked.h"

/* Text of numbers shrinks tenfold and zeros a thousandfold, bombs too: what is small may be all
 * zeros, what is large may not. */
#define FREE_BYTES ((size_t)4 << 20)
#define RATIO_MAX 100
#define PIECE_BYTES 16384
#define WINDOW_BITS 15
#define GZIP_WRAPPER 16 /* to zlib, on top of the window */
#define MEMORY_LEVEL 8

static const struct {
    const char *name;
    enum bt_coding coding;
} codings[] = {{"gzip", BT_CODING_GZIP},
               {"x-gzip", BT_CODING_GZIP},
               {"deflate", BT_CODING_DEFLATE},
               {"identity", BT_CODING_IDENTITY}};

/* ---- names ---- */

static enum bt_coding find_coding(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (strlen(codings[i].name) == len && strncasecmp(codings[i].name, name, len) == 0)
            return codings[i].coding;
    return BT_CODING_UNKNOWN;
}

enum bt_coding bt_coding_of(const char *content_encoding)
{
    if (!content_encoding || !*content_encoding)
        return BT_CODING_IDENTITY;
    return find_coding(content_encoding, strlen(content_encoding));
}

const char *bt_coding_name(enum bt_coding coding)
{
    return coding == BT_CODING_GZIP ? "gzip" : coding == BT_CODING_DEFLATE ? "deflate" : "identity";
}

/* "0", "1", "0.25" in thousandths; what is none of them is 0. */
static int read_weight(const char *text, size_t len)
{
    int weight = 0;
    int unit = 1000;
    if (len == 0 || len > 5 || (text[0] != '0' && text[0] != '1') || (len > 1 && text[1] != '.'))
        return 0;
    for (size_t i = 0; i < len; i += i == 0 ? 2 : 1) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        weight += (text[i] - '0') * unit;
        unit /= 10;
    }
    return weight <= 1000 ? weight : 0;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* One of a list, "gzip" or "gzip;q=0.5"; returns where the next one starts. */
static const char *take_choice(const char *at, struct bt_bytes *ret_name, int *ret_weight)
{
    at += strspn(at, ", \t");
    *ret_name = (struct bt_bytes){(const uint8_t *)at, strcspn(at, ",; \t")};
    *ret_weight = 1000;
    at = skip_blanks(at + ret_name->len);
    if (*at == ';') {
        at = skip_blanks(at + 1);
        bool is_weight = strncasecmp(at, "q=", 2) == 0;
        size_t len = is_weight ? strcspn(at + 2, ", \t") : 0;
        *ret_weight = is_weight ? read_weight(at + 2, len) : 0;
    }
    return at + strcspn(at, ",");
}

enum bt_coding bt_coding_accepted(const char *accept_encoding)
{
    /* Nothing is said of a coding: whatever "*" has; and identity is always there. */
    int weights[BT_CODING_UNKNOWN + 1] = {-1, -1, -1, 0};
    struct bt_bytes name;
    int weight = 0;
    if (!accept_encoding)
        return BT_CODING_IDENTITY;
    for (const char *at = accept_encoding; *at;) {
        at = take_choice(at, &name, &weight);
        if (name.len == 1 && name.ptr[0] == '*')
            weights[BT_CODING_UNKNOWN] = weight;
        else if (find_coding((const char *)name.ptr, name.len) != BT_CODING_UNKNOWN)
            weights[find_coding((const char *)name.ptr, name.len)] = weight;
    }
    enum bt_coding best = BT_CODING_IDENTITY;
    int best_weight = weights[BT_CODING_IDENTITY] - 1;
    for (enum bt_coding i = BT_CODING_GZIP; i <= BT_CODING_DEFLATE; i++) {
        int its = weights[i] < 0 ? weights[BT_CODING_UNKNOWN] : weights[i];
        if (its <= 0 || its <= best_weight)
            continue;
        best = i;
        best_weight = its;
    }
    return best;
}

/* ---- bytes ---- */

static int window_bits(enum bt_coding coding)
{
    return WINDOW_BITS + (coding == BT_CODING_GZIP ? GZIP_WRAPPER : 0);
}

/* zlib takes what it reads for writable, and does not write there. */
static z_stream stream_of(struct bt_bytes bytes)
{
    return (z_stream){.next_in = (uint8_t *)(uintptr_t)bytes.ptr, .avail_in = (uInt)bytes.len};
}

static void end_inflate(z_stream *z)
{
    (void)inflateEnd(z);
}

static void end_deflate(z_stream *z)
{
    (void)deflateEnd(z);
}

static baton_status inflate_all(z_stream *z, struct bt_buf *out, struct baton_error *err)
{
    uint8_t piece[PIECE_BYTES];
    int code = Z_OK;
    while (code == Z_OK) {
        z->next_out = piece;
        z->avail_out = sizeof piece;
        code = inflate(z, Z_NO_FLUSH);
        bt_buf_put(out, piece, sizeof piece - z->avail_out);
        BT_TRY(bt_buf_finish(out, "the body, decoded", err));
    }
    if (code == Z_MEM_ERROR)
        return bt_fail_no_memory(err, "a body to decode");
    if (code != Z_STREAM_END || z->avail_in)
        return bt_fail(err, BATON_ERR_INVALID, "the body is not what Content-Encoding says");
    return BATON_OK;
}

baton_status bt_coding_decode(enum bt_coding coding, struct bt_bytes bytes, size_t bytes_max,
                              struct bt_buf *out, struct baton_error *err)
{
    if (bytes.len > UINT32_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a body in a coding is at most 4 GiB");
    BT_CLEANUP(end_inflate) z_stream z = stream_of(bytes);
    if (inflateInit2(&z, window_bits(coding)) != Z_OK)
        return bt_fail_no_memory(err, "a body to decode");
    bt_buf_clear(out);
    out->bytes_max = bt_min(bytes_max, FREE_BYTES + RATIO_MAX * bytes.len);
    return inflate_all(&z, out, err);
}

baton_status bt_coding_encode(enum bt_coding coding, struct bt_bytes bytes, struct bt_buf *out,
                              struct baton_error *err)
{
    if (bytes.len > UINT32_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a body in a coding is at most 4 GiB");
    BT_CLEANUP(end_deflate) z_stream z = stream_of(bytes);
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, window_bits(coding), MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return bt_fail_no_memory(err, "a body to encode");
    uint8_t piece[PIECE_BYTES];
    int code = Z_OK;
    while (code == Z_OK) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        code = deflate(&z, Z_FINISH);
        bt_buf_put(out, piece, sizeof piece - z.avail_out);
    }
    return bt_buf_finish(out, "the body, encoded", err);
}
