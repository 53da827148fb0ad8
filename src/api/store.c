/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/store.h"

#include <string.h>

#include "api/api_int.h"
#include "api/ledger/carry.h"
#include "api/ledger/seen.h"
#include "attest/sigstore.h"
#include "bundle/unpack.h"
#include "store/check.h"
#include "store/copy.h"

baton_status baton_store_init(const char *path, struct baton_error *err)
{
    return bt_store_init(path, err);
}

static baton_status open_at(const char *path, baton_store **ret, struct baton_error *err)
{
    baton_store *store = bt_calloc(1, sizeof *store);
    if (!store)
        return bt_fail_no_memory(err, "a store");
    baton_status status = bt_store_open(path, &store->store, err);
    if (status != BATON_OK) {
        bt_free(store);
        return status;
    }
    *ret = store;
    return BATON_OK;
}

baton_status baton_store_open(const char *path, baton_store **ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    if (!path)
        BT_TRY(bt_store_find(".", &arena, &path, err));
    return open_at(path, ret, err);
}

void baton_store_close(baton_store *store)
{
    if (!store)
        return;
    bt_store_close(store->store);
    bt_free(store->person);
    bt_free(store);
}

baton_status baton_store_remember(baton_store *store, const char *folder, struct baton_error *err)
{
    char *person = folder ? bt_strdup(folder) : NULL;
    if (folder && !person)
        return bt_fail_no_memory(err, "the path of a folder");
    bt_free(store->person);
    store->person = person;
    return BATON_OK;
}

const char *baton_store_path(const baton_store *store)
{
    return bt_store_path(store->store);
}

/* ---- list ---- */

static void put_entry(struct bt_json_writer *w, const struct bt_store_entry *entry)
{
    bt_json_begin_object(w);
    if (entry->artifact_type)
        bt_json_member_str(w, "artifactType", entry->artifact_type);
    bt_report_member_digest(w, "digest", &entry->blob.digest);
    if (entry->model) {
        bt_json_member_str(w, "model", entry->model);
        bt_json_member_u64(w, "version", entry->version);
    }
    if (entry->ref_name)
        bt_json_member_str(w, "ref", entry->ref_name);
    bt_json_end_object(w);
}

static bool is_listed(const struct bt_store_entry *entry, const char *model)
{
    return !model || (entry->model && strcmp(entry->model, model) == 0);
}

static size_t count_listed(const struct bt_store_entry *entries, size_t count, const char *model)
{
    size_t listed = 0;
    for (size_t i = 0; i < count; i++)
        listed += is_listed(&entries[i], model);
    return listed;
}

/* "aliases":[{"alias","model","statement","version","who"}]; none without a ledger. */
static baton_status put_aliases(const baton_store *store, const char *model, struct bt_arena *arena,
                                struct bt_json_writer *w, struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_seen_open_if_any(store, &registry, err));
    if (registry)
        BT_TRY(bt_registry_aliases(registry, model, arena, &rows, &count, err));
    bt_json_key(w, "aliases");
    bt_json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        bt_json_begin_object(w);
        bt_json_member_str(w, "alias", rows[i].alias);
        bt_json_member_str(w, "model", rows[i].model);
        bt_json_member_u64(w, "statement", rows[i].leaf);
        bt_json_member_u64(w, "version", rows[i].version);
        bt_json_member_str(w, "who", rows[i].who);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
    return BATON_OK;
}

baton_status baton_store_list(const baton_store *store, const char *model, struct baton_report *ret,
                              struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    BT_TRY(bt_store_list(store->store, &arena, &entries, &count, err));
    if (model && count_listed(entries, count, model) == 0)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "no model \"%s\" in store %s", model,
                       bt_store_path(store->store));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    BT_TRY(put_aliases(store, model, &arena, &w, err));
    bt_json_key(&w, "bundles");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        if (is_listed(&entries[i], model))
            put_entry(&w, &entries[i]);
    bt_json_end_array(&w);
    bt_json_member_str(&w, "store", bt_store_path(store->store));
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- fsck and gc ---- */

static baton_verdict judge(const struct bt_findings *findings)
{
    baton_verdict verdict = BATON_IDENTICAL;
    for (size_t i = 0; i < findings->count; i++) {
        enum bt_finding_kind kind = findings->items[i].kind;
        if (bt_finding_is_harmless(kind))
            continue;
        if (kind != BT_FINDING_BLOB_MISSING)
            return BATON_DIFFERS;
        verdict = BATON_CANNOT_TELL;
    }
    return verdict;
}

