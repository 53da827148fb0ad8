/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting what a content was: the leaf stays, and with it every proof. The new content is bound
 * to the leaf as the old one was, and is as long, so nothing else moves.
 *
 * The old one is in two places: its file, which is written anew beside the old one and takes its
 * name; and the journal, which is emptied once all that was in it is published and durable. Killed
 * in between, the same call does the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "ledger/log/log_int.h"

#define CONTENTS_FILE_BYTES_MAX (BT_TILE_WIDTH * (BT_CONTENT_PREFIX + (size_t)BT_LOG_CONTENT_MAX))

/* Where the content of an entry starts in the file of its tile. */
static baton_status find_content(const struct bt_buf *file, uint64_t index, size_t len,
                                 size_t *ret_at, struct baton_error *err)
{
    struct bt_bytes rest = bt_buf_bytes(file);
    struct bt_bytes content = {NULL, 0};
    for (uint64_t i = 0; i <= index % BT_TILE_WIDTH; i++)
        if (!bt_items_next(&rest, BT_CONTENT_PREFIX, &content))
            return bt_fail(err, BATON_ERR_CORRUPT, "the contents of the log are cut short");
    if (content.len != len)
        return bt_fail(err, BATON_ERR_USAGE, "another content must be as long as the one before");
    *ret_at = (size_t)(content.ptr - file->data);
    return BATON_OK;
}

static baton_status replace_in_file(const struct bt_writer *w, uint64_t index,
                                    struct bt_bytes content, struct baton_error *err)
{
    char path[BT_TILE_PATH_MAX];
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_BUF file = BT_BUF_INIT(CONTENTS_FILE_BYTES_MAX);
    const struct bt_tile tile = {BT_TILE_CONTENTS, 0, index / BT_TILE_WIDTH, BT_TILE_WIDTH};
    size_t at = 0;
    bt_tile_path(&tile, path);
    BT_TRY(bt_tile_open_contents(w->ledger_fd, tile.index, O_RDONLY, &fd, err));
    BT_TRY(bt_fs_read_all(fd.fd, path, &file, err));
    BT_TRY(find_content(&file, index, content.len, &at, err));
    memcpy(file.data + at, content.ptr, content.len);
    return bt_tile_write_file(w->ledger_fd, path, bt_buf_bytes(&file), err);
}

/* All of it is published and durable, so both areas can be begun anew. */
static baton_status empty_journal(struct bt_writer *w, struct baton_error *err)
{
    struct bt_journal_head head = w->journal.head;
    struct bt_merkle_head now;
    BT_TRY(bt_edge_head(&w->edge, &w->hash, &now, err));
    if (syncfs(w->ledger_fd) != 0)
        return bt_fail_os(err, errno, "cannot make the log durable");
    for (unsigned i = 0; i < 2; i++) {
        BT_TRY(bt_journal_new_salt(&head.areas[i].salt, err));
        head.areas[i].base = now;
    }
    head.both = false;
    BT_TRY(bt_journal_write_head(&w->journal, &head, err));
    BT_TRY(bt_journal_sync(&w->journal, err));
    w->offset = 0;
    w->sweep_salt = 0;
    return bt_journal_wipe(&w->journal, err);
}

baton_status bt_writer_replace_content(struct bt_writer *w, uint64_t index, struct bt_bytes content,
                                       struct baton_error *err)
{
    BT_TRY(bt_journal_lock(&w->journal, err));
    baton_status status = bt_writer_publish_locked(w, err);
    if (status == BATON_OK)
        status = replace_in_file(w, index, content, err);
    if (status == BATON_OK)
        status = empty_journal(w, err);
    bt_journal_unlock(&w->journal);
    return status;
}
