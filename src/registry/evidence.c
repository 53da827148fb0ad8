/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "attest/oms.h"
#include "attest/sigstore.h"
#include "registry/registry_int.h"

#define EMPTY_CONFIG "{}"
#define MEDIA_EMPTY "application/vnd.oci.empty.v1+json"
/* Which statement an artifact holds, so that it is not made twice. */
#define ANNOTATION_STATEMENT "baton.statement"
#define ANNOTATION_KIND "baton.kind"

/* ---- out ---- */

/* The proof of a leaf in the newest tree, and the checkpoint it leads to. */
struct proven {
    struct bt_entry_buf entry;
    struct bt_buf checkpoint;
    struct bt_tlog_proof proof;
};

#define PROVEN_INIT                                                                                \
    {                                                                                              \
        .entry = BT_ENTRY_BUF_INIT, .checkpoint = BT_BUF_INIT(BT_NOTE_BYTES_MAX)                   \
    }

static void release_proven(struct proven *proven)
{
    bt_entry_buf_release(&proven->entry);
    bt_buf_release(&proven->checkpoint);
}

static baton_status prove(const struct bt_registry *registry, uint64_t leaf, struct proven *ret,
                          struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    BT_TRY(bt_entry_buf_read(registry, leaf, &ret->entry, err));
    BT_TRY(bt_log_checkpoint(registry->log, &ret->checkpoint, err));
    BT_TRY(bt_checkpoint_open(bt_buf_bytes(&ret->checkpoint), &registry->signer.key, &checkpoint,
                              err));
    ret->proof =
        (struct bt_tlog_proof){.index = leaf, .checkpoint = bt_buf_bytes(&ret->checkpoint)};
    return bt_log_prove(registry->log, leaf, checkpoint.head.size, &ret->proof.path, err);
}

baton_status bt_evidence_proof(const struct bt_registry *registry, uint64_t leaf,
                               struct bt_buf *out, struct baton_error *err)
{
    BT_CLEANUP(release_proven) struct proven proven = PROVEN_INIT;
    BT_TRY(prove(registry, leaf, &proven, err));
    return bt_tlog_proof_format(&proven.proof, out, err);
}

baton_status bt_evidence_format(const struct bt_registry *registry, uint64_t leaf,
                                struct bt_buf *out, struct baton_error *err)
{
    BT_CLEANUP(release_proven) struct proven proven = PROVEN_INIT;
    struct bt_rekor_entry entry;
    struct bt_sigstore_fields fields = {.log = &registry->signer.key, .proof = &proven.proof};
    BT_TRY(prove(registry, leaf, &proven, err));
    BT_TRY(bt_rekor_parse(bt_buf_bytes(&proven.entry.leaf), &entry, err));
    BT_TRY(bt_dsse_pae_parse(bt_buf_bytes(&proven.entry.content), &fields.message, err));
    fields.signature = entry.signature;
    fields.key = entry.key;
    return bt_sigstore_format(&fields, out, err);
}

static void put_descriptor(struct bt_json_writer *w, const char *media_type,
                           const struct bt_blob_id *blob)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&blob->digest, text);
    bt_json_begin_object(w);
    bt_json_member_str(w, "digest", text);
    bt_json_member_str(w, "mediaType", media_type);
    bt_json_member_u64(w, "size", blob->bytes);
    bt_json_end_object(w);
}

struct artifact {
    struct bt_blob_id config;
    struct bt_blob_id layer;
    const struct bt_store_entry *subject;
    const struct bt_row *row;
};

static void put_manifest(const struct artifact *artifact, struct bt_json_writer *w)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&artifact->row->pae, text);
    bt_json_begin_object(w);
    bt_json_key(w, "annotations");
    bt_json_begin_object(w);
    bt_json_member_str(w, ANNOTATION_KIND, bt_said_kind_name(artifact->row->kind));
    bt_json_member_str(w, ANNOTATION_STATEMENT, text);
    bt_json_end_object(w);
    bt_json_member_str(w, "artifactType", BT_SIGSTORE_MEDIA_TYPE);
    bt_json_key(w, "config");
    put_descriptor(w, MEDIA_EMPTY, &artifact->config);
    bt_json_key(w, "layers");
    bt_json_begin_array(w);
    put_descriptor(w, BT_SIGSTORE_MEDIA_TYPE, &artifact->layer);
    bt_json_end_array(w);
    bt_json_member_str(w, "mediaType", BT_MEDIA_MANIFEST);
    bt_json_member_u64(w, "schemaVersion", 2);
    bt_json_key(w, "subject");
    put_descriptor(w, artifact->subject->media_type, &artifact->subject->blob);
    bt_json_end_object(w);
}

