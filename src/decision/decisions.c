/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "decision/decisions_int.h"
#include "decision/receipt.h"

/* What may wait for the disk, beside one group that was taken when nothing did. */
#define WAITING_BYTES_MAX ((size_t)32 << 20)
#define WAITING_MAX ((size_t)65536)
#define LAST_TRIES 2

/* ---- the state, under the mutex ---- */

static bool has_room(const struct bt_decisions *d, const struct bt_decision_group *group)
{
    return d->filling.count == 0 || (d->filling.count + group->count <= WAITING_MAX &&
                                     d->filling.bytes.len + group->bytes.len <= WAITING_BYTES_MAX);
}

static baton_status wait_for_room(struct bt_decisions *d, const struct bt_decision_group *group,
                                  struct baton_error *err)
{
    const struct timespec end = bt_clock_in_ms(CLOCK_MONOTONIC, BT_DECISIONS_PATIENCE_MS);
    int late = 0;
    while (!d->is_failing && !has_room(d, group) && !late)
        late = pthread_cond_timedwait(&d->done, &d->mutex, &end);
    if (d->is_failing)
        return bt_fail(err, BATON_ERR_LIMIT, "decisions cannot be logged now: %s", d->why.text);
    if (!has_room(d, group))
        return bt_fail(err, BATON_ERR_LIMIT, "decisions come faster than they can be logged");
    return BATON_OK;
}

/* A record of the server's own. */
static void add_event(struct bt_decisions *d, const struct bt_record *record)
{
    struct baton_error ignored = BATON_ERROR_INIT;
    struct bt_record now = *record;
    now.time_us = bt_clock_now_us();
    if (bt_decision_group_add(&d->filling, &now, (struct bt_bytes){NULL, 0}, BT_DURABILITY_ASYNC,
                              &ignored) == BATON_OK)
        d->next++;
}

static void say_lost(struct bt_decisions *d)
{
    const struct bt_record gap = {.kind = BT_RECORD_GAP,
                                  .lost = d->lost_unsaid,
                                  .reason = "answered while nothing could be logged"};
    if (!d->lost_unsaid)
        return;
    uint64_t before = d->next;
    add_event(d, &gap);
    if (d->next != before)
        d->lost_unsaid = 0;
}

static baton_status wait_for_disk(struct bt_decisions *d, uint64_t end, struct baton_error *err)
{
    struct bt_decisions_waiter me = {.end = end, .next = d->waiters};
    d->waiters = &me;
    (void)pthread_cond_signal(&d->work);
    while (!me.is_done)
        (void)pthread_cond_wait(&d->done, &d->mutex);
    return me.status == BATON_OK
               ? BATON_OK
               : bt_fail(err, BATON_ERR_IO, "the decision could not be logged: %s", me.why.text);
}

static baton_status put(struct bt_decisions *d, const struct bt_decision_group *group,
                        uint64_t *ret_first, struct baton_error *err)
{
    BT_TRY(wait_for_room(d, group, err));
    say_lost(d);
    if (d->filling.count == 0)
        (void)pthread_cond_signal(&d->work);
    BT_TRY(bt_decision_group_join(&d->filling, group, err));
    uint64_t first = d->next;
    d->next += group->count;
    baton_status status =
        bt_decision_group_is_sync(group) ? wait_for_disk(d, d->next, err) : BATON_OK;
    *ret_first = d->base + first;
    return status;
}

/* ---- for the server ---- */

baton_status bt_decisions_put(struct bt_decisions *d, const struct bt_decision_group *group,
                              uint64_t *ret_first, struct baton_error *err)
{
    (void)pthread_mutex_lock(&d->mutex);
    baton_status status = put(d, group, ret_first, err);
    (void)pthread_mutex_unlock(&d->mutex);
    return status;
}

baton_status bt_decisions_promise(const struct bt_decisions *decisions,
                                  const struct bt_decision_id *id, const struct bt_digest *leaf,
                                  struct bt_buf *out, struct baton_error *err)
{
    const struct bt_receipt receipt = {
        .id = *id,
        .leaf = *leaf,
        .by_s = bt_clock_now_us() / 1000000 + BT_DECISIONS_PROMISE_S,
    };
    return bt_receipt_sign(&receipt, &decisions->folder.signer, out, err);
}

void bt_decisions_lose(struct bt_decisions *d, uint64_t count)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->lost += count;
    d->lost_unsaid += count;
    (void)pthread_mutex_unlock(&d->mutex);
}

struct bt_decisions_state bt_decisions_state(struct bt_decisions *d)
{
    (void)pthread_mutex_lock(&d->mutex);
    struct bt_decisions_state state = {
        .written = d->base + d->durable,
        .waiting = d->next - d->durable,
        .lost = d->lost,
        .is_failing = d->is_failing,
    };
    (void)pthread_mutex_unlock(&d->mutex);
    return state;
}

int bt_decisions_folder(const struct bt_decisions *decisions)
{
    return decisions->folder.fd.fd;
}

