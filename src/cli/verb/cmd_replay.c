/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/print.h"
#include "cli/verb/decision_filter.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"all", NULL, "all decisions, or all that the options below leave", false},
    DECISION_FILTER_SPECS,
    {"against", "REF", "ask another version, and say which decisions change", false},
    {"isa", "LEVEL", "instruction level (the best of this machine)", false},
    {"threads", "N", "threads of the engine (1)", false},
    {NULL, NULL, NULL, false},
};

static void show_one(struct shown_report *shown, const struct bt_json *row)
{
    const struct bt_json *difference = bt_json_find(row, "difference");
    const char *why = report_str(shown, row, "why");
    printf("%-24s %s  %s:%s  %s\n", report_str(shown, row, "id"), report_str(shown, row, "time"),
           report_str(shown, row, "model"), report_str(shown, row, "version"),
           report_str(shown, row, "verdict"));
    if (*why)
        printf("    %s\n", why);
    if (difference && difference->kind == BT_JSON_OBJECT)
        printf("    %s%s: then %s, now %s\n", report_str(shown, difference, "output"),
               report_str(shown, difference, "index"), report_str(shown, difference, "expected"),
               report_str(shown, difference, "got"));
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *list = report_list(shown->root, "decisions");
    for (size_t i = 0; i < list->count; i++)
        show_one(shown, &list->items[i]);
    printf("%s identical, %s differ, %s cannot tell, %s refused then\n",
           report_str(shown, shown->root, "identical"), report_str(shown, shown->root, "differ"),
           report_str(shown, shown->root, "cannotTell"), report_str(shown, shown->root, "refused"));
    printf("each proved to be among the %s records of log %s\nroot %s\n",
           report_str(shown, shown->root, "size"), report_str(shown, shown->root, "log"),
           report_str(shown, shown->root, "root"));
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_replay_options o = BATON_REPLAY_OPTIONS_INIT;
    struct baton_decision_filter filter = BATON_DECISION_FILTER_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    uint64_t threads = 0;
    bool all = args_flag(args, "all");
    if (all == (args->operands[0] != NULL))
        return usage_error(args->command,
                           all ? "--all and the names of decisions exclude each other"
                               : "which decisions? Give their names, or --all");
    int code = read_decision_filter(args, &filter);
    if (!code)
        code = args_u64(args, "threads", 0, 256, &threads);
    if (!code)
        code = open_store(args, &store);
    if (code)
        return code;
    o.against = args_str(args, "against");
    o.isa = args_str(args, "isa");
    o.threads = (unsigned)threads;
    o.ids = all ? NULL : args->operands;
    if (baton_replay(store, &filter, &o, progress_start(), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_replay = {
    .name = "replay",
    .operands = "[DECISION...]",
    .summary = "Make logged decisions again, and compare the bits",
    .details =
        "From what was logged alone, with the bundle that decided then: the answer must be the\n"
        "same to the last bit. With --against, another version is asked, and those decisions\n"
        "are told that it would change. Each decision is proved to be in the log.\n",
    .options = options,
    .operands_max = 1000,
    .run = run,
    .examples = "  baton replay serve-17-9f3c2a1b\n"
                "  baton replay --all --since 2026-11-01T00:00:00Z\n"
                "  baton replay --all --last 10000 --against credit:4\n",
};
