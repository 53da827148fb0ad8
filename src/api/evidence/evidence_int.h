/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_EVIDENCE_INT_H
#define BT_API_EVIDENCE_INT_H
/* What audits of ledgers and of evidence in files share. */
#include "api/evidence/vouched.h"
#include "attest/statement.h"
#include "bundle/checks.h"

/* The row of a check that failed: DIFFERS when the thing is wrong, CANNOT_TELL when it could not be
 * looked at. What ends everything (an interruption, no memory) is not a row but returned. */
BT_CHECK baton_status bt_audit_failed(struct bt_checks *checks, const char *what,
                                      const struct baton_error *why, struct baton_error *err);

/* ---- of.c: what a statement is about ---- */
struct bt_about {
    const baton_store *store; /* may be NULL */
    const char *of;           /* a folder, a reference or a digest; NULL: nobody asks */
    const struct baton_progress *progress;
};
/* A row that says whether the statement in a message, whose signature holds, is about that. */
BT_CHECK baton_status bt_about_check(const struct bt_about *about,
                                     const struct bt_dsse_message *message,
                                     struct bt_checks *checks, struct baton_error *err);

/* ---- log.c: what a log says ---- */
/* Rows on a checkpoint that `head` was read from, after the log's signature was found right:
 * whether the log that is at hand continues it, and who witnessed it. */
BT_CHECK baton_status bt_audit_head(const struct bt_vouched *vouched, struct bt_bytes checkpoint,
                                    const struct bt_merkle_head *head, struct bt_checks *checks,
                                    struct baton_error *err);

#endif
