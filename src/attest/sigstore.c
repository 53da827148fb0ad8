/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sigstore.h"

#include "attest/field_int.h"

#define NAME "the bundle"
/* The same version as older writers say it. */
#define OLDER_MEDIA_TYPE "application/vnd.dev.sigstore.bundle+json;version=0.3"

/* ---- writing ---- */

static baton_status entry_of(const struct bt_dsse_message *message,
                             const struct bt_signature *signature, const struct bt_public_key *key,
                             struct bt_rekor_entry *ret, struct baton_error *err)
{
    *ret = (struct bt_rekor_entry){
        .kind = BT_REKOR_HASHEDREKORD, .signature = *signature, .key = *key};
    return bt_dsse_digest(message, &ret->digest, err);
}

baton_status bt_sigstore_leaf(const struct bt_dsse_message *message,
                              const struct bt_signature *signature, const struct bt_public_key *key,
                              struct bt_buf *out, struct baton_error *err)
{
    struct bt_rekor_entry entry;
    BT_TRY(entry_of(message, signature, key, &entry, err));
    bt_rekor_format(&entry, out);
    return bt_buf_finish(out, "the log entry", err);
}

static baton_status put_entry(const struct bt_sigstore_fields *fields, struct bt_json_writer *w,
                              struct baton_error *err)
{
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_REKOR_ENTRY_MAX);
    BT_TRY(bt_sigstore_leaf(&fields->message, &fields->signature, &fields->key, &leaf, err));
    const struct bt_tlog_entry entry = {
        .leaf = bt_buf_bytes(&leaf),
        .proof = *fields->proof,
        .kind = bt_bytes_of(bt_rekor_kind_name(BT_REKOR_HASHEDREKORD)),
    };
    return bt_tlog_entry_put(&entry, fields->log, w, err);
}

static baton_status put_material(const struct bt_sigstore_fields *fields, const char *hint,
                                 struct bt_json_writer *w, struct baton_error *err)
{
    bt_json_begin_object(w);
    bt_json_key(w, "publicKey");
    bt_json_begin_object(w);
    bt_json_member_str(w, "hint", hint);
    bt_json_end_object(w);
    bt_json_key(w, "tlogEntries");
    bt_json_begin_array(w);
    if (fields->log)
        BT_TRY(put_entry(fields, w, err));
    bt_json_end_array(w);
    bt_json_end_object(w);
    return BATON_OK;
}

baton_status bt_sigstore_format(const struct bt_sigstore_fields *fields, struct bt_buf *out,
                                struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_digest id;
    BT_TRY(bt_key_id(&fields->key, &id, err));
    bt_digest_format(&id, text);
    const char *hint = bt_digest_hex(text);
    const struct bt_dsse_envelope envelope = {
        .message = fields->message,
        .signatures = {{bt_bytes_of(hint), fields->signature}},
        .count = 1,
    };
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "mediaType", BT_SIGSTORE_MEDIA_TYPE);
    bt_json_key(&w, "verificationMaterial");
    BT_TRY(put_material(fields, hint, &w, err));
    bt_json_key(&w, "dsseEnvelope");
    bt_dsse_put(&envelope, &w);
    bt_json_end_object(&w);
    return bt_buf_finish(out, "the bundle", err);
}

/* ---- reading ---- */

static baton_status check_media_type(const struct bt_json *root, struct baton_error *err)
{
    struct bt_bytes type;
    BT_TRY(bt_field_text(root, "mediaType", &type, err));
    if (bt_bytes_equal(type, bt_bytes_of(OLDER_MEDIA_TYPE)))
        return BATON_OK;
    return bt_field_is(root, "mediaType", BT_SIGSTORE_MEDIA_TYPE, err);
}

/* The first bundles of model_signing hold the key itself, as PEM in base 64; its id is the hint. */
static baton_status hint_of_key(const struct bt_json *key, struct bt_arena *arena,
                                struct bt_bytes *ret, struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_bytes pem;
    struct bt_public_key public;
    struct bt_digest id;
    BT_TRY(bt_field_base64(key, "rawBytes", arena, &pem, err));
    BT_TRY(bt_key_parse_pem(pem, &public, err));
    BT_TRY(bt_field_is(key, "keyDetails", bt_rekor_key_details(public.algorithm), err));
    BT_TRY(bt_key_id(&public, &id, err));
    bt_digest_format(&id, text);
    const char *kept = bt_arena_strndup(arena, bt_digest_hex(text), BT_DIGEST_HEX_LEN);
    if (!kept)
        return bt_fail_no_memory(err, "the id of a key");
    *ret = bt_bytes_of(kept);
    return BATON_OK;
}

