/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "baton/witness.h"
#include "cli/identity.h"
#include "cli/remote.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"folder", "PATH", "the witness; else BATON_HOME/witness, else ~/.config/baton/witness", false},
    {"name", "NAME", "init: what its key is called, like witness.example.com/one", false},
    {"listen", "ADDRESS", "serve: where (127.0.0.1:8080)", false},
    {"policy", "FILE",
     "ask: the witnesses, and how many must sign (C2SP tlog-policy); else the ledger's policy",
     false},
    {"ca", "FILE", "ask: PEM file of the authorities to trust, instead of the system's", false},
    {NULL, NULL, NULL, false},
};

static void witness_cleanup(baton_witness **witness)
{
    baton_witness_close(*witness);
}
#define AUTO_WITNESS __attribute__((cleanup(witness_cleanup))) baton_witness *

/* The folder of --folder, or the one in the person's. 0 or an exit code. */
static int find_folder(const struct args *args, char path[PATH_MAX])
{
    char own[PERSON_FOLDER_MAX];
    const char *folder = args_str(args, "folder");
    const char *person = person_folder(own);
    int len = -1;
    if (folder)
        len = snprintf(path, PATH_MAX, "%s", folder);
    else if (person)
        len = snprintf(path, PATH_MAX, "%s/witness", person);
    if (len > 0 && len < PATH_MAX)
        return 0;
    return usage_error(args->command, "no folder for a witness: give --folder PATH");
}

/* 0 or an exit code. */
static int open_witness(const struct args *args, baton_witness **ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    char folder[PATH_MAX];
    int code = find_folder(args, folder);
    if (code)
        return code;
    if (baton_witness_open(folder, ret, &err) != BATON_OK)
        return fail(args, &err);
    return 0;
}

static void show_init(struct args *args, struct shown_report *shown)
{
    printf("%s is witness %s\nIts key, for the policies of those who rely on it:\n%s\n",
           report_str(shown, shown->root, "folder"), report_str(shown, shown->root, "name"),
           report_str(shown, shown->root, "key"));
}

static int init(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    char folder[PATH_MAX];
    const char *name = args_str(args, "name");
    if (!name)
        return usage_error(args->command, "init needs --name NAME");
    int code = find_folder(args, folder);
    if (code)
        return code;
    if (baton_witness_init(folder, name, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_init);
}

static void show_log(struct args *args, struct shown_report *shown)
{
    printf("log %s is known\n", report_str(shown, shown->root, "name"));
}

static int log_of(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_WITNESS witness = NULL;
    int code = open_witness(args, &witness);
    if (code)
        return code;
    if (baton_witness_accept(witness, args->operands[1], &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_log);
}

/* Signature lines go to stdout, ready to be appended; an explanation does not. */
static void show_sign(struct args *args, struct shown_report *shown)
{
    const char *body = report_str(shown, shown->root, "body");
    uint64_t code = report_u64(shown->root, "code");
    if (code == 200)
        fputs(body, stdout);
    else if (code == 409)
        fprintf(stderr, "baton witness: 409: the log's size is recorded as %s", body);
    else
        fprintf(stderr, "baton witness: %u: %s", (unsigned)code, body);
}

static int sign(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_WITNESS witness = NULL;
    int code = open_witness(args, &witness);
    if (code)
        return code;
    if (baton_witness_sign(witness, args->operands[1], &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_sign);
}

static void on_answered(void *user, const char *method, const char *path, unsigned status,
                        const char *why)
{
    (void)user;
    fprintf(stderr, "%u %s %s%s%s\n", status, method ? method : "-", path ? path : "-",
            why ? ": " : "", why ? why : "");
}

static int serve(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_witness_service service = BATON_WITNESS_SERVICE_INIT;
    AUTO_WITNESS witness = NULL;
    const char *listen = args_str(args, "listen");
    int code = open_witness(args, &witness);
    if (code)
        return code;
    service.listen = listen ? listen : "127.0.0.1:8080";
    service.listening = print_listening;
    service.answered = on_answered;
    service.user = args;
    if (baton_witness_serve(witness, &service, progress_start(), &err) != BATON_OK)
        return fail(args, &err);
    return EXIT_YES;
}

static const struct verb_part parts[] = {{"init", NULL, init},      {"log", NULL, log_of},
                                         {"sign", NULL, sign},      {"serve", NULL, serve},
                                         {"ask", NULL, ask_remote}, {NULL, NULL, NULL}};

/* What a part takes beside its name. */
static const char *missing_operand(const struct args *args)
{
    static const struct {
        const char *name;
        size_t operands;
        const char *expected;
    } needs[] = {
        {"init", 1, "init takes no operand"},
        {"log", 2, "log needs the verifier key of a log: NAME+ID+KEY"},
        {"sign", 2, "sign needs the file of a request"},
        {"serve", 1, "serve takes no operand"},
        {"ask", 1, "ask takes no operand"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (strcmp(args->operands[0], needs[i].name) == 0 &&
            args->operand_count != needs[i].operands)
            return needs[i].expected;
    return NULL;
}

static int run(struct args *args)
{
    const char *missing = missing_operand(args);
    return missing ? usage_error(args->command, "%s", missing) : run_part(args, parts);
}

const struct command cmd_witness = {
    .name = "witness",
    .operands = "init|log|sign|serve|ask [KEY|REQUEST]",
    .summary = "Watch over the logs of others, so that they cannot rewrite them",
    .details =
        "A witness remembers the newest tree of each log that it knows and signs only what\n"
        "continues it. Whoever asks for the signatures of a few witnesses sees the history\n"
        "that everybody else sees, whatever the log's operator does.\n\n"
        "init makes a key and prints its public form. log makes a log known, by its verifier\n"
        "key. sign answers the request in a file (C2SP tlog-witness, the same bytes as over\n"
        "HTTP) and prints signature lines; exit code 1 is a refusal, 3 means that the log should\n"
        "ask again from another size. serve answers over plain HTTP: POST /add-checkpoint and\n"
        "GET /HASH/checkpoint, HASH being the SHA-256 of the log's name; put a proxy with TLS\n"
        "before it where the net is not trusted. What was signed is on the disk before the\n"
        "signature is shown.\n\n"
        "ask is for the log's own side: it shows the newest checkpoint of the store's ledger to\n"
        "every witness of the policy (a file, or what the ledger's own policy asks for when an\n"
        "alias is promoted) that has a URL, and adds what they sign. In the place of a\n"
        "URL may stand the folder of a witness on this machine. Exit code 3: fewer have signed\n"
        "than the policy asks for; 1: one of them has seen another tree of this log, or a larger\n"
        "one.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
    .examples = "  baton witness init --name witness.example.com/one\n"
                "  baton witness log example.com/log+5a1b9c3d+AQ...\n"
                "  baton witness sign request.txt >> checkpoint\n"
                "  baton witness serve --listen 127.0.0.1:8080\n"
                "  baton witness ask\n  baton witness ask --policy witnesses.txt\n",
};