static baton_status attach_one(const struct bt_registry *registry,
                               const struct bt_store_session *session,
                               const struct bt_store_entry *bundle, const struct bt_row *row,
                               struct baton_error *err)
{
    BT_AUTO_BUF evidence = BT_BUF_INIT(BT_SIGSTORE_BYTES_MAX);
    BT_AUTO_BUF manifest = BT_BUF_INIT(BT_MANIFEST_BYTES_MAX);
    struct artifact artifact = {.subject = bundle, .row = row};
    struct bt_store_entry entry = {.media_type = BT_MEDIA_MANIFEST,
                                   .artifact_type = BT_SIGSTORE_MEDIA_TYPE};
    BT_TRY(bt_evidence_format(registry, row->leaf, &evidence, err));
    BT_TRY(bt_blob_put_bytes(session, bt_bytes_of(EMPTY_CONFIG), &artifact.config, err));
    BT_TRY(bt_blob_put_bytes(session, bt_buf_bytes(&evidence), &artifact.layer, err));
    struct bt_json_writer w = bt_json_writer(&manifest, 0);
    put_manifest(&artifact, &w);
    BT_TRY(bt_buf_finish(&manifest, "the manifest of a statement", err));
    BT_TRY(bt_blob_put_bytes(session, bt_buf_bytes(&manifest), &entry.blob, err));
    return bt_store_tag(session, NULL, &entry, err);
}

/* ---- what is in the store ---- */

/* A piece of evidence as it lies there. */
struct found {
    struct bt_blob_id layer;
    const char *statement; /* of the annotation; "" without one */
};

/* {"digest":…,"size":…} */
static bool read_descriptor(const struct bt_json *json, struct bt_blob_id *ret)
{
    const struct bt_json *digest = bt_json_find(json, "digest");
    const struct bt_json *size = bt_json_find(json, "size");
    return digest && size && bt_digest_parse(digest->text, &ret->digest) &&
           bt_json_u64(size, &ret->bytes, NULL) == BATON_OK;
}

/* False when the manifest is no evidence about `bundle`. */
static bool read_manifest(const struct bt_json *root, const char *bundle, struct bt_arena *arena,
                          struct found *ret)
{
    const struct bt_json *subject = bt_json_find(root, "subject");
    const struct bt_json *about = subject ? bt_json_find(subject, "digest") : NULL;
    const struct bt_json *layers = bt_json_find(root, "layers");
    const struct bt_json *notes = bt_json_find(root, "annotations");
    ret->statement = "";
    if (!about || !bt_json_is_str(about, bundle))
        return false;
    if (!layers || layers->kind != BT_JSON_ARRAY || layers->count != 1 ||
        !read_descriptor(&layers->items[0], &ret->layer))
        return false;
    return !notes || !bt_json_find(notes, ANNOTATION_STATEMENT) ||
           bt_json_need_str(notes, ANNOTATION_STATEMENT, arena, &ret->statement, NULL) == BATON_OK;
}

/* Something that cannot be read is no evidence, and somebody else's business. */
static bool open_entry(const struct bt_store *store, const struct bt_store_entry *entry,
                       const char *bundle, struct bt_arena *arena, struct found *ret)
{
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    const struct bt_json *root = NULL;
    if (!entry->artifact_type || strcmp(entry->artifact_type, BT_SIGSTORE_MEDIA_TYPE) != 0)
        return false;
    if (bt_blob_open(store, &entry->blob, BT_MANIFEST_BYTES_MAX, &blob, NULL) != BATON_OK ||
        bt_json_parse(blob.bytes, "a manifest", NULL, arena, &root, NULL) != BATON_OK)
        return false;
    return read_manifest(root, bundle, arena, ret);
}

struct evidence {
    struct bt_store_entry *entries;
    struct found *found;
    size_t count;
};

