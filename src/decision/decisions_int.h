/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_DECISIONS_INT_H
#define BT_DECISION_DECISIONS_INT_H
/* Private to this room: what the log of a running server is made of. */
#include <pthread.h>

#include "decision/decisions.h"
#include "decision/folder.h"

/* All of `other`, or nothing. */
BT_CHECK baton_status bt_decision_group_join(struct bt_decision_group *group,
                                             const struct bt_decision_group *other,
                                             struct baton_error *err);
bool bt_decision_group_is_sync(const struct bt_decision_group *group);

#define BT_DECISIONS_APPEND_MAX 1024 /* of one append to the log */

/* Who waits until all before `end` is durable, or has been tried and is void. */
struct bt_decisions_waiter {
    uint64_t end;
    bool is_done;
    baton_status status;
    struct baton_error why;
    struct bt_decisions_waiter *next;
};

struct bt_decisions {
    struct bt_decision_folder folder;
    struct bt_log *log;
    pthread_t committer;
    bool is_running;                                     /* the committer */
    struct bt_log_entry append[BT_DECISIONS_APPEND_MAX]; /* and what it is at */
    pthread_mutex_t mutex;
    pthread_cond_t work; /* for the committer */
    pthread_cond_t done; /* for those who wait */
    /* All below under the mutex; `writing` is the committer's alone. */
    struct bt_decision_group filling;
    struct bt_decision_group writing;
    /* Records are counted from 0 since the log was opened; record n has the place base + n. */
    uint64_t base;    /* moves when somebody else appends, as who erases does */
    uint64_t next;    /* how many were handed over */
    uint64_t durable; /* all before it are on the disk */
    uint64_t lost;
    uint64_t lost_unsaid;                /* no record says so yet */
    struct bt_decisions_waiter *waiters; /* if there are any, nobody waits for company */
    bool is_shown;                       /* all that is durable, to readers */
    bool is_failing;
    bool is_stopping;
    int last_tries;         /* when it is stopping and failing */
    struct baton_error why; /* when it is failing */
};

/* Thread of its own, until is_stopping and nothing is left, or nothing can be done. */
void *bt_decisions_commit(void *decisions);

#endif
