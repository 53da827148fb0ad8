/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_STORE_ARCHIVE_INT_H
#define BT_STORE_ARCHIVE_INT_H
/* A tar file with an OCI layout in it, for reading: where each blob lies. Private to this room. */
#include <stddef.h>

#include "base/fs.h"
#include "crypto/digest.h"

struct bt_archive_blob {
    struct bt_digest digest;
    uint64_t offset;
    uint64_t bytes;
};

struct bt_archive {
    struct bt_fd fd;
    struct bt_archive_blob *blobs; /* sorted by digest */
    size_t count;
    struct bt_file_part index;
};

#define BT_ARCHIVE_INIT                                                                            \
    {                                                                                              \
        .fd = BT_FD_INIT                                                                           \
    }

void bt_archive_release(struct bt_archive *archive);
/* Takes `fd` over, also when it fails. */
BT_CHECK baton_status bt_archive_read(struct bt_fd *fd, const char *path, struct bt_archive *ret,
                                      struct baton_error *err);
/* BATON_ERR_NOT_FOUND, without words, when it has no such blob. */
BT_CHECK baton_status bt_archive_find(const struct bt_archive *archive,
                                      const struct bt_digest *digest, struct bt_file_part *ret,
                                      struct baton_error *err);

#endif
