/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "baton/witness.h"
#include "cli/print.h"
#include "cli/remote.h"

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *witnesses = report_list(shown->root, "witnesses");
    for (size_t i = 0; i < witnesses->count; i++)
        printf("%s: %s\n", report_str(shown, &witnesses->items[i], "name"),
               report_str(shown, &witnesses->items[i], "text"));
    printf("log %s, %s entries: ", report_str(shown, shown->root, "log"),
           report_str(shown, shown->root, "leaves"));
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

int ask_remote(struct args *args)
{
    struct baton_witness_round round = BATON_WITNESS_ROUND_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    if (code)
        return code;
    round.policy = args_str(args, "policy");
    round.ca_file = args_str(args, "ca");
    round.progress = progress_start();
    if (baton_witness_ask(store, &round, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}
