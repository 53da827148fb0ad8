/* SPDX-License-Identifier: Apache-2.0 */
#include "base/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"

/* Asking for write-back early lets the disk work while we hash, instead of all at once in fsync. */
#define WRITE_BACK_BYTES ((uint64_t)8 << 20)

static uint8_t *buffer_at(struct bt_drain *drain, uint64_t number)
{
    return drain->memory + (number % BT_DRAIN_BUFFERS) * BT_DRAIN_BUFFER_BYTES;
}

/* 0 or the errno. */
static int write_buffer(int fd, const uint8_t *at, size_t len)
{
    while (len) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        at += put;
        len -= (size_t)put;
    }
    return 0;
}

static void start_write_back(int fd, uint64_t done, uint64_t *started)
{
    if (done - *started < WRITE_BACK_BYTES)
        return;
    /* A hint; file systems that lack it lose nothing but time. */
    (void)sync_file_range(fd, (off_t)*started, (off_t)(done - *started), SYNC_FILE_RANGE_WRITE);
    *started = done;
}

static void *empty_buffers(void *user)
{
    struct bt_drain *drain = user;
    uint64_t done = 0;
    uint64_t started = 0;
    (void)pthread_mutex_lock(&drain->mutex);
    for (;;) {
        while (drain->written == drain->pushed && !drain->closed)
            (void)pthread_cond_wait(&drain->changed, &drain->mutex);
        if (drain->written == drain->pushed)
            break;
        uint64_t number = drain->written;
        size_t len = drain->lens[number % BT_DRAIN_BUFFERS];
        int os_errno = drain->os_errno;
        (void)pthread_mutex_unlock(&drain->mutex);
        if (os_errno == 0) {
            os_errno = write_buffer(drain->fd, buffer_at(drain, number), len);
            done += len;
            start_write_back(drain->fd, done, &started);
        }
        (void)pthread_mutex_lock(&drain->mutex);
        drain->os_errno = os_errno;
        drain->written++;
        (void)pthread_cond_signal(&drain->changed);
    }
    (void)pthread_mutex_unlock(&drain->mutex);
    return NULL;
}

baton_status bt_drain_init(struct bt_drain *drain, int fd, struct baton_error *err)
{
    *drain = (struct bt_drain){.fd = fd};
    drain->memory = bt_alloc_aligned(BT_DRAIN_BUFFERS, BT_DRAIN_BUFFER_BYTES);
    if (!drain->memory)
        return bt_fail_no_memory(err, "write buffers");
    /* These two cannot be refused with default attributes on Linux. */
    (void)pthread_mutex_init(&drain->mutex, NULL);
    (void)pthread_cond_init(&drain->changed, NULL);
    return BATON_OK;
}

static void stop_thread(struct bt_drain *drain)
{
    if (!drain->threaded)
        return;
    (void)pthread_mutex_lock(&drain->mutex);
    drain->closed = true;
    (void)pthread_cond_signal(&drain->changed);
    (void)pthread_mutex_unlock(&drain->mutex);
    (void)pthread_join(drain->thread, NULL);
    drain->threaded = false;
}

void bt_drain_release(struct bt_drain *drain)
{
    if (!drain->memory)
        return;
    stop_thread(drain);
    (void)pthread_cond_destroy(&drain->changed);
    (void)pthread_mutex_destroy(&drain->mutex);
    bt_free(drain->memory);
    drain->memory = NULL;
}

static baton_status write_error(const struct bt_drain *drain, struct baton_error *err)
{
    if (drain->os_errno)
        return bt_fail_os(err, drain->os_errno, "cannot write");
    return BATON_OK;
}

baton_status bt_drain_room(struct bt_drain *drain, uint8_t **ret, struct baton_error *err)
{
    (void)pthread_mutex_lock(&drain->mutex);
    while (drain->pushed - drain->written == BT_DRAIN_BUFFERS)
        (void)pthread_cond_wait(&drain->changed, &drain->mutex);
    baton_status status = write_error(drain, err);
    *ret = buffer_at(drain, drain->pushed);
    (void)pthread_mutex_unlock(&drain->mutex);
    return status;
}

/* Without a thread, be it too early or refused by the system, the caller writes. */
static bool have_thread(struct bt_drain *drain)
{
    if (!drain->threaded && drain->pushed > 0)
        drain->threaded = pthread_create(&drain->thread, NULL, empty_buffers, drain) == 0;
    return drain->threaded;
}

void bt_drain_push(struct bt_drain *drain, size_t len)
{
    bool threaded = have_thread(drain);
    (void)pthread_mutex_lock(&drain->mutex);
    drain->lens[drain->pushed % BT_DRAIN_BUFFERS] = len;
    uint64_t number = drain->pushed++;
    if (threaded)
        (void)pthread_cond_signal(&drain->changed);
    (void)pthread_mutex_unlock(&drain->mutex);
    if (threaded)
        return;
    if (drain->os_errno == 0)
        drain->os_errno = write_buffer(drain->fd, buffer_at(drain, number), len);
    drain->written++;
}

baton_status bt_drain_finish(struct bt_drain *drain, struct baton_error *err)
{
    stop_thread(drain);
    return write_error(drain, err);
}
