/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/dsse.h"

#include <string.h>

#include "attest/field_int.h"

#define NAME "the envelope"
#define HEAD "DSSEv1"

/* ---- the encoding that is signed ---- */

static void put_part(struct bt_bytes part, struct bt_buf *out)
{
    bt_buf_printf(out, " %zu ", part.len);
    bt_buf_put(out, part.ptr, part.len);
}

void bt_dsse_pae(const struct bt_dsse_message *message, struct bt_buf *out)
{
    bt_buf_put_str(out, HEAD);
    put_part(message->type, out);
    put_part(message->payload, out);
}

/* " LEN " with LEN below 10^8 and without zeros before it. */
static bool take_length(struct bt_bytes *rest, size_t *ret)
{
    size_t value = 0;
    size_t at = 1;
    if (rest->len == 0 || rest->ptr[0] != ' ')
        return false;
    for (; at < rest->len && at <= 8 && rest->ptr[at] >= '0' && rest->ptr[at] <= '9'; at++)
        value = value * 10 + (rest->ptr[at] - (size_t)'0');
    if (at == 1 || at == rest->len || rest->ptr[at] != ' ' || (rest->ptr[1] == '0' && at > 2))
        return false;
    rest->ptr += at + 1;
    rest->len -= at + 1;
    *ret = value;
    return true;
}

static bool take_part(struct bt_bytes *rest, size_t len_max, struct bt_bytes *ret)
{
    size_t len = 0;
    if (!take_length(rest, &len) || len > rest->len || len > len_max)
        return false;
    *ret = (struct bt_bytes){rest->ptr, len};
    rest->ptr += len;
    rest->len -= len;
    return true;
}

baton_status bt_dsse_pae_parse(struct bt_bytes pae, struct bt_dsse_message *ret,
                               struct baton_error *err)
{
    struct bt_dsse_message message;
    size_t head = strlen(HEAD);
    if (pae.len < head || memcmp(pae.ptr, HEAD, head) != 0)
        return bt_fail(err, BATON_ERR_INVALID, "not a signed message: it starts with " HEAD);
    struct bt_bytes rest = {pae.ptr + head, pae.len - head};
    if (!take_part(&rest, BT_DSSE_TYPE_MAX, &message.type))
        return bt_fail(err, BATON_ERR_INVALID, "not a signed message: the length of its type");
    if (!take_part(&rest, BT_DSSE_PAYLOAD_MAX, &message.payload))
        return bt_fail(err, BATON_ERR_INVALID, "not a signed message: the length of its payload");
    if (rest.len)
        return bt_fail(err, BATON_ERR_INVALID, "not a signed message: %zu byte%s behind its end",
                       rest.len, bt_plural(rest.len));
    *ret = message;
    return BATON_OK;
}

static baton_status make_pae(const struct bt_dsse_message *message, struct bt_buf *out,
                             struct baton_error *err)
{
    bt_dsse_pae(message, out);
    return bt_buf_finish(out, "the message to sign", err);
}

baton_status bt_dsse_digest(const struct bt_dsse_message *message, struct bt_digest *ret,
                            struct baton_error *err)
{
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_DSSE_PAE_MAX);
    BT_TRY(make_pae(message, &pae, err));
    return bt_sha256_bytes(bt_buf_bytes(&pae), ret, err);
}

baton_status bt_dsse_sign(const struct bt_secret_key *secret, const struct bt_dsse_message *message,
                          struct bt_signature *ret, struct baton_error *err)
{
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_DSSE_PAE_MAX);
    BT_TRY(make_pae(message, &pae, err));
    return bt_key_sign(secret, bt_buf_bytes(&pae), ret, err);
}

baton_status bt_dsse_verify(const struct bt_public_key *key, const struct bt_dsse_message *message,
                            const struct bt_signature *signature, struct baton_error *err)
{
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_DSSE_PAE_MAX);
    BT_TRY(make_pae(message, &pae, err));
    return bt_key_verify(key, bt_buf_bytes(&pae), signature, err);
}

/* ---- envelopes ---- */

