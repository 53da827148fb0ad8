/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

#include <inttypes.h>
#include <string.h>

#include "codec/text/base64.h"
#include "codec/utf8.h"

/* U+2014 and a blank, which start a signature line. */
#define DASH "\xe2\x80\x94 "
#define DASH_LEN (sizeof DASH - 1)
#define TIME_BYTES ((size_t)8)
#define BLOB_MAX (BT_NOTE_KEY_ID_BYTES + TIME_BYTES + BT_ED25519_SIGNATURE_BYTES)

/* ---- keys ---- */

/* White space as Unicode has it (property White_Space). */
static bool is_space(uint32_t point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } spaces[] = {{0x09, 0x0d},     {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
                  {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                  {0x205f, 0x205f}, {0x3000, 0x3000}};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (point >= spaces[i].first && point <= spaces[i].last)
            return true;
    return false;
}

static bool is_name(struct bt_bytes name)
{
    if (name.len == 0 || name.len >= BT_NOTE_NAME_MAX)
        return false;
    while (name.len) {
        uint32_t point = 0;
        size_t used = bt_utf8_decode(name, &point);
        if (used == 0 || point < 0x20 || point == '+' || is_space(point))
            return false;
        name.ptr += used;
        name.len -= used;
    }
    return true;
}

baton_status bt_note_key_hash(const struct bt_note_key *key, struct bt_digest *ret,
                              struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    const uint8_t between[2] = {'\n', (uint8_t)key->algorithm};
    BT_TRY(bt_sha256_init(&hash, err));
    bt_sha256_update(&hash, key->name, strlen(key->name));
    bt_sha256_update(&hash, between, sizeof between);
    bt_sha256_update(&hash, key->public.bytes, sizeof key->public.bytes);
    return bt_sha256_final(&hash, ret, err);
}

baton_status bt_note_key_make(const char *name, enum bt_note_algorithm algorithm,
                              const struct bt_ed25519_public *public, struct bt_note_key *ret,
                              struct baton_error *err)
{
    struct bt_note_key key = {.algorithm = algorithm, .public = *public};
    struct bt_digest hash;
    if (!is_name(bt_bytes_of(name)))
        return bt_fail(err, BATON_ERR_INVALID,
                       "\"%.80s\" is no name of a signer: expected 1 to %d bytes of UTF-8 without "
                       "blanks and \"+\"",
                       name, BT_NOTE_NAME_MAX - 1);
    memcpy(key.name, name, strlen(name) + 1);
    BT_TRY(bt_ed25519_public_check(public, err));
    BT_TRY(bt_note_key_hash(&key, &hash, err));
    memcpy(key.id, hash.bytes, sizeof key.id);
    *ret = key;
    return BATON_OK;
}

static baton_status bad_key(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "not a verifier key NAME+ID+KEY: %s", what);
}

/* What is before the next "+", which is skipped; all of it when there is none. */
static struct bt_bytes take_field(struct bt_bytes *rest)
{
    const uint8_t *plus = rest->len ? memchr(rest->ptr, '+', rest->len) : NULL;
    struct bt_bytes field = {rest->ptr, plus ? (size_t)(plus - rest->ptr) : rest->len};
    size_t used = field.len + (plus ? 1 : 0);
    rest->ptr += used;
    rest->len -= used;
    return field;
}

baton_status bt_note_key_parse(struct bt_bytes text, struct bt_note_key *ret,
                               struct baton_error *err)
{
    BT_AUTO_BUF id = BT_BUF_INIT(BT_NOTE_KEY_ID_BYTES);
    BT_AUTO_BUF blob = BT_BUF_INIT(1 + BT_ED25519_KEY_BYTES);
    struct bt_bytes name = take_field(&text);
    struct bt_bytes hex = take_field(&text);
    char kept[BT_NOTE_NAME_MAX];
    struct bt_ed25519_public public;
    if (name.len >= sizeof kept || !is_name(name))
        return bad_key("the name", err);
    if (!bt_hex_parse(hex, &id) || id.len != BT_NOTE_KEY_ID_BYTES)
        return bad_key("the id is not eight small hexadecimal digits", err);
    if (!bt_base64_parse(text, &blob) || blob.len != 1 + BT_ED25519_KEY_BYTES)
        return bad_key("the key is not 33 bytes in base 64", err);
    const uint8_t *bytes = bt_buf_bytes(&blob).ptr;
    if (bytes[0] != BT_NOTE_ED25519 && bytes[0] != BT_NOTE_COSIGNATURE)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "a verifier key of algorithm 0x%02x", bytes[0]);
    memcpy(kept, name.ptr, name.len);
    kept[name.len] = '\0';
    memcpy(public.bytes, bytes + 1, sizeof public.bytes);
    struct bt_note_key key;
    BT_TRY(bt_note_key_make(kept, (enum bt_note_algorithm)bytes[0], &public, &key, err));
    if (memcmp(key.id, bt_buf_bytes(&id).ptr, sizeof key.id) != 0)
        return bad_key("the id is of another key", err);
    *ret = key;
    return BATON_OK;
}

