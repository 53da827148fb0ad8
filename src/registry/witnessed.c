/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether others have seen the ledger as it is. Without them its keeper could show each reader
 * another history, and each would find the gates passed.
 */
#include "registry/registry_int.h"

/* Each witness with what it signed, those of old and of no cosignature, too. */
static void tell(const struct bt_quorum *quorum, const struct bt_note_signed *seen,
                 const struct bt_quorum_clock *clock, struct bt_buf *out)
{
    for (size_t i = 0; i < quorum->witness_count; i++) {
        char time[BT_TIME_TEXT_MAX];
        const char *why = bt_quorum_objection(&seen[i], clock);
        bt_time_format((int64_t)seen[i].time, time);
        bt_buf_printf(out, "%s%s %s", i ? ", " : "", quorum->witnesses[i].name,
                      why ? why : "signed");
        if (seen[i].by)
            bt_buf_printf(out, " (%s)", time);
    }
}

static baton_status judge(const struct bt_quorum *quorum, struct bt_bytes checkpoint,
                          const struct bt_quorum_clock *clock, struct bt_buf *out,
                          struct baton_error *err)
{
    struct bt_note_signed seen[BT_QUORUM_WITNESSES_MAX];
    struct bt_note note;
    BT_TRY(bt_note_parse(checkpoint, &note, err));
    BT_TRY(bt_note_signers(&note, quorum->witnesses, quorum->witness_count, seen, err));
    tell(quorum, seen, clock, out);
    return bt_quorum_check(quorum, &note, clock, err);
}

baton_status bt_registry_witnessed(const struct bt_registry *registry, uint64_t now_s,
                                   baton_verdict otherwise, struct bt_checks *ret,
                                   struct baton_error *err)
{
    const struct bt_policy_witnesses *asked = &registry->policy.witnesses;
    const struct bt_quorum_clock clock = {
        now_s, asked->max_age_hours ? asked->max_age_hours * BT_HOUR_SECONDS : BT_QUORUM_ANY_AGE};
    BT_AUTO_BUF checkpoint = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_AUTO_BUF who = BT_BUF_INIT(BT_POLICY_QUORUM_MAX);
    struct baton_error why = BATON_ERROR_INIT;
    if (!registry->has_policy || !asked->quorum)
        return BATON_OK;
    if (!bt_policy_watches(asked, &registry->signer.key))
        return bt_checks_add(ret, "witnessed", BATON_DIFFERS, err,
                             "the policy's witnesses are those of another log");
    BT_TRY(bt_log_checkpoint(registry->log, &checkpoint, err));
    baton_status status = judge(asked->quorum, bt_buf_bytes(&checkpoint), &clock, &who, &why);
    switch (status) {
    case BATON_OK:
        return bt_checks_add(ret, "witnessed", BATON_IDENTICAL, err, "%s", bt_buf_str(&who));
    case BATON_ERR_CANNOT_TELL:
        return bt_checks_add(ret, "witnessed", otherwise, err,
                             "too few have seen this head (`baton witness ask` shows it to them): "
                             "%s",
                             bt_buf_str(&who));
    case BATON_ERR_DIFFERS:
        return bt_checks_add(ret, "witnessed", BATON_DIFFERS, err, "%s", why.text);
    default:
        return bt_fail(err, status, "%s", why.text);
    }
}
