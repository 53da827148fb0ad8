/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger/lines.h"
#include "ledger/witness_int.h"

#define LOGS "logs"
#define LOCK "lock"
#define KEY "key"
#define RECORD "checkpoint"
#define PATH_TEXT_MAX (sizeof LOGS + BT_DIGEST_HEX_LEN + 1)

/* ---- requests ---- */

baton_status bt_witness_request_parse(struct bt_bytes bytes, struct bt_witness_request *ret,
                                      struct baton_error *err)
{
    struct bt_witness_request made = {.old = 0};
    struct bt_bytes line;
    if (bytes.len > BT_WITNESS_REQUEST_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a request of %zu bytes: the limit is %zu", bytes.len,
                       BT_WITNESS_REQUEST_MAX);
    if (!bt_line_take_keyed(&bytes, "old", &line) || !bt_line_number(line, &made.old))
        return bt_fail(err, BATON_ERR_INVALID, "line 1 is \"old\" and a number");
    if (!bt_lines_take_proof(&bytes, &made.proof))
        return bt_fail(err, BATON_ERR_INVALID,
                       "expected at most %d lines of hashes in base 64, then an empty line",
                       BT_LINES_PROOF_MAX);
    made.checkpoint = bytes;
    *ret = made;
    return BATON_OK;
}

baton_status bt_witness_request_format(const struct bt_witness_request *request, struct bt_buf *out,
                                       struct baton_error *err)
{
    bt_buf_printf(out, "old %" PRIu64 "\n", request->old);
    bt_lines_put_proof(&request->proof, out);
    bt_buf_put(out, request->checkpoint.ptr, request->checkpoint.len);
    return bt_buf_finish(out, "the request to a witness", err);
}

/* ---- the folder of one log ---- */

/* What the witness knows of a log, held under its lock. */
struct record {
    struct bt_fd dir;
    struct bt_fd lock;
    struct bt_note_key log;
    struct bt_merkle_head head; /* of nothing before the first */
    uint64_t time_s;            /* of the last cosignature */
};

#define RECORD_INIT                                                                                \
    {                                                                                              \
        .dir = BT_FD_INIT, .lock = BT_FD_INIT                                                      \
    }

static void record_release(struct record *record)
{
    bt_fd_release(&record->lock);
    bt_fd_release(&record->dir);
}

static void format_path(const struct bt_digest *origin, char path[PATH_TEXT_MAX])
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(origin, text);
    (void)snprintf(path, PATH_TEXT_MAX, LOGS "/%s", bt_digest_hex(text));
}

static baton_status open_log(const struct bt_witness *witness, const struct bt_digest *origin,
                             struct bt_fd *ret, struct baton_error *err)
{
    char path[PATH_TEXT_MAX];
    format_path(origin, path);
    return bt_fs_open_beneath(witness->dir_fd, path, O_RDONLY | O_DIRECTORY, 0, ret, err);
}

/* Both signed it; anything else is not ours, or no longer. */
static baton_status parse_record(const struct bt_witness *witness, struct bt_bytes bytes,
                                 struct record *record, struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    struct bt_note note;
    struct bt_note_signed by;
    struct baton_error why = BATON_ERROR_INIT;
    if (bytes.len == 0)
        return bt_sha256_bytes(bt_bytes_of(""), &record->head.root, err);
    if (bt_checkpoint_open(bytes, &record->log, &checkpoint, &why) != BATON_OK ||
        bt_note_parse(bytes, &note, &why) != BATON_OK ||
        bt_note_verify(&note, &witness->key, 1, &by, &why) != BATON_OK)
        return bt_fail(err, BATON_ERR_CORRUPT, "the record of log %s: %s", record->log.name,
                       why.text);
    record->head = checkpoint.head;
    record->time_s = by.time;
    return BATON_OK;
}

static baton_status load_record(const struct bt_witness *witness, const struct bt_digest *origin,
                                struct record *record, struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_TRY(open_log(witness, origin, &record->dir, err));
    BT_TRY(bt_fs_open_beneath(record->dir.fd, KEY, O_RDWR, 0, &record->lock, err));
    BT_TRY(bt_fs_lock(record->lock.fd, "what the witness knows", err));
    BT_TRY(bt_witness_read_key(record->dir.fd, KEY, &record->log, err));
    baton_status status = bt_witness_read_file(record->dir.fd, RECORD, &bytes, err);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "the record of log %s is gone; without it nothing of that log is signed "
                       "again",
                       record->log.name);
    BT_TRY(status);
    return parse_record(witness, bt_buf_bytes(&bytes), record, err);
}