void bt_note_key_format(const struct bt_note_key *key, struct bt_buf *out)
{
    uint8_t blob[1 + BT_ED25519_KEY_BYTES];
    blob[0] = (uint8_t)key->algorithm;
    memcpy(blob + 1, key->public.bytes, sizeof key->public.bytes);
    bt_buf_printf(out, "%s+", key->name);
    bt_hex_format((struct bt_bytes){key->id, sizeof key->id}, out);
    bt_buf_put_str(out, "+");
    bt_base64_format((struct bt_bytes){blob, sizeof blob}, out);
}

/* ---- parsing ---- */

static baton_status bad_note(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "not a signed note: %s", what);
}

static bool has_control(struct bt_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.ptr[i] < 0x20 && bytes.ptr[i] != '\n')
            return true;
    return false;
}

/* Offset just behind the newline that ends the text: the last empty line follows. */
static size_t find_text_end(struct bt_bytes bytes)
{
    for (size_t i = bytes.len; i-- > 1;)
        if (bytes.ptr[i] == '\n' && bytes.ptr[i - 1] == '\n')
            return i;
    return 0;
}

static baton_status parse_line(struct bt_bytes line, struct bt_note_line *ret,
                               struct baton_error *err)
{
    if (line.len < DASH_LEN || memcmp(line.ptr, DASH, DASH_LEN) != 0)
        return bad_note("a signature line starts with a dash and a blank", err);
    struct bt_bytes rest = {line.ptr + DASH_LEN, line.len - DASH_LEN};
    const uint8_t *blank = rest.len ? memchr(rest.ptr, ' ', rest.len) : NULL;
    if (!blank)
        return bad_note("a signature line is a name and a signature", err);
    ret->name = (struct bt_bytes){rest.ptr, (size_t)(blank - rest.ptr)};
    ret->base64 = (struct bt_bytes){blank + 1, rest.len - ret->name.len - 1};
    if (!is_name(ret->name))
        return bad_note("the name of a signer", err);
    return BATON_OK;
}

static baton_status parse_lines(struct bt_bytes lines, struct bt_note *note,
                                struct baton_error *err)
{
    while (lines.len) {
        const uint8_t *end = memchr(lines.ptr, '\n', lines.len);
        if (!end)
            return bad_note("the last line has no end", err);
        struct bt_bytes line = {lines.ptr, (size_t)(end - lines.ptr)};
        if (note->count == BT_NOTE_SIGNATURES_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "a note with more than %d signatures",
                           BT_NOTE_SIGNATURES_MAX);
        BT_TRY(parse_line(line, &note->lines[note->count++], err));
        lines.ptr += line.len + 1;
        lines.len -= line.len + 1;
    }
    return note->count ? BATON_OK : bad_note("nobody signed it", err);
}

baton_status bt_note_parse(struct bt_bytes bytes, struct bt_note *ret, struct baton_error *err)
{
    ret->count = 0;
    if (bytes.len > BT_NOTE_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a note of %zu bytes: the limit is %zu", bytes.len,
                       BT_NOTE_BYTES_MAX);
    if (has_control(bytes) || bt_utf8_valid_prefix(bytes) != bytes.len)
        return bad_note("it is not plain UTF-8 text", err);
    size_t end = find_text_end(bytes);
    if (end == 0)
        return bad_note("no empty line is before the signatures", err);
    ret->text = (struct bt_bytes){bytes.ptr, end};
    return parse_lines((struct bt_bytes){bytes.ptr + end + 1, bytes.len - end - 1}, ret, err);
}

/* ---- signatures ---- */

static bool is_cosignature(const struct bt_note_key *key)
{
    return key->algorithm == BT_NOTE_COSIGNATURE;
}

static size_t blob_bytes(const struct bt_note_key *key)
{
    return BLOB_MAX - (is_cosignature(key) ? 0 : TIME_BYTES);
}

/* What the key signs. */
static baton_status put_message(const struct bt_note_key *key, uint64_t time, struct bt_bytes text,
                                struct bt_buf *out, struct baton_error *err)
{
    if (is_cosignature(key))
        bt_buf_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", time);
    bt_buf_put(out, text.ptr, text.len);
    return bt_buf_finish(out, "the signed text", err);
}

static uint64_t read_be64(const uint8_t *at)
{
    uint64_t value = 0;
    for (size_t i = 0; i < TIME_BYTES; i++)
        value = value << 8 | at[i];
    return value;
}

