/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of blobs, several at a time: which of them have to travel at all. */
#include "remote/remote_int.h"

struct moving {
    const struct bt_store *store;
    const struct bt_store_session *session; /* pull only */
    const struct bt_blob_list *list;
    atomic_uint_fast64_t present;
    atomic_uint_fast64_t mounted;
    atomic_uint_fast64_t moved;
    atomic_uint_fast64_t bytes_moved;
};

baton_status bt_blob_list_of(const struct bt_walk *walk, struct bt_arena *arena,
                             struct bt_blob_list *ret, struct baton_error *err)
{
    struct bt_blob_id *blobs = bt_arena_calloc(arena, walk->count, sizeof *blobs);
    size_t count = 0;
    if (!blobs)
        return bt_fail_no_memory(err, "a list of blobs");
    for (size_t i = 0; i < walk->count; i++)
        if (!walk->nodes[i].is_manifest)
            blobs[count++] = walk->nodes[i].blob;
    *ret = (struct bt_blob_list){blobs, count};
    return BATON_OK;
}

static uint64_t bytes_of(const struct bt_blob_list *list)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < list->count; i++)
        bytes += list->blobs[i].bytes;
    return bytes;
}

static void count_present(struct bt_link *link, const struct bt_blob_id *id,
                          atomic_uint_fast64_t *counter)
{
    atomic_fetch_add(counter, 1);
    atomic_fetch_add(&link->registry->bytes_done, id->bytes);
}

static void count_moved(struct moving *moving, const struct bt_blob_id *id)
{
    atomic_fetch_add(&moving->moved, 1);
    atomic_fetch_add(&moving->bytes_moved, id->bytes);
}

static void add_counts(struct bt_remote_counts *counts, struct moving *moving)
{
    counts->blobs_present += atomic_load(&moving->present);
    counts->blobs_mounted += atomic_load(&moving->mounted);
    counts->blobs_moved += atomic_load(&moving->moved);
    counts->bytes_moved += atomic_load(&moving->bytes_moved);
}

/* ---- out ---- */

static baton_status is_there(struct bt_link *link, const struct bt_blob_id *id, bool *ret,
                             struct baton_error *err)
{
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    char path[BT_DIGEST_TEXT_MAX + 8] = "blobs/";
    bt_digest_format(&id->digest, path + 6);
    BT_TRY(bt_remote_url(link->registry, path, &url, err));
    struct bt_http_request request = {.method = "HEAD", .url = bt_buf_str(&url)};
    BT_TRY(bt_link_call(link, &request, err));
    if (link->answer.status != 200 && link->answer.status != 404)
        return bt_link_fail(link, "asking for a blob", err);
    *ret = link->answer.status == 200;
    return BATON_OK;
}

static baton_status push_one(struct bt_link *link, void *user, size_t number,
                             struct baton_error *err)
{
    struct moving *moving = user;
    const struct bt_blob_id *id = &moving->list->blobs[number];
    bool there = false;
    bool mounted = false;
    BT_TRY(is_there(link, id, &there, err));
    if (there) {
        count_present(link, id, &moving->present);
        return BATON_OK;
    }
    BT_TRY(bt_blob_upload(link, moving->store, id, &mounted, err));
    if (mounted)
        count_present(link, id, &moving->mounted);
    else
        count_moved(moving, id);
    return BATON_OK;
}

baton_status bt_blobs_push(struct bt_remote *registry, const struct bt_store *store,
                           const struct bt_blob_list *list, struct bt_remote_counts *counts,
                           struct baton_error *err)
{
    struct moving moving = {.store = store, .list = list};
    struct bt_jobs jobs = {registry, push_one, &moving, list->count, bytes_of(list)};
    BT_TRY(bt_jobs_run(&jobs, err));
    add_counts(counts, &moving);
    return BATON_OK;
}

/* ---- in ---- */

static baton_status pull_one(struct bt_link *link, void *user, size_t number,
                             struct baton_error *err)
{
    struct moving *moving = user;
    const struct bt_blob_id *id = &moving->list->blobs[number];
    struct baton_progress progress = {NULL, NULL, link->stop};
    if (bt_blob_check(moving->store, id, &progress, NULL) == BATON_OK) {
        count_present(link, id, &moving->present);
        return BATON_OK;
    }
    BT_TRY(bt_blob_fetch(link, moving->session, id, err));
    count_moved(moving, id);
    return BATON_OK;
}

baton_status bt_blobs_pull(struct bt_remote *registry, const struct bt_store_session *session,
                           const struct bt_blob_list *list, struct bt_remote_counts *counts,
                           struct baton_error *err)
{
    struct moving moving = {.store = session->store, .session = session, .list = list};
    struct bt_jobs jobs = {registry, pull_one, &moving, list->count, bytes_of(list)};
    BT_TRY(bt_jobs_run(&jobs, err));
    add_counts(counts, &moving);
    return BATON_OK;
}
