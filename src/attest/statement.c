/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/statement.h"

#include <string.h>

#include "attest/field_int.h"
#include "base/checked.h"
#include "codec/text/base64.h"

#define NAME "the statement"
#define TYPE_V1 "https://in-toto.io/Statement/v1"
/* Above it, binary64 does not hold every integer, and readers differ. */
#define INTEGER_MAX (((int64_t)1 << 53) - 1)
#define DEPTH_MAX 32

/* ---- what may be anywhere in a statement ---- */

static bool has_nul(struct bt_bytes text)
{
    return text.len && memchr(text.ptr, 0, text.len);
}

/* Enough of a key to recognise it in a message. */
#define SHOWN(key) (int)bt_min((key).len, 40), (const char *)(key).ptr

static baton_status check_number(const struct bt_json *value, struct bt_bytes key,
                                 struct baton_error *err)
{
    int64_t number = 0;
    if (!bt_i64_parse(value->text, &number) || number < -INTEGER_MAX || number > INTEGER_MAX ||
        (number == 0 && value->text.len > 1))
        return bt_fail(err, BATON_ERR_INVALID,
                       "offset %zu: \"%.*s\": a statement has no numbers but integers up to "
                       "2^53 - 1",
                       value->offset, SHOWN(key));
    return BATON_OK;
}

/* `key` is that of the value, or of the list that it is in. */
static baton_status check_value(const struct bt_json *value, struct bt_bytes key,
                                struct baton_error *err)
{
    bool nul = has_nul(value->key) || (value->kind == BT_JSON_STRING && has_nul(value->text));
    if (nul)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"%.*s\" holds a NUL", value->offset,
                       SHOWN(key));
    return value->kind == BT_JSON_NUMBER ? check_number(value, key, err) : BATON_OK;
}

/* Every value below `root`, with its own stack. */
static baton_status check_values(const struct bt_json *root, struct baton_error *err)
{
    struct {
        const struct bt_json *node;
        size_t next;
    } levels[DEPTH_MAX + 1] = {{root, 0}};
    for (size_t depth = 1; depth;) {
        const struct bt_json *node = levels[depth - 1].node;
        if (levels[depth - 1].next == node->count) {
            depth--;
            continue;
        }
        const struct bt_json *item = &node->items[levels[depth - 1].next++];
        BT_TRY(check_value(item, item->key.len ? item->key : node->key, err));
        if (item->count == 0)
            continue;
        BT_BUG_ON(depth > DEPTH_MAX);
        levels[depth].node = item;
        levels[depth++].next = 0;
    }
    return BATON_OK;
}

static baton_status parse_document(struct bt_bytes payload, struct bt_arena *arena,
                                   const struct bt_json **ret, struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(bt_field_document(payload, NAME, BT_DSSE_PAYLOAD_MAX, arena, &root, err));
    BT_TRY(bt_field_in(NAME, check_values(root, err), err));
    *ret = root;
    return BATON_OK;
}

/* ---- reading ---- */

static bool take_hex(struct bt_bytes text, uint8_t *ret, size_t len)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_SHA512_BYTES);
    if (text.len != 2 * len || !bt_hex_parse(text, &bytes) || bytes.len != len)
        return false;
    memcpy(ret, bytes.data, len);
    return true;
}

static baton_status read_digest(const struct bt_json *field, struct bt_subject *ret,
                                struct baton_error *err)
{
    bool is_256 = bt_bytes_equal(field->key, bt_bytes_of("sha256"));
    bool is_512 = bt_bytes_equal(field->key, bt_bytes_of("sha512"));
    uint8_t *bytes = is_256 ? ret->sha256.bytes : ret->sha512;
    int len = is_256 ? BT_DIGEST_BYTES : BT_SHA512_BYTES;
    if (!is_256 && !is_512)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "offset %zu: a digest by \"%.*s\": only sha256 and sha512 count",
                       field->offset, SHOWN(field->key));
    if (field->kind != BT_JSON_STRING || !take_hex(field->text, bytes, (size_t)len))
        return bt_fail(err, BATON_ERR_INVALID,
                       "offset %zu: \"%.*s\": expected %d small hexadecimal digits", field->offset,
                       SHOWN(field->key), 2 * len);
    ret->has_sha256 |= is_256;
    ret->has_sha512 |= is_512;
    return BATON_OK;
}

static baton_status read_subject(const struct bt_json *item, struct bt_subject *ret,
                                 struct baton_error *err)
{
    const struct bt_json *digests = NULL;
    struct bt_subject subject = {.name = bt_bytes_of("")};
    BT_TRY(bt_json_need(item, "digest", BT_JSON_OBJECT, &digests, err));
    if (digests->count == 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "offset %zu: \"digest\" has neither \"sha256\" nor \"sha512\"",
                       digests->offset);
    for (size_t i = 0; i < digests->count; i++)
        BT_TRY(read_digest(&digests->items[i], &subject, err));
    if (bt_json_find(item, "name"))
        BT_TRY(bt_field_text(item, "name", &subject.name, err));
    *ret = subject;
    return BATON_OK;
}

static baton_status read_subjects(const struct bt_json *root, struct bt_arena *arena,
                                  struct bt_statement *ret, struct baton_error *err)
{
    const struct bt_json *items = NULL;
    BT_TRY(bt_json_need(root, "subject", BT_JSON_ARRAY, &items, err));
    if (items->count == 0 || items->count > BT_STATEMENT_SUBJECTS_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "%zu subjects: a statement has 1 to %zu",
                       items->count, BT_STATEMENT_SUBJECTS_MAX);
    struct bt_subject *subjects = bt_arena_calloc(arena, items->count, sizeof *subjects);
    if (!subjects)
        return bt_fail_no_memory(err, "the subjects");
    for (size_t i = 0; i < items->count; i++)
        BT_TRY(
            bt_field_in("in \"subject\"", read_subject(&items->items[i], &subjects[i], err), err));
    ret->subjects = subjects;
    ret->count = items->count;
    return BATON_OK;
}

