/* SPDX-License-Identifier: Apache-2.0 */
#include "store/archive_int.h"

#include <stdlib.h>

#include "base/alloc.h"

void bt_archive_release(struct bt_archive *archive)
{
    bt_fd_release(&archive->fd);
    bt_free(archive->blobs);
    archive->blobs = NULL;
    archive->count = 0;
}

baton_status bt_archive_read(struct bt_fd *fd, const char *path, struct bt_archive *ret,
                             struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_UNSUPPORTED, "%s is not a folder", path);
}

static int compare_key(const void *key, const void *item)
{
    const struct bt_archive_blob *blob = item;
    return bt_digest_compare(key, &blob->digest);
}

baton_status bt_archive_find(const struct bt_archive *archive, const struct bt_digest *digest,
                             struct bt_file_part *ret, struct baton_error *err)
{
    const struct bt_archive_blob *blob =
        archive->count
            ? bsearch(digest, archive->blobs, archive->count, sizeof *archive->blobs, compare_key)
            : NULL;
    if (!blob)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "no such member");
    *ret = (struct bt_file_part){archive->fd.fd, blob->offset, blob->bytes};
    return BATON_OK;
}
