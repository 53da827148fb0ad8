/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody's checkpoint is worth: the log must continue it, and its witnesses have seen it. */
#include <string.h>
#include <time.h>

#include "api/evidence/evidence_int.h"

/* A log that had this head once and has it no longer showed somebody another tree. */
static baton_status continues(struct bt_log *log, const struct bt_merkle_head *before,
                              struct bt_merkle_head *ret, struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_merkle_proof proof;
    BT_TRY(bt_log_head(log, ret, err));
    if (before->size > ret->size)
        return bt_fail(err, BATON_ERR_CANNOT_TELL,
                       "the log here has %llu entries only: it is older, or was cut",
                       (unsigned long long)ret->size);
    BT_TRY(bt_log_prove_consistency(log, before->size, ret->size, &proof, err));
    BT_TRY(bt_sha256_init(&hash, err));
    return bt_merkle_check_consistency(&hash, before, ret, &proof, err);
}

static baton_status audit_history(const struct bt_vouched *v, const struct bt_merkle_head *head,
                                  struct bt_checks *checks, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_merkle_head now = {0};
    if (continues(v->log, head, &now, &why) != BATON_OK)
        return bt_audit_failed(checks, "history", &why, err);
    return bt_checks_add(checks, "history", BATON_IDENTICAL, err,
                         "the log here, of %llu entries, continues it",
                         (unsigned long long)now.size);
}

/* Who cosigned, and when last. */
static baton_status name_witnesses(const struct bt_quorum *quorum, const struct bt_note *note,
                                   struct bt_buf *out, struct baton_error *err)
{
    struct bt_note_signed seen[BT_QUORUM_WITNESSES_MAX];
    char time[BT_TIME_TEXT_MAX];
    BT_TRY(bt_note_signers(note, quorum->witnesses, quorum->witness_count, seen, err));
    for (size_t i = 0; i < quorum->witness_count; i++) {
        if (!seen[i].by)
            continue;
        bt_time_format((int64_t)seen[i].time, time);
        bt_buf_printf(out, "%s%s at %s", out->len ? ", " : "", quorum->witnesses[i].name, time);
    }
    return BATON_OK;
}

static baton_status judge_witnesses(const struct bt_quorum *quorum, struct bt_bytes checkpoint,
                                    struct bt_buf *out, struct baton_error *err)
{
    const struct bt_quorum_clock clock = {(uint64_t)time(NULL), BT_QUORUM_ANY_AGE};
    struct bt_note note;
    BT_TRY(bt_note_parse(checkpoint, &note, err));
    BT_TRY(bt_quorum_check(quorum, &note, &clock, err));
    return name_witnesses(quorum, &note, out, err);
}

static baton_status audit_witnesses(const struct bt_quorum *quorum, struct bt_bytes checkpoint,
                                    struct bt_checks *checks, struct baton_error *err)
{
    BT_AUTO_BUF who = BT_BUF_INIT((size_t)64 << 10);
    struct baton_error why = BATON_ERROR_INIT;
    if (judge_witnesses(quorum, checkpoint, &who, &why) != BATON_OK)
        return bt_audit_failed(checks, "witnesses", &why, err);
    return bt_checks_add(checks, "witnesses", BATON_IDENTICAL, err, "%s",
                         who.len ? bt_buf_str(&who) : "the policy asks for none");
}

baton_status bt_audit_head(const struct bt_vouched *vouched, struct bt_bytes checkpoint,
                           const struct bt_merkle_head *head, struct bt_checks *checks,
                           struct baton_error *err)
{
    const struct bt_note_key *log = NULL;
    if (vouched->log && bt_vouched_log(vouched, checkpoint, &log, NULL) == BATON_OK &&
        memcmp(&log->public, &vouched->log_key->public, sizeof log->public) == 0)
        BT_TRY(audit_history(vouched, head, checks, err));
    return vouched->quorum ? audit_witnesses(vouched->quorum, checkpoint, checks, err) : BATON_OK;
}