static baton_status read_predicate(const struct bt_json *root, struct bt_statement *ret,
                                   struct baton_error *err)
{
    BT_TRY(bt_field_text(root, "predicateType", &ret->predicate_type, err));
    if (ret->predicate_type.len == 0)
        return bt_fail(err, BATON_ERR_INVALID, "\"predicateType\" is empty");
    ret->predicate = NULL;
    if (!bt_json_find(root, "predicate"))
        return BATON_OK;
    return bt_json_need(root, "predicate", BT_JSON_OBJECT, &ret->predicate, err);
}

static baton_status read_statement(const struct bt_json *root, struct bt_arena *arena,
                                   struct bt_statement *ret, struct baton_error *err)
{
    struct bt_statement made;
    BT_TRY(bt_field_is(root, "_type", TYPE_V1, err));
    BT_TRY(read_subjects(root, arena, &made, err));
    BT_TRY(read_predicate(root, &made, err));
    *ret = made;
    return BATON_OK;
}

baton_status bt_statement_parse(struct bt_bytes payload, struct bt_arena *arena,
                                struct bt_statement *ret, struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(parse_document(payload, arena, &root, err));
    return bt_field_in(NAME, read_statement(root, arena, ret, err), err);
}

baton_status bt_statement_open(const struct bt_dsse_message *message, const char *predicate_type,
                               struct bt_arena *arena, struct bt_statement *ret,
                               struct baton_error *err)
{
    struct bt_statement made;
    if (!bt_bytes_equal(message->type, bt_bytes_of(BT_DSSE_IN_TOTO)))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "a message of type %.*s: expected " BT_DSSE_IN_TOTO, (int)message->type.len,
                       (const char *)message->type.ptr);
    BT_TRY(bt_statement_parse(message->payload, arena, &made, err));
    if (predicate_type && !bt_bytes_equal(made.predicate_type, bt_bytes_of(predicate_type)))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "a statement of type %.*s: expected %s",
                       (int)(made.predicate_type.len < 120 ? made.predicate_type.len : 120),
                       (const char *)made.predicate_type.ptr, predicate_type);
    *ret = made;
    return BATON_OK;
}

/* ---- writing ---- */

static void put_subject(const struct bt_subject *subject, struct bt_json_writer *w)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&subject->sha256, text);
    bt_json_begin_object(w);
    if (subject->name.len) {
        bt_json_key(w, "name");
        bt_json_put_bytes(w, subject->name);
    }
    bt_json_key(w, "digest");
    bt_json_begin_object(w);
    bt_json_member_str(w, "sha256", bt_digest_hex(text));
    bt_json_end_object(w);
    bt_json_end_object(w);
}

static void put_statement(const struct bt_statement_fields *fields, struct bt_buf *out)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "_type", TYPE_V1);
    bt_json_key(&w, "subject");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < fields->count; i++)
        put_subject(&fields->subjects[i], &w);
    bt_json_end_array(&w);
    bt_json_member_str(&w, "predicateType", fields->predicate_type);
    bt_json_end_object(&w);
}

/* The predicate goes in before the last brace, on its own first known to be one object. */
static baton_status put_predicate(struct bt_bytes predicate, struct bt_arena *arena,
                                  struct bt_buf *text, struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(parse_document(predicate, arena, &root, err));
    text->len--;
    bt_buf_put_str(text, ",\"predicate\":");
    BT_TRY(bt_json_canonical(root, text, err));
    bt_buf_put_str(text, "}");
    return BATON_OK;
}

/* What is written is read before it is handed out: nothing leaves that would be refused. */
baton_status bt_statement_format(const struct bt_statement_fields *fields, struct bt_buf *out,
                                 struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_DSSE_PAYLOAD_MAX);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    struct bt_statement statement;
    put_statement(fields, &text);
    BT_TRY(bt_buf_finish(&text, "the statement", err));
    if (fields->predicate.len)
        BT_TRY(put_predicate(fields->predicate, &arena, &text, err));
    BT_TRY(bt_buf_finish(&text, "the statement", err));
    BT_TRY(parse_document(bt_buf_bytes(&text), &arena, &root, err));
    BT_TRY(read_statement(root, &arena, &statement, err));
    return bt_json_canonical(root, out, err);
}

/* ---- what it is about ---- */

bool bt_subject_is(const struct bt_subject *subject, const struct bt_artifact *artifact)
{
    if (subject->has_sha256 && !bt_digest_equal(&subject->sha256, &artifact->sha256))
        return false;
    if (subject->has_sha512 &&
        (!artifact->sha512 || !bt_bits_equal(subject->sha512, artifact->sha512, BT_SHA512_BYTES)))
        return false;
    return subject->has_sha256 || subject->has_sha512;
}

baton_status bt_statement_about(const struct bt_statement *statement,
                                const struct bt_artifact *artifact, struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    for (size_t i = 0; i < statement->count; i++)
        if (bt_subject_is(&statement->subjects[i], artifact))
            return BATON_OK;
    bt_digest_format(&artifact->sha256, text);
    return bt_fail(err, BATON_ERR_DIFFERS, "the statement is not about %s", text);
}
