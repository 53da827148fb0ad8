/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/store_int.h"

#define ITEMS_MAX ((size_t)10000000)

/* A list that grows in an arena: the halves left behind are the price for one owner. */
static void *grown(struct bt_arena *arena, const void *items, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0;
    if (!full)
        return (void *)(uintptr_t)items;
    if (count > ITEMS_MAX)
        return NULL;
    void *larger = bt_arena_calloc(arena, count ? count * 2 : 1, size);
    if (larger && count)
        memcpy(larger, items, count * size);
    return larger;
}

static baton_status add_name(struct bt_arena *arena, const char *name, const char ***names,
                             size_t *count, struct baton_error *err)
{
    const char **larger = grown(arena, *names, *count, sizeof **names);
    const char *kept = bt_arena_strndup(arena, name, strlen(name));
    if (!larger || !kept)
        return bt_fail_no_memory(err, "the list of files");
    larger[*count] = kept;
    *names = larger;
    *count += 1;
    return BATON_OK;
}

static baton_status add_blob(struct bt_arena *arena, const struct bt_census_item *item,
                             struct bt_census *census, struct baton_error *err)
{
    struct bt_census_item *larger =
        grown(arena, census->blobs, census->blob_count, sizeof *census->blobs);
    if (!larger)
        return bt_fail_no_memory(err, "the list of blobs");
    larger[census->blob_count++] = *item;
    census->blobs = larger;
    return BATON_OK;
}

static int compare_items(const void *left, const void *right)
{
    const struct bt_census_item *a = left;
    const struct bt_census_item *b = right;
    return bt_digest_compare(&a->blob.digest, &b->blob.digest);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* A file that is gone again is no error: another process may be at work. */
static baton_status look_at(int dir_fd, const char *name, struct bt_census_item *ret,
                            bool *ret_blob, struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct stat st;
    *ret_blob = false;
    int len = snprintf(text, sizeof text, "sha256:%s", name);
    if (len < 0 || (size_t)len >= sizeof text ||
        !bt_digest_parse(bt_bytes_of(text), &ret->blob.digest))
        return BATON_OK;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? BATON_OK
                               : bt_fail_os(err, errno, "cannot stat " BT_STORE_BLOBS "/%s", name);
    ret->blob.bytes = (uint64_t)st.st_size;
    ret->mtime_s = st.st_mtime;
    *ret_blob = S_ISREG(st.st_mode);
    return BATON_OK;
}

static baton_status list_blobs(const struct bt_store *store, struct bt_arena *arena,
                               struct bt_census *census, struct baton_error *err)
{
    BT_AUTO_DIR dir = BT_DIR_INIT;
    BT_AUTO_FD blobs = BT_FD_INIT;
    BT_TRY(
        bt_fs_open_beneath(store->root.fd, BT_STORE_BLOBS, O_RDONLY | O_DIRECTORY, 0, &blobs, err));
    BT_TRY(bt_dir_open(blobs.fd, ".", &dir, err));
    for (;;) {
        struct bt_census_item item = {.mtime_s = 0};
        const char *name = NULL;
        bool is_blob = false;
        BT_TRY(bt_dir_next(&dir, &name, err));
        if (!name)
            return BATON_OK;
        BT_TRY(look_at(blobs.fd, name, &item, &is_blob, err));
        if (is_blob)
            BT_TRY(add_blob(arena, &item, census, err));
        else
            BT_TRY(add_name(arena, name, &census->strays, &census->stray_count, err));
    }
}

static baton_status list_temporaries(const struct bt_store *store, struct bt_arena *arena,
                                     struct bt_census *census, struct baton_error *err)
{
    BT_AUTO_DIR dir = BT_DIR_INIT;
    BT_TRY(bt_dir_open(store->root.fd, ".", &dir, err));
    for (;;) {
        const char *name = NULL;
        BT_TRY(bt_dir_next(&dir, &name, err));
        if (!name)
            return BATON_OK;
        if (strncmp(name, BT_STORE_TEMP_PREFIX, strlen(BT_STORE_TEMP_PREFIX)) == 0)
            BT_TRY(add_name(arena, name, &census->temporaries, &census->temporary_count, err));
    }
}

static baton_status list_members(const struct bt_archive *archive, struct bt_arena *arena,
                                 struct bt_census *census, struct baton_error *err)
{
    for (size_t i = 0; i < archive->count; i++) {
        struct bt_census_item item = {{archive->blobs[i].digest, archive->blobs[i].bytes}, 0};
        BT_TRY(add_blob(arena, &item, census, err));
    }
    return BATON_OK;
}

static baton_status take(const struct bt_store *store, struct bt_arena *arena,
                         struct bt_census *census, struct baton_error *err)
{
    if (store->root.fd < 0)
        return list_members(&store->archive, arena, census, err);
    BT_TRY(list_blobs(store, arena, census, err));
    return list_temporaries(store, arena, census, err);
}

baton_status bt_census_take(const struct bt_store *store, struct bt_arena *arena,
                            struct bt_census *ret, struct baton_error *err)
{
    struct bt_census census = {.blobs = NULL};
    if (take(store, arena, &census, err) != BATON_OK)
        return bt_error_prepend(err, "store %s", store->path);
    if (census.blob_count)
        qsort(census.blobs, census.blob_count, sizeof *census.blobs, compare_items);
    if (census.stray_count)
        qsort(census.strays, census.stray_count, sizeof *census.strays, compare_names);
    if (census.temporary_count)
        qsort(census.temporaries, census.temporary_count, sizeof *census.temporaries,
              compare_names);
    *ret = census;
    return BATON_OK;
}
