/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/verb/decision_filter.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"field", "NAME", "erase: only this field (input.NAME, output.NAME, request, ...)", true},
    {"reason", "TEXT", "erase: why; it is logged", false},
    DECISION_FILTER_SPECS,
    {NULL, NULL, NULL, false},
};

/* ---- list ---- */

static void show_record(struct shown_report *shown, const struct bt_json *row)
{
    const char *kind = report_str(shown, row, "kind");
    const char *reason = report_str(shown, row, "reason");
    const char *lost = report_str(shown, row, "lost");
    if (strcmp(kind, "decision") == 0) {
        printf("%-24s %s  %s:%s  %s  %6s us\n", report_str(shown, row, "id"),
               report_str(shown, row, "time"), report_str(shown, row, "model"),
               report_str(shown, row, "version"), report_str(shown, row, "status"),
               report_str(shown, row, "took"));
        return;
    }
    printf("%-24s %s  %s%s%s\n", kind, report_str(shown, row, "time"), lost,
           *lost && *reason ? " decisions " : "", reason);
}

static void show_list(struct args *args, struct shown_report *shown)
{
    const struct bt_json *list = report_list(shown->root, "records");
    for (size_t i = 0; i < list->count; i++)
        show_record(shown, &list->items[i]);
    printf("log %s, %s records\n", report_str(shown, shown->root, "log"),
           report_str(shown, shown->root, "size"));
}

static int run_list(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_decision_filter filter = BATON_DECISION_FILTER_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    int code = read_decision_filter(args, &filter);
    if (code)
        return code;
    if (args->operands[1])
        return usage_error(args->command, "list takes no names of decisions");
    if (baton_decision_list(store, &filter, progress_start(), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_list);
}

/* ---- show ---- */

static void line(struct shown_report *shown, const struct bt_json *of, const char *key,
                 const char *label)
{
    const char *text = report_str(shown, of, key);
    if (*text)
        printf("%-9s %s\n", label, text);
}

static void show_values(struct shown_report *shown, const char *key, const char *label)
{
    const struct bt_json *list = report_list(shown->root, key);
    for (size_t i = 0; i < list->count; i++) {
        const struct bt_json *value = &list->items[i];
        printf("%-9s %s %s ", label, report_str(shown, value, "name"),
               report_str(shown, value, "datatype"));
        print_list(bt_json_find(value, "shape"));
        putchar(' ');
        print_list(bt_json_find(value, "data"));
        putchar('\n');
    }
}

static void show_decision(struct args *args, struct shown_report *shown)
{
    const struct bt_json *root = shown->root;
    const struct bt_json *proof = bt_json_find(root, "proof");
    const struct bt_json *erased = report_list(root, "erased");
    line(shown, root, "id", "decision");
    line(shown, root, "time", "time");
    printf("%-9s %s:%s\n", "model", report_str(shown, root, "model"),
           report_str(shown, root, "version"));
    line(shown, root, "alias", "alias");
    line(shown, root, "bundle", "bundle");
    line(shown, root, "engine", "engine");
    line(shown, root, "caller", "caller");
    line(shown, root, "peer", "peer");
    line(shown, root, "request", "request");
    line(shown, root, "status", "status");
    line(shown, root, "error", "error");
    show_values(shown, "inputs", "input");
    show_values(shown, "outputs", "output");
    if (erased->count) {
        printf("%-9s ", "erased");
        print_list(erased);
        putchar('\n');
    }
    printf("proved to be record %s of the %s in log %s\nroot %s\n",
           report_str(shown, root, "record"), report_str(shown, proof, "size"),
           report_str(shown, proof, "log"), report_str(shown, proof, "root"));
}

static int run_show(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (!args->operands[1] || args->operands[2])
        return usage_error(args->command, "show takes the name of one decision");
    if (baton_decision_show(store, args->operands[1], &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_decision);
}

/* ---- erase ---- */

static void show_erased(struct args *args, struct shown_report *shown)
{
    uint64_t count = report_u64(shown->root, "erased");
    printf("%s: %llu field%s erased; its record and its proofs stay\n",
           report_str(shown, shown->root, "id"), (unsigned long long)count, count == 1 ? "" : "s");
}

static int run_erase(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (!args->operands[1] || !args_str(args, "reason"))
        return usage_error(args->command, "erase takes the name of one decision, and --reason");
    if (baton_decision_erase(store, args->operands[1], args_list(args, "field"),
                             args_str(args, "reason"), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_erased);
}

static int run(struct args *args)
{
    static const struct verb_part parts[] = {
        {"list", run_list, NULL},
        {"show", run_show, NULL},
        {"erase", run_erase, NULL},
        {NULL, NULL, NULL},
    };
    return run_part(args, parts);
}

const struct command cmd_decision = {
    .name = "decision",
    .operands = "list|show|erase [DECISION]",
    .summary = "Look at what servers have decided, or erase it",
    .details = "list: what is in the log of a server, in order, with its gaps.\n"
               "show: one decision, with what was asked and answered, proved to be in the log.\n"
               "erase: what one was made of, or a field of it, for good; its proofs stay.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
    .examples = "  baton decision list --last 20\n  baton decision list --model credit --since "
                "2026-11-24T00:00:00Z\n  baton decision show serve-17-9f3c2a1b\n  baton decision "
                "erase serve-17-9f3c2a1b --reason 'asked "
                "for by letter of 2026-11-24'\n",
};
