/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/field_int.h"

#include <string.h>

#include "codec/text/base64.h"

#define SHOWN(field) (int)(field)->key.len, (const char *)(field)->key.ptr

baton_status bt_field_document(struct bt_bytes bytes, const char *what, size_t bytes_max,
                               struct bt_arena *arena, const struct bt_json **ret,
                               struct baton_error *err)
{
    const struct bt_json_limits limits = {
        .depth_max = 32, .bytes_max = bytes_max, .values_max = (size_t)1 << 20};
    return bt_json_parse(bytes, what, &limits, arena, ret, err);
}

baton_status bt_field_in(const char *document, baton_status status, struct baton_error *err)
{
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "%s", document);
    return status;
}

baton_status bt_field_text(const struct bt_json *object, const char *key, struct bt_bytes *ret,
                           struct baton_error *err)
{
    const struct bt_json *field = NULL;
    BT_TRY(bt_json_need(object, key, BT_JSON_STRING, &field, err));
    *ret = field->text;
    return BATON_OK;
}

baton_status bt_field_is(const struct bt_json *object, const char *key, const char *expected,
                         struct baton_error *err)
{
    struct bt_bytes text;
    BT_TRY(bt_field_text(object, key, &text, err));
    if (!bt_bytes_equal(text, bt_bytes_of(expected)))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "\"%s\" is \"%.*s\": expected \"%s\"", key,
                       (int)(text.len < 80 ? text.len : 80), (const char *)text.ptr, expected);
    return BATON_OK;
}

baton_status bt_field_decode(const struct bt_json *field, struct bt_arena *arena,
                             struct bt_bytes *ret, struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(field->text.len);
    if (!bt_base64_parse(field->text, &bytes))
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"%.*s\" is not base 64", field->offset,
                       SHOWN(field));
    BT_TRY(bt_buf_finish(&bytes, "what was in base 64", err));
    uint8_t *kept = bt_arena_calloc(arena, bytes.len, 1);
    if (!kept)
        return bt_fail_no_memory(err, "what was in base 64");
    if (bytes.len)
        memcpy(kept, bytes.data, bytes.len);
    *ret = (struct bt_bytes){kept, bytes.len};
    return BATON_OK;
}

baton_status bt_field_base64(const struct bt_json *object, const char *key, struct bt_arena *arena,
                             struct bt_bytes *ret, struct baton_error *err)
{
    const struct bt_json *field = NULL;
    BT_TRY(bt_json_need(object, key, BT_JSON_STRING, &field, err));
    return bt_field_decode(field, arena, ret, err);
}

baton_status bt_field_digest_of(const struct bt_json *field, struct bt_digest *ret,
                                struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    if (field->kind != BT_JSON_STRING || !bt_base64_parse(field->text, &bytes) ||
        bytes.len != BT_DIGEST_BYTES)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: expected a digest, %d bytes in base 64",
                       field->offset, BT_DIGEST_BYTES);
    memcpy(ret->bytes, bytes.data, BT_DIGEST_BYTES);
    return BATON_OK;
}

baton_status bt_field_digest(const struct bt_json *object, const char *key, struct bt_digest *ret,
                             struct baton_error *err)
{
    const struct bt_json *field = NULL;
    BT_TRY(bt_json_need(object, key, BT_JSON_STRING, &field, err));
    return bt_field_digest_of(field, ret, err);
}

baton_status bt_field_signature(const struct bt_json *object, const char *key,
                                struct bt_signature *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_bytes bytes;
    BT_TRY(bt_field_base64(object, key, &arena, &bytes, err));
    return bt_signature_of(bytes, ret, err);
}

baton_status bt_field_u63(const struct bt_json *object, const char *key, uint64_t *ret,
                          struct baton_error *err)
{
    const struct bt_json *field = bt_json_find(object, key);
    uint64_t value = 0;
    *ret = 0;
    if (!field)
        return BATON_OK;
    /* A string of digits is read as the number it spells, without zeros before it. */
    struct bt_json number = *field;
    bool plain = field->text.len == 1 || (field->text.len > 1 && field->text.ptr[0] != '0');
    if (field->kind == BT_JSON_STRING && plain)
        number.kind = BT_JSON_NUMBER;
    BT_TRY(bt_json_u64(&number, &value, err));
    if (value > INT64_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"%s\" does not fit 64 bits with sign",
                       field->offset, key);
    *ret = value;
    return BATON_OK;
}

void bt_field_put_base64_item(struct bt_json_writer *w, struct bt_bytes bytes)
{
    BT_AUTO_BUF text = BT_BUF_INIT(w->out->bytes_max);
    bt_base64_format(bytes, &text);
    bt_json_put_buf(w, &text);
}

void bt_field_put_base64(struct bt_json_writer *w, const char *key, struct bt_bytes bytes)
{
    bt_json_key(w, key);
    bt_field_put_base64_item(w, bytes);
}
