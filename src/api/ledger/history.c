/* SPDX-License-Identifier: Apache-2.0 */
/* Looking: the log of statements, and the way of one version. */
#include "baton/registry.h"

#include <string.h>

#include "api/ledger/spoken.h"
#include "registry/evidence.h"

struct history {
    struct bt_arena arena;
    struct bt_registry *registry;
};

#define HISTORY_INIT                                                                               \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }
#define AUTO_HISTORY BT_CLEANUP(release_history) struct history

static void release_history(struct history *history)
{
    bt_registry_close(history->registry);
    bt_arena_release(&history->arena);
}

/* What was said of a version, for those kinds that speak of one. */
static const char *verb_of(const struct bt_row *row)
{
    static const char *const verbs[BT_SAID_KIND_COUNT][2] = {
        [BT_SAID_VERSION] = {" published", " published"},
        [BT_SAID_HANDOFF] = {" handed to ", " handed to "},
        [BT_SAID_TEST] = {" failed its checks", " passed its checks"},
        [BT_SAID_ACCEPTANCE] = {" refused", " accepted"},
        [BT_SAID_RETIREMENT] = {" retired", " retired"},
    };
    return verbs[row->kind][row->good];
}

/* One line for a person. */
static void describe(const struct bt_row *row, struct bt_buf *out)
{
    unsigned long long version = row->version;
    const char *verb = verb_of(row);
    if (verb)
        bt_buf_printf(out, "%s:%llu%s", row->model, version, verb);
    else if (row->kind == BT_SAID_ALIAS)
        bt_buf_printf(out, "%s@%s %s to %llu", row->model, row->alias,
                      row->good ? "promoted" : "rolled back", version);
    else if (row->kind == BT_SAID_KEY)
        bt_buf_printf(out, "key of %s %s", row->name, row->good ? "trusted as " : "revoked");
    else if (row->kind == BT_SAID_SIGNING)
        bt_buf_put_str(out, "the files of a bundle signed (OpenSSF Model Signing)");
    else
        bt_buf_put_str(out, row->kind == BT_SAID_POLICY ? "policy set" : "of a type unknown here");
    if (row->kind == BT_SAID_HANDOFF || row->kind == BT_SAID_KEY)
        bt_roles_format(row->detail, out);
    if (row->note[0])
        bt_buf_printf(out, ": %s", row->note);
}

/* Of who signed: the name at the time, or the one that the key has now, for a root key speaks
 * before anybody is trusted. */
static const char *name_of(struct history *history, const struct bt_row *row)
{
    struct bt_row key;
    if (row->who[0] ||
        bt_registry_key(history->registry, &row->signer, &history->arena, &key, NULL) != BATON_OK)
        return row->who;
    return key.name;
}

static void put_row(struct history *history, const struct bt_row *row, struct bt_json_writer *w)
{
    BT_AUTO_BUF text = BT_BUF_INIT(4096);
    char time[BT_TIME_TEXT_MAX];
    time[0] = '\0'; /* some statements of others have none */
    if (row->time)
        bt_time_format(row->time, time);
    describe(row, &text);
    bt_json_begin_object(w);
    bt_json_member_str(w, "effect", row->effect);
    bt_report_member_hex(w, "key", &row->signer);
    bt_json_member_str(w, "kind", bt_said_kind_name(row->kind));
    bt_report_member_digest(w, "pae", &row->pae);
    bt_json_member_u64(w, "statement", row->leaf);
    bt_report_member_digest(w, "subject", &row->subject);
    bt_json_key(w, "text");
    bt_json_put_buf(w, &text);
    bt_json_member_str(w, "time", time);
    bt_json_member_str(w, "who", name_of(history, row));
    bt_json_end_object(w);
}

static void put_rows(struct history *history, const struct bt_row *rows, size_t count,
                     struct bt_json_writer *w)
{
    bt_json_key(w, "statements");
    bt_json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        put_row(history, &rows[i], w);
    bt_json_end_array(w);
}

/* ---- log ---- */

/* A model, an alias, or a version; the last by its bundle, for what was said of it. */
static baton_status narrow(struct history *history, const char *ref, struct bt_row_filter *filter,
                           struct baton_error *err)
{
    char model[BT_REF_TEXT_MAX];
    uint64_t version = 0;
    struct bt_row row;
    if (strchr(ref, '@')) {
        filter->by_kind = true;
        filter->kind = BT_SAID_ALIAS;
        return bt_alias_parse(ref, &history->arena, &filter->model, &filter->alias, err);
    }
    if (!bt_ref_parse(ref, model, &version)) {
        filter->model = ref;
        return bt_registry_version(history->registry, ref, 0, &history->arena, &row, err);
    }
    BT_TRY(bt_registry_version(history->registry, model, version, &history->arena, &row, err));
    struct bt_digest *bundle = bt_arena_calloc(&history->arena, 1, sizeof *bundle);
    if (!bundle)
        return bt_fail_no_memory(err, "a filter");
    *bundle = row.subject;
    filter->bundle = bundle;
    return BATON_OK;
}

