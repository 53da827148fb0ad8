/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define NAME_ATTEMPTS_MAX 100

baton_status bt_temp_create(int root_fd, mode_t mode, struct bt_temp *ret, struct baton_error *err)
{
    for (int attempt = 0; attempt < NAME_ATTEMPTS_MAX; attempt++) {
        uint64_t random = 0;
        char name[sizeof ret->name];
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return bt_fail_os(err, errno, "no random bytes for a temporary name");
        (void)snprintf(name, sizeof name, BT_STORE_TEMP_PREFIX "%016llx",
                       (unsigned long long)random);
        int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        int fd = openat(root_fd, name, flags, mode);
        if (fd >= 0) {
            ret->fd.fd = fd;
            ret->root_fd = root_fd;
            memcpy(ret->name, name, sizeof name);
            return BATON_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return bt_fail_os(err, errno, "cannot make a temporary file in the store");
}

baton_status bt_temp_publish(struct bt_temp *temp, int to_dir_fd, const char *to,
                             struct baton_error *err)
{
    BT_TRY(bt_fs_sync(temp->fd.fd, to, err));
    if (renameat(temp->root_fd, temp->name, to_dir_fd, to) != 0)
        return bt_fail_os(err, errno, "cannot give %s its name in the store", to);
    temp->name[0] = '\0';
    return bt_fs_sync(to_dir_fd, "the store's folder", err);
}

baton_status bt_temp_publish_new(struct bt_temp *temp, const char *to, struct baton_error *err)
{
    BT_TRY(bt_fs_sync(temp->fd.fd, to, err));
    BT_TRY(bt_fs_rename_new(temp->root_fd, temp->name, to, err));
    temp->name[0] = '\0';
    return bt_fs_sync(temp->root_fd, "the folder", err);
}

void bt_temp_discard(struct bt_temp *temp)
{
    bt_fd_release(&temp->fd);
    if (temp->name[0])
        (void)unlinkat(temp->root_fd, temp->name, 0);
    temp->name[0] = '\0';
}

baton_status bt_temp_replace(int root_fd, const char *to, struct bt_bytes bytes,
                             struct baton_error *err)
{
    BT_AUTO_TEMP temp = BT_TEMP_INIT;
    BT_TRY(bt_temp_create(root_fd, 0644, &temp, err));
    BT_TRY(bt_fs_write_all(temp.fd.fd, to, bytes.ptr, bytes.len, err));
    return bt_temp_publish(&temp, root_fd, to, err);
}
