/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codec/text/base64.h"
#include "ledger/log/log_int.h"

/* The signed text and an empty line, then `lines`. */
static baton_status put_note(struct bt_bytes text, struct bt_bytes lines, struct bt_buf *out,
                             struct baton_error *err)
{
    bt_buf_put(out, text.ptr, text.len);
    bt_buf_put_str(out, "\n");
    bt_buf_put(out, lines.ptr, lines.len);
    return bt_buf_finish(out, "the checkpoint with cosignatures", err);
}

/* Each line is by one of the keys. */
static baton_status check_lines(const struct bt_note *note, const struct bt_note_key *keys,
                                size_t key_count, struct baton_error *err)
{
    struct bt_note_signed by[BT_NOTE_SIGNATURES_MAX];
    size_t signers = 0;
    if (key_count > BT_NOTE_SIGNATURES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu keys of cosigners: the limit is %d", key_count,
                       BT_NOTE_SIGNATURES_MAX);
    BT_TRY(bt_note_verify(note, keys, key_count, by, err));
    for (size_t i = 0; i < key_count; i++)
        signers += by[i].by;
    if (signers != note->count)
        return bt_fail(err, BATON_ERR_DIFFERS,
                       "%zu cosignatures, of which %zu are by known keys, once each", note->count,
                       signers);
    return BATON_OK;
}

/* Name and key id, which is what tells signers apart. */
static bool is_same_signer(const struct bt_note_line *a, const struct bt_note_line *b)
{
    BT_AUTO_BUF blob_a = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_AUTO_BUF blob_b = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    return bt_bytes_equal(a->name, b->name) && bt_base64_parse(a->base64, &blob_a) &&
           bt_base64_parse(b->base64, &blob_b) && blob_a.len >= BT_NOTE_KEY_ID_BYTES &&
           blob_b.len >= BT_NOTE_KEY_ID_BYTES &&
           memcmp(blob_a.data, blob_b.data, BT_NOTE_KEY_ID_BYTES) == 0;
}

static bool is_among(const struct bt_note_line *line, const struct bt_note *note)
{
    for (size_t i = 0; i < note->count; i++)
        if (is_same_signer(line, &note->lines[i]))
            return true;
    return false;
}

/* What was there, without signers who come again, then the new lines. */
static baton_status merge(const struct bt_note *before, const struct bt_note *added,
                          struct bt_bytes lines, struct bt_buf *out, struct baton_error *err)
{
    BT_TRY(put_note(before->text, (struct bt_bytes){NULL, 0}, out, err));
    for (size_t i = 0; i < before->count; i++) {
        const struct bt_note_line *line = &before->lines[i];
        if (is_among(line, added))
            continue;
        bt_buf_printf(out, "\xe2\x80\x94 %.*s %.*s\n", (int)line->name.len, line->name.ptr,
                      (int)line->base64.len, line->base64.ptr);
    }
    bt_buf_put(out, lines.ptr, lines.len);
    return bt_buf_finish(out, "the checkpoint with cosignatures", err);
}

baton_status bt_log_cosign(struct bt_log *log, const struct bt_note_key *keys, size_t key_count,
                           struct bt_bytes lines, struct baton_error *err)
{
    /* A descriptor of its own: threads that share one do not exclude each other. */
    BT_CLEANUP(bt_journal_release) struct bt_journal journal = {.fd = BT_FD_INIT};
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_AUTO_BUF added_bytes = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_AUTO_BUF merged = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    struct bt_checkpoint checkpoint;
    struct bt_note before;
    struct bt_note added;
    BT_TRY(bt_journal_open(log->dir.fd, &journal, err));
    BT_TRY(bt_journal_lock(&journal, err));
    BT_TRY(bt_tile_read_file(log->folder.fd, BT_LOG_CHECKPOINT, &bytes, err));
    BT_TRY(bt_checkpoint_open(bt_buf_bytes(&bytes), &log->key, &checkpoint, err));
    BT_TRY(bt_note_parse(bt_buf_bytes(&bytes), &before, err));
    BT_TRY(put_note(before.text, lines, &added_bytes, err));
    BT_TRY(bt_note_parse(bt_buf_bytes(&added_bytes), &added, err));
    BT_TRY(check_lines(&added, keys, key_count, err));
    BT_TRY(merge(&before, &added, lines, &merged, err));
    /* It still has the log's own signature, whatever was added, and not too many. */
    BT_TRY(bt_checkpoint_open(bt_buf_bytes(&merged), &log->key, &checkpoint, err));
    return bt_tile_write_file(log->folder.fd, BT_LOG_CHECKPOINT, bt_buf_bytes(&merged), err);
}
