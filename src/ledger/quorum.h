/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_QUORUM_H
#define BT_LEDGER_QUORUM_H
/*
 * Whom to believe about a log: its key, and which of its witnesses must have seen a checkpoint
 * before anybody relies on it (C2SP tlog-policy.md, docs/formats/quorum.md).
 *
 *     log example.com/log+…             logs whose checkpoints count
 *     witness X1 x1.example+…           a name that holds in this text only, and a key
 *     witness X2 x2.example+… https://x2.example/
 *     group X 1 X1 X2                   "any", "all" or how many of its members
 *     quorum X                          exactly one such line; "none" asks for no witness
 *
 * A log that shows different people different trees, or none for a while, needs its witnesses for
 * it. That is why a cosignature also has an age: what nobody has witnessed lately may be an old
 * tree, kept from its readers' eyes since.
 */
#include "base/alloc.h"
#include "ledger/checkpoint.h"

#define BT_QUORUM_BYTES_MAX ((size_t)1 << 20)
#define BT_QUORUM_LOGS_MAX 32
#define BT_QUORUM_WITNESSES_MAX 32
#define BT_QUORUM_GROUPS_MAX 32
#define BT_QUORUM_NODES_MAX (BT_QUORUM_WITNESSES_MAX + BT_QUORUM_GROUPS_MAX)

/* A witness, or a group of earlier nodes: sets of nodes are words of 64 bits. */
struct bt_quorum_node {
    struct bt_bytes name;
    size_t witness;   /* its place among the witnesses; of a group, nothing */
    uint64_t members; /* of a group; 0 for a witness */
    uint64_t needed;  /* how many of them */
};

/* Points into the text. */
struct bt_quorum {
    struct bt_note_key logs[BT_QUORUM_LOGS_MAX];
    struct bt_bytes log_urls[BT_QUORUM_LOGS_MAX]; /* empty where there is none */
    size_t log_count;
    struct bt_note_key witnesses[BT_QUORUM_WITNESSES_MAX];
    struct bt_bytes witness_urls[BT_QUORUM_WITNESSES_MAX];
    size_t witness_count;
    struct bt_quorum_node nodes[BT_QUORUM_NODES_MAX]; /* members before their groups: no cycles */
    size_t node_count;
    const struct bt_quorum_node *quorum; /* NULL: none is asked for */
};

BT_CHECK baton_status bt_quorum_parse(struct bt_bytes text, struct bt_arena *arena,
                                      const struct bt_quorum **ret, struct baton_error *err);

/* When a cosignature counts: made at most `age_max_s` before `now_s`, and not after it, but for
 * clocks that differ by BT_QUORUM_SKEW_S. */
#define BT_QUORUM_SKEW_S 300
#define BT_QUORUM_ANY_AGE UINT64_MAX

struct bt_quorum_clock {
    uint64_t now_s;
    uint64_t age_max_s;
};

/* Why what a witness has signed does not count, in words; NULL when it does. */
const char *bt_quorum_objection(const struct bt_note_signed *seen,
                                const struct bt_quorum_clock *clock);
/* Whether enough witnesses signed the note. Three answers: BATON_OK; BATON_ERR_CANNOT_TELL where
 * cosignatures are missing or too old, which another copy of the checkpoint may have;
 * BATON_ERR_DIFFERS where a line pretends to be a witness's. */
BT_CHECK baton_status bt_quorum_check(const struct bt_quorum *quorum, const struct bt_note *note,
                                      const struct bt_quorum_clock *clock, struct baton_error *err);
/* The same of a checkpoint that is also signed by one of the policy's logs: BATON_ERR_DIFFERS when
 * it is not. `ret_log` (may be NULL): by which. */
BT_CHECK baton_status bt_quorum_open(const struct bt_quorum *quorum, struct bt_bytes checkpoint,
                                     const struct bt_quorum_clock *clock, struct bt_checkpoint *ret,
                                     const struct bt_note_key **ret_log, struct baton_error *err);

#endif
