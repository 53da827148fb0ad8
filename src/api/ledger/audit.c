/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/registry.h"

#include <stdio.h>
#include <string.h>

#include "api/evidence/evidence_int.h"
#include "api/ledger/seen.h"
#include "store/check.h"

baton_status baton_store_rebuild(const baton_store *store, const struct baton_progress *progress,
                                 struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    uint64_t rows = 0;
    BT_TRY(bt_registry_rebuild(store->store, progress, &rows, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "statements", rows);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- audit ---- */

struct audit {
    struct bt_arena arena;
    const baton_store *store;
    struct bt_registry *registry;
    struct bt_checks checks;
    struct bt_merkle_head head;
    const struct baton_progress *progress;
};

static void release_audit(struct audit *audit)
{
    bt_registry_close(audit->registry);
    bt_arena_release(&audit->arena);
}

/* What a failure says about the thing that was checked. */
static baton_verdict verdict_of(baton_status status)
{
    switch (status) {
    case BATON_ERR_CORRUPT:
    case BATON_ERR_DIFFERS:
    case BATON_ERR_INVALID:
        return BATON_DIFFERS;
    default:
        return BATON_CANNOT_TELL;
    }
}

static bool ends_it(baton_status status)
{
    return status == BATON_ERR_INTERRUPTED || status == BATON_ERR_NO_MEMORY;
}

baton_status bt_audit_failed(struct bt_checks *checks, const char *what,
                             const struct baton_error *why, struct baton_error *err)
{
    if (ends_it(why->status))
        return bt_fail(err, why->status, "%s", why->text);
    return bt_checks_add(checks, what, verdict_of(why->status), err, "%s", why->text);
}

static baton_status audit_tree(struct audit *a, struct baton_error *err)
{
    struct bt_log_audit found;
    struct baton_error why = BATON_ERROR_INIT;
    if (bt_log_audit(bt_registry_log(a->registry), a->progress, &found, &why) != BATON_OK)
        return bt_audit_failed(&a->checks, "tree", &why, err);
    a->head = found.head;
    return bt_checks_add(&a->checks, "tree", BATON_IDENTICAL, err,
                         "%llu leaves lead to the signed head", (unsigned long long)a->head.size);
}

static baton_status audit_statements(struct audit *a, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_row_filter without = {.in_effect = false};
    struct bt_row *rows = NULL;
    size_t count = 0;
    size_t ineffective = 0;
    if (bt_registry_replay(a->registry, a->progress, &why) != BATON_OK)
        return bt_audit_failed(&a->checks, "statements", &why, err);
    BT_TRY(bt_registry_rows(a->registry, &without, &a->arena, &rows, &count, err));
    for (size_t i = 0; i < count; i++)
        ineffective += rows[i].effect[0] != '\0';
    return bt_checks_add(&a->checks, "statements", BATON_IDENTICAL, err,
                         "signatures and judgement as in the registry; %zu without effect",
                         ineffective);
}

/* The store's index, read once. */
struct listed {
    const struct bt_store_entry *entries;
    size_t count;
};

/* By name where that is right, as it nearly always is. Whoever registers a version at this moment
 * has stored its bundle, entered it, and not named it yet. */
static baton_status audit_version(struct audit *a, const struct listed *listed,
                                  const struct bt_row *row, struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    char ref[BT_REF_TEXT_MAX];
    bool is_there = false;
    bool is_misnamed = false;
    for (size_t i = 0; i < listed->count; i++) {
        const struct bt_store_entry *entry = &listed->entries[i];
        bool is_bundle = bt_digest_equal(&entry->blob.digest, &row->subject);
        bool is_name =
            entry->model && entry->version == row->version && strcmp(entry->model, row->model) == 0;
        if (is_bundle && is_name)
            return BATON_OK;
        is_misnamed = is_misnamed || (is_name && !is_bundle);
    }
    bt_digest_format(&row->subject, text);
    (void)snprintf(ref, sizeof ref, "%s:%llu", row->model, (unsigned long long)row->version);
    BT_TRY(bt_blob_exists(a->store->store, &row->subject, &is_there, err));
    if (!is_there)
        return bt_checks_add(&a->checks, ref, BATON_CANNOT_TELL, err, "%s is not in the store",
                             text);
    /* The store's index is for other tools: a name may be missing there, but not be another's. */
    return is_misnamed ? bt_checks_add(&a->checks, ref, BATON_DIFFERS, err,
                                       "the store's index.json names another bundle than the "
                                       "ledger")
                       : BATON_OK;
}

static baton_status audit_versions(struct audit *a, struct baton_error *err)
{
    struct bt_row_filter filter = {.by_kind = true, .kind = BT_SAID_VERSION, .in_effect = true};
    struct listed listed = {NULL, 0};
    struct bt_row *rows = NULL;
    size_t count = 0;
    size_t before = a->checks.count;
    BT_TRY(bt_store_list(a->store->store, &a->arena, &listed.entries, &listed.count, err));
    BT_TRY(bt_registry_rows(a->registry, &filter, &a->arena, &rows, &count, err));
    for (size_t i = 0; i < count; i++)
        BT_TRY(audit_version(a, &listed, &rows[i], err));
    if (a->checks.count != before)
        return BATON_OK;
    return bt_checks_add(&a->checks, "versions", BATON_IDENTICAL, err,
                         "%zu bundle%s in the store, under the right name%s", count,
                         count == 1 ? "" : "s", count == 1 ? "" : "s");
}

static baton_status audit_store(struct audit *a, struct baton_error *err)
{
    struct bt_findings findings;
    size_t shown = 0;
    BT_TRY(bt_store_fsck(a->store->store, a->progress, &a->arena, &findings, err));
    for (size_t i = 0; i < findings.count && shown < 100; i++) {
        const struct bt_finding *finding = &findings.items[i];
        if (bt_finding_is_harmless(finding->kind))
            continue;
        shown++;
        BT_TRY(bt_checks_add(&a->checks, bt_finding_name(finding->kind),
                             finding->kind == BT_FINDING_BLOB_MISSING ? BATON_CANNOT_TELL
                                                                      : BATON_DIFFERS,
                             err, "%s", finding->text));
    }
    if (shown)
        return BATON_OK;
    return bt_checks_add(&a->checks, "store", BATON_IDENTICAL, err, "%llu blobs, every byte hashed",
                         (unsigned long long)findings.blobs_checked);
}

static baton_status report_audit(const struct audit *a, struct baton_report *ret,
                                 struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    baton_verdict verdict = bt_checks_verdict(&a->checks);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, "checks");
    bt_checks_put(&a->checks, &w);
    bt_json_member_str(&w, "ledger", bt_registry_origin(a->registry));
    bt_report_member_digest(&w, "root", &a->head.root);
    bt_json_member_u64(&w, "size", a->head.size);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

baton_status baton_audit(const baton_store *store, const struct baton_progress *progress,
                         struct baton_report *ret, struct baton_error *err)
{
    BT_CLEANUP(release_audit)
    struct audit audit = {.arena = BT_ARENA_INIT, .store = store, .progress = progress};
    audit.checks.arena = &audit.arena;
    BT_TRY(bt_seen_open(store, &audit.registry, err));
    BT_TRY(audit_tree(&audit, err));
    BT_TRY(audit_statements(&audit, err));
    BT_TRY(audit_versions(&audit, err));
    BT_TRY(audit_store(&audit, err));
    return report_audit(&audit, ret, err);
}