static baton_status find_all(const struct bt_store *store, const struct bt_digest *bundle,
                             struct bt_arena *arena, struct evidence *ret, struct baton_error *err)
{
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(bundle, text);
    BT_TRY(bt_store_list(store, arena, &entries, &count, err));
    ret->entries = bt_arena_calloc(arena, BT_EVIDENCE_MAX, sizeof *ret->entries);
    ret->found = bt_arena_calloc(arena, BT_EVIDENCE_MAX, sizeof *ret->found);
    if (!ret->entries || !ret->found)
        return bt_fail_no_memory(err, "the evidence about a bundle");
    for (size_t i = 0; i < count && ret->count < BT_EVIDENCE_MAX; i++) {
        if (!open_entry(store, &entries[i], text, arena, &ret->found[ret->count]))
            continue;
        ret->entries[ret->count++] = entries[i];
    }
    return BATON_OK;
}

baton_status bt_evidence_list(const struct bt_store *store, const struct bt_digest *bundle,
                              struct bt_arena *arena, struct bt_store_entry **ret,
                              size_t *ret_count, struct baton_error *err)
{
    struct evidence evidence = {0};
    BT_TRY(find_all(store, bundle, arena, &evidence, err));
    *ret = evidence.entries;
    *ret_count = evidence.count;
    return BATON_OK;
}

static bool is_attached(const struct evidence *evidence, const struct bt_row *row)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&row->pae, text);
    for (size_t i = 0; i < evidence->count; i++)
        if (strcmp(evidence->found[i].statement, text) == 0)
            return true;
    return false;
}

/* Said of the bundle itself; where an alias stands is the business of one ledger. */
static bool is_portable(const struct bt_row *row)
{
    return row->kind == BT_SAID_VERSION || row->kind == BT_SAID_HANDOFF ||
           row->kind == BT_SAID_TEST || row->kind == BT_SAID_ACCEPTANCE ||
           row->kind == BT_SAID_SIGNING;
}

/* Where evidence is put, and what is there already. */
struct target {
    const struct bt_store_session *session;
    const struct bt_store_entry *bundle;
    struct evidence there;
};

static baton_status attach_about(const struct bt_registry *registry, const struct target *target,
                                 const struct bt_digest *subject, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_row_filter filter = {.bundle = subject, .in_effect = true, .limit = BT_EVIDENCE_MAX};
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_rows(registry, &filter, &arena, &rows, &count, err));
    for (size_t i = 0; i < count; i++)
        if (is_portable(&rows[i]) && !is_attached(&target->there, &rows[i]))
            BT_TRY(attach_one(registry, target->session, target->bundle, &rows[i], err));
    return BATON_OK;
}

baton_status bt_evidence_signing(const struct bt_bundle *bundle, struct bt_buf *out,
                                 struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_oms_file *files = bt_arena_calloc(&arena, bundle->part_count, sizeof *files);
    if (!files)
        return bt_fail_no_memory(err, "the files of a bundle");
    for (size_t i = 0; i < bundle->part_count; i++)
        files[i] =
            (struct bt_oms_file){bt_bytes_of(bundle->parts[i].path), bundle->parts[i].blob.digest};
    return bt_oms_format(bundle->name, files, bundle->part_count, out, err);
}

/* Its statement names the files, so its subject is a digest of them. */
static baton_status find_signing(const struct bt_store *store, const struct bt_store_entry *entry,
                                 struct bt_digest *ret, struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF payload = BT_BUF_INIT(BT_DSSE_PAYLOAD_MAX);
    struct bt_statement statement;
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&entry->blob.digest, text);
    BT_TRY(bt_bundle_open(store, text, &bundle, err));
    BT_TRY(bt_evidence_signing(&bundle, &payload, err));
    BT_TRY(bt_statement_parse(bt_buf_bytes(&payload), &arena, &statement, err));
    *ret = statement.subjects[0].sha256;
    return BATON_OK;
}

baton_status bt_evidence_attach(const struct bt_registry *registry,
                                const struct bt_store_session *session,
                                const struct bt_store_entry *bundle, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct target target = {session, bundle, {0}};
    struct bt_digest signing;
    BT_TRY(find_all(session->store, &bundle->blob.digest, &arena, &target.there, err));
    BT_TRY(attach_about(registry, &target, &bundle->blob.digest, err));
    /* What is no model bundle has no files that could have been signed. */
    if (!bundle->model)
        return BATON_OK;
    BT_TRY(find_signing(session->store, bundle, &signing, err));
    return attach_about(registry, &target, &signing, err);
}

/* ---- in ---- */

/* A statement that came, and its place in the ledger it comes from. */
struct incoming {
    struct bt_bytes leaf;
    struct bt_bytes pae;
    uint64_t index;
};

