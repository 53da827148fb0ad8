/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"dry-run", NULL, "gc: only say what would go", false},
    {"grace", "SECONDS", "gc: keep what is younger (3600)", false},
    {NULL, NULL, NULL, false},
};

static void show_fsck(struct args *args, struct shown_report *shown)
{
    char size[32];
    const struct bt_json *findings = report_list(shown->root, "findings");
    for (size_t i = 0; i < findings->count; i++)
        printf("%-16s %s\n", report_str(shown, &findings->items[i], "kind"),
               report_str(shown, &findings->items[i], "text"));
    format_bytes(report_u64(shown->root, "bytes"), size);
    printf("%s blobs, %s hashed: ", report_str(shown, shown->root, "blobs"), size);
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

static int fsck(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (baton_store_fsck(store, progress_start(), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_fsck);
}

static void show_gc(struct args *args, struct shown_report *shown)
{
    char size[32];
    format_bytes(report_u64(shown->root, "bytes"), size);
    printf("%s blobs and %s temporary files (%s) %s\n", report_str(shown, shown->root, "blobs"),
           report_str(shown, shown->root, "temporaries"), size,
           args_flag(args, "dry-run") ? "would be removed" : "removed");
}

static int gc(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    uint64_t grace = 0;
    int code = args_u64(args, "grace", 3600, UINT32_MAX, &grace);
    if (code)
        return code;
    if (baton_store_gc(store, args_flag(args, "dry-run"), grace, progress_start(), &report, &err) !=
        BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_gc);
}

static int run(struct args *args)
{
    AUTO_STORE store = NULL;
    const char *what = args->operands[0];
    bool is_fsck = strcmp(what, "fsck") == 0;
    if (!is_fsck && strcmp(what, "gc") != 0)
        return usage_error(args->command, "\"%s\": expected fsck or gc", what);
    int code = open_store(args, &store);
    if (code)
        return code;
    return is_fsck ? fsck(args, store) : gc(args, store);
}

const struct command cmd_store = {
    .name = "store",
    .operands = "fsck|gc",
    .summary = "Check every byte of the store, or remove what nothing needs",
    .details = "fsck hashes every blob again and follows every entry to its last part; it changes\n"
               "nothing. gc removes blobs that no bundle names, and what dead writers left.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton store fsck\n  baton store gc --dry-run\n",
};