/* ---- knowing a log ---- */

static baton_status make_dir(int dir_fd, const char *path, struct baton_error *err)
{
    if (mkdirat(dir_fd, path, 0755) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make %s", path);
    return BATON_OK;
}

static baton_status check_same_key(int dir_fd, const struct bt_note_key *log,
                                   struct baton_error *err)
{
    struct bt_note_key known;
    BT_TRY(bt_witness_read_key(dir_fd, KEY, &known, err));
    if (memcmp(&known.public, &log->public, sizeof known.public) == 0)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_EXISTS, "log %s is known with another key; it keeps that one",
                   log->name);
}

/* The key comes last: a log without one is not known yet, and this can be done again. */
static baton_status write_log(int dir_fd, const struct bt_note_key *log, struct baton_error *err)
{
    BT_AUTO_FD record = BT_FD_INIT;
    BT_TRY(bt_fs_open_beneath(dir_fd, RECORD, O_WRONLY | O_CREAT, 0644, &record, err));
    BT_TRY(bt_fs_sync(record.fd, RECORD, err));
    return bt_witness_write_key(dir_fd, KEY, log, err);
}

baton_status bt_witness_accept(const struct bt_witness *witness, const struct bt_note_key *log,
                               struct baton_error *err)
{
    BT_AUTO_FD dir = BT_FD_INIT;
    BT_AUTO_FD logs = BT_FD_INIT;
    BT_AUTO_FD lock = BT_FD_INIT;
    struct bt_digest origin;
    char path[PATH_TEXT_MAX];
    if (log->algorithm != BT_NOTE_ED25519)
        return bt_fail(err, BATON_ERR_USAGE, "%s has the key of a witness, not of a log",
                       log->name);
    BT_TRY(bt_sha256_bytes(bt_bytes_of(log->name), &origin, err));
    format_path(&origin, path);
    BT_TRY(bt_fs_open_beneath(witness->dir_fd, LOCK, O_RDWR | O_CREAT, 0644, &lock, err));
    BT_TRY(bt_fs_lock(lock.fd, "what the witness knows", err));
    BT_TRY(make_dir(witness->dir_fd, LOGS, err));
    BT_TRY(bt_fs_open_beneath(witness->dir_fd, LOGS, O_RDONLY | O_DIRECTORY, 0, &logs, err));
    BT_TRY(make_dir(witness->dir_fd, path, err));
    BT_TRY(open_log(witness, &origin, &dir, err));
    baton_status status = check_same_key(dir.fd, log, err);
    if (status != BATON_ERR_NOT_FOUND)
        return status;
    BT_TRY(write_log(dir.fd, log, err));
    BT_TRY(bt_fs_sync(logs.fd, "the witness's folder", err));
    return bt_fs_sync(witness->dir_fd, "the witness's folder", err);
}

/* ---- answering ---- */

/* The request against what is recorded. `ret_code` says what BATON_ERR_DIFFERS means. */
static baton_status judge(const struct record *record, const struct bt_witness_request *request,
                          enum bt_witness_code *ret_code, struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_note note;
    struct bt_note_signed by;
    struct bt_checkpoint checkpoint;
    BT_TRY(bt_note_parse(request->checkpoint, &note, err));
    *ret_code = BT_WITNESS_NOT_SIGNED_BY_LOG;
    BT_TRY(bt_note_verify(&note, &record->log, 1, &by, err));
    *ret_code = BT_WITNESS_INCONSISTENT;
    BT_TRY(bt_checkpoint_open(request->checkpoint, &record->log, &checkpoint, err));
    if (request->old > checkpoint.head.size)
        return bt_fail(err, BATON_ERR_INVALID, "the checkpoint is smaller than the old size");
    *ret_code = BT_WITNESS_OTHER_SIZE;
    if (request->old != record->head.size)
        return bt_fail(err, BATON_ERR_DIFFERS, "%" PRIu64, record->head.size);
    *ret_code = BT_WITNESS_INCONSISTENT;
    BT_TRY(bt_sha256_init(&hash, err));
    return bt_merkle_check_consistency(&hash, &record->head, &checkpoint.head, &request->proof,
                                       err);
}

