/* SPDX-License-Identifier: Apache-2.0 */
/* Put one file into a new store, and check it there: seconds and peak memory of each, one line. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "store/blob.h"

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static baton_status run(const char *file, const char *folder, struct baton_error *err)
{
    struct bt_store *store = NULL;
    struct bt_blob_id id;
    struct rusage usage;
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_BLOB blob = BT_BLOB_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    BT_TRY(bt_store_init(folder, err));
    BT_TRY(bt_store_open(folder, &store, err));
    BT_TRY(bt_store_session_begin(store, NULL, &session, err));
    BT_TRY(bt_fs_open_user(file, O_RDONLY, 0, &fd, err));
    double start = now_s();
    BT_TRY(bt_blob_put_fd(&session, fd.fd, file, NULL, &id, err));
    double put = now_s();
    (void)getrusage(RUSAGE_SELF, &usage);
    BT_TRY(bt_blob_check(store, &id, NULL, err));
    double checked = now_s();
    BT_TRY(bt_blob_open(store, &id, UINT64_MAX, &blob, err));
    double opened = now_s();
    (void)printf("put %.3f rss_mib %.1f check %.3f open %.3f\n", put - start,
                 (double)usage.ru_maxrss / 1024, checked - put, opened - checked);
    bt_store_close(store);
    return BATON_OK;
}

int main(int argc, char **argv)
{
    struct baton_error err = BATON_ERROR_INIT;
    if (argc != 3) {
        (void)fputs("usage: pack_blob FILE STORE\n", stderr);
        return 2;
    }
    if (run(argv[1], argv[2], &err) == BATON_OK)
        return 0;
    (void)fprintf(stderr, "pack_blob: %s\n", err.text);
    return 1;
}
