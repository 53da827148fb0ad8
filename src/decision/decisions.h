/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_DECISIONS_H
#define BT_DECISION_DECISIONS_H
/*
 * The log of the decisions of one server, as its server sees it: STORE/decisions/INSTANCE/ holds a
 * log (ledger/log.h) whose key is the instance's own. One server at a time writes to it.
 *
 * Each thread of the server collects what it has decided in a group and hands that over whenever it
 * likes to; the places in the log are given out then, so that an answer can say its decision's
 * name, and a thread of this room's own makes the groups durable. Who must know that his decision
 * is durable waits for it; who must not, goes on.
 *
 *   D1  A decision that was waited for and acknowledged is in the log, whatever happens then.
 *   D2  One that was not waited for is in it after BT_DECISIONS_WINDOW_MS and one write of the
 *       disk, or a record says that there is a gap.
 *   D3  A place that was given out is never given to another decision, but where the machine or
 *       the process died within that window, or somebody else appended (who erases); then the check
 *       in the name tells them apart.
 *   D4  Memory is bounded: who comes when the disk is behind waits, and is refused after
 *       BT_DECISIONS_PATIENCE_MS.
 */
#include "decision/id.h"
#include "decision/record.h"

#define BT_DECISIONS_FOLDER "decisions"
#define BT_DECISIONS_WINDOW_MS 20
#define BT_DECISIONS_PATIENCE_MS 1000
#define BT_DECISIONS_PROMISE_S 10
#define BT_DECISIONS_PUBLISH_MS 200 /* until readers see what is durable */

enum bt_durability {
    BT_DURABILITY_SYNC,  /* answered when it is on the disk */
    BT_DURABILITY_ASYNC, /* answered before */
};

struct bt_decisions;

/* The log `instance` in the store's folder, made if there is none; `engine` as in struct bt_record.
 * Writes START, and GAP before it if the server before did not end by itself. BATON_ERR_EXISTS when
 * another process writes to it. */
BT_CHECK baton_status bt_decisions_open(int store_fd, const char *instance, const char *engine,
                                        struct bt_decisions **ret, struct baton_error *err);
/* Writes what is left, and STOP. BATON_ERR_… when that could not be: decisions were lost. */
BT_CHECK baton_status bt_decisions_stop(struct bt_decisions *decisions, struct baton_error *err);
void bt_decisions_close(struct bt_decisions *decisions);
/* The instance's folder. */
int bt_decisions_folder(const struct bt_decisions *decisions);
const char *bt_decisions_instance(const struct bt_decisions *decisions);

/* ---- a group: of one thread ---- */

struct bt_decision_entry {
    uint32_t leaf_len;
    uint32_t content_len;
    uint32_t check; /* of its name */
    bool is_sync;
};

struct bt_decision_group {
    struct bt_buf bytes;   /* leaf, content, leaf, content, … */
    struct bt_buf entries; /* struct bt_decision_entry */
    size_t count;
    struct bt_fields_hash hash;
};

BT_CHECK baton_status bt_decision_group_init(struct bt_decision_group *group,
                                             struct baton_error *err);
void bt_decision_group_release(struct bt_decision_group *group);
void bt_decision_group_clear(struct bt_decision_group *group);

const struct bt_decision_entry *bt_decision_entries(const struct bt_decision_group *group);
/* Add a record; `content` are its fields, to which `record->fields` commits already. After a
 * failure the group is as before. */
BT_CHECK baton_status bt_decision_group_add(struct bt_decision_group *group,
                                            const struct bt_record *record, struct bt_bytes content,
                                            enum bt_durability durability, struct baton_error *err);
/* The newest of them was not to be. */
void bt_decision_group_take_back(struct bt_decision_group *group);

/* Hand the group over, which is not empty. `*ret_first` is the place of its first decision, the
 * others follow it. Waits until it is durable if one of them is to be; fails when it could not be,
 * and those are void then, while those that need not wait are kept. BATON_ERR_LIMIT: nothing of it
 * was taken, the disk is too far behind. */
BT_CHECK baton_status bt_decisions_put(struct bt_decisions *decisions,
                                       const struct bt_decision_group *group, uint64_t *ret_first,
                                       struct baton_error *err);
/* The log's promise that the decision `id`, whose leaf has this hash, is in it within
 * BT_DECISIONS_PROMISE_S. */
BT_CHECK baton_status bt_decisions_promise(const struct bt_decisions *decisions,
                                           const struct bt_decision_id *id,
                                           const struct bt_digest *leaf, struct bt_buf *out,
                                           struct baton_error *err);
/* Decisions that were answered and could not be logged: the next record says so. */
void bt_decisions_lose(struct bt_decisions *decisions, uint64_t count);

struct bt_decisions_state {
    uint64_t written; /* places that are durable, of all servers before, too */
    uint64_t waiting; /* given out, and not durable yet */
    uint64_t lost;    /* since this server began */
    bool is_failing;  /* the last write failed */
};

struct bt_decisions_state bt_decisions_state(struct bt_decisions *decisions);

#endif
