/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"
#include "cli/verbs.h"

static void show_parents(struct shown_report *shown)
{
    const struct bt_json *parents = report_list(shown->root, "parents");
    for (size_t i = 0; i < parents->count; i++)
        printf("  made from  %-16s %s\n", report_str(shown, &parents->items[i], "ref"),
               report_str(shown, &parents->items[i], "bundle"));
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *aliases = report_list(shown->root, "aliases");
    const struct bt_json *list = report_list(shown->root, "statements");
    printf("%s  %s\n", report_str(shown, shown->root, "ref"),
           report_str(shown, shown->root, "bundle"));
    show_parents(shown);
    for (size_t i = 0; i < aliases->count; i++)
        printf("  stands as  %.*s\n", (int)aliases->items[i].text.len,
               (const char *)aliases->items[i].text.ptr);
    for (size_t i = 0; i < list->count; i++) {
        const struct bt_json *row = &list->items[i];
        const char *effect = report_str(shown, row, "effect");
        printf("%5s  %-20s  %-16s %s%s%s\n", report_str(shown, row, "statement"),
               report_str(shown, row, "time"), report_str(shown, row, "who"),
               report_str(shown, row, "text"), *effect ? "; without effect: " : "", effect);
    }
}

static int run(struct args *args)
{
    return print_look(args, baton_lineage, show);
}

const struct command cmd_lineage = {
    .name = "lineage",
    .operands = "REF",
    .summary = "Show where a version comes from, what was said of it, where it stands",
    .details = "The versions it was made from, the aliases that stand at it, and every statement\n"
               "about it in the order of the ledger.\n",
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton lineage credit:3\n  baton lineage credit@production\n",
};
