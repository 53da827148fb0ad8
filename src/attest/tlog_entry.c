/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tlog_entry.h"

#include "attest/field_int.h"
#include "attest/rekor.h"

/* ---- reading ---- */

static baton_status read_hashes(const struct bt_json *inclusion, struct bt_merkle_proof *ret,
                                struct baton_error *err)
{
    const struct bt_json *items = NULL;
    ret->count = 0;
    /* JSON of protocol buffers leaves out what is empty: the proof of a tree of one leaf. */
    if (!bt_json_find(inclusion, "hashes"))
        return BATON_OK;
    BT_TRY(bt_json_need(inclusion, "hashes", BT_JSON_ARRAY, &items, err));
    if (items->count > BT_MERKLE_PROOF_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "a proof of %zu hashes: the most is %d",
                       items->count, BT_MERKLE_PROOF_MAX);
    for (size_t i = 0; i < items->count; i++)
        BT_TRY(bt_field_digest_of(&items->items[i], &ret->hashes[i], err));
    ret->count = items->count;
    return BATON_OK;
}

static baton_status read_checkpoint(const struct bt_json *inclusion, struct bt_bytes *ret,
                                    struct baton_error *err)
{
    static const char *const keys[] = {"envelope", NULL};
    const struct bt_json *checkpoint = NULL;
    BT_TRY(bt_json_need(inclusion, "checkpoint", BT_JSON_OBJECT, &checkpoint, err));
    BT_TRY(bt_json_only(checkpoint, keys, err));
    return bt_field_text(checkpoint, "envelope", ret, err);
}

static baton_status read_inclusion(const struct bt_json *object, struct bt_tlog_entry *ret,
                                   struct baton_error *err)
{
    static const char *const keys[] = {"logIndex", "rootHash",   "treeSize",
                                       "hashes",   "checkpoint", NULL};
    const struct bt_json *inclusion = NULL;
    BT_TRY(bt_json_need(object, "inclusionProof", BT_JSON_OBJECT, &inclusion, err));
    BT_TRY(bt_json_only(inclusion, keys, err));
    BT_TRY(bt_field_u63(inclusion, "logIndex", &ret->proof.index, err));
    BT_TRY(bt_field_digest(inclusion, "rootHash", &ret->stated.root, err));
    BT_TRY(bt_field_u63(inclusion, "treeSize", &ret->stated.size, err));
    BT_TRY(read_hashes(inclusion, &ret->proof.path, err));
    return read_checkpoint(inclusion, &ret->proof.checkpoint, err);
}

static baton_status read_kind(const struct bt_json *object, struct bt_bytes *ret,
                              struct baton_error *err)
{
    static const char *const keys[] = {"kind", "version", NULL};
    const struct bt_json *kind = NULL;
    BT_TRY(bt_json_need(object, "kindVersion", BT_JSON_OBJECT, &kind, err));
    BT_TRY(bt_json_only(kind, keys, err));
    BT_TRY(bt_field_is(kind, "version", BT_REKOR_VERSION, err));
    return bt_field_text(kind, "kind", ret, err);
}

static baton_status read_log_id(const struct bt_json *object, struct bt_digest *ret,
                                struct baton_error *err)
{
    static const char *const keys[] = {"keyId", NULL};
    const struct bt_json *id = NULL;
    BT_TRY(bt_json_need(object, "logId", BT_JSON_OBJECT, &id, err));
    BT_TRY(bt_json_only(id, keys, err));
    return bt_field_digest(id, "keyId", ret, err);
}

/* Rekor v2 has no times, and one number for the leaf. */
static baton_status check_rest(const struct bt_json *object, uint64_t index,
                               struct baton_error *err)
{
    uint64_t time = 0;
    uint64_t again = 0;
    BT_TRY(bt_field_u63(object, "integratedTime", &time, err));
    BT_TRY(bt_field_u63(object, "logIndex", &again, err));
    if (time != 0)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "an entry with a time that the log does not sign");
    if (again != index)
        return bt_fail(err, BATON_ERR_INVALID, "an entry with two different indices");
    return BATON_OK;
}

