/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/carry.h"

#include <stdio.h>

/* What only registries have, where there is any of it. */
static void show_remote(const struct bt_json *root)
{
    static const char *const lines[][2] = {
        {"blobsMounted", "taken over from the other repository"},
        {"referrers", "that speak about it went along"},
        {"referrersLeftOut", "listed with it speak about something else, and were left out"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct bt_json *count = bt_json_find(root, lines[i][0]);
        if (count && report_u64(root, lines[i][0]) > 0)
            printf("%llu %s\n", (unsigned long long)report_u64(root, lines[i][0]), lines[i][1]);
    }
}

/* What was said about the bundles came along. */
static void show_statements_carried(struct shown_report *shown)
{
    const struct bt_json *counts = bt_json_find(shown->root, "statements");
    if (!counts)
        return;
    if (report_u64(counts, "entered"))
        printf("%s statements entered into the ledger\n", report_str(shown, counts, "entered"));
    if (report_u64(counts, "leftOut"))
        printf("%s statements left out: %s\n", report_str(shown, counts, "leftOut"),
               report_str(shown, counts, "why"));
}

void show_carried(struct args *args, struct shown_report *shown)
{
    const struct bt_json *refs = report_list(shown->root, "refs");
    const char *to = report_str(shown, shown->root, "to");
    (void)args;
    for (size_t i = 0; i < refs->count; i++)
        printf("%-24s %s\n", report_str(shown, &refs->items[i], "ref"),
               report_str(shown, &refs->items[i], "digest"));
    if (bt_json_find(shown->root, "bytesCopied")) {
        char size[32];
        format_bytes(report_u64(shown->root, "bytesCopied"), size);
        printf("%s: %s blobs (%s) copied, %s were there\n", to,
               report_str(shown, shown->root, "blobsCopied"), size,
               report_str(shown, shown->root, "blobsPresent"));
        show_remote(shown->root);
        show_statements_carried(shown);
    } else {
        printf("written to %s\n", to);
    }
}
