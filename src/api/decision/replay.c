/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions made again, with all cores. */
#include "replay/replay.h"

#include <string.h>
#include <unistd.h>

#include "api/decision/select.h"
#include "base/checked.h"
#include "base/pool.h"

#define SHOWN_MAX 1000
#define WORKERS_MAX ((size_t)64)

/* One thread of a replay; its findings are joined at the end. */
struct worker {
    struct job *job;
    struct bt_replayer *replayer;
    struct bt_log_range range;
    const struct baton_progress *progress;
    struct bt_buf shown; /* JSON objects, with commas between */
    size_t shown_count;
    uint64_t identical, differ, refused, cannot_tell;
    baton_status status;
    struct baton_error err;
};

struct job {
    struct bt_selection selection;
    struct bt_replay_options options;
    bool shows_all;
    struct worker *workers;
    unsigned worker_count;
};

static void release_job(struct job *job)
{
    for (unsigned i = 0; job->workers && i < job->worker_count; i++) {
        bt_replayer_free(job->workers[i].replayer);
        bt_buf_release(&job->workers[i].shown);
    }
    bt_free(job->workers);
    bt_selection_release(&job->selection);
}

/* ---- one decision ---- */

static const char *verdict_name(enum bt_replay_answer answer)
{
    static const char *const names[] = {
        [BT_REPLAY_IDENTICAL] = "identical",
        [BT_REPLAY_DIFFERS] = "differs",
        [BT_REPLAY_REFUSED] = "refused",
        [BT_REPLAY_CANNOT_TELL] = "cannot-tell",
    };
    return names[answer];
}

static void show(struct worker *worker, uint64_t index, const struct bt_record *record,
                 const struct bt_replayed *replayed)
{
    if (worker->shown_count >= SHOWN_MAX ||
        (!worker->job->shows_all &&
         (replayed->answer == BT_REPLAY_IDENTICAL || replayed->answer == BT_REPLAY_REFUSED)))
        return;
    if (worker->shown_count++)
        bt_buf_put_str(&worker->shown, ",");
    struct bt_json_writer w = bt_json_writer(&worker->shown, 0);
    bt_json_begin_object(&w);
    bt_report_put_record(&w, &worker->job->selection.book, index, record);
    bt_report_member_difference(&w, &replayed->difference);
    bt_json_member_str(&w, "verdict", verdict_name(replayed->answer));
    if (replayed->why)
        bt_json_member_str(&w, "why", replayed->why);
    bt_json_end_object(&w);
}

static baton_status replay_one(struct worker *worker, uint64_t index,
                               const struct bt_record *record, struct bt_bytes fields,
                               struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_replayed replayed;
    BT_TRY(bt_replay(worker->replayer, record, fields, &arena, &replayed, err));
    worker->identical += replayed.answer == BT_REPLAY_IDENTICAL;
    worker->differ += replayed.answer == BT_REPLAY_DIFFERS;
    worker->refused += replayed.answer == BT_REPLAY_REFUSED;
    worker->cannot_tell += replayed.answer == BT_REPLAY_CANNOT_TELL;
    show(worker, index, record, &replayed);
    return BATON_OK;
}

static baton_status visit(void *user, uint64_t index, const struct bt_log_entry *entry,
                          struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct worker *worker = user;
    struct bt_record record;
    BT_TRY(bt_record_parse(entry->leaf, &arena, &record, err));
    if (record.kind != BT_RECORD_DECISION || !bt_selection_takes(&worker->job->selection, &record))
        return BATON_OK;
    return replay_one(worker, index, &record, entry->content, err);
}

/* ---- all of them ---- */

static void work(void *user, unsigned part, unsigned parts)
{
    struct job *job = user;
    for (unsigned i = part; i < job->worker_count; i += parts) {
        struct worker *worker = &job->workers[i];
        worker->status = bt_log_scan(job->selection.book.log, &worker->range, visit, worker,
                                     worker->progress, &worker->err);
    }
}

/* Only the first tells how far it is, for all: they go equally fast. */
static baton_status make_workers(struct job *job, unsigned count,
                                 const struct baton_progress *progress,
                                 struct baton_progress *quiet, struct baton_error *err)
{
    struct bt_log_range all = job->selection.range;
    uint64_t share = (all.to - all.from) / count + 1;
    job->workers = bt_calloc(count, sizeof *job->workers);
    if (!job->workers)
        return bt_fail_no_memory(err, "a replay");
    job->options.dir_fd = job->selection.book.folder.fd.fd;
    if (progress)
        quiet->interrupted = progress->interrupted;
    for (; job->worker_count < count; job->worker_count++) {
        struct worker *worker = &job->workers[job->worker_count];
        uint64_t from = all.from + share * job->worker_count;
        worker->job = job;
        worker->range = (struct bt_log_range){bt_min(from, all.to), bt_min(from + share, all.to)};
        worker->progress = job->worker_count ? quiet : progress;
        worker->shown = (struct bt_buf)BT_BUF_INIT(BT_REPORT_BYTES_MAX / WORKERS_MAX);
        worker->err = (struct baton_error)BATON_ERROR_INIT;
        BT_TRY(bt_replayer_new(&job->options, &worker->replayer, err));
    }
    return BATON_OK;
}

