/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"
#include "cli/verbs.h"

static void show(struct args *args, struct shown_report *shown)
{
    printf("ledger %s, %s statements\n", report_str(shown, shown->root, "ledger"),
           report_str(shown, shown->root, "size"));
    print_checks(shown, report_list(shown->root, "checks"));
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    if (code)
        return code;
    if (baton_audit(store, progress_start(), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_audit = {
    .name = "audit",
    .operands = "",
    .summary = "Check the whole ledger, every signature, and everything they speak of",
    .details =
        "Recomputes the tree from the leaves to the signed head, checks every signature, judges\n"
        "every statement again and compares with the registry's index, and hashes every bundle\n"
        "that is spoken of. Changes nothing.\n",
    .run = run,
    .examples = "  baton audit\n",
};
