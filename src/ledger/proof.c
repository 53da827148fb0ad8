/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/proof.h"

#include <inttypes.h>

#include "codec/text/base64.h"
#include "ledger/lines.h"

#define MAGIC "c2sp.org/tlog-proof@v1"

static baton_status bad_proof(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "not a proof of a log: %s", what);
}

baton_status bt_tlog_proof_format(const struct bt_tlog_proof *proof, struct bt_buf *out,
                                  struct baton_error *err)
{
    bt_buf_put_str(out, MAGIC "\n");
    if (proof->extra.len) {
        bt_buf_put_str(out, "extra ");
        bt_buf_put(out, proof->extra.ptr, proof->extra.len);
        bt_buf_put_str(out, "\n");
    }
    bt_buf_printf(out, "index %" PRIu64 "\n", proof->index);
    bt_lines_put_proof(&proof->path, out);
    bt_buf_put(out, proof->checkpoint.ptr, proof->checkpoint.len);
    return bt_buf_finish(out, "the proof", err);
}

static baton_status check_extra(struct bt_bytes base64, struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_TLOG_PROOF_EXTRA_MAX);
    bool good = bt_base64_parse(base64, &bytes);
    BT_TRY(bt_buf_finish(&bytes, "the extra data of a proof", err));
    return good ? BATON_OK : bad_proof("\"extra\" is not base 64", err);
}

baton_status bt_tlog_proof_parse(struct bt_bytes bytes, struct bt_tlog_proof *ret,
                                 struct baton_error *err)
{
    struct bt_tlog_proof made = {.index = 0};
    struct bt_bytes line;
    if (bytes.len > BT_TLOG_PROOF_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a proof of %zu bytes: the limit is %zu", bytes.len,
                       BT_TLOG_PROOF_BYTES_MAX);
    if (!bt_line_take(&bytes, &line) || !bt_bytes_equal(line, bt_bytes_of(MAGIC)))
        return bad_proof("line 1 is " MAGIC, err);
    if (bt_line_take_keyed(&bytes, "extra", &made.extra))
        BT_TRY(check_extra(made.extra, err));
    if (!bt_line_take_keyed(&bytes, "index", &line) || !bt_line_number(line, &made.index))
        return bad_proof("expected a line \"index\" and a number", err);
    if (!bt_lines_take_proof(&bytes, &made.path))
        return bad_proof("expected at most 63 lines of hashes in base 64, then an empty line", err);
    if (bytes.len == 0)
        return bad_proof("it ends before the checkpoint", err);
    made.checkpoint = bytes;
    *ret = made;
    return BATON_OK;
}

baton_status bt_tlog_proof_includes(const struct bt_tlog_proof *proof, struct bt_bytes leaf,
                                    const struct bt_merkle_head *head, struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_digest leaf_hash;
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(bt_merkle_leaf(&hash, leaf, &leaf_hash, err));
    return bt_merkle_check_inclusion(&hash, proof->index, &leaf_hash, &proof->path, head, err);
}

baton_status bt_tlog_proof_check(const struct bt_tlog_proof *proof, struct bt_bytes leaf,
                                 const struct bt_note_key *log, struct bt_checkpoint *ret,
                                 struct baton_error *err)
{
    struct bt_checkpoint made;
    BT_TRY(bt_checkpoint_open(proof->checkpoint, log, &made, err));
    BT_TRY(bt_tlog_proof_includes(proof, leaf, &made.head, err));
    *ret = made;
    return BATON_OK;
}