/* A line that names `key` by name and id: whether it is its signature. */
static baton_status check_line(struct bt_bytes text, struct bt_bytes blob,
                               const struct bt_note_key *key, struct bt_note_signed *ret,
                               struct baton_error *err)
{
    BT_AUTO_BUF message = BT_BUF_INIT(BT_NOTE_BYTES_MAX + 64);
    struct bt_ed25519_signature signature;
    size_t before = BT_NOTE_KEY_ID_BYTES + (is_cosignature(key) ? TIME_BYTES : 0);
    if (blob.len != blob_bytes(key))
        return bt_fail(err, BATON_ERR_DIFFERS, "the signature of %s has %zu bytes, not %zu",
                       key->name, blob.len, blob_bytes(key));
    uint64_t time = is_cosignature(key) ? read_be64(blob.ptr + BT_NOTE_KEY_ID_BYTES) : 0;
    if (time > INT64_MAX)
        return bt_fail(err, BATON_ERR_DIFFERS, "the time of %s is beyond all clocks", key->name);
    memcpy(signature.bytes, blob.ptr + before, sizeof signature.bytes);
    BT_TRY(put_message(key, time, text, &message, err));
    if (bt_ed25519_verify(&key->public, bt_buf_bytes(&message), &signature, NULL) != BATON_OK)
        return bt_fail(err, BATON_ERR_DIFFERS, "the signature of %s does not fit the note",
                       key->name);
    ret->by = true;
    if (time > ret->time)
        ret->time = time;
    return BATON_OK;
}

static baton_status verify_line(const struct bt_note *note, const struct bt_note_line *line,
                                const struct bt_note_key *keys, size_t count,
                                struct bt_note_signed *ret, struct baton_error *err)
{
    BT_AUTO_BUF blob = BT_BUF_INIT(8192);
    if (!bt_base64_parse(line->base64, &blob) || blob.len < BT_NOTE_KEY_ID_BYTES)
        return bad_note("a signature is not a key id and bytes in base 64", err);
    for (size_t i = 0; i < count; i++)
        if (bt_bytes_equal(line->name, bt_bytes_of(keys[i].name)) &&
            memcmp(bt_buf_bytes(&blob).ptr, keys[i].id, BT_NOTE_KEY_ID_BYTES) == 0)
            BT_TRY(check_line(note->text, bt_buf_bytes(&blob), &keys[i], &ret[i], err));
    return BATON_OK;
}

baton_status bt_note_signers(const struct bt_note *note, const struct bt_note_key *keys,
                             size_t count, struct bt_note_signed *ret, struct baton_error *err)
{
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct bt_note_signed){false, 0};
    for (size_t i = 0; i < note->count; i++)
        BT_TRY(verify_line(note, &note->lines[i], keys, count, ret, err));
    return BATON_OK;
}

baton_status bt_note_verify(const struct bt_note *note, const struct bt_note_key *keys,
                            size_t count, struct bt_note_signed *ret, struct baton_error *err)
{
    bool any = false;
    BT_TRY(bt_note_signers(note, keys, count, ret, err));
    for (size_t i = 0; i < count; i++)
        any |= ret[i].by;
    return any ? BATON_OK : bt_fail(err, BATON_ERR_DIFFERS, "none of the known keys signed it");
}

baton_status bt_note_find_line(const struct bt_note *note, const struct bt_note_key *key,
                               struct bt_note_line *ret, struct baton_error *err)
{
    for (size_t i = 0; i < note->count; i++) {
        struct bt_note one = {.text = note->text, .lines = {note->lines[i]}, .count = 1};
        struct bt_note_signed by;
        BT_TRY(bt_note_signers(&one, key, 1, &by, err));
        if (!by.by)
            continue;
        *ret = note->lines[i];
        return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_DIFFERS, "%s has not signed it", key->name);
}

void bt_note_put_line(const struct bt_note_line *line, struct bt_buf *out)
{
    bt_buf_put_str(out, DASH);
    bt_buf_put(out, line->name.ptr, line->name.len);
    bt_buf_put_str(out, " ");
    bt_buf_put(out, line->base64.ptr, line->base64.len);
    bt_buf_put_str(out, "\n");
}

baton_status bt_note_sign(struct bt_bytes text, const struct bt_note_key *key,
                          const struct bt_ed25519_secret *secret, uint64_t time, struct bt_buf *out,
                          struct baton_error *err)
{
    BT_AUTO_BUF message = BT_BUF_INIT(BT_NOTE_BYTES_MAX + 64);
    struct bt_ed25519_signature signature;
    uint8_t blob[BLOB_MAX];
    uint8_t *at = blob + sizeof key->id;
    BT_TRY(put_message(key, time, text, &message, err));
    BT_TRY(bt_ed25519_sign(secret, bt_buf_bytes(&message), &signature, err));
    memcpy(blob, key->id, sizeof key->id);
    for (size_t i = 0; is_cosignature(key) && i < TIME_BYTES; i++)
        *at++ = (uint8_t)(time >> (56 - 8 * i));
    memcpy(at, signature.bytes, sizeof signature.bytes);
    bt_buf_printf(out, DASH "%s ", key->name);
    bt_base64_format((struct bt_bytes){blob, blob_bytes(key)}, out);
    bt_buf_put_str(out, "\n");
    return bt_buf_finish(out, "the note", err);
}
