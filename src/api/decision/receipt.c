/* SPDX-License-Identifier: Apache-2.0 */
/* Was the promise of a receipt kept? */
#include <time.h>

#include "api/decision/select.h"
#include "decision/receipt.h"

struct finding {
    baton_verdict verdict;
    const char *detail;
};

static baton_status leaf_of(const struct bt_page *page, struct bt_digest *ret,
                            struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    return bt_merkle_leaf(&hash, bt_buf_bytes(&page->leaf), ret, err);
}

/* Within the time that the log has for it, its absence says nothing. */
static baton_status judge(struct bt_book *book, const struct bt_receipt *receipt,
                          struct bt_page *page, struct finding *ret, struct baton_error *err)
{
    struct bt_digest leaf;
    struct baton_error why = BATON_ERROR_INIT;
    baton_status status = bt_book_find(book, &receipt->id, page, &why);
    if (status == BATON_ERR_NOT_FOUND) {
        *ret =
            (uint64_t)time(NULL) <= receipt->by_s
                ? (struct finding){BATON_CANNOT_TELL, "it is not in the log yet, and need not be"}
                : (struct finding){BATON_DIFFERS,
                                   "the promise is broken: the decision is not in the log"};
        return BATON_OK;
    }
    if (status != BATON_OK)
        return bt_fail(err, status, "%s", why.text);
    BT_TRY(leaf_of(page, &leaf, err));
    *ret =
        bt_digest_equal(&leaf, &receipt->leaf)
            ? (struct finding){BATON_IDENTICAL, "the promise is kept: the decision is in the log"}
            : (struct finding){BATON_DIFFERS,
                               "the promise is broken: the log has another record in its place"};
    return BATON_OK;
}

/* What convinces a third party of a broken promise: both notes are signed by the log's key. */
static baton_status put_evidence(struct bt_json_writer *w, struct bt_book *book,
                                 struct bt_bytes note, struct baton_error *err)
{
    BT_AUTO_BUF checkpoint = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_TRY(bt_log_checkpoint(book->log, &checkpoint, err));
    bt_json_key(w, "evidence");
    bt_json_begin_object(w);
    bt_json_key(w, "checkpoint");
    bt_json_put_buf(w, &checkpoint);
    bt_json_key(w, "receipt");
    bt_json_put_bytes(w, note);
    bt_json_end_object(w);
    return BATON_OK;
}

baton_status baton_receipt_check(const baton_store *store, const char *receipt, size_t len,
                                 struct baton_report *ret, struct baton_error *err)
{
    BT_CLEANUP(bt_book_release) struct bt_book book = BT_BOOK_INIT;
    BT_CLEANUP(bt_page_release) struct bt_page page = BT_PAGE_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_bytes note = {(const uint8_t *)receipt, len};
    char id[BT_DECISION_ID_MAX];
    struct bt_decision_id named;
    struct bt_receipt read;
    struct finding finding;
    BT_TRY(bt_receipt_peek(note, &named, err));
    BT_TRY(bt_selection_book(store, named.instance, &book, err));
    BT_TRY(bt_receipt_open(note, &book.folder.signer.key, &read, err));
    BT_TRY(judge(&book, &read, &page, &finding, err));
    bt_decision_id_format(&read.id, id);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "detail", finding.detail);
    BT_TRY(put_evidence(&w, &book, note, err));
    bt_json_member_str(&w, "id", id);
    bt_report_member_book(&w, &book);
    bt_json_member_str(&w, "verdict", baton_verdict_name(finding.verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, finding.verdict, ret, err);
}