static baton_status narrow_signer(struct history *history, const char *name,
                                  struct bt_row_filter *filter, struct baton_error *err)
{
    struct bt_row_filter keys = {.by_kind = true, .kind = BT_SAID_KEY};
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_rows(history->registry, &keys, &history->arena, &rows, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (!bt_row_is_key(&rows[i], name))
            continue;
        filter->signer = &rows[i].subject;
        return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_NOT_FOUND, "no key has ever had the name or id \"%s\"", name);
}

baton_status baton_log(const baton_store *store, const struct baton_log_options *options,
                       struct baton_report *ret, struct baton_error *err)
{
    struct baton_log_options o = BATON_LOG_OPTIONS_INIT;
    AUTO_HISTORY history = HISTORY_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_merkle_head head;
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    BT_TRY(bt_seen_open(store, &history.registry, err));
    struct bt_row_filter filter = {.newest_first = true, .limit = o.limit};
    if (o.ref)
        BT_TRY(narrow(&history, o.ref, &filter, err));
    if (o.signer)
        BT_TRY(narrow_signer(&history, o.signer, &filter, err));
    BT_TRY(bt_registry_rows(history.registry, &filter, &history.arena, &rows, &count, err));
    BT_TRY(bt_log_head(bt_registry_log(history.registry), &head, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "ledger", bt_registry_origin(history.registry));
    bt_json_member_u64(&w, "size", head.size);
    put_rows(&history, rows, count, &w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

baton_status baton_log_export(const baton_store *store, uint64_t statement,
                              struct baton_report *ret, struct baton_error *err)
{
    AUTO_HISTORY history = HISTORY_INIT;
    BT_AUTO_BUF bundle = BT_BUF_INIT(BT_REPORT_BYTES_MAX / 2);
    BT_AUTO_BUF proof = BT_BUF_INIT(BT_REPORT_BYTES_MAX / 2);
    BT_AUTO_BUF vkey = BT_BUF_INIT(1024);
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_TRY(bt_seen_open(store, &history.registry, err));
    BT_TRY(bt_evidence_format(history.registry, statement, &bundle, err));
    BT_TRY(bt_evidence_proof(history.registry, statement, &proof, err));
    bt_note_key_format(bt_registry_log_key(history.registry), &vkey);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, "bundle");
    bt_json_put_buf(&w, &bundle);
    bt_json_key(&w, "proof");
    bt_json_put_buf(&w, &proof);
    bt_json_member_u64(&w, "statement", statement);
    bt_json_key(&w, "vkey");
    bt_json_put_buf(&w, &vkey);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- lineage ---- */

static baton_status put_parents(struct history *history, const struct bt_row *version,
                                struct bt_json_writer *w, struct baton_error *err)
{
    struct bt_said said;
    BT_TRY(bt_registry_said(history->registry, version->leaf, &history->arena, &said, err));
    bt_json_key(w, "parents");
    bt_json_begin_array(w);
    for (size_t i = 0; i < said.digest_count; i++) {
        struct bt_row parent;
        bt_json_begin_object(w);
        bt_report_member_digest(w, "bundle", &said.digests[i]);
        if (bt_registry_bundle(history->registry, NULL, &said.digests[i], &history->arena, &parent,
                               NULL) == BATON_OK)
            bt_spoken_put_ref(&parent, "ref", w);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
    return BATON_OK;
}

/* Aliases that stand at this version now. */
static baton_status put_aliases(struct history *history, const struct bt_row *version,
                                struct bt_json_writer *w, struct baton_error *err)
{
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_aliases(history->registry, version->model, &history->arena, &rows, &count,
                               err));
    bt_json_key(w, "aliases");
    bt_json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        if (rows[i].version == version->version)
            bt_json_put_str(w, rows[i].alias);
    bt_json_end_array(w);
    return BATON_OK;
}

baton_status baton_lineage(const baton_store *store, const char *ref, struct baton_report *ret,
                           struct baton_error *err)
{
    AUTO_HISTORY history = HISTORY_INIT;
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_row *rows = NULL;
    size_t count = 0;
    spoken.store = store;
    BT_TRY(bt_seen_open(store, &spoken.registry, err));
    BT_TRY(bt_spoken_of(&spoken, ref, err));
    history.registry = spoken.registry;
    spoken.registry = NULL;
    struct bt_row_filter filter = {.bundle = &spoken.version.subject};
    BT_TRY(bt_registry_rows(history.registry, &filter, &history.arena, &rows, &count, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    BT_TRY(put_aliases(&history, &spoken.version, &w, err));
    bt_report_member_digest(&w, "bundle", &spoken.version.subject);
    BT_TRY(put_parents(&history, &spoken.version, &w, err));
    bt_spoken_put_ref(&spoken.version, "ref", &w);
    put_rows(&history, rows, count, &w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}
