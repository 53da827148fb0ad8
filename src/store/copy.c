/* SPDX-License-Identifier: Apache-2.0 */
#include "store/copy.h"

#include "store/store_int.h"

struct copy {
    const struct bt_store *from;
    const struct bt_store_session *to;
    const struct bt_progress *progress;
    uint64_t bytes_total;
    uint64_t bytes_done;
    struct bt_copy_counts counts;
};

static void free_writer(struct bt_blob_writer **writer)
{
    bt_blob_writer_free(*writer);
}

static baton_status copy_bytes(struct copy *copy, const struct bt_blob_part *source,
                               const struct bt_blob_id *id, struct bt_blob_writer *writer,
                               struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&id->digest, text);
    for (uint64_t done = 0; done < id->bytes;) {
        uint8_t *room = NULL;
        size_t len = 0;
        BT_TRY(bt_progress_check(copy->progress, text, err));
        BT_TRY(bt_blob_writer_room(writer, &room, &len, err));
        BT_TRY(bt_fs_read_part(&source->part, text, done, room, &len, err));
        bt_blob_writer_used(writer, len);
        done += len;
        bt_progress_report(copy->progress, copy->bytes_done + done, copy->bytes_total, text);
    }
    return BATON_OK;
}

/* The hash is taken of what is written, so it speaks for both ends; a mismatch is the source's. */
static baton_status copy_blob(struct copy *copy, const struct bt_blob_id *id,
                              struct baton_error *err)
{
    BT_AUTO_BLOB_PART source = BT_BLOB_PART_INIT;
    BT_CLEANUP(free_writer) struct bt_blob_writer *writer = NULL;
    struct bt_blob_id made;
    BT_TRY(bt_blob_find_sized(copy->from, id, &source, err));
    BT_TRY(bt_blob_writer_new(copy->to, id->bytes, &writer, err));
    BT_TRY(copy_bytes(copy, &source, id, writer, err));
    if (bt_blob_writer_finish(writer, id, &made, err) != BATON_OK)
        return bt_error_prepend(err, "copying from store %s", copy->from->path);
    copy->counts.blobs_copied++;
    copy->counts.bytes_copied += id->bytes;
    return BATON_OK;
}

static baton_status copy_node(struct copy *copy, const struct bt_walk_node *node,
                              struct baton_error *err)
{
    baton_status there = bt_blob_check(copy->to->store, &node->blob, NULL, NULL);
    if (there == BATON_OK)
        copy->counts.blobs_present++;
    else
        BT_TRY(copy_blob(copy, &node->blob, err));
    copy->bytes_done += node->blob.bytes;
    return BATON_OK;
}

/* Backwards through the list, leaves before manifests: a manifest is listed before its parts. */
static baton_status copy_nodes(struct copy *copy, const struct bt_walk *walk, bool manifests,
                               struct baton_error *err)
{
    for (size_t i = walk->count; i > 0; i--)
        if (walk->nodes[i - 1].is_manifest == manifests)
            BT_TRY(copy_node(copy, &walk->nodes[i - 1], err));
    return BATON_OK;
}

baton_status bt_store_copy(const struct bt_store *from, const struct bt_store_entry *entry,
                           const struct bt_store_session *to, const struct bt_progress *progress,
                           struct bt_copy_counts *ret_counts, struct baton_error *err)
{
    struct copy copy = {.from = from, .to = to, .progress = progress};
    struct bt_walk_options strict = {NULL, NULL, progress};
    BT_AUTO_WALK walk = BT_WALK_INIT;
    BT_TRY(bt_walk_entries(from, entry, 1, &strict, &walk, err));
    for (size_t i = 0; i < walk.count; i++)
        copy.bytes_total += walk.nodes[i].blob.bytes;
    BT_TRY(copy_nodes(&copy, &walk, false, err));
    BT_TRY(copy_nodes(&copy, &walk, true, err));
    if (ret_counts)
        *ret_counts = copy.counts;
    return BATON_OK;
}