static baton_status replay_range(struct job *job, const struct baton_progress *progress,
                                 struct baton_error *err)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = (unsigned)bt_min((size_t)(cpus > 0 ? cpus : 1), WORKERS_MAX);
    struct baton_progress quiet = {NULL, NULL, NULL};
    struct bt_pool *pool = NULL;
    BT_TRY(make_workers(job, count, progress, &quiet, err));
    BT_TRY(bt_pool_new(count, &pool, err));
    bt_pool_run(pool, work, job);
    bt_pool_free(pool);
    for (unsigned i = 0; i < count; i++)
        if (job->workers[i].status != BATON_OK)
            return bt_fail(err, job->workers[i].status, "%s", job->workers[i].err.text);
    return BATON_OK;
}

/* The proof that is shown is of one log. */
static baton_status replay_named(struct job *job, baton_strings ids, struct baton_error *err)
{
    struct baton_progress quiet = {NULL, NULL, NULL};
    job->shows_all = true;
    BT_TRY(make_workers(job, 1, NULL, &quiet, err));
    for (size_t i = 0; i < bt_strings_count(ids); i++) {
        BT_CLEANUP(bt_page_release) struct bt_page page = BT_PAGE_INIT;
        struct bt_decision_id id;
        BT_TRY(bt_decision_id_parse(ids[i], &id, err));
        if (strcmp(id.instance, job->selection.book.folder.instance) != 0)
            return bt_fail(err, BATON_ERR_USAGE,
                           "%s and %s are in different logs: replay those of one at a time", ids[0],
                           ids[i]);
        BT_TRY(bt_book_find(&job->selection.book, &id, &page, err));
        BT_TRY(replay_one(&job->workers[0], page.index, &page.record, bt_buf_bytes(&page.fields),
                          err));
    }
    return BATON_OK;
}

static baton_status select_named(const baton_store *store, baton_strings ids,
                                 struct bt_selection *ret, struct baton_error *err)
{
    struct baton_decision_filter filter = BATON_DECISION_FILTER_INIT;
    struct bt_decision_id first;
    BT_TRY(bt_decision_id_parse(ids[0], &first, err));
    filter.instance = first.instance;
    return bt_selection_open(store, &filter, ret, err);
}

/* ---- the report ---- */

static baton_verdict sum(const struct job *job, struct worker *ret)
{
    for (unsigned i = 0; i < job->worker_count; i++) {
        ret->identical += job->workers[i].identical;
        ret->differ += job->workers[i].differ;
        ret->refused += job->workers[i].refused;
        ret->cannot_tell += job->workers[i].cannot_tell;
    }
    if (ret->differ)
        return BATON_DIFFERS;
    /* Nothing that was replayed proves nothing. */
    return ret->cannot_tell || !ret->identical ? BATON_CANNOT_TELL : BATON_IDENTICAL;
}

static void put_shown(const struct job *job, struct bt_json_writer *w)
{
    bt_json_key(w, "decisions");
    bt_json_begin_array(w);
    bool any = false;
    for (unsigned i = 0; i < job->worker_count; i++) {
        const struct bt_buf *shown = &job->workers[i].shown;
        bt_buf_inherit(w->out, shown);
        if (any && shown->len)
            bt_buf_put_str(w->out, ",");
        bt_buf_put(w->out, shown->data, shown->len);
        any |= shown->len > 0;
    }
    bt_json_end_array(w);
}

static baton_status report(const struct job *job, struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    struct worker all = {.job = NULL};
    baton_verdict verdict = sum(job, &all);
    bt_json_begin_object(&w);
    bt_json_key(&w, "against");
    if (job->options.against)
        bt_json_put_str(&w, job->options.against);
    else
        bt_json_put_null(&w);
    bt_json_member_u64(&w, "cannotTell", all.cannot_tell);
    put_shown(job, &w);
    bt_json_member_u64(&w, "differ", all.differ);
    bt_json_member_u64(&w, "identical", all.identical);
    bt_json_member_str(&w, "isa", bt_isa_name(job->options.isa));
    bt_report_member_book(&w, &job->selection.book);
    bt_json_member_u64(&w, "refused", all.refused);
    bt_json_member_u64(&w, "threads", job->options.threads);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

/* An alias or a version of the registry becomes a digest, which stays the same while it runs. */
static baton_status take_options(const baton_store *store, const struct baton_replay_options *o,
                                 struct bt_named *named, struct job *job, struct baton_error *err)
{
    job->options = (struct bt_replay_options){
        .store = store->store, .isa = bt_isa_best(), .threads = o->threads ? o->threads : 1};
    if (o->ids && !o->ids[0])
        return bt_fail(err, BATON_ERR_USAGE, "no decision is named");
    if (o->isa)
        BT_TRY(bt_isa_find(o->isa, &job->options.isa, err));
    if (!o->against)
        return BATON_OK;
    BT_TRY(bt_api_name(store, o->against, named, err));
    job->options.against = named->ref;
    return BATON_OK;
}

baton_status baton_replay(const baton_store *store, const struct baton_decision_filter *filter,
                          const struct baton_replay_options *options,
                          const struct baton_progress *progress, struct baton_report *ret,
                          struct baton_error *err)
{
    BT_CLEANUP(release_job) struct job job = {.selection = BT_SELECTION_INIT};
    struct baton_replay_options o = BATON_REPLAY_OPTIONS_INIT;
    struct bt_named named;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    BT_TRY(take_options(store, &o, &named, &job, err));
    BT_TRY(o.ids ? select_named(store, o.ids, &job.selection, err)
                 : bt_selection_open(store, filter, &job.selection, err));
    BT_TRY(o.ids ? replay_named(&job, o.ids, err) : replay_range(&job, progress, err));
    return report(&job, ret, err);
}