/* The record first, then the signature. */
static baton_status cosign(const struct bt_witness *witness, const struct record *record,
                           struct bt_bytes checkpoint, uint64_t now_s, struct bt_buf *body,
                           struct baton_error *err)
{
    BT_AUTO_BUF line = BT_BUF_INIT(BT_NOTE_NAME_MAX + 256);
    BT_AUTO_BUF kept = BT_BUF_INIT(BT_WITNESS_REQUEST_MAX + BT_NOTE_NAME_MAX + 256);
    struct bt_note note;
    struct bt_note_line of_log;
    if (now_s < record->time_s || now_s == 0)
        return bt_fail(err, BATON_ERR_REFUSED,
                       "the clock says %" PRIu64 ", which is before the last signature for log %s "
                       "at %" PRIu64 "; set it right",
                       now_s, record->log.name, record->time_s);
    BT_TRY(bt_note_parse(checkpoint, &note, err));
    BT_TRY(bt_note_find_line(&note, &record->log, &of_log, err));
    BT_TRY(bt_note_sign(note.text, &witness->key, &witness->secret, now_s, &line, err));
    bt_buf_put(&kept, note.text.ptr, note.text.len);
    bt_buf_put_str(&kept, "\n");
    bt_note_put_line(&of_log, &kept);
    bt_buf_put(&kept, line.data, line.len);
    BT_TRY(bt_buf_finish(&kept, "what the witness signed", err));
    BT_TRY(bt_fs_replace_beneath(record->dir.fd, RECORD, 0644, bt_buf_bytes(&kept), err));
    bt_buf_put(body, line.data, line.len);
    return bt_buf_finish(body, "the answer", err);
}

/* What the asker did wrong is an answer; what is our own trouble stays an error. */
static baton_status explain(const struct baton_error *why, enum bt_witness_code differs,
                            enum bt_witness_code *ret, struct bt_buf *body, struct baton_error *err)
{
    switch (why->status) {
    case BATON_ERR_INVALID:
    case BATON_ERR_LIMIT:
        *ret = BT_WITNESS_MALFORMED;
        break;
    case BATON_ERR_DIFFERS:
        *ret = differs;
        break;
    default:
        if (err)
            *err = *why;
        return why->status;
    }
    bt_buf_printf(body, "%s\n", why->text);
    return bt_buf_finish(body, "the answer", err);
}

/* What is asked, and of which log. */
static baton_status read_request(struct bt_bytes bytes, struct bt_witness_request *ret,
                                 struct bt_digest *ret_origin, struct baton_error *err)
{
    struct bt_bytes origin;
    BT_TRY(bt_witness_request_parse(bytes, ret, err));
    struct bt_bytes text = ret->checkpoint;
    if (!bt_line_take(&text, &origin))
        return bt_fail(err, BATON_ERR_INVALID, "the checkpoint has no origin");
    return bt_sha256_bytes(origin, ret_origin, err);
}

baton_status bt_witness_answer(const struct bt_witness *witness, struct bt_bytes request,
                               uint64_t now_s, enum bt_witness_code *ret, struct bt_buf *body,
                               struct baton_error *err)
{
    BT_CLEANUP(record_release) struct record record = RECORD_INIT;
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_witness_request asked;
    struct bt_digest origin;
    enum bt_witness_code differs = BT_WITNESS_UNKNOWN_LOG;
    if (read_request(request, &asked, &origin, &why) != BATON_OK)
        return explain(&why, differs, ret, body, err);
    baton_status status = load_record(witness, &origin, &record, err);
    if (status == BATON_ERR_NOT_FOUND) {
        (void)bt_fail(&why, BATON_ERR_DIFFERS, "this witness does not know the log");
        return explain(&why, differs, ret, body, err);
    }
    BT_TRY(status);
    if (judge(&record, &asked, &differs, &why) != BATON_OK)
        return explain(&why, differs, ret, body, err);
    BT_TRY(cosign(witness, &record, asked.checkpoint, now_s, body, err));
    *ret = BT_WITNESS_SIGNED;
    return BATON_OK;
}

baton_status bt_witness_checkpoint(const struct bt_witness *witness, const struct bt_digest *origin,
                                   struct bt_buf *out, struct baton_error *err)
{
    BT_AUTO_FD dir = BT_FD_INIT;
    BT_TRY(open_log(witness, origin, &dir, err));
    BT_TRY(bt_witness_read_file(dir.fd, RECORD, out, err));
    return out->len ? BATON_OK : bt_fail(err, BATON_ERR_NOT_FOUND, "nothing was signed yet");
}
