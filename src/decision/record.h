/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_RECORD_H
#define BT_DECISION_RECORD_H
/*
 * What one leaf of the decision log says (docs/formats/decision.md): canonical JSON with nothing in
 * it that is anybody's secret. What was asked and answered stands beside it as fields, to which
 * "fields" commits.
 */
#include "base/alloc.h"
#include "decision/fields.h"
#include "ledger/log.h"

enum bt_record_kind {
    BT_RECORD_START,    /* a server begins to write here */
    BT_RECORD_STOP,     /* and ends by itself; all that it answered is in the log */
    BT_RECORD_DECISION, /* somebody asked, and was answered or refused */
    BT_RECORD_GAP,      /* decisions that are not in the log */
    BT_RECORD_ERASED,   /* fields of a decision before, as somebody asked for */
    BT_RECORD_VOID,     /* in place of a decision that could not be logged in time: it was answered
                           with 503 */
};

struct bt_record {
    enum bt_record_kind kind;
    uint64_t time_us; /* since 1970, when it was answered */
    /* Of START, and of DECISION. */
    const char *engine; /* "baton 0.4.0 avx2" */
    /* Of DECISION. */
    const char *model;
    const char *version;
    const char *alias;  /* NULL: it was not served by one */
    const char *bundle; /* "sha256:…" of the manifest */
    unsigned status;    /* of HTTP */
    uint64_t took_us;
    struct bt_digest fields;
    /* Of GAP. */
    uint64_t lost;      /* how many; 0: nobody knows */
    const char *reason; /* of ERASED, too */
    /* Of ERASED. */
    uint64_t of;              /* place of the decision */
    const char *const *names; /* of the fields */
    size_t name_count;
};

/* "decision", … */
const char *bt_record_kind_name(enum bt_record_kind kind);
/* Canonical. */
void bt_record_format(const struct bt_record *record, struct bt_buf *out);
/* Texts go to `arena`. */
BT_CHECK baton_status bt_record_parse(struct bt_bytes leaf, struct bt_arena *arena,
                                      struct bt_record *ret, struct baton_error *err);
/* A bt_log_binding. */
BT_CHECK baton_status bt_record_binding(struct bt_bytes leaf, struct bt_bytes content,
                                        struct baton_error *err);

#endif
