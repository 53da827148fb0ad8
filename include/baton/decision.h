/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_DECISION_H
#define BATON_DECISION_H
/*
 * The decisions that servers have logged: what they were, and whether they come out the same again.
 * A decision's name is in the answer's header Baton-Decision-Id: "serve-17-9f3c2a1b".
 */
#include <stddef.h>
#include <stdint.h>

#include "baton/bundle.h"
#include "baton/error.h"
#include "baton/progress.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which of them; what is 0 or NULL leaves none out. */
struct baton_decision_filter {
    size_t size;
    const char *instance; /* of the server (NULL: "serve") */
    const char *model;
    const char *since; /* "2026-11-24T15:04:05Z", this second and later */
    const char *until; /* before this second */
    uint64_t last;     /* only among the newest so many records */
};

#define BATON_DECISION_FILTER_INIT                                                                 \
    {                                                                                              \
        sizeof(struct baton_decision_filter), 0, 0, 0, 0, 0                                        \
    }

/* {"instance","log","records":[{"alias","bundle","engine","id","kind","lost","model","reason",
 *  "record","status","time","took","version"}],"root","size"}: decisions, and what else happened to
 * the log; a record has only the members of its kind. */
BATON_API BATON_CHECK baton_status baton_decision_list(const baton_store *store,
                                                       const struct baton_decision_filter *filter,
                                                       const struct baton_progress *progress,
                                                       struct baton_report *ret,
                                                       struct baton_error *err);
/* One decision, proved to be in the log: the record's members as above, "erased":[NAME],
 * "error", "inputs", "outputs" (Open Inference Protocol), "proof":{"log","record","root","size"}.
 */
BATON_API BATON_CHECK baton_status baton_decision_show(const baton_store *store, const char *id,
                                                       struct baton_report *ret,
                                                       struct baton_error *err);

/* Erase fields of a decision for good: those that `names` gives ("input.age", "output.label",
 * "request", …), or all when it is NULL. Its record stays, and with it every proof and receipt;
 * another record says what was erased and why. Takes the right to read the log's key.
 * {"erased","id"}: how many fields. */
BATON_API BATON_CHECK baton_status baton_decision_erase(const baton_store *store, const char *id,
                                                        baton_strings names, const char *reason,
                                                        struct baton_report *ret,
                                                        struct baton_error *err);

/* Whether the promise of a receipt was kept: the text of the note that an answer carries, in base
 * 64, in its header Baton-Receipt. Verdict: identical, it is in the log; differs, it is not, and
 * its time is over; cannot-tell before that. BATON_ERR_DIFFERS when the log's key did not sign it.
 * {"detail","evidence":{"checkpoint","receipt"},"id","instance","log","root","size","verdict"} */
BATON_API BATON_CHECK baton_status baton_receipt_check(const baton_store *store,
                                                       const char *receipt, size_t len,
                                                       struct baton_report *ret,
                                                       struct baton_error *err);

struct baton_replay_options {
    size_t size;
    baton_strings ids;   /* the decisions; NULL: all that a filter leaves */
    const char *against; /* reference of another version to ask; NULL: the decision's own */
    const char *isa;     /* NULL: the best this machine has */
    unsigned threads;    /* of the engine, for one decision (0: 1) */
};

#define BATON_REPLAY_OPTIONS_INIT                                                                  \
    {                                                                                              \
        sizeof(struct baton_replay_options), 0, 0, 0, 0                                            \
    }

/* Make decisions again from what was logged, with all cores: those that are named in `ids`, or,
 * when that is NULL, all that `filter` leaves. Verdict: identical; differs, if one answers
 * otherwise; cannot-tell, if one cannot be made again (erased, or its bundle is missing). What was
 * refused then has nothing to compare and is counted only.
 * {"against","cannotTell","decisions":[{"difference","id","model","time","verdict","version",
 *  "why"}],"differ","identical","isa","log","refused","root","size","threads","verdict"};
 * "decisions" are the named ones, else those that are not identical, at most 1,000. */
BATON_API BATON_CHECK baton_status baton_replay(const baton_store *store,
                                                const struct baton_decision_filter *filter,
                                                const struct baton_replay_options *options,
                                                const struct baton_progress *progress,
                                                struct baton_report *ret, struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif
