/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_COMMAND_H
#define BT_CLI_COMMAND_H
/*
 * The command line. One struct command per verb, each in src/cli/verb/cmd_<verb>.c, all named in
 * table.c; help, man pages and completion are made from that table, so they cannot
 * disagree with what is parsed.
 *
 * To add a verb: write verb/cmd_<verb>.c, declare and list it below, add the file to meson.build
 * and its description to docs/man (tests/cli checks that nothing was forgotten).
 *
 * A verb prints its result on stdout and diagnostics on stderr and returns an exit code.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "baton/baton.h"

/* Documented in docs/formats/reports.md; never given another meaning. */
enum exit_code {
    EXIT_YES = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_CANNOT_TELL = 3,
    EXIT_NOT_FOUND = 4,
    EXIT_REFUSED = 5,
    EXIT_CREDENTIALS = 6,
    EXIT_CONFLICT = 7,
    EXIT_DISK = 8,
    EXIT_NETWORK = 9,
    EXIT_BAD_INPUT = 65,
    EXIT_BUG = 70,
    EXIT_NO_MEMORY = 71,
    EXIT_INTERRUPTED = 130
};

struct option_spec {
    const char *name;     /* without dashes */
    const char *argument; /* "FILE"; NULL: a flag */
    const char *help;
    bool repeats;
};

#define OPERANDS_MAX 64
#define OPTIONS_MAX 2048 /* a thousand golden cases with what is expected of them */

struct given_option {
    const struct option_spec *spec;
    const char *value;
};

struct args {
    const struct command *command;
    char **argv;                            /* of the program */
    const char *operands[OPERANDS_MAX + 1]; /* ends with NULL */
    size_t operand_count;
    struct given_option options[OPTIONS_MAX];
    size_t option_count;
    /* Storage of args_list(). */
    const char *lists[OPTIONS_MAX * 2];
    size_t list_used;
};

struct command {
    const char *name;
    const char *operands; /* "REF" as help shows it */
    const char *summary;  /* one line, no full stop */
    const char *details;  /* paragraphs for help and man page */
    const struct option_spec
        *options; /* ends with a NULL name; --store, --json, --help come along */
    size_t operands_min;
    size_t operands_max;
    int (*run)(struct args *args);
    const char *examples; /* lines, for help and man page */
};

extern const struct option_spec common_options[];
extern const struct command *const commands[]; /* ends with NULL */
const struct command *command_find(const char *name);

/* ---- arguments ---- */
/* 0, or the exit code after the complaint was printed. */
int args_parse(const struct command *command, int argc, char **argv, struct args *ret);
bool args_flag(const struct args *args, const char *name);
/* NULL when not given. */
const char *args_str(const struct args *args, const char *name);
/* NULL-terminated; NULL when not given. */
const char *const *args_list(struct args *args, const char *name);
/* 0 and `fallback` when not given; EXIT_USAGE after a complaint. */
int args_u64(const struct args *args, const char *name, uint64_t fallback, uint64_t max,
             uint64_t *ret);

/* A verb of several parts: `baton key new`, `baton store gc`. */
struct verb_part {
    const char *name;
    /* One of the two: with the store of --store, which is opened first, or without. */
    int (*run_in)(struct args *args, const baton_store *store);
    int (*run)(struct args *args);
};
/* The part that the first operand names; the list ends with a NULL name. */
int run_part(struct args *args, const struct verb_part *parts);

/* ---- results ---- */
int exit_of_status(baton_status status);
int exit_of_verdict(baton_verdict verdict);
/* "baton verify: text", and for some statuses a second line with what to do; returns the code. */
int fail(const struct args *args, const struct baton_error *err);
int usage_error(const struct command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Every store is opened by this: its ledger is compared with what this person saw of it. */
baton_status open_store_at(const char *path, baton_store **ret, struct baton_error *err);
/* The store of --store, BATON_STORE, or the nearest .baton. 0 or an exit code. */
int open_store(const struct args *args, baton_store **ret);
/* The same, but no store at all is no complaint when none was named: NULL. */
int open_store_if_any(const struct args *args, baton_store **ret);

void store_cleanup(baton_store **store);
void report_cleanup(struct baton_report *report);
#define AUTO_STORE __attribute__((cleanup(store_cleanup))) baton_store *
#define AUTO_REPORT __attribute__((cleanup(report_cleanup))) struct baton_report

/* ---- long work ---- */
/* A bar on stderr when that is a terminal; stops on Ctrl-C. */
const struct baton_progress *progress_start(void);
void progress_end(void);

/* ---- help ---- */
void print_overview(void);
void print_help(const struct command *command);
void print_man(const struct command *command);
void print_man_overview(void);
int print_completion(const char *shell);

#endif