static baton_status read_hint(const struct bt_json *material, struct bt_arena *arena,
                              struct bt_bytes *ret, struct baton_error *err)
{
    static const char *const hint_only[] = {"hint", NULL};
    static const char *const key_only[] = {"rawBytes", "keyDetails", NULL};
    const struct bt_json *key = NULL;
    if (bt_json_find(material, "certificate") || bt_json_find(material, "x509CertificateChain"))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "a bundle signed with a certificate: only keys that are known beforehand "
                       "are verified");
    BT_TRY(bt_json_need(material, "publicKey", BT_JSON_OBJECT, &key, err));
    if (bt_json_find(key, "rawBytes")) {
        BT_TRY(bt_json_only(key, key_only, err));
        return hint_of_key(key, arena, ret, err);
    }
    BT_TRY(bt_json_only(key, hint_only, err));
    return bt_field_text(key, "hint", ret, err);
}

static baton_status read_entries(const struct bt_json *material, struct bt_arena *arena,
                                 struct bt_sigstore_bundle *ret, struct baton_error *err)
{
    const struct bt_json *entries = NULL;
    ret->logged = false;
    if (!bt_json_find(material, "tlogEntries"))
        return BATON_OK;
    BT_TRY(bt_json_need(material, "tlogEntries", BT_JSON_ARRAY, &entries, err));
    if (entries->count > 1)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "a bundle with %zu log entries, not one",
                       entries->count);
    ret->logged = entries->count == 1;
    return ret->logged ? bt_tlog_entry_of_json(entries->items, arena, &ret->entry, err) : BATON_OK;
}

/* Times that authorities signed, which is for certificates, are passed over. */
static baton_status read_material(const struct bt_json *root, struct bt_arena *arena,
                                  struct bt_sigstore_bundle *ret, struct baton_error *err)
{
    static const char *const keys[] = {"publicKey", "tlogEntries", "timestampVerificationData",
                                       NULL};
    const struct bt_json *material = NULL;
    BT_TRY(bt_json_need(root, "verificationMaterial", BT_JSON_OBJECT, &material, err));
    BT_TRY(read_hint(material, arena, &ret->hint, err));
    BT_TRY(bt_json_only(material, keys, err));
    return read_entries(material, arena, ret, err);
}

/* DSSE passes over members that it does not know, JSON of protocol buffers does not. */
static baton_status check_envelope(const struct bt_json *object, struct baton_error *err)
{
    static const char *const keys[] = {"payload", "payloadType", "signatures", NULL};
    static const char *const signature_keys[] = {"sig", "keyid", NULL};
    const struct bt_json *signatures = bt_json_find(object, "signatures");
    BT_TRY(bt_json_only(object, keys, err));
    for (size_t i = 0; i < signatures->count; i++)
        BT_TRY(bt_json_only(&signatures->items[i], signature_keys, err));
    return BATON_OK;
}

static baton_status read_envelope(const struct bt_json *root, struct bt_arena *arena,
                                  struct bt_sigstore_bundle *ret, struct baton_error *err)
{
    const struct bt_json *object = NULL;
    struct bt_dsse_envelope envelope = {.count = 0};
    if (bt_json_find(root, "messageSignature"))
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "a signature over a file: only signed statements are verified");
    BT_TRY(bt_json_need(root, "dsseEnvelope", BT_JSON_OBJECT, &object, err));
    BT_TRY(bt_dsse_of_json(object, arena, &envelope, err));
    BT_TRY(check_envelope(object, err));
    const struct bt_bytes keyid = envelope.signatures[0].keyid;
    if (envelope.count != 1)
        return bt_fail(err, BATON_ERR_INVALID, "%zu signatures: a bundle has exactly one",
                       envelope.count);
    if (keyid.len && !bt_bytes_equal(keyid, ret->hint))
        return bt_fail(err, BATON_ERR_INVALID, "\"hint\" and \"keyid\" name different keys");
    ret->message = envelope.message;
    ret->signature = envelope.signatures[0].signature;
    return BATON_OK;
}

static baton_status read_bundle(const struct bt_json *root, struct bt_arena *arena,
                                struct bt_sigstore_bundle *ret, struct baton_error *err)
{
    static const char *const keys[] = {"mediaType", "verificationMaterial", "dsseEnvelope", NULL};
    BT_TRY(check_media_type(root, err));
    BT_TRY(read_material(root, arena, ret, err));
    BT_TRY(read_envelope(root, arena, ret, err));
    return bt_json_only(root, keys, err);
}

