/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aliases move while they are served. A thread looks at the ledger's checkpoint, which is a new
 * file after each statement; when it is another one, it asks what each alias stands for, proves and
 * loads the new version beside the old one, and gives both to the server, which goes from one to
 * the other between two requests. What cannot be proved is not served: the old version stays.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "api/ledger/seen.h"
#include "api/serving.h"
#include "base/clock.h"

#define LOOK_MS 100

/* What tells one checkpoint file from another. */
struct sight {
    ino_t file;
    off_t bytes;
    struct timespec changed;
};

static struct sight look(const struct bt_serving *s)
{
    struct stat now;
    struct sight sight = {0};
    int folder = bt_store_folder(s->store->store);
    if (folder >= 0 && fstatat(folder, BT_LOG_FOLDER "/checkpoint", &now, 0) == 0)
        sight = (struct sight){now.st_ino, now.st_size, now.st_ctim};
    return sight;
}

static bool is_same(const struct sight *a, const struct sight *b)
{
    return a->file == b->file && a->bytes == b->bytes && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

/* ---- what has moved ---- */

static bool is_current(const struct bt_served *model, const struct bt_digest *bundle)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(bundle, text);
    return strcmp(text, bt_served_digest(model)) == 0;
}

static baton_status replace(struct bt_serving *s, size_t i, const struct bt_registry *registry,
                            struct baton_error *err)
{
    struct bt_served *fresh = NULL;
    struct bt_served *models[BT_SERVING_MAX];
    BT_TRY(bt_serving_load(s, registry, s->refs[i], &fresh, err));
    memcpy(models, s->models, sizeof models);
    models[i] = fresh;
    baton_status status =
        bt_serve_replace(s->server, (const struct bt_served *const *)models, s->count, err);
    /* The one that nobody uses now. */
    bt_served_close(status == BATON_OK ? s->models[i] : fresh);
    if (status == BATON_OK)
        s->models[i] = fresh;
    return status;
}

static baton_status follow_one(struct bt_serving *s, size_t i, const struct bt_registry *registry,
                               struct baton_error *err)
{
    struct bt_digest bundle;
    BT_TRY(bt_serving_find(s, registry, s->refs[i], &bundle, err));
    if (is_current(s->models[i], &bundle))
        return BATON_OK;
    BT_TRY(replace(s, i, registry, err));
    bt_serving_tell(s, s->refs[i], "now version ", bt_served_version(s->models[i]));
    return BATON_OK;
}

static void follow(struct bt_serving *s)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_REGISTRY registry = NULL;
    if (bt_seen_open_if_any(s->store, &registry, &err) != BATON_OK) {
        bt_serving_tell(s, "the ledger", "cannot be read, so what is served stays: ", err.text);
        return;
    }
    for (size_t i = 0; i < s->count; i++)
        if (strchr(s->refs[i], '@') && follow_one(s, i, registry, &err) != BATON_OK)
            bt_serving_tell(s, s->refs[i],
                            "has moved, but the version before is served still: ", err.text);
}

/* ---- the thread ---- */

/* False: the server ends. */
static bool wait_a_while(struct bt_watch *watch)
{
    const struct timespec end = bt_clock_in_ms(CLOCK_REALTIME, LOOK_MS);
    (void)pthread_mutex_lock(&watch->mutex);
    while (!watch->is_stopping &&
           pthread_cond_timedwait(&watch->changed, &watch->mutex, &end) != ETIMEDOUT)
        ;
    bool goes_on = !watch->is_stopping;
    (void)pthread_mutex_unlock(&watch->mutex);
    return goes_on;
}

static void *watch_aliases(void *user)
{
    struct bt_watch *watch = user;
    struct sight seen = {0}; /* nothing: between loading and now something may have moved */
    while (wait_a_while(watch)) {
        struct sight now = look(watch->serving);
        if (is_same(&seen, &now))
            continue;
        seen = now;
        follow(watch->serving);
    }
    return NULL;
}

baton_status bt_watch_start(struct bt_watch *watch, struct bt_serving *serving,
                            struct baton_error *err)
{
    bool any = false;
    for (size_t i = 0; i < serving->count; i++)
        any |= strchr(serving->refs[i], '@') != NULL;
    if (!any)
        return BATON_OK;
    watch->serving = serving;
    (void)pthread_mutex_init(&watch->mutex, NULL);
    (void)pthread_cond_init(&watch->changed, NULL);
    int failed = pthread_create(&watch->thread, NULL, watch_aliases, watch);
    watch->is_running = failed == 0;
    return failed ? bt_fail_os(err, failed, "cannot start the thread that watches aliases")
                  : BATON_OK;
}

void bt_watch_stop(struct bt_watch *watch)
{
    if (!watch->is_running)
        return;
    (void)pthread_mutex_lock(&watch->mutex);
    watch->is_stopping = true;
    (void)pthread_cond_signal(&watch->changed);
    (void)pthread_mutex_unlock(&watch->mutex);
    (void)pthread_join(watch->thread, NULL);
    watch->is_running = false;
}