baton_status bt_tlog_entry_of_json(const struct bt_json *object, struct bt_arena *arena,
                                   struct bt_tlog_entry *ret, struct baton_error *err)
{
    static const char *const keys[] = {
        "logIndex",          "logId", "kindVersion", "integratedTime", "inclusionProof",
        "canonicalizedBody", NULL};
    struct bt_tlog_entry made = {.proof = {.extra = bt_bytes_of("")}};
    BT_TRY(bt_json_only(object, keys, err));
    BT_TRY(read_kind(object, &made.kind, err));
    BT_TRY(read_log_id(object, &made.log_id, err));
    BT_TRY(read_inclusion(object, &made, err));
    BT_TRY(check_rest(object, made.proof.index, err));
    BT_TRY(bt_field_base64(object, "canonicalizedBody", arena, &made.leaf, err));
    *ret = made;
    return BATON_OK;
}

/* ---- writing ---- */

/* An integer of 64 bits, as JSON of protocol buffers has it. */
static void put_int64(struct bt_json_writer *w, const char *key, uint64_t value)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_NUMBER_TEXT_MAX);
    bt_buf_printf(&text, "%llu", (unsigned long long)value);
    bt_json_key(w, key);
    bt_json_put_buf(w, &text);
}

static void put_digest(struct bt_json_writer *w, const char *key, const struct bt_digest *digest)
{
    bt_field_put_base64(w, key, (struct bt_bytes){digest->bytes, BT_DIGEST_BYTES});
}

static void put_inclusion(const struct bt_tlog_proof *proof, const struct bt_merkle_head *head,
                          struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    put_int64(w, "logIndex", proof->index);
    put_digest(w, "rootHash", &head->root);
    put_int64(w, "treeSize", head->size);
    bt_json_key(w, "hashes");
    bt_json_begin_array(w);
    for (size_t i = 0; i < proof->path.count; i++)
        bt_field_put_base64_item(w,
                                 (struct bt_bytes){proof->path.hashes[i].bytes, BT_DIGEST_BYTES});
    bt_json_end_array(w);
    bt_json_key(w, "checkpoint");
    bt_json_begin_object(w);
    bt_json_key(w, "envelope");
    bt_json_put_bytes(w, proof->checkpoint);
    bt_json_end_object(w);
    bt_json_end_object(w);
}

baton_status bt_tlog_entry_put(const struct bt_tlog_entry *entry, const struct bt_note_key *log,
                               struct bt_json_writer *w, struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    struct bt_digest log_id;
    BT_TRY(bt_tlog_proof_check(&entry->proof, entry->leaf, log, &checkpoint, err));
    BT_TRY(bt_note_key_hash(log, &log_id, err));
    bt_json_begin_object(w);
    put_int64(w, "logIndex", entry->proof.index);
    bt_json_key(w, "logId");
    bt_json_begin_object(w);
    put_digest(w, "keyId", &log_id);
    bt_json_end_object(w);
    bt_json_key(w, "kindVersion");
    bt_json_begin_object(w);
    bt_json_key(w, "kind");
    bt_json_put_bytes(w, entry->kind);
    bt_json_member_str(w, "version", BT_REKOR_VERSION);
    bt_json_end_object(w);
    bt_json_member_str(w, "integratedTime", "0");
    bt_json_key(w, "inclusionProof");
    put_inclusion(&entry->proof, &checkpoint.head, w);
    bt_field_put_base64(w, "canonicalizedBody", entry->leaf);
    bt_json_end_object(w);
    return BATON_OK;
}

/* ---- checking ---- */

baton_status bt_tlog_entry_check(const struct bt_tlog_entry *entry, const struct bt_note_key *log,
                                 struct bt_checkpoint *ret, struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    struct bt_digest log_id;
    BT_TRY(bt_tlog_proof_check(&entry->proof, entry->leaf, log, &checkpoint, err));
    BT_TRY(bt_note_key_hash(log, &log_id, err));
    if (!bt_digest_equal(&log_id, &entry->log_id))
        return bt_fail(err, BATON_ERR_DIFFERS, "the entry names another log than its checkpoint");
    if (entry->stated.size != checkpoint.head.size ||
        !bt_digest_equal(&entry->stated.root, &checkpoint.head.root))
        return bt_fail(err, BATON_ERR_DIFFERS, "the entry states another tree than its checkpoint");
    *ret = checkpoint;
    return BATON_OK;
}
