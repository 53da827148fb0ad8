/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

/* Of baton-remote: what `baton` hands over to it. */
const struct command *const commands[] = {&cmd_push, &cmd_pull, &cmd_witness, NULL};
