/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/bundle.h"

#include <string.h>

#include "api/ledger/spoken.h"
#include "bundle/diff.h"
#include "bundle/pack.h"

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

/* Whoever packs signs for the version, where there is a ledger. */
struct author {
    struct bt_spoken spoken;
    bool is_needed;
    struct bt_said said;
};

static void author_release(struct author *author)
{
    bt_spoken_release(&author->spoken);
}

static baton_status publish(void *user, const struct bt_store_session *session,
                            const struct bt_store_entry *entry, uint64_t *ret_version,
                            struct baton_error *err)
{
    struct author *author = user;
    BT_TRY(bt_registry_publish(author->spoken.registry, session, &author->spoken.secret,
                               &author->said, entry, err));
    *ret_version = author->said.version;
    return BATON_OK;
}

static baton_status find_parents(struct author *author, baton_strings parents,
                                 struct baton_error *err)
{
    size_t count = bt_strings_count(parents);
    if (count > BT_SAID_LIST_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu parents: the limit is %zu", count,
                       BT_SAID_LIST_MAX);
    struct bt_digest *digests = bt_arena_calloc(&author->spoken.arena, count, sizeof *digests);
    if (!digests)
        return bt_fail_no_memory(err, "the parents of a version");
    for (size_t i = 0; i < count; i++) {
        BT_TRY(bt_spoken_of(&author->spoken, parents[i], err));
        digests[i] = author->spoken.version.subject;
    }
    author->said.digests = digests;
    author->said.digest_count = count;
    return BATON_OK;
}

/* Before the long work, so that a missing key is told at once. */
static baton_status open_author(const baton_store *store, const struct baton_pack_options *o,
                                struct author *ret, struct baton_error *err)
{
    BT_TRY(bt_registry_exists(store->store, &ret->is_needed, err));
    if (!ret->is_needed)
        return bt_strings_count(o->parents)
                   ? bt_fail(err, BATON_ERR_USAGE,
                             "store %s has no ledger (`baton init` makes one), so a version "
                             "cannot have parents",
                             bt_store_path(store->store))
                   : BATON_OK;
    BT_TRY(bt_spoken_open(store, o->who, &ret->spoken, err));
    ret->said.model = o->name;
    return find_parents(ret, o->parents, err);
}

baton_status baton_pack(const baton_store *store, const char *model_path,
                        const struct baton_pack_options *options, struct baton_report *ret,
                        struct baton_error *err)
{
    BT_CLEANUP(attachments_release) struct attachments attachments = {0};
    BT_CLEANUP(bt_packed_release) struct bt_packed packed = BT_PACKED_INIT;
    BT_CLEANUP(author_release) struct author author = {.spoken = BT_SPOKEN_INIT};
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct baton_pack_options o = BATON_PACK_OPTIONS_INIT;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    if (!o.name)
        return bt_fail(err, BATON_ERR_USAGE, "a bundle needs the name of its model");
    BT_TRY(collect(&o, &attachments, err));
    BT_TRY(open_author(store, &o, &author, err));
    struct bt_pack_options inner = inner_options(&o, &attachments);
    if (author.is_needed) {
        inner.publish = publish;
        inner.publish_user = &author;
    }
    BT_TRY(bt_pack(store->store, model_path, &inner, &packed, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    put_packed(&w, o.name, &packed);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
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
    BT_TRY(bt_api_open(store_a, a, &first, err));
    BT_TRY(bt_api_open(store_b, b, &second, err));
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
