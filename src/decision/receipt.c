/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/receipt.h"

#include <string.h>

#include "codec/text/time.h"
#include "ledger/lines.h"

#define FIRST_LINE "baton-receipt/v1"

baton_status bt_receipt_sign(const struct bt_receipt *receipt, const struct bt_log_signer *signer,
                             struct bt_buf *out, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_RECEIPT_BYTES_MAX);
    char id[BT_DECISION_ID_MAX];
    char by[BT_TIME_TEXT_MAX];
    bt_decision_id_format(&receipt->id, id);
    bt_time_format((int64_t)receipt->by_s, by);
    bt_buf_printf(&text, FIRST_LINE "\n%s\n%s\n", signer->key.name, id);
    bt_lines_put_hash(&receipt->leaf, &text);
    bt_buf_printf(&text, "%s\n", by);
    BT_TRY(bt_buf_finish(&text, "a receipt", err));
    bt_buf_put(out, text.data, text.len);
    bt_buf_put_str(out, "\n");
    return bt_note_sign(bt_buf_bytes(&text), &signer->key, &signer->secret, 0, out, err);
}

/* ---- reading ---- */

static bool take_text(struct bt_bytes *rest, char *ret, size_t room)
{
    struct bt_bytes line;
    if (!bt_line_take(rest, &line) || line.len >= room || memchr(line.ptr, 0, line.len))
        return false;
    memcpy(ret, line.ptr, line.len);
    ret[line.len] = '\0';
    return true;
}

struct lines {
    char log[BT_NOTE_NAME_MAX];
    struct bt_receipt receipt;
};

static baton_status read_lines(struct bt_bytes text, struct lines *ret, struct baton_error *err)
{
    struct bt_bytes line;
    char id[BT_DECISION_ID_MAX];
    char by[BT_TIME_TEXT_MAX];
    int64_t by_s = 0;
    bool good = bt_line_take(&text, &line) && bt_bytes_equal(line, bt_bytes_of(FIRST_LINE)) &&
                take_text(&text, ret->log, sizeof ret->log) && take_text(&text, id, sizeof id) &&
                bt_line_take(&text, &line) && bt_line_hash(line, &ret->receipt.leaf) &&
                take_text(&text, by, sizeof by) && text.len == 0;
    if (!good || !bt_time_parse(by, &by_s) || by_s < 0)
        return bt_fail(err, BATON_ERR_INVALID,
                       "this is no receipt: expected the note behind Baton-Receipt in an answer");
    ret->receipt.by_s = (uint64_t)by_s;
    return bt_decision_id_parse(id, &ret->receipt.id, err);
}

baton_status bt_receipt_peek(struct bt_bytes bytes, struct bt_decision_id *ret,
                             struct baton_error *err)
{
    struct bt_note note;
    struct lines lines;
    BT_TRY(bt_note_parse(bytes, &note, err));
    BT_TRY(read_lines(note.text, &lines, err));
    *ret = lines.receipt.id;
    return BATON_OK;
}

baton_status bt_receipt_open(struct bt_bytes bytes, const struct bt_note_key *key,
                             struct bt_receipt *ret, struct baton_error *err)
{
    struct bt_note note;
    struct bt_note_signed by;
    struct lines lines;
    BT_TRY(bt_note_parse(bytes, &note, err));
    BT_TRY(bt_note_verify(&note, key, 1, &by, err));
    BT_TRY(read_lines(note.text, &lines, err));
    if (strcmp(lines.log, key->name) != 0)
        return bt_fail(err, BATON_ERR_DIFFERS, "the receipt is of log %s, not of %s", lines.log,
                       key->name);
    *ret = lines.receipt;
    return BATON_OK;
}
