/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/trusted_root.h"

#include "attest/field_int.h"
#include "attest/rekor.h"

#define MEDIA_TYPE "application/vnd.dev.sigstore.trustedroot+json;version=0.1"

static void put_key(const struct bt_note_key *log, const char *since, struct bt_json_writer *w)
{
    const struct bt_public_key key = bt_key_of_ed25519(&log->public);
    bt_json_key(w, "publicKey");
    bt_json_begin_object(w);
    bt_field_put_base64(w, "rawBytes", bt_key_spki(&key));
    bt_json_member_str(w, "keyDetails", bt_rekor_key_details(key.algorithm));
    bt_json_key(w, "validFor");
    bt_json_begin_object(w);
    bt_json_member_str(w, "start", since);
    bt_json_end_object(w);
    bt_json_end_object(w);
}

static void put_address(const struct bt_note_key *log, struct bt_json_writer *w)
{
    BT_AUTO_BUF address = BT_BUF_INIT(BT_NOTE_NAME_MAX + 16);
    bt_buf_printf(&address, "https://%s", log->name);
    bt_json_key(w, "baseUrl");
    bt_json_put_buf(w, &address);
}

static void put_log(const struct bt_note_key *log, const struct bt_digest *id, const char *since,
                    struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    put_address(log, w);
    bt_json_member_str(w, "hashAlgorithm", "SHA2_256");
    put_key(log, since, w);
    bt_json_key(w, "logId");
    bt_json_begin_object(w);
    bt_field_put_base64(w, "keyId", (struct bt_bytes){id->bytes, BT_DIGEST_BYTES});
    bt_json_end_object(w);
    bt_json_end_object(w);
}

static void put_none(struct bt_json_writer *w, const char *key)
{
    bt_json_key(w, key);
    bt_json_begin_array(w);
    bt_json_end_array(w);
}

baton_status bt_trusted_root_format(const struct bt_note_key *log, const char *since,
                                    struct bt_buf *out, struct baton_error *err)
{
    struct bt_digest id;
    BT_TRY(bt_note_key_hash(log, &id, err));
    struct bt_json_writer w = bt_json_writer(out, 2);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "mediaType", MEDIA_TYPE);
    bt_json_key(&w, "tlogs");
    bt_json_begin_array(&w);
    put_log(log, &id, since, &w);
    bt_json_end_array(&w);
    put_none(&w, "certificateAuthorities");
    put_none(&w, "ctlogs");
    put_none(&w, "timestampAuthorities");
    bt_json_end_object(&w);
    return bt_buf_finish(out, "the trusted root", err);
}
