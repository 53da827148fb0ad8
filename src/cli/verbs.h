/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_VERBS_H
#define BT_CLI_VERBS_H
/* Every verb, in the order in which help shows them. */
#include "cli/command.h"

extern const struct command cmd_init;
extern const struct command cmd_demo;
extern const struct command cmd_doctor;
extern const struct command cmd_pack;
extern const struct command cmd_inspect;
extern const struct command cmd_list;
extern const struct command cmd_verify;
extern const struct command cmd_handoff;
extern const struct command cmd_accept;
extern const struct command cmd_promote;
extern const struct command cmd_rollback;
extern const struct command cmd_retire;
extern const struct command cmd_log;
extern const struct command cmd_lineage;
extern const struct command cmd_audit;
extern const struct command cmd_predict;
extern const struct command cmd_trace;
extern const struct command cmd_serve;
extern const struct command cmd_replay;
extern const struct command cmd_decision;
extern const struct command cmd_receipt;
extern const struct command cmd_diff;
extern const struct command cmd_push;
extern const struct command cmd_pull;
extern const struct command cmd_key;
extern const struct command cmd_token;
extern const struct command cmd_policy;
extern const struct command cmd_store;
extern const struct command cmd_witness;
extern const struct command cmd_help;
extern const struct command cmd_completion;

#endif
