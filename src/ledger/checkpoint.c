/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/checkpoint.h"

#include <inttypes.h>

#include "ledger/lines.h"

static baton_status bad_checkpoint(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "not a checkpoint: %s", what);
}

static baton_status check_empty(const struct bt_merkle_head *head, struct baton_error *err)
{
    struct bt_digest nothing;
    if (head->size)
        return BATON_OK;
    BT_TRY(bt_sha256_bytes(bt_bytes_of(""), &nothing, err));
    return bt_digest_equal(&nothing, &head->root)
               ? BATON_OK
               : bt_fail(err, BATON_ERR_DIFFERS,
                         "the checkpoint of an empty tree has another root than that of nothing");
}

baton_status bt_checkpoint_parse(struct bt_bytes text, struct bt_checkpoint *ret,
                                 struct baton_error *err)
{
    struct bt_checkpoint made = {{NULL, 0}, {0}, {NULL, 0}};
    struct bt_bytes line;
    if (!bt_line_take(&text, &made.origin))
        return bad_checkpoint("line 1 is the origin", err);
    if (!bt_line_take(&text, &line) || !bt_line_number(line, &made.head.size))
        return bad_checkpoint("line 2 is the number of leaves", err);
    if (!bt_line_take(&text, &line) || !bt_line_hash(line, &made.head.root))
        return bad_checkpoint("line 3 is the root, 32 bytes in base 64", err);
    made.extensions = text;
    while (text.len)
        if (!bt_line_take(&text, &line))
            return bad_checkpoint("an extension is a line that is not empty", err);
    BT_TRY(check_empty(&made.head, err));
    *ret = made;
    return BATON_OK;
}

baton_status bt_checkpoint_format(const char *origin, const struct bt_merkle_head *head,
                                  struct bt_buf *out, struct baton_error *err)
{
    bt_buf_printf(out, "%s\n%" PRIu64 "\n", origin, head->size);
    bt_lines_put_hash(&head->root, out);
    return bt_buf_finish(out, "the checkpoint", err);
}

baton_status bt_checkpoint_open(struct bt_bytes bytes, const struct bt_note_key *log,
                                struct bt_checkpoint *ret, struct baton_error *err)
{
    struct bt_note note;
    struct bt_note_signed by;
    BT_TRY(bt_note_parse(bytes, &note, err));
    BT_TRY(bt_note_verify(&note, log, 1, &by, err));
    /* Only what is signed is read. */
    struct bt_checkpoint made;
    BT_TRY(bt_checkpoint_parse(note.text, &made, err));
    if (!bt_bytes_equal(made.origin, bt_bytes_of(log->name)))
        return bt_fail(err, BATON_ERR_DIFFERS, "the checkpoint is of log %.*s, not of %s",
                       (int)made.origin.len, (const char *)made.origin.ptr, log->name);
    *ret = made;
    return BATON_OK;
}
