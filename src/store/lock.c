/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three locks, all on the file `oci-layout`, which every OCI layout has and nobody replaces:
 *
 *   byte 0, the index lock:    exclusive while index.json is read, changed and renamed into place;
 *   byte 1, the session lock:  shared by everyone who adds files, exclusive for gc;
 *   byte 2, the ledger lock:   exclusive from asking what is so to saying what shall be.
 *
 * They are open-file-description record locks: they vanish with the process, however it ends; they
 * work on network file systems, where locks on folders do not; and each acquisition opens the file
 * anew, so threads of one process exclude each other as processes do.
 *
 * Order: session, ledger, index. gc takes the session lock only, so there is no cycle.
 */
#include "store/store_int.h"

#include <errno.h>
#include <fcntl.h>

static struct flock lock_of(enum bt_store_lock kind)
{
    static const off_t bytes[] = {[BT_LOCK_INDEX] = 0,
                                  [BT_LOCK_SESSION] = 1,
                                  [BT_LOCK_NO_SESSION_TRY] = 1,
                                  [BT_LOCK_LEDGER] = 2};
    return (struct flock){
        .l_type = kind == BT_LOCK_SESSION ? F_RDLCK : F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = bytes[kind],
        .l_len = 1,
    };
}

baton_status bt_store_lock(const struct bt_store *store, enum bt_store_lock kind,
                           const struct baton_progress *progress, struct bt_fd *ret,
                           struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    int flags = kind == BT_LOCK_SESSION ? O_RDONLY : O_RDWR;
    if (bt_fs_open_beneath(store->root.fd, BT_STORE_LAYOUT, flags, 0, &fd, err) != BATON_OK)
        return bt_error_prepend(err, "store %s", store->path);
    struct flock lock = lock_of(kind);
    int command = kind == BT_LOCK_NO_SESSION_TRY ? F_OFD_SETLK : F_OFD_SETLKW;
    while (fcntl(fd.fd, command, &lock) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            return bt_fail(err, BATON_ERR_REFUSED,
                           "store %s is being written to; try again when that is done",
                           store->path);
        if (errno != EINTR)
            return bt_fail_os(err, errno, "cannot lock store %s", store->path);
        BT_TRY(bt_progress_check(progress, "waiting for the store's lock", err));
    }
    ret->fd = bt_fd_steal(&fd);
    return BATON_OK;
}

baton_status bt_store_session_begin(const struct bt_store *store,
                                    const struct baton_progress *progress,
                                    struct bt_store_session *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_FD lock = BT_FD_INIT;
    struct bt_index index;
    BT_TRY(bt_store_need_folder(store, err));
    BT_TRY(bt_store_lock(store, BT_LOCK_SESSION, progress, &lock, err));
    /* Not used, but without it nothing can be entered in the end, so nothing is written at all. */
    BT_TRY(bt_index_read(store, &arena, &index, err));
    ret->lock.fd = bt_fd_steal(&lock);
    ret->store = store;
    return BATON_OK;
}

void bt_store_session_end(struct bt_store_session *session)
{
    bt_fd_release(&session->lock);
    session->store = NULL;
}

baton_status bt_store_ledger_lock(const struct bt_store *store, struct bt_fd *ret,
                                  struct baton_error *err)
{
    BT_TRY(bt_store_need_folder(store, err));
    return bt_store_lock(store, BT_LOCK_LEDGER, NULL, ret, err);
}
