/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/rekor.h"

#include "attest/field_int.h"

#define NAME "the log entry"
#define HASH_NAME "SHA2_256"

/* What differs between the two kinds, whose members have the same meaning otherwise. */
static const struct kind {
    const char *name;
    const char *spec;
    const char *data; /* the member that holds the digest */
} kinds[] = {
    [BT_REKOR_HASHEDREKORD] = {"hashedrekord", "hashedRekordV002", "data"},
    [BT_REKOR_DSSE] = {"dsse", "dsseV002", "payloadHash"},
};

static const char *const key_details[] = {
    [BT_KEY_ED25519] = "PKIX_ED25519",
    [BT_KEY_P256] = "PKIX_ECDSA_P256_SHA_256",
    [BT_KEY_P384] = "PKIX_ECDSA_P384_SHA_384",
};

const char *bt_rekor_kind_name(enum bt_rekor_kind kind)
{
    return kinds[kind].name;
}

const char *bt_rekor_key_details(enum bt_key_algorithm algorithm)
{
    return key_details[algorithm];
}

/* ---- writing ---- */

static void put_verifier(const struct bt_public_key *key, struct bt_json_writer *w)
{
    bt_json_key(w, "verifier");
    bt_json_begin_object(w);
    bt_json_member_str(w, "keyDetails", key_details[key->algorithm]);
    bt_json_key(w, "publicKey");
    bt_json_begin_object(w);
    bt_field_put_base64(w, "rawBytes", bt_key_spki(key));
    bt_json_end_object(w);
    bt_json_end_object(w);
}

static void put_signature(const struct bt_rekor_entry *entry, struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    bt_field_put_base64(w, "content", bt_signature_bytes(&entry->signature));
    put_verifier(&entry->key, w);
    bt_json_end_object(w);
}

static void put_signatures(const struct bt_rekor_entry *entry, struct bt_json_writer *w)
{
    if (entry->kind == BT_REKOR_HASHEDREKORD) {
        bt_json_key(w, "signature");
        put_signature(entry, w);
        return;
    }
    bt_json_key(w, "signatures");
    bt_json_begin_array(w);
    put_signature(entry, w);
    bt_json_end_array(w);
}

/* Members in the order of RFC 8785. */
void bt_rekor_format(const struct bt_rekor_entry *entry, struct bt_buf *out)
{
    const struct kind *kind = &kinds[entry->kind];
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "apiVersion", BT_REKOR_VERSION);
    bt_json_member_str(&w, "kind", kind->name);
    bt_json_key(&w, "spec");
    bt_json_begin_object(&w);
    bt_json_key(&w, kind->spec);
    bt_json_begin_object(&w);
    bt_json_key(&w, kind->data);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "algorithm", HASH_NAME);
    bt_field_put_base64(&w, "digest", (struct bt_bytes){entry->digest.bytes, BT_DIGEST_BYTES});
    bt_json_end_object(&w);
    put_signatures(entry, &w);
    bt_json_end_object(&w);
    bt_json_end_object(&w);
    bt_json_end_object(&w);
}

/* ---- reading ---- */

static baton_status read_kind(const struct bt_json *root, enum bt_rekor_kind *ret,
                              struct baton_error *err)
{
    struct bt_bytes name;
    BT_TRY(bt_field_is(root, "apiVersion", BT_REKOR_VERSION, err));
    BT_TRY(bt_field_text(root, "kind", &name, err));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bt_bytes_equal(name, bt_bytes_of(kinds[i].name))) {
            *ret = (enum bt_rekor_kind)i;
            return BATON_OK;
        }
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "a log entry of another kind than hashedrekord and dsse");
}

static baton_status read_key(const struct bt_json *signature, struct bt_public_key *ret,
                             struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *verifier = NULL;
    const struct bt_json *key = NULL;
    struct bt_bytes spki;
    BT_TRY(bt_json_need(signature, "verifier", BT_JSON_OBJECT, &verifier, err));
    if (bt_json_find(verifier, "x509Certificate"))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "a log entry signed with a certificate");
    BT_TRY(bt_json_need(verifier, "publicKey", BT_JSON_OBJECT, &key, err));
    BT_TRY(bt_field_base64(key, "rawBytes", &arena, &spki, err));
    return bt_key_parse_spki(spki, ret, err);
}

static baton_status find_signature(const struct bt_json *spec, enum bt_rekor_kind kind,
                                   const struct bt_json **ret, struct baton_error *err)
{
    const struct bt_json *list = NULL;
    if (kind == BT_REKOR_HASHEDREKORD)
        return bt_json_need(spec, "signature", BT_JSON_OBJECT, ret, err);
    BT_TRY(bt_json_need(spec, "signatures", BT_JSON_ARRAY, &list, err));
    if (list->count != 1)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "a log entry with %zu signatures, not one",
                       list->count);
    *ret = list->items;
    return BATON_OK;
}

static baton_status read_entry(const struct bt_json *root, struct bt_rekor_entry *ret,
                               struct baton_error *err)
{
    const struct bt_json *spec = NULL;
    const struct bt_json *inner = NULL;
    const struct bt_json *data = NULL;
    const struct bt_json *signature = NULL;
    BT_TRY(read_kind(root, &ret->kind, err));
    BT_TRY(bt_json_need(root, "spec", BT_JSON_OBJECT, &spec, err));
    BT_TRY(bt_json_need(spec, kinds[ret->kind].spec, BT_JSON_OBJECT, &inner, err));
    BT_TRY(bt_json_need(inner, kinds[ret->kind].data, BT_JSON_OBJECT, &data, err));
    BT_TRY(bt_field_digest(data, "digest", &ret->digest, err));
    BT_TRY(find_signature(inner, ret->kind, &signature, err));
    BT_TRY(bt_field_signature(signature, "content", &ret->signature, err));
    return read_key(signature, &ret->key, err);
}

/* What was read is written again: whatever was not looked at must be as it would be written. */
baton_status bt_rekor_parse(struct bt_bytes leaf, struct bt_rekor_entry *ret,
                            struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF again = BT_BUF_INIT(BT_REKOR_ENTRY_MAX);
    const struct bt_json *root = NULL;
    struct bt_rekor_entry entry = {.kind = BT_REKOR_HASHEDREKORD};
    BT_TRY(bt_field_document(leaf, NAME, BT_REKOR_ENTRY_MAX, &arena, &root, err));
    BT_TRY(bt_field_in(NAME, read_entry(root, &entry, err), err));
    bt_rekor_format(&entry, &again);
    if (!bt_bytes_equal(bt_buf_bytes(&again), leaf))
        return bt_fail(err, BATON_ERR_INVALID, NAME ": not in canonical form");
    *ret = entry;
    return BATON_OK;
}
