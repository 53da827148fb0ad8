/* SPDX-License-Identifier: Apache-2.0 */
/* Does this bundle predict here as it did where it was packed, and who says so? */
#include "bundle/verify.h"

#include <string.h>
#include <time.h>

#include "api/ledger/spoken.h"

void bt_report_member_difference(struct bt_json_writer *w, const struct bt_difference *d)
{
    bt_json_key(w, "difference");
    if (!d->found) {
        bt_json_put_null(w);
        return;
    }
    bt_json_begin_object(w);
    bt_json_member_u64(w, "case", d->case_index);
    bt_json_member_u64(w, "different", d->different);
    bt_json_member_u64(w, "elements", d->elements);
    bt_json_member_str(w, "expected", d->expected);
    bt_json_member_str(w, "got", d->got);
    bt_json_member_str(w, "index", d->index);
    bt_json_member_str(w, "isa", d->isa);
    bt_json_member_str(w, "node", d->node);
    bt_json_member_str(w, "output", d->output);
    bt_json_member_u64(w, "threads", d->threads);
    if (d->ulps != UINT64_MAX)
        bt_json_member_u64(w, "ulps", d->ulps);
    bt_json_end_object(w);
}

static baton_status report_verification(const struct bt_blob_id *manifest,
                                        const struct bt_verification *v, struct baton_report *ret,
                                        struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    baton_verdict verdict = bt_checks_verdict(&v->checks);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "bundle", &manifest->digest);
    bt_json_key(&w, "checks");
    bt_checks_put(&v->checks, &w);
    bt_report_member_difference(&w, &v->difference);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

static baton_status open_against(const struct baton_verify_options *o, const baton_store *store,
                                 struct bt_bundle *ret, struct baton_error *err)
{
    return bt_api_open(o->against_store ? o->against_store : store, o->against, ret, err);
}

/* A bundle whose own manifest is missing or damaged is an answer too. */
static baton_status open_and_verify(const baton_store *store, const char *ref,
                                    const struct bt_verify_options *options,
                                    struct bt_verification *v, struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    struct baton_error why = BATON_ERROR_INIT;
    baton_status status = bt_bundle_open(store->store, ref, &bundle, &why);
    if (status != BATON_OK)
        return bt_verify_unopened(status, &why, v, err);
    return bt_verify(&bundle, options, v, err);
}

/* ---- what the ledger says ---- */

static baton_status check_signed(const struct bt_registry *registry, const struct bt_digest *bundle,
                                 struct bt_checks *checks, struct baton_error *err)
{
    struct bt_row row;
    baton_status status = bt_registry_bundle(registry, NULL, bundle, checks->arena, &row, err);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_checks_add(checks, "signed", BATON_CANNOT_TELL, err,
                             "nobody whose key is trusted here has signed for this bundle");
    BT_TRY(status);
    return bt_checks_add(checks, "signed", BATON_IDENTICAL, err, "%s:%llu by %s (statement %llu)",
                         row.model, (unsigned long long)row.version, row.who,
                         (unsigned long long)row.leaf);
}

/* The last word of each validator. A refusal that nobody took back is a no. */
static baton_status check_accepted(const struct bt_registry *registry,
                                   const struct bt_digest *bundle, struct bt_checks *checks,
                                   struct baton_error *err)
{
    struct bt_row_filter filter = {
        .bundle = bundle, .by_kind = true, .kind = BT_SAID_ACCEPTANCE, .in_effect = true};
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_rows(registry, &filter, checks->arena, &rows, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (bt_row_is_superseded(rows, count, i))
            continue;
        BT_TRY(bt_checks_add(checks, "accepted", rows[i].good ? BATON_IDENTICAL : BATON_DIFFERS,
                             err, "%s by %s (statement %llu)",
                             rows[i].good ? "accepted" : "refused", rows[i].who,
                             (unsigned long long)rows[i].leaf));
    }
    return BATON_OK;
}

/* Whether the alias could come back today to where it stands. Asked as of a rollback, for what was
 * young enough when it was promoted may have aged since; but a refusal, a retirement, another
 * policy or a revoked key of who moved it is news. */
static baton_status check_gates(const struct bt_registry *registry, const char *ref,
                                struct bt_checks *checks, struct baton_error *err)
{
    const char *model = NULL;
    const char *alias = NULL;
    struct bt_row row;
    struct bt_said said;
    if (!strchr(ref, '@'))
        return BATON_OK;
    BT_TRY(bt_alias_parse(ref, checks->arena, &model, &alias, err));
    BT_TRY(bt_registry_alias(registry, model, alias, checks->arena, &row, err));
    BT_TRY(bt_registry_said(registry, row.leaf, checks->arena, &said, err));
    said.good = false;
    return bt_registry_gates(registry, &said, &row.signer, checks, err);
}

static baton_status check_said(const struct bt_registry *registry, const char *ref,
                               const struct bt_digest *bundle, struct bt_checks *checks,
                               struct baton_error *err)
{
    BT_TRY(check_signed(registry, bundle, checks, err));
    BT_TRY(check_accepted(registry, bundle, checks, err));
    BT_TRY(check_gates(registry, ref, checks, err));
    return bt_registry_witnessed(registry, (uint64_t)time(NULL), BATON_CANNOT_TELL, checks, err);
}

baton_status bt_api_verify(const baton_store *store, const struct bt_registry *registry,
                           const struct bt_digest *bundle, const struct bt_verify_options *options,
                           struct bt_verification *ret, struct baton_error *err)
{
    char ref[BT_DIGEST_TEXT_MAX];
    bt_digest_format(bundle, ref);
    BT_TRY(open_and_verify(store, ref, options, ret, err));
    return registry ? check_signed(registry, bundle, &ret->checks, err) : BATON_OK;
}

/* ---- the verb ---- */

static baton_status verify(const baton_store *store, const char *ref,
                           const struct bt_verify_options *options, struct baton_report *ret,
                           struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_CLEANUP(bt_verification_release) struct bt_verification v = BT_VERIFICATION_INIT;
    struct bt_store_entry entry;
    struct bt_named named;
    BT_AUTO_REGISTRY registry = NULL;
    BT_TRY(bt_seen_open_if_any(store, &registry, err));
    BT_TRY(bt_name_in(store, registry, ref, &named, err));
    BT_TRY(bt_store_resolve(store->store, named.ref, &arena, &entry, err));
    BT_TRY(open_and_verify(store, named.ref, options, &v, err));
    if (registry)
        BT_TRY(check_said(registry, ref, &entry.blob.digest, &v.checks, err));
    return report_verification(&entry.blob, &v, ret, err);
}

baton_status baton_verify(const baton_store *store, const char *ref,
                          const struct baton_verify_options *options, struct baton_report *ret,
                          struct baton_error *err)
{
    struct baton_verify_options o = BATON_VERIFY_OPTIONS_INIT;
    BT_AUTO_BUNDLE against = BT_BUNDLE_INIT;
    enum bt_isa isa = BT_ISA_REF;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    struct bt_verify_options inner = {.progress = o.progress};
    if (o.isa) {
        BT_TRY(bt_isa_find(o.isa, &isa, err));
        inner.isas = &isa;
        inner.isa_count = 1;
    }
    if (o.threads) {
        inner.threads = &o.threads;
        inner.thread_count = 1;
    }
    if (o.against) {
        BT_TRY(open_against(&o, store, &against, err));
        inner.against = &against;
    }
    return verify(store, ref, &inner, ret, err);
}