/* Signers may use either alphabet, not both in one text. */
static baton_status decode(const struct bt_json *field, struct bt_arena *arena,
                           struct bt_bytes *ret, struct baton_error *err)
{
    bool standard = false;
    bool url_safe = false;
    char *text = bt_arena_strndup(arena, (const char *)field->text.ptr, field->text.len);
    if (!text)
        return bt_fail_no_memory(err, "an envelope");
    for (size_t i = 0; i < field->text.len; i++) {
        standard |= text[i] == '+' || text[i] == '/';
        url_safe |= text[i] == '-' || text[i] == '_';
        text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
    struct bt_json translated = *field;
    if (!standard || !url_safe)
        translated.text.ptr = (const uint8_t *)text;
    return bt_field_decode(&translated, arena, ret, err);
}

static baton_status need_base64(const struct bt_json *object, const char *key,
                                struct bt_arena *arena, struct bt_bytes *ret,
                                struct baton_error *err)
{
    const struct bt_json *field = NULL;
    BT_TRY(bt_json_need(object, key, BT_JSON_STRING, &field, err));
    return decode(field, arena, ret, err);
}

static baton_status read_signature(const struct bt_json *item, struct bt_arena *arena,
                                   struct bt_dsse_signature *ret, struct baton_error *err)
{
    struct bt_bytes bytes;
    const struct bt_json *keyid = bt_json_find(item, "keyid");
    BT_TRY(need_base64(item, "sig", arena, &bytes, err));
    BT_TRY(bt_signature_of(bytes, &ret->signature, err));
    ret->keyid = bt_bytes_of("");
    if (!keyid || keyid->kind == BT_JSON_NULL)
        return BATON_OK;
    return bt_field_text(item, "keyid", &ret->keyid, err);
}

static baton_status read_signatures(const struct bt_json *object, struct bt_arena *arena,
                                    struct bt_dsse_envelope *ret, struct baton_error *err)
{
    const struct bt_json *items = NULL;
    BT_TRY(bt_json_need(object, "signatures", BT_JSON_ARRAY, &items, err));
    if (items->count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "an envelope that nobody signed");
    if (items->count > BT_DSSE_SIGNATURES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "an envelope with %zu signatures: the limit is %d",
                       items->count, BT_DSSE_SIGNATURES_MAX);
    for (size_t i = 0; i < items->count; i++)
        BT_TRY(read_signature(&items->items[i], arena, &ret->signatures[i], err));
    ret->count = items->count;
    return BATON_OK;
}

baton_status bt_dsse_of_json(const struct bt_json *object, struct bt_arena *arena,
                             struct bt_dsse_envelope *ret, struct baton_error *err)
{
    struct bt_dsse_message *message = &ret->message;
    BT_TRY(bt_field_text(object, "payloadType", &message->type, err));
    if (message->type.len == 0 || message->type.len > BT_DSSE_TYPE_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "a payloadType of %zu bytes: expected 1 to %zu",
                       message->type.len, BT_DSSE_TYPE_MAX);
    BT_TRY(need_base64(object, "payload", arena, &message->payload, err));
    if (message->payload.len > BT_DSSE_PAYLOAD_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a payload of %zu bytes: the limit is %zu",
                       message->payload.len, BT_DSSE_PAYLOAD_MAX);
    return read_signatures(object, arena, ret, err);
}

baton_status bt_dsse_parse(struct bt_bytes bytes, struct bt_arena *arena,
                           struct bt_dsse_envelope *ret, struct baton_error *err)
{
    const struct bt_json *root = NULL;
    BT_TRY(bt_field_document(bytes, NAME, 2 * BT_DSSE_PAYLOAD_MAX, arena, &root, err));
    return bt_field_in(NAME, bt_dsse_of_json(root, arena, ret, err), err);
}

void bt_dsse_put(const struct bt_dsse_envelope *envelope, struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    bt_field_put_base64(w, "payload", envelope->message.payload);
    bt_json_key(w, "payloadType");
    bt_json_put_bytes(w, envelope->message.type);
    bt_json_key(w, "signatures");
    bt_json_begin_array(w);
    for (size_t i = 0; i < envelope->count; i++) {
        const struct bt_dsse_signature *by = &envelope->signatures[i];
        bt_json_begin_object(w);
        bt_field_put_base64(w, "sig", bt_signature_bytes(&by->signature));
        bt_json_key(w, "keyid");
        bt_json_put_bytes(w, by->keyid);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
    bt_json_end_object(w);
}

baton_status bt_dsse_signers(const struct bt_dsse_envelope *envelope,
                             const struct bt_public_key *keys, size_t count, bool *ret_by,
                             struct baton_error *err)
{
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_DSSE_PAE_MAX);
    BT_TRY(make_pae(&envelope->message, &pae, err));
    for (size_t i = 0; i < count; i++) {
        ret_by[i] = false;
        for (size_t j = 0; j < envelope->count && !ret_by[i]; j++)
            ret_by[i] = bt_key_verify(&keys[i], bt_buf_bytes(&pae),
                                      &envelope->signatures[j].signature, NULL) == BATON_OK;
    }
    return BATON_OK;
}
