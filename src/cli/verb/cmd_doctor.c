/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/print.h"
#include "cli/verbs.h"

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *levels = report_list(shown->root, "isa_levels");
    printf("baton %s, numerics %s, %s CPUs, instruction levels:",
           report_str(shown, shown->root, "version"), report_str(shown, shown->root, "numerics"),
           report_str(shown, shown->root, "threads"));
    for (size_t i = 0; i < levels->count; i++)
        printf(" %.*s", (int)levels->items[i].text.len, (const char *)levels->items[i].text.ptr);
    putchar('\n');
    print_checks(shown, report_list(shown->root, "checks"));
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store_if_any(args, &store);
    if (code)
        return code;
    if (baton_doctor(store, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "Say whether this machine is fit to run models bit for bit",
    .details =
        "Tests the floating-point unit, and every instruction level that this machine can run\n"
        "against the reference. Looks at the store when there is one.\n",
    .run = run,
    .examples = "  baton doctor\n  baton doctor --json\n",
};
