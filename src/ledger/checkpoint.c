/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "codec/text/base64.h"
#include "codec/text/number.h"

static baton_status bad_checkpoint(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "not a checkpoint: %s", what);
}

/* The next line without its newline; false when there is none, or it is empty. */
static bool take_line(struct bt_bytes *rest, struct bt_bytes *ret)
{
    const uint8_t *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    if (!end || end == rest->ptr)
        return false;
    *ret = (struct bt_bytes){rest->ptr, (size_t)(end - rest->ptr)};
    rest->ptr += ret->len + 1;
    rest->len -= ret->len + 1;
    return true;
}

static bool parse_size(struct bt_bytes text, uint64_t *ret)
{
    int64_t value = 0;
    bool plain = text.len == 1 || text.ptr[0] != '0';
    for (size_t i = 0; i < text.len; i++)
        plain &= text.ptr[i] >= '0' && text.ptr[i] <= '9';
    if (!plain || !bt_i64_parse(text, &value))
        return false;
    *ret = (uint64_t)value;
    return true;
}

static bool parse_root(struct bt_bytes text, struct bt_digest *ret)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    if (!bt_base64_parse(text, &bytes) || bytes.len != BT_DIGEST_BYTES)
        return false;
    memcpy(ret->bytes, bt_buf_bytes(&bytes).ptr, BT_DIGEST_BYTES);
    return true;
}

static baton_status check_empty(const struct bt_merkle_head *head, struct baton_error *err)
{
    struct bt_digest nothing;
    if (head->size)
        return BATON_OK;
    BT_TRY(bt_sha256_bytes(bt_bytes_of(""), &nothing, err));
    return bt_digest_equal(&nothing, &head->root)
               ? BATON_OK
               : bad_checkpoint("an empty tree has another root", err);
}

baton_status bt_checkpoint_parse(struct bt_bytes text, struct bt_checkpoint *ret,
                                 struct baton_error *err)
{
    struct bt_checkpoint made = {{NULL, 0}, {0}, {NULL, 0}};
    struct bt_bytes line;
    if (!take_line(&text, &made.origin))
        return bad_checkpoint("line 1 is the origin", err);
    if (!take_line(&text, &line) || !parse_size(line, &made.head.size))
        return bad_checkpoint("line 2 is the number of leaves", err);
    if (!take_line(&text, &line) || !parse_root(line, &made.head.root))
        return bad_checkpoint("line 3 is the root, 32 bytes in base 64", err);
    made.extensions = text;
    while (text.len)
        if (!take_line(&text, &line))
            return bad_checkpoint("an extension is a line that is not empty", err);
    BT_TRY(check_empty(&made.head, err));
    *ret = made;
    return BATON_OK;
}

baton_status bt_checkpoint_format(const char *origin, const struct bt_merkle_head *head,
                                  struct bt_buf *out, struct baton_error *err)
{
    bt_buf_printf(out, "%s\n%" PRIu64 "\n", origin, head->size);
    bt_base64_format((struct bt_bytes){head->root.bytes, BT_DIGEST_BYTES}, out);
    bt_buf_put_str(out, "\n");
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