const char *bt_decisions_instance(const struct bt_decisions *decisions)
{
    return decisions->folder.instance;
}

/* ---- opening and closing ---- */

/* Whether the newest record is a STOP; an empty log needs none. */
static baton_status ended_well(struct bt_decisions *d, bool *ret, struct baton_error *err)
{
    BT_CLEANUP(bt_arena_release) struct bt_arena arena = BT_ARENA_INIT;
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    struct bt_record record;
    *ret = true;
    if (d->base == 0)
        return BATON_OK;
    BT_TRY(bt_log_read(d->log, d->base - 1, &leaf, NULL, err));
    BT_TRY(bt_record_parse(bt_buf_bytes(&leaf), &arena, &record, err));
    *ret = record.kind == BT_RECORD_STOP;
    return BATON_OK;
}

static baton_status begin(struct bt_decisions *d, const char *engine, struct baton_error *err)
{
    const struct bt_record gap = {
        .kind = BT_RECORD_GAP,
        .reason = "the server before did not end by itself: what it answered without waiting for "
                  "the disk may be missing"};
    const struct bt_record start = {.kind = BT_RECORD_START, .engine = engine};
    struct bt_merkle_head head;
    bool well = true;
    BT_TRY(bt_log_head(d->log, &head, err));
    d->base = head.size;
    BT_TRY(ended_well(d, &well, err));
    if (!well)
        add_event(d, &gap);
    add_event(d, &start);
    return BATON_OK;
}

static baton_status start_committer(struct bt_decisions *d, struct baton_error *err)
{
    int failed = pthread_create(&d->committer, NULL, bt_decisions_commit, d);
    d->is_running = failed == 0;
    return failed ? bt_fail_os(err, failed, "cannot start the thread that logs decisions")
                  : BATON_OK;
}

/* Who cannot write START will not be able to write decisions. */
static baton_status need_start(struct bt_decisions *d, struct baton_error *err)
{
    (void)pthread_mutex_lock(&d->mutex);
    baton_status status = wait_for_disk(d, d->next, err);
    (void)pthread_mutex_unlock(&d->mutex);
    return status;
}

static void init_waiting(struct bt_decisions *d)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&d->mutex, NULL);
    (void)pthread_cond_init(&d->work, &monotonic);
    (void)pthread_cond_init(&d->done, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static void close_decisions(struct bt_decisions **decisions)
{
    bt_decisions_close(*decisions);
}

baton_status bt_decisions_open(int store_fd, const char *instance, const char *engine,
                               struct bt_decisions **ret, struct baton_error *err)
{
    BT_CLEANUP(close_decisions) struct bt_decisions *d = bt_calloc(1, sizeof *d);
    if (!d)
        return bt_fail_no_memory(err, "the log of decisions");
    d->folder = (struct bt_decision_folder)BT_DECISION_FOLDER_INIT;
    d->last_tries = LAST_TRIES;
    init_waiting(d);
    BT_TRY(bt_decision_group_init(&d->filling, err));
    BT_TRY(bt_decision_group_init(&d->writing, err));
    BT_TRY(bt_decision_folder_own(store_fd, instance, &d->folder, err));
    BT_TRY(
        bt_log_open_to_append(d->folder.fd.fd, &d->folder.signer, bt_record_binding, &d->log, err));
    bt_log_trust_appended(d->log);
    bt_log_publish_every(d->log, BT_DECISIONS_PUBLISH_MS);
    BT_TRY(begin(d, engine, err));
    BT_TRY(start_committer(d, err));
    BT_TRY(need_start(d, err));
    *ret = d;
    d = NULL;
    return BATON_OK;
}

static void end_committer(struct bt_decisions *d)
{
    const struct bt_record stop = {.kind = BT_RECORD_STOP};
    if (!d->is_running)
        return;
    (void)pthread_mutex_lock(&d->mutex);
    say_lost(d);
    add_event(d, &stop);
    d->is_stopping = true;
    (void)pthread_cond_signal(&d->work);
    (void)pthread_mutex_unlock(&d->mutex);
    (void)pthread_join(d->committer, NULL);
    d->is_running = false;
}

baton_status bt_decisions_stop(struct bt_decisions *d, struct baton_error *err)
{
    if (!d->is_running)
        return BATON_OK;
    end_committer(d);
    uint64_t missing = d->next - d->durable;
    if (!d->is_failing && missing == 0)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_IO,
                   "the newest %llu records, of decisions that were answered among them, could not "
                   "be logged: %s",
                   (unsigned long long)missing, d->why.text);
}

void bt_decisions_close(struct bt_decisions *d)
{
    if (!d)
        return;
    end_committer(d);
    bt_log_close(d->log);
    bt_decision_folder_release(&d->folder);
    bt_decision_group_release(&d->filling);
    bt_decision_group_release(&d->writing);
    (void)pthread_cond_destroy(&d->done);
    (void)pthread_cond_destroy(&d->work);
    (void)pthread_mutex_destroy(&d->mutex);
    bt_free(d);
}
