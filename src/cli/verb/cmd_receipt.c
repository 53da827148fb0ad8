/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/fs.h"
#include "cli/print.h"
#include "cli/verbs.h"

#define RECEIPT_BYTES_MAX ((size_t)65536)

static const struct option_spec options[] = {
    {NULL, NULL, NULL, false},
};

static void show(struct args *args, struct shown_report *shown)
{
    printf("%s: %s\n%s records in log %s\nroot %s\n", report_str(shown, shown->root, "id"),
           report_str(shown, shown->root, "detail"), report_str(shown, shown->root, "size"),
           report_str(shown, shown->root, "log"), report_str(shown, shown->root, "root"));
}

static int run_check(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    BT_AUTO_MAP file = BT_MAP_INIT;
    if (!args->operands[1])
        return usage_error(args->command, "check takes the file of a receipt");
    if (bt_map_user_file(args->operands[1], RECEIPT_BYTES_MAX, &file, &err) != BATON_OK ||
        baton_receipt_check(store, (const char *)file.ptr, file.len, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

static int run(struct args *args)
{
    static const struct verb_part parts[] = {
        {"check", run_check, NULL},
        {NULL, NULL, NULL},
    };
    return run_part(args, parts);
}

const struct command cmd_receipt = {
    .name = "receipt",
    .operands = "check FILE",
    .summary = "Check the promise that a decision is in the log",
    .details =
        "Who asks a server with the header \"Baton-Receipt: yes\" gets a signed promise in the\n"
        "header Baton-Receipt, in base 64. check says whether it was kept; when it was not,\n"
        "--json has the evidence: the promise and the log's head, both signed by its key.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
    .examples = "  base64 -d < header > receipt.txt; baton receipt check receipt.txt\n",
};
