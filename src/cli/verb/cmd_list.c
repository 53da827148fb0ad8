/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/verbs.h"

#define EVIDENCE "application/vnd.dev.sigstore.bundle.v0.3+json"

/* "  @production @staging" */
static void show_aliases(struct shown_report *shown, const struct bt_json *bundle)
{
    const struct bt_json *aliases = report_list(shown->root, "aliases");
    const char *model = report_str(shown, bundle, "model");
    const char *before = "  @";
    for (size_t i = 0; i < aliases->count; i++) {
        const struct bt_json *alias = &aliases->items[i];
        if (!*model || strcmp(report_str(shown, alias, "model"), model) != 0 ||
            report_u64(alias, "version") != report_u64(bundle, "version"))
            continue;
        printf("%s%s", before, report_str(shown, alias, "alias"));
        before = " @";
    }
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *bundles = report_list(shown->root, "bundles");
    for (size_t i = 0; i < bundles->count; i++) {
        /* Signatures and the like, which belong to a bundle, show in `baton lineage`. */
        if (strcmp(report_str(shown, &bundles->items[i], "artifactType"), EVIDENCE) == 0)
            continue;
        printf("%-24s %s", report_str(shown, &bundles->items[i], "ref"),
               report_str(shown, &bundles->items[i], "digest"));
        show_aliases(shown, &bundles->items[i]);
        putchar('\n');
    }
}

static int run(struct args *args)
{
    return print_look(args, baton_store_list, show);
}

const struct command cmd_list = {
    .name = "list",
    .operands = "[MODEL]",
    .summary = "List the bundles of the store",
    .details =
        "Every version of every model, or of one model, with its digest. What other tools put\n"
        "into the store is listed under their own names.\n",
    .operands_max = 1,
    .run = run,
    .examples = "  baton list\n  baton list credit\n",
};