static void put_findings(struct bt_json_writer *w, const struct bt_findings *findings)
{
    bt_json_begin_array(w);
    for (size_t i = 0; i < findings->count; i++) {
        const struct bt_finding *finding = &findings->items[i];
        bt_json_begin_object(w);
        bt_json_member_bool(w, "harmless", bt_finding_is_harmless(finding->kind));
        bt_json_member_str(w, "kind", bt_finding_name(finding->kind));
        bt_json_member_str(w, "text", finding->text);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

baton_status baton_store_fsck(const baton_store *store, const struct baton_progress *progress,
                              struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_findings findings;
    BT_TRY(bt_store_fsck(store->store, progress, &arena, &findings, err));
    baton_verdict verdict = judge(&findings);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "blobs", findings.blobs_checked);
    bt_json_member_u64(&w, "bytes", findings.bytes_checked);
    bt_json_key(&w, "findings");
    put_findings(&w, &findings);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

baton_status baton_store_gc(const baton_store *store, int dry_run, unsigned long long grace_s,
                            const struct baton_progress *progress, struct baton_report *ret,
                            struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_gc_options options = {.dry_run = dry_run != 0, .grace_s = grace_s};
    struct bt_gc_counts counts = {0};
    BT_TRY(bt_store_gc(store->store, &options, progress, &counts, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "blobs", counts.blobs);
    bt_json_member_u64(&w, "bytes", counts.bytes);
    bt_json_member_bool(&w, "dryRun", options.dry_run);
    bt_json_member_u64(&w, "temporaries", counts.temporaries);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- copies ---- */

/* The entries that a reference stands for. */
struct chosen {
    struct bt_arena arena;
    const struct bt_store_entry *entries;
    size_t count;
};

static void chosen_release(struct chosen *chosen)
{
    bt_arena_release(&chosen->arena);
}

/* The bundle, and what the store has of evidence about it. */
static baton_status choose_one(const baton_store *store, const char *ref, struct chosen *ret,
                               struct baton_error *err)
{
    struct bt_named named;
    struct bt_store_entry bundle;
    struct bt_store_entry *evidence = NULL;
    size_t count = 0;
    BT_TRY(bt_api_name(store, ref, &named, err));
    BT_TRY(bt_store_resolve(store->store, named.ref, &ret->arena, &bundle, err));
    BT_TRY(bt_carry_attach(store, &bundle, NULL, err));
    BT_TRY(
        bt_evidence_list(store->store, &bundle.blob.digest, &ret->arena, &evidence, &count, err));
    struct bt_store_entry *all = bt_arena_calloc(&ret->arena, count + 1, sizeof *all);
    if (!all)
        return bt_fail_no_memory(err, "an entry");
    all[0] = bundle;
    if (count)
        memcpy(&all[1], evidence, count * sizeof *all);
    ret->entries = all;
    ret->count = count + 1;
    return BATON_OK;
}

/* One, or for NULL all there are. */
static baton_status choose(const baton_store *store, const char *ref, struct chosen *ret,
                           struct baton_error *err)
{
    if (ref)
        return choose_one(store, ref, ret, err);
    BT_TRY(bt_store_list(store->store, &ret->arena, &ret->entries, &ret->count, err));
    for (size_t i = 0; i < ret->count; i++)
        if (ret->entries[i].model)
            BT_TRY(bt_carry_attach(store, &ret->entries[i], NULL, err));
    return bt_store_list(store->store, &ret->arena, &ret->entries, &ret->count, err);
}

static bool is_evidence(const struct bt_store_entry *entry)
{
    return entry->artifact_type && strcmp(entry->artifact_type, BT_SIGSTORE_MEDIA_TYPE) == 0;
}

static void put_refs(struct bt_json_writer *w, const struct bt_store_entry *entries, size_t count)
{
    bt_json_key(w, "refs");
    bt_json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        if (is_evidence(&entries[i]))
            continue;
        bt_json_begin_object(w);
        bt_report_member_digest(w, "digest", &entries[i].blob.digest);
        if (entries[i].ref_name)
            bt_json_member_str(w, "ref", entries[i].ref_name);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

static baton_status enter_all(const struct chosen *chosen, const baton_store *to,
                              struct bt_arena *arena, struct bt_evidence_counts *counts,
                              struct baton_error *err)
{
    for (size_t i = 0; i < chosen->count; i++)
        if (!is_evidence(&chosen->entries[i]))
            BT_TRY(bt_carry_enter(to, &chosen->entries[i].blob.digest, arena, counts, err));
    return BATON_OK;
}

/* Nothing is written for a copy that cannot succeed. */
static baton_status check_targets(const struct chosen *chosen, const baton_store *to,
                                  struct baton_error *err)
{
    for (size_t i = 0; i < chosen->count; i++)
        BT_TRY(
            bt_store_tag_check(to->store, chosen->entries[i].ref_name, &chosen->entries[i], err));
    return BATON_OK;
}

static baton_status check_sources(const baton_store *from, const struct chosen *chosen,
                                  const struct baton_progress *progress, struct baton_error *err)
{
    return bt_store_check_whole(from->store, chosen->entries, chosen->count, progress, err);
}

static baton_status copy_all(const baton_store *from, const struct chosen *chosen,
                             const baton_store *to, const struct baton_progress *progress,
                             struct bt_copy_counts *total, struct baton_error *err)
{
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    BT_TRY(bt_store_session_begin(to->store, progress, &session, err));
    for (size_t i = 0; i < chosen->count; i++) {
        const struct bt_store_entry *entry = &chosen->entries[i];
        struct bt_copy_counts one = {0};
        BT_TRY(bt_store_copy(from->store, entry, &session, progress, &one, err));
        BT_TRY(bt_store_tag(&session, entry->ref_name, entry, err));
        total->blobs_copied += one.blobs_copied;
        total->blobs_present += one.blobs_present;
        total->bytes_copied += one.bytes_copied;
    }
    return BATON_OK;
}

static baton_status copy_and_report(const baton_store *from, const struct chosen *chosen,
                                    const baton_store *to, const struct baton_progress *progress,
                                    struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_copy_counts total = {0};
    struct bt_evidence_counts statements = {0};
    BT_TRY(check_targets(chosen, to, err));
    BT_TRY(copy_all(from, chosen, to, progress, &total, err));
    BT_TRY(enter_all(chosen, to, &arena, &statements, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "blobsCopied", total.blobs_copied);
    bt_json_member_u64(&w, "blobsPresent", total.blobs_present);
    bt_json_member_u64(&w, "bytesCopied", total.bytes_copied);
    put_refs(&w, chosen->entries, chosen->count);
    bt_carry_put(&statements, &w);
    bt_json_member_str(&w, "to", bt_store_path(to->store));
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

baton_status baton_store_copy(const baton_store *from, const char *ref, const baton_store *to,
                              const struct baton_progress *progress, struct baton_report *ret,
                              struct baton_error *err)
{
    BT_CLEANUP(chosen_release) struct chosen chosen = {0};
    BT_TRY(choose(from, ref, &chosen, err));
    BT_TRY(check_sources(from, &chosen, progress, err));
    return copy_and_report(from, &chosen, to, progress, ret, err);
}

static void close_target(baton_store **store)
{
    baton_store_close(*store);
}

baton_status baton_store_push(const baton_store *from, const char *ref, const char *path,
                              const struct baton_progress *progress, struct baton_report *ret,
                              struct baton_error *err)
{
    BT_CLEANUP(chosen_release) struct chosen chosen = {0};
    BT_CLEANUP(close_target) baton_store *to = NULL;
    BT_TRY(choose(from, ref, &chosen, err));
    BT_TRY(check_sources(from, &chosen, progress, err));
    BT_TRY(bt_store_init(path, err));
    BT_TRY(open_at(path, &to, err));
    BT_TRY(baton_store_remember(to, from->person, err));
    return copy_and_report(from, &chosen, to, progress, ret, err);
}

baton_status baton_store_export(const baton_store *from, const char *ref, const char *path,
                                const struct baton_progress *progress, struct baton_report *ret,
                                struct baton_error *err)
{
    BT_CLEANUP(chosen_release) struct chosen chosen = {0};
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_TRY(choose(from, ref, &chosen, err));
    BT_TRY(bt_store_export(from->store, chosen.entries, chosen.count, path, progress, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    put_refs(&w, chosen.entries, chosen.count);
    bt_json_member_str(&w, "to", path);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- unpack ---- */

baton_status baton_store_unpack(const baton_store *store, const char *ref, const char *folder,
                                const struct baton_progress *progress, struct baton_report *ret,
                                struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    uint64_t bytes = 0;
    BT_TRY(bt_api_open(store, ref, &bundle, err));
    BT_TRY(bt_bundle_unpack(&bundle, folder, progress, &bytes, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "bundle", &bundle.manifest.digest);
    bt_json_member_u64(&w, "bytes", bytes);
    bt_json_member_u64(&w, "files", bundle.part_count);
    bt_json_member_str(&w, "folder", folder);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}
