/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_MOVED_H
#define BT_CLI_MOVED_H
/* What promote and rollback have in common. */
#include "cli/identity.h"

typedef baton_status move_verb(const baton_store *store, const char *what,
                               const struct baton_move_options *options,
                               const struct baton_identity *who, struct baton_report *ret,
                               struct baton_error *err);
/* Open the store, move, print. Reason, key and progress are filled in here. Returns the exit code:
 * 5 when a gate was closed. */
int run_move(struct args *args, move_verb *move, struct baton_move_options *options);

#endif
