/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "decision/decisions.h"
#include "ledger/found.h"

static const struct bt_log_files files = {.vkey = "vkey", .key = "key", .prefix = "decisions-"};

void bt_decision_folder_release(struct bt_decision_folder *folder)
{
    bt_log_signer_release(&folder->signer);
    bt_fd_release(&folder->fd);
}

static baton_status open_folder(int store_fd, const char *instance, struct bt_decision_folder *ret,
                                struct baton_error *err)
{
    char path[sizeof BT_DECISIONS_FOLDER + 1 + BT_INSTANCE_MAX];
    struct baton_error why = BATON_ERROR_INIT;
    BT_TRY(bt_instance_check(instance, err));
    (void)snprintf(ret->instance, sizeof ret->instance, "%s", instance);
    (void)snprintf(path, sizeof path, BT_DECISIONS_FOLDER "/%s", instance);
    baton_status status =
        bt_fs_open_beneath(store_fd, path, O_RDONLY | O_DIRECTORY, 0, &ret->fd, &why);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, status, "no server \"%s\" has written decisions here", instance);
    return status == BATON_OK ? BATON_OK : bt_fail(err, status, "%s", why.text);
}

baton_status bt_decision_folder_open(int store_fd, const char *instance,
                                     struct bt_decision_folder *ret, struct baton_error *err)
{
    BT_TRY(open_folder(store_fd, instance, ret, err));
    return bt_log_read_vkey(ret->fd.fd, &files, &ret->signer.key, err);
}

baton_status bt_decision_folder_open_secret(int store_fd, const char *instance,
                                            struct bt_decision_folder *ret, struct baton_error *err)
{
    BT_TRY(open_folder(store_fd, instance, ret, err));
    return bt_log_read_signer(ret->fd.fd, &files, &ret->signer, err);
}

/* What a decision was made of is for its owner's eyes only. */
static baton_status make_folder(int store_fd, const char *instance, struct baton_error *err)
{
    BT_AUTO_FD all = BT_FD_INIT;
    BT_TRY(bt_instance_check(instance, err));
    if (mkdirat(store_fd, BT_DECISIONS_FOLDER, 0777) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make the folder " BT_DECISIONS_FOLDER);
    BT_TRY(bt_fs_open_beneath(store_fd, BT_DECISIONS_FOLDER, O_RDONLY | O_DIRECTORY, 0, &all, err));
    if (mkdirat(all.fd, instance, 0700) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make the folder " BT_DECISIONS_FOLDER "/%s",
                          instance);
    return bt_fs_sync(all.fd, BT_DECISIONS_FOLDER, err);
}

baton_status bt_decision_folder_own(int store_fd, const char *instance,
                                    struct bt_decision_folder *ret, struct baton_error *err)
{
    BT_TRY(make_folder(store_fd, instance, err));
    BT_TRY(open_folder(store_fd, instance, ret, err));
    if (flock(ret->fd.fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? bt_fail(err, BATON_ERR_EXISTS,
                             "another server writes its decisions as \"%s\" here: give this one a "
                             "name of its own (--instance NAME)",
                             instance)
                   : bt_fail_os(err, errno, "cannot lock the folder of decisions");
    BT_TRY(bt_log_found(ret->fd.fd, &files, err));
    return bt_log_read_signer(ret->fd.fd, &files, &ret->signer, err);
}
