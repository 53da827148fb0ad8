/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing what nothing needs. Two rules keep it from removing what somebody is about to need:
 * no session of ours can be open, because gc holds their lock exclusively (so a temporary file is
 * dead, whatever its age); and blobs younger than the grace period stay, because other tools write
 * into the store without asking for our locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "store/check.h"
#include "store/store_int.h"

struct gc {
    const struct bt_store *store;
    const struct bt_gc_options *options;
    struct bt_fd blobs;
    int64_t now_s;
    struct bt_gc_counts counts;
};

static void release_gc(struct gc *gc)
{
    bt_fd_release(&gc->blobs);
}

static baton_status remove_file(const struct gc *gc, int dir_fd, const char *name,
                                struct baton_error *err)
{
    if (gc->options->dry_run || unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return BATON_OK;
    return bt_fail_os(err, errno, "cannot remove %s from store %s", name, gc->store->path);
}

static bool is_young(const struct gc *gc, const struct bt_census_item *item)
{
    uint64_t grace_s = gc->options->grace_s;
    int64_t age_s = gc->now_s - item->mtime_s;
    return grace_s > 0 && (age_s < 0 || (uint64_t)age_s < grace_s);
}

static baton_status remove_blobs(struct gc *gc, const struct bt_census *census,
                                 const struct bt_walk *walk, const struct baton_progress *progress,
                                 struct baton_error *err)
{
    for (size_t i = 0; i < census->blob_count; i++) {
        const struct bt_census_item *item = &census->blobs[i];
        char text[BT_DIGEST_TEXT_MAX];
        if (bt_walk_find(walk, &item->blob.digest) || is_young(gc, item))
            continue;
        BT_TRY(bt_progress_check(progress, "removing blobs", err));
        bt_digest_format(&item->blob.digest, text);
        BT_TRY(remove_file(gc, gc->blobs.fd, bt_digest_hex(text), err));
        gc->counts.blobs++;
        gc->counts.bytes += item->blob.bytes;
    }
    return BATON_OK;
}

static baton_status remove_temporaries(struct gc *gc, const struct bt_census *census,
                                       struct baton_error *err)
{
    for (size_t i = 0; i < census->temporary_count; i++) {
        BT_TRY(remove_file(gc, gc->store->root.fd, census->temporaries[i], err));
        gc->counts.temporaries++;
    }
    return BATON_OK;
}

baton_status bt_store_gc(const struct bt_store *store, const struct bt_gc_options *options,
                         const struct baton_progress *progress, struct bt_gc_counts *ret,
                         struct baton_error *err)
{
    BT_CLEANUP(release_gc)
    struct gc gc = {store, options, BT_FD_INIT, (int64_t)time(NULL), {0}};
    struct bt_walk_options strict = {NULL, NULL, progress};
    struct bt_index index;
    struct bt_census census;
    BT_AUTO_FD lock = BT_FD_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_WALK walk = BT_WALK_INIT;
    BT_TRY(bt_store_need_folder(store, err));
    BT_TRY(bt_fs_open_beneath(store->root.fd, BT_STORE_BLOBS, O_RDONLY | O_DIRECTORY, 0, &gc.blobs,
                              err));
    BT_TRY(bt_store_lock(store, BT_LOCK_NO_SESSION_TRY, progress, &lock, err));
    /* The list of files first: what another tool adds after it cannot be in it. */
    BT_TRY(bt_census_take(store, &arena, &census, err));
    BT_TRY(bt_index_read(store, &arena, &index, err));
    if (bt_walk_entries(store, index.entries, index.count, &strict, &walk, err) != BATON_OK)
        return bt_error_prepend(err, "nothing was removed");
    BT_TRY(remove_blobs(&gc, &census, &walk, progress, err));
    BT_TRY(remove_temporaries(&gc, &census, err));
    *ret = gc.counts;
    return BATON_OK;
}
