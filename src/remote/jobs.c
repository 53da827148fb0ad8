/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads instead of one thread with many transfers: every step of a blob (ask, open, send, resume,
 * close, each perhaps after a new token) stays a line of straight code, and the hashes of several
 * blobs are taken at once.
 *
 * The calling thread does no work: it reports the progress, which must come on it, passes on
 * Ctrl-C, and after the first error tells the others to stop.
 */
#include <errno.h>
#include <time.h>

#include "base/checked.h"
#include "base/clock.h"
#include "remote/remote_int.h"

#define REPORT_EVERY_MS 100L

struct crew {
    const struct bt_jobs *jobs;
    atomic_size_t next;
    volatile sig_atomic_t stop;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    size_t working;
    baton_status status; /* the first that went wrong */
    struct baton_error error;
};

static void note_failure(struct crew *crew, baton_status status, const struct baton_error *error)
{
    (void)pthread_mutex_lock(&crew->mutex);
    if (crew->status == BATON_OK) {
        crew->status = status;
        crew->error = *error;
    }
    bt_flag_raise(&crew->stop);
    (void)pthread_mutex_unlock(&crew->mutex);
}

static baton_status work(struct crew *crew, struct baton_error *err)
{
    BT_AUTO_LINK link = BT_LINK_INIT;
    BT_TRY(bt_link_open(crew->jobs->registry, &crew->stop, &link, err));
    for (;;) {
        size_t number = atomic_fetch_add(&crew->next, 1);
        if (number >= crew->jobs->count || bt_flag_is_up(&crew->stop))
            return BATON_OK;
        BT_TRY(crew->jobs->run(&link, crew->jobs->user, number, err));
    }
}

static void *worker(void *user)
{
    struct crew *crew = user;
    struct baton_error error = BATON_ERROR_INIT;
    baton_status status = work(crew, &error);
    if (status != BATON_OK)
        note_failure(crew, status, &error);
    (void)pthread_mutex_lock(&crew->mutex);
    crew->working--;
    (void)pthread_cond_signal(&crew->changed);
    (void)pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static void wait_a_little(struct crew *crew)
{
    const struct timespec until = bt_clock_in_ms(CLOCK_REALTIME, REPORT_EVERY_MS);
    (void)pthread_cond_timedwait(&crew->changed, &crew->mutex, &until);
}

static void look_after(struct crew *crew)
{
    const struct bt_jobs *jobs = crew->jobs;
    const struct baton_progress *progress = jobs->registry->options->progress;
    (void)pthread_mutex_lock(&crew->mutex);
    while (crew->working > 0) {
        wait_a_little(crew);
        if (bt_progress_stopped(progress))
            bt_flag_raise(&crew->stop);
        (void)pthread_mutex_unlock(&crew->mutex);
        bt_progress_report(progress, atomic_load(&jobs->registry->bytes_done), jobs->bytes_total,
                           jobs->registry->address.host);
        (void)pthread_mutex_lock(&crew->mutex);
    }
    (void)pthread_mutex_unlock(&crew->mutex);
}

/* How many could be started. */
static size_t start(struct crew *crew, pthread_t threads[], size_t wanted)
{
    for (size_t i = 0; i < wanted; i++) {
        (void)pthread_mutex_lock(&crew->mutex);
        crew->working++;
        (void)pthread_mutex_unlock(&crew->mutex);
        if (pthread_create(&threads[i], NULL, worker, crew) == 0)
            continue;
        (void)pthread_mutex_lock(&crew->mutex);
        crew->working--;
        (void)pthread_mutex_unlock(&crew->mutex);
        return i;
    }
    return wanted;
}

baton_status bt_jobs_run(const struct bt_jobs *jobs, struct baton_error *err)
{
    pthread_t threads[BT_REMOTE_PARALLEL_MAX];
    unsigned parallel = jobs->registry->options->parallel;
    struct crew crew = {.jobs = jobs};
    size_t wanted = bt_min(parallel ? parallel : BT_REMOTE_PARALLEL, BT_REMOTE_PARALLEL_MAX);
    if (jobs->count == 0)
        return BATON_OK;
    (void)pthread_mutex_init(&crew.mutex, NULL);
    (void)pthread_cond_init(&crew.changed, NULL);
    size_t started = start(&crew, threads, bt_min(wanted, jobs->count));
    look_after(&crew);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_cond_destroy(&crew.changed);
    (void)pthread_mutex_destroy(&crew.mutex);
    if (started == 0)
        return bt_fail_os(err, EAGAIN, "cannot start a thread");
    if (crew.status == BATON_OK)
        return bt_progress_check(jobs->registry->options->progress, jobs->registry->address.host,
                                 err);
    return bt_fail(err, crew.status, "%s", crew.error.text);
}
