/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_DRAIN_H
#define BT_BASE_DRAIN_H
/*
 * A ring of buffers that one thread of its own empties into a file, so that the caller can read and
 * hash while the previous bytes are being written.
 *
 *     BT_TRY(bt_drain_init(&drain, fd, err));
 *     BT_TRY(bt_drain_room(&drain, &room, &len, err));   // an empty buffer, perhaps after a wait
 *     ... fill it ...
 *     bt_drain_push(&drain, used);                       // may still be read until the next room()
 *     BT_TRY(bt_drain_finish(&drain, err));
 *     bt_drain_release(&drain);
 *
 * The thread starts with the second push: a short blob is written by the caller.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Small enough for the second-level cache: the bytes are read, hashed and written from there. */
#define BT_DRAIN_BUFFER_BYTES ((size_t)256 << 10)
#define BT_DRAIN_BUFFERS 8U

struct bt_drain {
    int fd;
    uint8_t *memory;
    size_t lens[BT_DRAIN_BUFFERS];
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    uint64_t pushed;  /* buffers, in total */
    uint64_t written; /* of them */
    bool closed;
    bool threaded;
    int os_errno; /* the first refused write; later buffers are thrown away */
};

BT_CHECK baton_status bt_drain_init(struct bt_drain *drain, int fd, struct baton_error *err);
/* Also the way to give up: waits for the thread, whatever it was doing. */
void bt_drain_release(struct bt_drain *drain);
BT_CHECK baton_status bt_drain_room(struct bt_drain *drain, uint8_t **ret, struct baton_error *err);
void bt_drain_push(struct bt_drain *drain, size_t len);
BT_CHECK baton_status bt_drain_finish(struct bt_drain *drain, struct baton_error *err);

#endif
