/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REPLAY_REPLAY_H
#define BT_REPLAY_REPLAY_H
/*
 * A logged decision, made again: the model of its bundle, fed with the bytes that were logged, must
 * give the bytes that were logged.
 *
 * A replayer keeps the models that it has loaded. It belongs to one thread at a time.
 */
#include "bundle/verify.h"
#include "decision/book.h"

struct bt_replay_options {
    const struct bt_store *store;
    int dir_fd;          /* of the log */
    const char *against; /* reference of the bundle to ask in place of the decision's own; NULL */
    enum bt_isa isa;
    unsigned threads; /* of the engine */
};

enum bt_replay_answer {
    BT_REPLAY_IDENTICAL, /* the same outputs, bit for bit */
    BT_REPLAY_DIFFERS,
    BT_REPLAY_REFUSED,     /* it was refused then; nothing was computed that could be compared */
    BT_REPLAY_CANNOT_TELL, /* something that it takes is erased, or missing */
};

struct bt_replayed {
    enum bt_replay_answer answer;
    struct bt_difference difference; /* texts in the arena given */
    const char *why;                 /* for the last two, in the arena given */
};

struct bt_replayer;

BT_CHECK baton_status bt_replayer_new(const struct bt_replay_options *options,
                                      struct bt_replayer **ret, struct baton_error *err);
void bt_replayer_free(struct bt_replayer *replayer);
/* `record` is a decision, `fields` are its own. Failing means that nothing can be replayed, as when
 * `against` is not there. */
BT_CHECK baton_status bt_replay(struct bt_replayer *replayer, const struct bt_record *record,
                                struct bt_bytes fields, struct bt_arena *arena,
                                struct bt_replayed *ret, struct baton_error *err);

/* What to do about a value that is erased. */
enum bt_decision_erased {
    BT_DECISION_NEED_ALL,    /* BATON_ERR_CANNOT_TELL, naming it */
    BT_DECISION_SKIP_ERASED, /* leave it out */
};

/* The values of a decision in the log of the folder `dir_fd`: fields whose names begin with `kind`,
 * "input." or "output.". */
BT_CHECK baton_status bt_decision_values(int dir_fd, struct bt_bytes fields, const char *kind,
                                         enum bt_decision_erased erased, struct bt_values *ret,
                                         struct baton_error *err);

#endif
