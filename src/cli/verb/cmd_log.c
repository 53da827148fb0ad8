/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"by", "NAME", "only what this key has signed, by name or id", false},
    {"last", "N", "only the newest N", false},
    {"export", "N", "print statement N as a Sigstore bundle, with its proof, for strangers", false},
    {"proof", "N", "print the proof that statement N is in the ledger (C2SP tlog-proof)", false},
    {"vkey", NULL, "print the ledger's verifier key", false},
    {NULL, NULL, NULL, false},
};

/* How the effect of what more root keys must sign begins. */
#define WAITS "waits: "

/* Statements on keys and the policy are the root's, whose keys may have no name. */
static const char *signer(struct shown_report *shown, const struct bt_json *row)
{
    const char *who = report_str(shown, row, "who");
    const char *kind = report_str(shown, row, "kind");
    bool is_root = strcmp(kind, "key") == 0 || strcmp(kind, "policy") == 0;
    if (*who)
        return who;
    return is_root && !*report_str(shown, row, "effect") ? "(a root key)" : "(not trusted)";
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *list = report_list(shown->root, "statements");
    for (size_t i = 0; i < list->count; i++) {
        const struct bt_json *row = &list->items[i];
        const char *effect = report_str(shown, row, "effect");
        const char *time = report_str(shown, row, "time");
        printf("%5s  %-20s  %-16s %s\n", report_str(shown, row, "statement"),
               *time ? time : "(no time)", signer(shown, row), report_str(shown, row, "text"));
        if (strncmp(effect, WAITS, strlen(WAITS)) == 0)
            printf("       so far %s\n", effect + strlen(WAITS));
        else if (*effect)
            printf("       without effect: %s\n", effect);
    }
    printf("ledger %s, %s statements\n", report_str(shown, shown->root, "ledger"),
           report_str(shown, shown->root, "size"));
}

static void show_bundle(struct args *args, struct shown_report *shown)
{
    fputs(report_str(shown, shown->root, "bundle"), stdout);
}

static void show_proof(struct args *args, struct shown_report *shown)
{
    fputs(report_str(shown, shown->root, "proof"), stdout);
}

static void show_vkey(struct args *args, struct shown_report *shown)
{
    puts(report_str(shown, shown->root, "vkey"));
}

static int export(struct args *args, const char *option, report_show *show_it)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    uint64_t statement = 0;
    int code = option ? args_u64(args, option, 0, INT64_MAX, &statement) : 0;
    if (!code)
        code = open_store(args, &store);
    if (code)
        return code;
    if (baton_log_export(store, statement, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_it);
}

static int run_list(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_log_options o = BATON_LOG_OPTIONS_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = args_u64(args, "last", 0, UINT32_MAX, &o.limit);
    if (!code)
        code = open_store(args, &store);
    if (code)
        return code;
    o.ref = args->operands[0];
    o.signer = args_str(args, "by");
    if (baton_log(store, &o, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

static int run(struct args *args)
{
    if (args_str(args, "export"))
        return export(args, "export", show_bundle);
    if (args_str(args, "proof"))
        return export(args, "proof", show_proof);
    if (args_flag(args, "vkey"))
        return export(args, NULL, show_vkey);
    return run_list(args);
}

const struct command cmd_log = {
    .name = "log",
    .operands = "[MODEL|REF|MODEL@ALIAS]",
    .summary = "Show who said what, the newest first",
    .details =
        "Every statement of the ledger, or those about one model, one version or one alias.\n"
        "A statement without effect says why it has none.\n",
    .options = options,
    .operands_max = 1,
    .run = run,
    .examples = "  baton log --last 10\n  baton log credit:3\n  baton log credit@production\n"
                "  baton log --by alice\n  baton log --export 17 > handoff.sigstore.json\n",
};
