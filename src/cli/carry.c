/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/carry.h"

#include <stdio.h>

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
    } else {
        printf("written to %s\n", to);
    }
}
