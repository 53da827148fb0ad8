/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/carry.h"

#include <stdio.h>

#include "cli/print.h"

int show_carried(struct args *args, const struct baton_report *report, const char *where)
{
    AUTO_SHOWN shown = {0};
    if (args_flag(args, "json")) {
        fputs(report->json, stdout);
        return 0;
    }
    int code = report_open(args, report, &shown);
    if (code)
        return code;
    const struct bt_json *refs = report_list(shown.root, "refs");
    for (size_t i = 0; i < refs->count; i++)
        printf("%-24s %s\n", report_str(&shown, &refs->items[i], "ref"),
               report_str(&shown, &refs->items[i], "digest"));
    if (bt_json_find(shown.root, "bytesCopied")) {
        char size[32];
        format_bytes(report_u64(shown.root, "bytesCopied"), size);
        printf("%s: %s blobs (%s) copied, %s were there\n", where,
               report_str(&shown, shown.root, "blobsCopied"), size,
               report_str(&shown, shown.root, "blobsPresent"));
    } else {
        printf("written to %s\n", where);
    }
    return 0;
}
