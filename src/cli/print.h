/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_PRINT_H
#define BT_CLI_PRINT_H
/*
 * Reports for people. A verb gets its report as JSON; these walk the document, so that what a
 * person sees and what --json prints can never disagree.
 */
#include <stdio.h>

#include "baton/baton.h"
#include "cli/command.h"
#include "codec/json.h"

/* A report, parsed. */
struct shown_report {
    struct bt_arena arena;
    const struct bt_json *root;
};

typedef void report_show(struct args *args, struct shown_report *shown);
/* What every verb ends with: --json prints the document as it is, else `show` prints it for a
 * person. Returns the exit code of the verdict. */
int print_report(struct args *args, const struct baton_report *report, report_show *show);

/* A verb that takes a store and at most one operand, and only looks. */
typedef baton_status look_verb(const baton_store *store, const char *what, struct baton_report *ret,
                               struct baton_error *err);
int print_look(struct args *args, look_verb *look, report_show *show);

/* What a server of ours says once it listens; `args` are its verb's struct args. */
void print_listening(void *args, const char *address);
/* The same for another scheme than http. */
void print_listening_by(const struct args *args, const char *scheme, const char *address);

/* Members as C text or numbers; "" and 0 when absent. Text lives in the report's arena. */
const char *report_str(struct shown_report *shown, const struct bt_json *object, const char *key);
uint64_t report_u64(const struct bt_json *object, const char *key);
double report_f64(const struct bt_json *object, const char *key);
const struct bt_json *report_list(const struct bt_json *object, const char *key);

/* A list of numbers and texts on one line; of a long one the first few. */
void print_list(const struct bt_json *list);

/* The table of "checks" with one verdict per row. */
void print_checks(struct shown_report *shown, const struct bt_json *checks);
/* The same with yes, no and "cannot tell": demands that are met or not. */
void print_gates(struct shown_report *shown, const struct bt_json *checks);
/* Where two runs first differ; nothing for null. */
void print_difference(struct shown_report *shown, const struct bt_json *difference);
/* "IDENTICAL" in green, "DIFFERS" in red, … when stdout is a terminal and NO_COLOR is not set. */
void print_verdict(const char *verdict);
/* 12,345,678 bytes as "12.3 MB". */
void format_bytes(uint64_t bytes, char text[32]);
/* "sha256:0123456789ab" of a whole digest. */
const char *short_digest(const char *digest, char text[32]);

#endif
