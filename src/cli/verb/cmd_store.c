/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

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

static void show_rebuilt(struct args *args, struct shown_report *shown)
{
    printf("the registry was made again from %s statements\n",
           report_str(shown, shown->root, "statements"));
}

static int rebuild(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (baton_store_rebuild(store, progress_start(), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_rebuilt);
}

static const struct verb_part parts[] = {
    {"fsck", fsck, NULL}, {"gc", gc, NULL}, {"rebuild", rebuild, NULL}, {NULL, NULL, NULL}};

static int run(struct args *args)
{
    return run_part(args, parts);
}

const struct command cmd_store = {
    .name = "store",
    .operands = "fsck|gc|rebuild",
    .summary = "Check every byte of the store, remove what nothing needs, rebuild its index",
    .details = "fsck hashes every blob again and follows every entry to its last part; it changes\n"
               "nothing. gc removes blobs that no bundle names, and what dead writers left.\n"
               "rebuild makes the registry's index again from the ledger.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton store fsck\n  baton store gc --dry-run\n  baton store rebuild\n",
};