baton_status bt_sigstore_parse(struct bt_bytes bytes, struct bt_arena *arena,
                               struct bt_sigstore_bundle *ret, struct baton_error *err)
{
    const struct bt_json *root = NULL;
    struct bt_sigstore_bundle made = {.logged = false};
    BT_TRY(bt_field_document(bytes, NAME, BT_SIGSTORE_BYTES_MAX, arena, &root, err));
    BT_TRY(bt_field_in(NAME, read_bundle(root, arena, &made, err), err));
    *ret = made;
    return BATON_OK;
}

/* ---- verifying ---- */

static baton_status has_id(const struct bt_public_key *key, struct bt_bytes hint, bool *ret,
                           struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_digest id;
    BT_TRY(bt_key_id(key, &id, err));
    bt_digest_format(&id, text);
    *ret = bt_bytes_equal(hint, bt_bytes_of(bt_digest_hex(text)));
    return BATON_OK;
}

static baton_status find_key(const struct bt_sigstore_trust *trust, struct bt_bytes hint,
                             size_t *ret, struct baton_error *err)
{
    bool is_it = false;
    for (size_t i = 0; i < trust->count; i++) {
        BT_TRY(has_id(&trust->keys[i], hint, &is_it, err));
        if (is_it) {
            *ret = i;
            return BATON_OK;
        }
    }
    return bt_fail(err, BATON_ERR_REFUSED,
                   "signed by key %.*s, which is not among the trusted ones",
                   (int)(hint.len < 80 ? hint.len : 80), (const char *)hint.ptr);
}

/* That the entry is of this message, this signature and this key, and of nothing else. */
static baton_status check_leaf(const struct bt_sigstore_bundle *bundle,
                               const struct bt_public_key *key, struct baton_error *err)
{
    struct bt_rekor_entry found;
    struct bt_rekor_entry expected;
    BT_TRY(bt_rekor_parse(bundle->entry.leaf, &found, err));
    BT_TRY(entry_of(&bundle->message, &bundle->signature, key, &expected, err));
    if (found.kind == BT_REKOR_DSSE)
        BT_TRY(bt_sha256_bytes(bundle->message.payload, &expected.digest, err));
    if (!bt_bytes_equal(bundle->entry.kind, bt_bytes_of(bt_rekor_kind_name(found.kind))))
        return bt_fail(err, BATON_ERR_DIFFERS, "the log entry is of another kind than it states");
    if (!bt_digest_equal(&found.digest, &expected.digest))
        return bt_fail(err, BATON_ERR_DIFFERS, "the log entry is of another message");
    if (!bt_bytes_equal(bt_signature_bytes(&found.signature),
                        bt_signature_bytes(&expected.signature)))
        return bt_fail(err, BATON_ERR_DIFFERS, "the log entry is of another signature");
    if (!bt_key_equal(&found.key, key))
        return bt_fail(err, BATON_ERR_DIFFERS, "the log entry is of another key");
    return BATON_OK;
}

baton_status bt_sigstore_carried_key(const struct bt_sigstore_bundle *bundle,
                                     struct bt_public_key *ret, struct baton_error *err)
{
    struct bt_rekor_entry entry;
    bool is_it = false;
    if (bundle->logged && bt_rekor_parse(bundle->entry.leaf, &entry, NULL) == BATON_OK)
        BT_TRY(has_id(&entry.key, bundle->hint, &is_it, err));
    if (!is_it)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "the key itself is not in the bundle");
    *ret = entry.key;
    return BATON_OK;
}

baton_status bt_sigstore_check_logged(const struct bt_sigstore_bundle *bundle,
                                      const struct bt_public_key *key,
                                      const struct bt_note_key *log, struct bt_checkpoint *ret,
                                      struct baton_error *err)
{
    if (!bundle->logged)
        return bt_fail(err, BATON_ERR_CANNOT_TELL, "no log has it: the bundle has no entry of %s",
                       log->name);
    BT_TRY(bt_tlog_entry_check(&bundle->entry, log, ret, err));
    return check_leaf(bundle, key, err);
}

baton_status bt_sigstore_verify(struct bt_bytes bytes, const struct bt_sigstore_trust *trust,
                                struct bt_arena *arena, struct bt_sigstore_verdict *ret,
                                struct baton_error *err)
{
    struct bt_sigstore_verdict made = {.key = 0};
    BT_TRY(bt_sigstore_parse(bytes, arena, &made.bundle, err));
    BT_TRY(find_key(trust, made.bundle.hint, &made.key, err));
    const struct bt_public_key *key = &trust->keys[made.key];
    BT_TRY(bt_dsse_verify(key, &made.bundle.message, &made.bundle.signature, err));
    if (trust->log)
        BT_TRY(bt_sigstore_check_logged(&made.bundle, key, trust->log, &made.checkpoint, err));
    *ret = made;
    return BATON_OK;
}