static int by_index(const void *a, const void *b)
{
    uint64_t x = ((const struct incoming *)a)->index;
    uint64_t y = ((const struct incoming *)b)->index;
    return (x > y) - (x < y);
}

/* NULL in ret->leaf: it is no evidence that we could enter. */
static baton_status read_evidence(const struct bt_store *store, const struct bt_blob_id *layer,
                                  struct bt_arena *arena, struct incoming *ret,
                                  struct baton_error *err)
{
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    BT_AUTO_BUF pae = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    struct bt_sigstore_bundle bundle;
    struct baton_error why = BATON_ERROR_INIT;
    ret->leaf = (struct bt_bytes){NULL, 0};
    if (bt_blob_open(store, layer, BT_SIGSTORE_BYTES_MAX, &blob, &why) != BATON_OK ||
        bt_sigstore_parse(blob.bytes, arena, &bundle, &why) != BATON_OK || !bundle.logged)
        return BATON_OK;
    bt_dsse_pae(&bundle.message, &pae);
    if (bt_buf_finish(&pae, "a statement", &why) != BATON_OK)
        return BATON_OK;
    uint8_t *copy = bt_arena_calloc(arena, pae.len, 1);
    uint8_t *leaf = bt_arena_calloc(arena, bundle.entry.leaf.len, 1);
    if (!copy || !leaf)
        return bt_fail_no_memory(err, "a statement");
    memcpy(copy, pae.data, pae.len);
    memcpy(leaf, bundle.entry.leaf.ptr, bundle.entry.leaf.len);
    *ret =
        (struct incoming){{leaf, bundle.entry.leaf.len}, {copy, pae.len}, bundle.entry.proof.index};
    return BATON_OK;
}

static baton_status leave_out(struct bt_evidence_counts *counts, const char *why,
                              struct bt_arena *arena, struct baton_error *err)
{
    if (counts->left_out++ == 0)
        counts->why = bt_arena_strndup(arena, why, strlen(why));
    return counts->why ? BATON_OK : bt_fail_no_memory(err, "a reason");
}

/* Whether an error says that the statement does not count here, rather than that something broke.
 */
static bool is_refusal(baton_status status)
{
    return status == BATON_ERR_REFUSED || status == BATON_ERR_DIFFERS ||
           status == BATON_ERR_INVALID || status == BATON_ERR_UNSUPPORTED ||
           status == BATON_ERR_LIMIT || status == BATON_ERR_USAGE;
}

static baton_status enter_one(struct bt_registry *registry, const struct incoming *incoming,
                              struct bt_arena *arena, struct bt_evidence_counts *counts,
                              struct baton_error *err)
{
    struct bt_log_entry entry = {incoming->leaf, incoming->pae};
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_row row;
    uint64_t before = registry->frontier.size;
    if (!incoming->leaf.ptr)
        return leave_out(counts, "it is no statement in a Sigstore bundle with a log entry", arena,
                         err);
    baton_status status = bt_registry_import(registry, &entry, arena, &row, &why);
    if (is_refusal(status))
        return leave_out(counts, why.text, arena, err);
    if (status != BATON_OK)
        return bt_fail(err, status, "%s", why.text);
    counts->entered += registry->frontier.size != before;
    counts->present += registry->frontier.size == before;
    return BATON_OK;
}

baton_status bt_evidence_import(struct bt_registry *registry, const struct bt_digest *bundle,
                                struct bt_arena *arena, struct bt_evidence_counts *ret,
                                struct baton_error *err)
{
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    struct evidence evidence = {0};
    *ret = (struct bt_evidence_counts){.why = ""};
    BT_TRY(find_all(registry->store, bundle, arena, &evidence, err));
    struct incoming *incoming = bt_arena_calloc(arena, evidence.count, sizeof *incoming);
    if (!incoming)
        return bt_fail_no_memory(err, "the evidence about a bundle");
    for (size_t i = 0; i < evidence.count; i++)
        BT_TRY(read_evidence(registry->store, &evidence.found[i].layer, arena, &incoming[i], err));
    qsort(incoming, evidence.count, sizeof *incoming, by_index);
    BT_TRY(bt_registry_turn_begin(registry, &turn, err));
    for (size_t i = 0; i < evidence.count; i++)
        BT_TRY(enter_one(registry, &incoming[i], arena, ret, err));
    return BATON_OK;
}
