/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

const struct command *const commands[] = {
    &cmd_init,       &cmd_demo,     &cmd_doctor,  &cmd_pack,    &cmd_inspect,  &cmd_list,
    &cmd_verify,     &cmd_handoff,  &cmd_accept,  &cmd_promote, &cmd_rollback, &cmd_retire,
    &cmd_log,        &cmd_lineage,  &cmd_audit,   &cmd_predict, &cmd_trace,    &cmd_serve,
    &cmd_replay,     &cmd_decision, &cmd_receipt, &cmd_diff,    &cmd_push,     &cmd_pull,
    &cmd_key,        &cmd_token,    &cmd_policy,  &cmd_store,   &cmd_witness,  &cmd_help,
    &cmd_completion, NULL,
};
