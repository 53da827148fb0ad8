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

static void show_unpacked(struct args *args, struct shown_report *shown)
{
    char size[32];
    format_bytes(report_u64(shown->root, "bytes"), size);
    printf("%s  %s\n%s: %s files, %s\n", args->operands[1],
           report_str(shown, shown->root, "bundle"), report_str(shown, shown->root, "folder"),
           report_str(shown, shown->root, "files"), size);
}

static int unpack(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (args->operand_count != 3)
        return usage_error(args->command, "unpack needs REF and FOLDER");
    if (baton_store_unpack(store, args->operands[1], args->operands[2], progress_start(), &report,
                           &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_unpacked);
}

static const struct verb_part parts[] = {{"fsck", fsck, NULL},
                                         {"gc", gc, NULL},
                                         {"rebuild", rebuild, NULL},
                                         {"unpack", unpack, NULL},
                                         {NULL, NULL, NULL}};

static int run(struct args *args)
{
    if (args->operands[1] && strcmp(args->operands[0], "unpack") != 0)
        return usage_error(args->command, "\"%s\" is one argument too many", args->operands[1]);
    return run_part(args, parts);
}

const struct command cmd_store = {
    .name = "store",
    .operands = "fsck|gc|rebuild|unpack [REF FOLDER]",
    .summary = "Check every byte of the store, clean it, rebuild its index, unpack a bundle",
    .details = "fsck hashes every blob again and follows every entry to its last part; it changes\n"
               "nothing. gc removes blobs that no bundle names, and what dead writers left.\n"
               "rebuild makes the registry's index again from the ledger. unpack writes the files\n"
               "of a bundle into a new or empty FOLDER, all of them or none, every byte hashed.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 3,
    .run = run,
    .examples = "  baton store fsck\n  baton store gc --dry-run\n  baton store rebuild\n"
                "  baton store unpack credit:3 files/\n",
};
