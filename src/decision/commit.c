/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that makes decisions durable.
 *
 * It takes all that has been handed over as one group. Nobody waiting, it lets the first of a group
 * wait for company for BT_DECISIONS_WINDOW_MS; while it writes, the next group fills.
 *
 * When a write fails: those who waited are told so, and their records become void, because they
 * were answered with 503; those of others, whose names are given out, keep their places and are
 * tried again every half second. Until one attempt works nothing new is taken, so the places never
 * shift.
 */
#include <string.h>

#include "base/clock.h"
#include "decision/decisions_int.h"

#define RETRY_MS 500
/* Of one append to the log, well within its limits. */
#define APPEND_BYTES ((size_t)12 << 20)
#define VOID_BYTES_MAX 80

/* ---- writing a group ---- */

/* How far a group has been written. */
struct progress {
    size_t entry;
    size_t byte;
    uint64_t others; /* entries of somebody else that are in the log meanwhile */
};

static struct bt_decision_entry put_void(uint8_t *at, size_t room)
{
    const struct bt_record record = {.kind = BT_RECORD_VOID, .time_us = bt_clock_now_us()};
    char text[VOID_BYTES_MAX] = "";
    struct bt_buf out = {
        .data = (uint8_t *)text, .capacity = sizeof text, .bytes_max = sizeof text};
    bt_record_format(&record, &out);
    BT_BUG_ON(out.state != BT_BUF_GOOD || out.len > room);
    memcpy(at, text, out.len);
    return (struct bt_decision_entry){.leaf_len = (uint32_t)out.len};
}

static baton_status append_some(struct bt_decisions *d, struct progress *at,
                                struct baton_error *err)
{
    const struct bt_decision_entry *from = bt_decision_entries(&d->writing);
    struct progress to = *at;
    size_t count = 0;
    uint64_t first;
    while (to.entry < d->writing.count && count < BT_DECISIONS_APPEND_MAX &&
           to.byte - at->byte < APPEND_BYTES) {
        const struct bt_decision_entry *entry = &from[to.entry++];
        const uint8_t *bytes = d->writing.bytes.data + to.byte;
        d->append[count++] = (struct bt_log_entry){{bytes, entry->leaf_len},
                                                   {bytes + entry->leaf_len, entry->content_len}};
        to.byte += entry->leaf_len + entry->content_len;
    }
    BT_TRY(bt_log_append(d->log, d->append, count, &first, err));
    to.others = first - (d->base + d->durable + at->entry);
    *at = to;
    return BATON_OK;
}

/* What is left moves to the front, void where somebody has been told that it was not logged. A void
 * record is shorter than any other, so this needs no memory. */
static void keep_rest(struct bt_decision_group *group, struct progress at)
{
    struct bt_decision_entry *entries = (void *)group->entries.data;
    struct progress to = {0, 0, 0};
    for (; at.entry < group->count; at.entry++, to.entry++) {
        struct bt_decision_entry entry = entries[at.entry];
        size_t bytes = entry.leaf_len + entry.content_len;
        if (entry.is_sync)
            entry = put_void(group->bytes.data + to.byte, bytes);
        else
            memmove(group->bytes.data + to.byte, group->bytes.data + at.byte, bytes);
        at.byte += bytes;
        to.byte += entry.leaf_len + entry.content_len;
        entries[to.entry] = entry;
    }
    group->count = to.entry;
    group->bytes.len = to.byte;
    group->entries.len = to.entry * sizeof *entries;
}

/* Each is told once, and of the attempt that was its own: a later one, which works, writes its
 * record as void. */
static void tell_waiters(struct bt_decisions *d)
{
    struct bt_decisions_waiter **at = &d->waiters;
    while (*at) {
        struct bt_decisions_waiter *waiter = *at;
        if (waiter->end > d->durable && !d->is_failing) {
            at = &waiter->next;
            continue;
        }
        waiter->status = waiter->end > d->durable ? BATON_ERR_IO : BATON_OK;
        waiter->why = d->why;
        *at = waiter->next;
        waiter->is_done = true;
    }
    (void)pthread_cond_broadcast(&d->done);
}

/* What came while the attempt was made waits for the next one, but nobody waits for that. Places
 * that were given out meanwhile are too low by what others have appended: whoever looks for a
 * decision looks further (book.c). */
static void write_group(struct bt_decisions *d)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct progress at = {0, 0, 0};
    baton_status status = BATON_OK;
    while (status == BATON_OK && at.entry < d->writing.count)
        status = append_some(d, &at, &err);
    if (status == BATON_OK)
        bt_decision_group_clear(&d->writing);
    else
        keep_rest(&d->writing, at);
    (void)pthread_mutex_lock(&d->mutex);
    if (status != BATON_OK)
        keep_rest(&d->filling, (struct progress){0, 0, 0});
    d->durable += at.entry;
    d->base += at.others;
    d->is_failing = status != BATON_OK;
    d->is_shown = false;
    d->why = err;
    tell_waiters(d);
}

/* ---- the thread; the mutex is held ---- */

static void wait_ms(struct bt_decisions *d, unsigned ms)
{
    const struct timespec end = bt_clock_in_ms(CLOCK_MONOTONIC, ms);
    (void)pthread_cond_timedwait(&d->work, &d->mutex, &end);
}

/* Whoever reads the log sees it. Failing is no loss: it is shown with the next that is written. */
static void show(struct bt_decisions *d)
{
    struct baton_error ignored = BATON_ERROR_INIT;
    (void)pthread_mutex_unlock(&d->mutex);
    bool shown = bt_log_publish(d->log, &ignored) == BATON_OK;
    (void)pthread_mutex_lock(&d->mutex);
    d->is_shown = shown || d->is_stopping;
}

static void take_filling(struct bt_decisions *d)
{
    struct bt_decision_group swap = d->writing;
    d->writing = d->filling;
    d->filling = swap;
}

/* What was written is shown before nothing happens for long. */
static void idle(struct bt_decisions *d)
{
    if (d->is_shown) {
        (void)pthread_cond_wait(&d->work, &d->mutex);
        return;
    }
    wait_ms(d, BT_DECISIONS_PUBLISH_MS);
    if (d->filling.count == 0)
        show(d);
}

/* False: there is nothing more to do. */
static bool wait_for_work(struct bt_decisions *d)
{
    if (d->is_failing && !d->is_stopping)
        wait_ms(d, RETRY_MS);
    if (d->is_failing)
        return !d->is_stopping || d->last_tries-- > 0;
    while (d->filling.count == 0 && !d->is_stopping)
        idle(d);
    if (d->filling.count && !d->waiters && !d->is_stopping)
        wait_ms(d, BT_DECISIONS_WINDOW_MS);
    if (d->filling.count == 0)
        return false;
    take_filling(d);
    return true;
}

void *bt_decisions_commit(void *decisions)
{
    struct bt_decisions *d = decisions;
    (void)pthread_mutex_lock(&d->mutex);
    while (wait_for_work(d)) {
        (void)pthread_mutex_unlock(&d->mutex);
        write_group(d);
    }
    show(d);
    (void)pthread_mutex_unlock(&d->mutex);
    return NULL;
}
