/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/bundle.h"

#include <string.h>

#include "api/api_int.h"
#include "bundle/diff.h"
#include "bundle/pack.h"
#include "bundle/verify.h"

/* ---- pack ---- */

struct attachments {
    struct bt_arena arena;
    struct bt_attachment *items;
    size_t count;
};

static void attachments_release(struct attachments *a)
{
    bt_arena_release(&a->arena);
}

static void attach(struct attachments *a, baton_strings paths, const char *media_type)
{
    for (size_t i = 0; paths && paths[i]; i++)
        a->items[a->count++] = (struct bt_attachment){media_type, paths[i]};
}

static baton_status collect(const struct baton_pack_options *o, struct attachments *ret,
                            struct baton_error *err)
{
    size_t count =
        bt_strings_count(o->docs) + bt_strings_count(o->code) + bt_strings_count(o->data);
    ret->items = bt_arena_calloc(&ret->arena, count, sizeof *ret->items);
    if (!ret->items)
        return bt_fail_no_memory(err, "the files to carry along");
    attach(ret, o->docs, BT_MEDIA_DOC);
    attach(ret, o->code, BT_MEDIA_CODE);
    attach(ret, o->data, BT_MEDIA_DATASET);
    return BATON_OK;
}

static void put_fidelity(struct bt_json_writer *w, const struct bt_packed *packed)
{
    bt_json_begin_array(w);
    for (size_t i = 0; i < packed->fidelity_count; i++) {
        const struct bt_fidelity *f = &packed->fidelity[i];
        bt_json_begin_object(w);
        bt_json_key(w, "absMax");
        bt_json_put_f64(w, f->worst.abs_max);
        bt_json_member_u64(w, "changed", f->different);
        bt_json_member_u64(w, "elements", f->elements);
        bt_json_member_bool(w, "label", f->is_label);
        bt_json_member_str(w, "output", f->output);
        bt_json_key(w, "relMax");
        bt_json_put_f64(w, f->worst.rel_max);
        bt_json_member_u64(w, "ulpsMax", f->worst.ulps_max);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

static void put_packed(struct bt_json_writer *w, const char *name, const struct bt_packed *packed)
{
    BT_AUTO_BUF ref = BT_BUF_INIT(BT_REF_TEXT_MAX);
    bt_buf_printf(&ref, "%s:%llu", name, (unsigned long long)packed->version);
    bt_json_begin_object(w);
    bt_json_member_u64(w, "bytes", packed->bytes);
    bt_report_member_digest(w, "digest", &packed->manifest.digest);
    bt_json_key(w, "fidelity");
    put_fidelity(w, packed);
    bt_json_member_u64(w, "golden", packed->golden_count);
    if (packed->has_metrics) {
        bt_json_key(w, "metrics");
        bt_metrics_put(&packed->metrics, w);
    }
    bt_json_member_u64(w, "parts", packed->parts);
    bt_json_key(w, "ref");
    bt_json_put_buf(w, &ref);
    bt_json_end_object(w);
}

static struct bt_pack_options inner_options(const struct baton_pack_options *o,
                                            const struct attachments *attachments)
{
    return (struct bt_pack_options){
        .name = o->name,
        .golden = o->golden,
        .golden_count = bt_strings_count(o->golden),
        .expect = o->expect,
        .expect_count = bt_strings_count(o->expect),
        .random_seed = o->random_seed,
        .random_count = o->random_cases,
        .fidelity = o->fidelity,
        .contract = o->contract,
        .rules = o->same,
        .rule_count = bt_strings_count(o->same),
        .gates = o->gates,
        .gate_count = bt_strings_count(o->gates),
        .labelled = o->labelled,
        .label = o->label,
        .ignore = o->ignore,
        .attachments = attachments->items,
        .attachment_count = attachments->count,
        .progress = o->progress,
    };
}

baton_status baton_pack(const baton_store *store, const char *model_path,
                        const struct baton_pack_options *options, struct baton_report *ret,
                        struct baton_error *err)
{
    BT_CLEANUP(attachments_release) struct attachments attachments = {0};
    BT_CLEANUP(bt_packed_release) struct bt_packed packed = BT_PACKED_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct baton_pack_options o = BATON_PACK_OPTIONS_INIT;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    if (!o.name)
        return bt_fail(err, BATON_ERR_USAGE, "a bundle needs the name of its model");
    BT_TRY(collect(&o, &attachments, err));
    struct bt_pack_options inner = inner_options(&o, &attachments);
    BT_TRY(bt_pack(store->store, model_path, &inner, &packed, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    put_packed(&w, o.name, &packed);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- verify ---- */

static void put_difference(struct bt_json_writer *w, const struct bt_difference *d)
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
    put_difference(&w, &v->difference);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

static baton_status open_against(const struct baton_verify_options *o, const baton_store *store,
                                 struct bt_bundle *ret, struct baton_error *err)
{
    const baton_store *from = o->against_store ? o->against_store : store;
    return bt_bundle_open(from->store, o->against, ret, err);
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

baton_status baton_verify(const baton_store *store, const char *ref,
                          const struct baton_verify_options *options, struct baton_report *ret,
                          struct baton_error *err)
{
    struct baton_verify_options o = BATON_VERIFY_OPTIONS_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUNDLE against = BT_BUNDLE_INIT;
    BT_CLEANUP(bt_verification_release) struct bt_verification v = BT_VERIFICATION_INIT;
    struct bt_store_entry entry;
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
    BT_TRY(bt_store_resolve(store->store, ref, &arena, &entry, err));
    if (o.against) {
        BT_TRY(open_against(&o, store, &against, err));
        inner.against = &against;
    }
    BT_TRY(open_and_verify(store, ref, &inner, &v, err));
    return report_verification(&entry.blob, &v, ret, err);
}

/* ---- diff ---- */

baton_status baton_diff(const baton_store *store_a, const char *a, const baton_store *store_b,
                        const char *b, struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUNDLE first = BT_BUNDLE_INIT;
    BT_AUTO_BUNDLE second = BT_BUNDLE_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_checks checks = {.arena = &arena};
    BT_TRY(bt_bundle_open(store_a->store, a, &first, err));
    BT_TRY(bt_bundle_open(store_b->store, b, &second, err));
    BT_TRY(bt_diff(&first, &second, &checks, err));
    baton_verdict verdict = bt_checks_verdict(&checks);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "a", &first.manifest.digest);
    bt_report_member_digest(&w, "b", &second.manifest.digest);
    bt_json_key(&w, "checks");
    bt_checks_put(&checks, &w);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}
